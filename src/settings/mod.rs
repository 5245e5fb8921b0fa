//! Declares settings: [`settings!`] makes a struct with a default from declarations. Flags, variables, keys of the
//! config file, their help and `GET /__admin/settings` follow from the same declarations.

mod forms;

use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;

pub(crate) use self::bound::Schema;
#[cfg(feature = "cli")]
pub(crate) use self::forms::FilePath;
pub(crate) use self::forms::{
    Address, Count, FolderPath, Moment, Name, Off, Port, Seed, SettingWord, Size, Switch, Text, Time, Token, Word,
    forms, parse_number,
};
use crate::problem::Problem;

/// A bound of types whose schema the tests need.
mod bound {
    #[cfg(not(test))]
    pub(crate) trait Schema {}
    #[cfg(not(test))]
    impl<T> Schema for T {}
    #[cfg(test)]
    pub(crate) use schemars::JsonSchema as Schema;
}

/// The declaration of a setting.
pub(crate) struct Setting {
    /// The flag without its dashes, which is also the key in the config file.
    pub(crate) name: &'static str,
    #[cfg_attr(not(any(feature = "cli", test)), expect(dead_code, reason = "there is no command line"))]
    pub(crate) declared: DeclaredSetting,
}

/// The part of a declaration that the command line uses.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "there is no command line"))]
pub(crate) struct DeclaredSetting {
    /// The heading in the help and on the page of settings.
    pub(crate) section: &'static str,
    /// The help text, with a space in front of each line.
    pub(crate) help: &'static str,
    /// The default as a flag has it, or described.
    pub(crate) default: Option<&'static str>,
    /// The name of the value in the help: `DURATION`.
    pub(crate) value: &'static str,
    pub(crate) flag_use: FlagUse,
    /// Whether the value is a path, which in a config file is relative to the folder of the file.
    pub(crate) is_path: bool,
    /// Whether a company can have a value of its own.
    #[cfg(test)]
    pub(crate) is_of_company: bool,
    /// Checks the text of a value, or of an element of a list.
    pub(crate) check: fn(&str) -> Result<(), Problem>,
    #[cfg(test)]
    pub(crate) schema: fn(&mut schemars::SchemaGenerator) -> Value,
}

/// How a flag takes its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagUse {
    Value,
    /// May be repeated; commas separate several values.
    List,
    /// The flag alone stands for this value; another one follows after `=`.
    Optional(&'static str),
}

/// The text form of a setting's value, as in flags, variables and the config file.
pub(crate) trait Form<T> {
    /// The name of the value in the help: `DURATION`.
    const VALUE: &'static str;
    const USE: FlagUse = FlagUse::Value;
    const IS_PATH: bool = false;

    /// The value in `GET /__admin/settings`.
    type Shown: Serialize + Schema;

    /// Reads a text; `before` is the value of the texts before it, which a list extends.
    ///
    /// # Errors
    ///
    /// [`Problem`] of the text.
    fn read(text: &str, before: Option<T>) -> Result<T, Problem>;

    /// Shows the value in `GET /__admin/settings`, without secrets.
    fn show(value: &T) -> Self::Shown;

    /// Returns the schema of the value in the config file.
    #[cfg(test)]
    fn schema(generator: &mut schemars::SchemaGenerator) -> Value;
}

/// A setting without a default.
impl<T, F: Form<T>> Form<Option<T>> for F {
    const VALUE: &'static str = F::VALUE;
    const USE: FlagUse = F::USE;
    const IS_PATH: bool = F::IS_PATH;
    type Shown = Option<F::Shown>;

    fn read(text: &str, before: Option<Option<T>>) -> Result<Option<T>, Problem> {
        F::read(text, before.flatten()).map(Some)
    }

    fn show(value: &Option<T>) -> Self::Shown {
        value.as_ref().map(F::show)
    }

    #[cfg(test)]
    fn schema(generator: &mut schemars::SchemaGenerator) -> Value {
        F::schema(generator)
    }
}

/// The value of a setting.
pub(crate) trait SettingValue {
    /// Sets it to what the texts say; without any it stays.
    ///
    /// # Errors
    ///
    /// [`Problem`] of a text.
    #[cfg(feature = "cli")]
    fn set(&mut self, texts: &[String]) -> Result<(), Problem>;

    /// Returns it as `GET /__admin/settings` shows it.
    fn shown(&self) -> Value;

    #[cfg(test)]
    fn shown_schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema;
}

/// A field of a settings struct, and the form of its value.
pub(crate) struct FormedValue<'a, T, F> {
    pub(crate) value: &'a mut T,
    pub(crate) form: PhantomData<F>,
}

