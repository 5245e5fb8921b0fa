//! Generates `docs/settings.md` from the code.

use clap::{Arg, Args, Command, FromArgMatches};

use super::{SettingsArgs, in_groups};
use crate::Config;

const HEAD: &str = "\
# Settings

Each is a flag, a variable of the environment, and a key of the file that `--config` names, which is the flag without
its dashes: `--log-level debug`, `IDENTOMAT_MOCK_LOG_LEVEL=debug`, `log-level: debug`. The flag is the strongest,
then the variable, then the file. A value that is not allowed stops the start. What the file says besides, of companies
and faults, is in `docs/files.md`.

A flag that takes `true` or `false` means `true` if it has no value. `DURATION` is a number with a unit: `500ms`,
`90s`, `15m`, `2h`. `SIZE` is a number of bytes, or one with a unit: `64KiB`, `1MiB`.
";

fn settings() -> Command {
    let mut settings = in_groups(SettingsArgs::augment_args(Command::new("settings").disable_help_flag(true)));
    settings.build();
    settings
}

fn help_of(setting: &Arg) -> String {
    setting.get_help().expect("each has a text").to_string()
}

/// Splits a help text from the default at its end; empty if there is none.
fn with_default(help: &str) -> (&str, &str) {
    let Some((meaning, default)) = help.split_once(" [default: ") else { return (help, "") };
    (meaning, default.strip_suffix(']').expect("the default comes last"))
}

fn page() -> String {
    let settings = settings();
    let (mut page, mut group) = (HEAD.to_owned(), None);
    for setting in settings.get_arguments() {
        if setting.get_help_heading() != group {
            group = setting.get_help_heading();
            page += &format!("\n## {}\n\n", group.expect("each is in a group"));
            page += "| flag | variable | meaning | default |\n| --- | --- | --- | --- |\n";
        }
        page += &row(setting);
    }
    page
}

fn row(setting: &Arg) -> String {
    let flag = setting.get_long().expect("each is a flag");
    let values = setting.get_value_names().expect("each takes a value").join(" ");
    let value = match setting.get_num_args().expect("the command is built") {
        _ if values == "true|false" => String::new(),
        number if number.min_values() == 0 => format!("[={values}]"),
        _ => format!(" {values}"),
    };
    let variable = setting.get_env().expect("each is a variable").to_string_lossy();
    let help = help_of(setting);
    let (meaning, default) = with_default(&help);
    let default = match default {
        "" => String::new(),
        value if !value.contains([' ', '`']) => format!("`{value}` "),
        words => format!("{words} "),
    };
    let [value, meaning] = [&value, meaning].map(|text| text.replace('|', "\\|"));
    format!("| `--{flag}{value}` | `{variable}` | {meaning} | {default}|\n")
}

#[test]
fn the_defaults_that_are_named_are_those_of_the_code() {
    let of = |arguments: &[String]| {
        let matches = settings().no_binary_name(true).try_get_matches_from(arguments).expect("they can be read");
        let settings = SettingsArgs::from_arg_matches(&matches).expect("they can be read");
        let log = (settings.log_format(), settings.log_level());
        let config = settings.into_config().expect("they go together");
        let companies = config.companies();
        format!("{log:?} {:?}", Config { companies, ..config })
    };
    let nothing = of(&[]);
    let mut named = 0;
    for setting in settings().get_arguments() {
        let (help, flag) = (help_of(setting), setting.get_long().expect("each is a flag"));
        let (_, default) = with_default(&help);
        let default = default.replace("`, `", ",").replace('`', "");
        // Words describe a default that is not a value.
        if !default.is_empty() && !default.contains(' ') {
            assert_eq!(of(&[format!("--{flag}={default}")]), nothing, "{flag}");
            named += 1;
        }
    }
    assert!(named > 20, "{named}");
}

#[test]
fn the_page_of_the_settings_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/settings.md");
    let page = page();
    if std::env::var_os("UPDATE_SETTINGS").is_some() {
        std::fs::write(path, &page).expect("the page is written");
        return;
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(page == there, "docs/settings.md is stale: UPDATE_SETTINGS=1 cargo test --lib settings writes it");
}
