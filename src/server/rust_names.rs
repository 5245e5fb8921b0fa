//! Names of settings in the messages of the harness: those of Rust, instead of flags.

use std::{collections::HashMap, sync::LazyLock};

use crate::{config::Config, settings::SettingFields};

/// The settings that a method of [`crate::MockServerBuilder`] sets, by flag.
const OF_BUILDER: [(&str, &str); 5] = [
    ("company-key", "company"),
    ("dialect", "dialect"),
    ("frozen-at", "frozen_at"),
    ("scenario", "scenario"),
    ("seed", "seed"),
];

/// Names of settings in Rust, by flag.
static NAMES: LazyLock<HashMap<&str, String>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    Config::fields("config", &mut |flag, field| drop(names.insert(flag, format!("`{field}`"))));
    names.extend(OF_BUILDER.map(|(flag, method)| (flag, format!("`.{method}(…)`"))));
    names
});

/// Replaces the flags in a message: `--journal-calls` by `config.journal.calls`, which is set with
/// [`crate::MockServerBuilder::settings`].
pub(super) fn in_rust(message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("--") {
        let (before, flag) = rest.split_at(at);
        let length =
            flag[2..].find(|sign: char| !sign.is_ascii_lowercase() && sign != '-').map_or(flag.len(), |at| at + 2);
        let name = NAMES.get(&flag[2..length]).map_or(&flag[..length], String::as_str);
        text.push_str(before.strip_suffix('`').filter(|_| name.starts_with('`')).unwrap_or(before));
        text.push_str(name);
        rest = &flag[length..];
        rest = rest.strip_prefix('`').filter(|_| before.ends_with('`') && name.starts_with('`')).unwrap_or(rest);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::in_rust;

    #[test]
    fn flags_are_named_as_a_test_sets_them() {
        for (message, shown) in [
            ("raise --journal-calls or --journal-bytes", "raise `config.journal.calls` or `config.journal.bytes`"),
            ("evicted (--max-sessions)", "evicted (`config.max_sessions`)"),
            ("the default (--scenario)", "the default (`.scenario(…)`)"),
            ("`--seed` and -- or --nothing", "`.seed(…)` and -- or --nothing"),
            ("none", "none"),
            ("--port", "`config.port`"),
        ] {
            assert_eq!(in_rust(message), shown);
        }
    }
}
