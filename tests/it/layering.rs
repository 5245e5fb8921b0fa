//! Which way dependencies point: ARCHITECTURE.md says so, and this reads `src/` to see that it is true.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The Rust files below a folder, with their code: comments and tests are left out.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            let code = text.split("#[cfg(test)]").next().expect("a first part");
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            sources.push((path, lines.map(|line| format!("{line}\n")).collect()));
        }
    }
    sources
}

/// Every `word` stands only in files whose path below `src/` starts with one of `allowed`.
fn only_in(words: &[&str], allowed: &[&str]) {
    let all = sources(Path::new("src"));
    assert!(all.len() > 20, "the sources are found");
    let mut found = 0;
    for (path, code) in &all {
        let place = path.strip_prefix("src").expect("below src").to_str().expect("UTF-8").replace('\\', "/");
        for word in words {
            if let Some(line) = code.lines().find(|line| line.contains(word)) {
                let is_allowed = allowed.iter().any(|start| place.starts_with(start));
                assert!(is_allowed, "src/{place} names `{word}`; only {allowed:?} may: {}", line.trim());
                found += 1;
            }
        }
    }
    assert!(found > 0, "nothing names {words:?} any more; is this rule out of date?");
}

/// None of `words` stands in the files whose path below `src/` starts with one of `rooms`.
fn never_in(words: &[&str], rooms: &[&str]) {
    for room in rooms {
        let all = sources(Path::new("src"));
        let inside: Vec<_> = all.iter().filter(|(path, _)| path.starts_with(Path::new("src").join(room))).collect();
        assert!(!inside.is_empty(), "there is no src/{room}");
        for (path, code) in inside {
            for word in words {
                assert!(!code.contains(word), "{} names `{word}`", path.display());
            }
        }
    }
}

#[test]
fn only_http_and_server_name_axum_and_hyper() {
    only_in(&["axum"], &["http/", "server/", "server.rs"]);
    only_in(&["hyper::"], &["http/", "server/", "server.rs", "cli.rs", "cli/"]);
}

#[test]
fn only_error_and_the_widget_pick_a_status() {
    only_in(&["StatusCode"], &["http/error.rs", "http/widget/"]);
}

#[test]
fn the_rules_name_neither_runtime_nor_framework_nor_map() {
    never_in(
        &["tokio", "axum", "hyper", "dashmap", "DashMap"],
        &["vendor", "json_text.rs", "session", "scenario", "faults", "result", "signature.rs"],
    );
}

#[test]
fn only_the_clock_reads_the_time() {
    only_in(&["Timestamp::now", "SystemTime::now", "Instant::now"], &["clock.rs"]);
}

#[test]
fn only_the_token_draws_random_values() {
    only_in(&["uuid", "Uuid"], &["vendor/token.rs"]);
}

#[test]
fn only_the_store_names_dashmap() {
    only_in(&["dashmap", "DashMap"], &["store.rs"]);
}

#[test]
fn the_domain_does_not_know_http() {
    never_in(
        &["crate::http", "crate::server", "crate::cli"],
        &[
            "session",
            "scenario",
            "result",
            "signature.rs",
            "clock.rs",
            "store.rs",
            "company.rs",
            "tenant.rs",
            "tenants.rs",
            "catalogue.rs",
            "faults",
            "mock.rs",
            "mock",
            "config.rs",
            "vendor",
            "foreign_text.rs",
            "json_text.rs",
            "built_in.rs",
            "data_file.rs",
        ],
    );
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for (path, _) in sources(Path::new("src")) {
        let stem = path.file_stem().expect("a name").to_str().expect("UTF-8");
        assert!(
            !["utils", "util", "common", "helpers", "types", "manager", "misc"].contains(&stem),
            "{}",
            path.display()
        );
    }
}
