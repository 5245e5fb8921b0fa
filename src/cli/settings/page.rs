//! Generates `docs/settings.md` from the code.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ALL, AllSettings, Company, SettingsArgs};
use crate::{
    Config,
    config::DEFAULT_COMPANY_KEY,
    data_file::keys_of,
    settings::{FlagUse, Setting, Settings},
    tree::is_secret,
    vendor::ErrorCode,
};

const HEAD: &str = "\
# Settings

Each is a flag, a variable of the environment, and a key of the file that `--config` names, which is the flag without
its dashes: `--log-level debug`, `IDENTOMAT_MOCK_LOG_LEVEL=debug`, `log-level: debug`. The flag is the strongest,
then the variable, then the file. A value that is not allowed stops the start. What the file says besides, of companies
and faults, is in `docs/files.md`.

A switch is off by default. Its flag alone turns it on; a value is `true`, `yes`, `1` or `false`, `no`, `0`, and follows
the flag after `=`. `DURATION` is a number with a unit: `500ms`, `90s`, `15m`, `2h`, `7d`. `SIZE` is a number of bytes,
or one with a unit: `64KiB`, `1MiB`.
";

fn page() -> String {
    let (mut page, mut section) = (HEAD.to_owned(), "");
    for setting in ALL.iter() {
        if setting.declared.section != section {
            section = setting.declared.section;
            page += &format!("\n## {section}\n\n");
            page += "| flag | variable | meaning | default |\n| --- | --- | --- | --- |\n";
        }
        page += &row(setting);
    }
    page
}

fn row(setting: &Setting) -> String {
    let declared = &setting.declared;
    let value = match declared.flag_use {
        _ if setting.is_switch() => String::new(),
        FlagUse::Optional(_) => format!("[={}]", declared.value),
        FlagUse::Value | FlagUse::List => format!(" {}", declared.value),
    };
    let default = match setting.default() {
        None => String::new(),
        Some(value) if !value.contains([' ', '`']) => format!("`{value}` "),
        Some(words) => format!("{words} "),
    };
    let of_company = if declared.is_of_company { ". A company can have its own" } else { "" };
    let [value, meaning] = [&value, &setting.meaning()].map(|text| text.replace('|', "\\|"));
    format!("| `--{}{value}` | `{}` | {meaning}{of_company} | {default}|\n", setting.name, setting.variable())
}

/// Returns all values as `GET /__admin/settings` shows them, by name.
fn shown(settings: &SettingsArgs) -> BTreeMap<&'static str, Value> {
    let mut all: AllSettings = settings.values_of().expect("they go together");
    let mut shown = BTreeMap::new();
    all.each(&mut |setting, value| drop(shown.insert(setting.name, value.shown())));
    shown
}

/// The other defaults are read from their texts.
#[test]
fn the_defaults_that_are_described_are_those_of_the_code() {
    let described = |name: &str| {
        let setting = ALL.iter().find(|setting| setting.name == name).expect("a setting");
        setting.declared.default.expect("it has a default").replace("`, `", ",").replace('`', "")
    };
    assert_eq!(described("company-key"), DEFAULT_COMPANY_KEY);
    assert_eq!(described("missing-media-status"), Config::default().error_status.missing_media().to_string());
    let texts = described("error-status").split(',').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(texts.len(), ErrorCode::ALL.len());
    let given = SettingsArgs { given: BTreeMap::from([("error-status", texts)]), ..SettingsArgs::default() };
    assert_eq!(shown(&given), shown(&SettingsArgs::default()));
}

#[test]
fn no_setting_shows_a_secret() {
    let secrets: Vec<_> = ALL.iter().filter(|setting| is_secret(setting.name)).collect();
    assert_eq!(secrets.len(), 3);
    for setting in secrets {
        let given = BTreeMap::from([(setting.name, vec!["a=hush".to_owned()])]);
        let shown = shown(&SettingsArgs { given, ..SettingsArgs::default() })[setting.name].to_string();
        assert!(!shown.contains("hush"), "{shown}");
    }
}

#[test]
fn a_company_can_have_what_the_settings_say_and_no_other_setting() {
    let of_companies: Vec<_> = keys_of::<Company>().into_iter().map(|key| key.replace('_', "-")).collect();
    for setting in ALL.iter() {
        let is_of_company = of_companies.iter().any(|key| key == setting.name);
        // The key of a company is its name; its faults are no setting.
        assert_eq!(setting.declared.is_of_company, is_of_company && setting.name != "company-key", "{}", setting.name);
    }
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