impl<T, F: Form<T>> SettingValue for FormedValue<'_, T, F> {
    #[cfg(feature = "cli")]
    fn set(&mut self, texts: &[String]) -> Result<(), Problem> {
        let read = texts.iter().try_fold(None, |before, text| F::read(text, before).map(Some))?;
        if let Some(read) = read {
            *self.value = read;
        }
        Ok(())
    }

    fn shown(&self) -> Value {
        serde_json::to_value(F::show(self.value)).expect("a shown value is JSON")
    }

    #[cfg(test)]
    fn shown_schema(&self, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<F::Shown>()
    }
}

/// A struct of settings.
pub(crate) trait Settings {
    /// Calls `visit` with each setting and its value.
    fn each(&mut self, visit: &mut dyn FnMut(&'static Setting, &mut dyn SettingValue));
}

/// The fields of a struct of settings.
pub(crate) trait SettingFields {
    /// Calls `add` with each flag, and the path of its field after `prefix`: `config.journal.calls`.
    fn fields(prefix: &str, add: &mut dyn FnMut(&'static str, String));
}

/// Reads the default of a declaration.
pub(crate) fn default_value<T, F: Form<T>>(text: &str) -> T {
    F::read(text, None).unwrap_or_else(|problem| panic!("the default of a setting: {problem}"))
}

/// Declares a struct of settings: `field ("name"): Type as Form = "default"`. A default that is not the text of a value
/// is described after it: `, default "words"`. `, of company` marks a setting that a company can have, too. Settings
/// are in sections; `groups` are other such structs; `others` are fields that no flag sets.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $Struct:ident {
            $($section:literal {
                $(
                    $(#[doc = $doc:literal])+
                    $field:ident ($name:literal): $type:ty as $form:ty
                        $(= $default:literal)? $(, default $words:literal)? $(, of $company:ident)?;
                )*
            })*
            $(groups {
                $($(#[$of_group:meta])+ $group:ident: $Group:ty;)*
            })?
            $(others {
                $($(#[$of_other:meta])+ $other:ident: $Other:ty;)*
            })?
        }
    ) => {
        $(#[$attribute])*
        #[non_exhaustive]
        $visibility struct $Struct {
            $($(
                $(#[doc = $doc])+
                $(#[doc = concat!("\n\nDefault: `", $default, "`.")])?
                $visibility $field: $type,
            )*)*
            $($($(#[$of_group])+ $visibility $group: $Group,)*)?
            $($($(#[$of_other])+ $visibility $other: $Other,)*)?
        }

        impl Default for $Struct {
            fn default() -> Self {
                Self {
                    $($($field: $crate::settings::settings!(@default $type, $form $(, $default)?),)*)*
                    $($($group: Default::default(),)*)?
                    $($($other: Default::default(),)*)?
                }
            }
        }

        impl $crate::settings::Settings for $Struct {
            fn each(
                &mut self,
                visit: &mut dyn FnMut(&'static $crate::settings::Setting, &mut dyn $crate::settings::SettingValue),
            ) {
                $($({
                    static SETTING: $crate::settings::Setting = $crate::settings::Setting {
                        name: $name,
                        declared: $crate::settings::DeclaredSetting {
                            section: $section,
                            help: concat!($($doc),+),
                            default: $crate::settings::settings!(@described $($default)? $(, $words)?),
                            value: <$form as $crate::settings::Form<$type>>::VALUE,
                            flag_use: <$form as $crate::settings::Form<$type>>::USE,
                            is_path: <$form as $crate::settings::Form<$type>>::IS_PATH,
                            #[cfg(test)]
                            is_of_company: !stringify!($($company)?).is_empty(),
                            check: |text| <$form as $crate::settings::Form<$type>>::read(text, None).map(drop),
                            #[cfg(test)]
                            schema: <$form as $crate::settings::Form<$type>>::schema,
                        },
                    };
                    let form = std::marker::PhantomData::<$form>;
                    visit(&SETTING, &mut $crate::settings::FormedValue { value: &mut self.$field, form });
                })*)*
                $($($crate::settings::Settings::each(&mut self.$group, visit);)*)?
            }
        }

        impl $crate::settings::SettingFields for $Struct {
            fn fields(prefix: &str, add: &mut dyn FnMut(&'static str, String)) {
                $($(add($name, format!("{prefix}.{}", stringify!($field)));)*)*
                $($(<$Group as $crate::settings::SettingFields>::fields(
                    &format!("{prefix}.{}", stringify!($group)),
                    add,
                );)*)?
            }
        }
    };
    (@default $type:ty, $form:ty) => { <$type as Default>::default() };
    (@default $type:ty, $form:ty, $default:literal) => {
        $crate::settings::default_value::<$type, $form>($default)
    };
    (@described) => { None };
    (@described $(,)? $text:literal) => { Some($text) };
}
pub(crate) use settings;

#[cfg(test)]
pub(crate) mod schemas;
