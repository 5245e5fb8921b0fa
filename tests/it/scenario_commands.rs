//! `identomat-mock scenarios`, `scenario`, `new`, `completions` and `man`.

use std::{fs, path::Path, process::Command};

use tempfile::tempdir;

use crate::command_line::{binary, output};

/// What the command says in that folder: standard output where it succeeds, otherwise standard error.
fn said(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = output(binary(arguments).current_dir(folder));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn scenarios_are_listed_with_where_they_come_from() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("own")).unwrap();
    fs::write(folder.path().join("own/approved.yaml"), "description: Mine\nstages: []\n").unwrap();
    fs::write(folder.path().join("own/a.json"), r#"{"description": "Of\ntwo lines", "stages": []}"#).unwrap();
    let list = said(folder.path(), &["scenarios", "--scenarios", "own"]).unwrap();
    let rows: Vec<Vec<_>> =
        list.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(rows[0], ["a", "own/a.json", "Of two lines"]);
    assert!(rows.contains(&vec!["approved", "own/approved.yaml", "Mine"]), "{list}");
    assert!(rows.contains(&vec![
        "rejected",
        "built in",
        "The person is rejected, for the one reason that was seen in live responses."
    ]));
    assert_eq!(rows.len(), fs::read_dir("scenarios").unwrap().count() + 1);
    let alone = said(folder.path(), &["scenarios", "--scenarios", "own", "--no-builtin-scenarios"]).unwrap();
    assert_eq!(alone.lines().count(), 2);

    // What a scenario names is looked for in the fixtures of the settings.
    fs::create_dir_all(folder.path().join("fixtures/documents")).unwrap();
    fs::write(folder.path().join("fixtures/documents/mine.json"), "{}").unwrap();
    let named = "description: D\nstages: [{when: begin, document: mine}]\n";
    fs::write(folder.path().join("own/document.yaml"), named).unwrap();
    let with_fixtures = said(folder.path(), &["scenarios", "--scenarios", "own", "--fixtures", "fixtures"]).unwrap();
    assert!(with_fixtures.contains("document  "), "{with_fixtures}");
    fs::remove_file(folder.path().join("own/document.yaml")).unwrap();

    fs::write(folder.path().join("own/a.json"), "{}").unwrap();
    let broken = said(folder.path(), &["scenarios", "--scenarios", "own"]).unwrap_err();
    assert!(broken.starts_with("error: own/a.json:1:1: the key `description` is missing\n"), "{broken}");
}

#[test]
fn a_scenario_is_printed_as_its_file_says_it() {
    let folder = tempdir().unwrap();
    let built_in = said(folder.path(), &["scenario", "verdict-changes"]).unwrap();
    assert_eq!(built_in, fs::read_to_string("scenarios/verdict-changes.yaml").unwrap());
    let own = "# Mine\ndescription: Mine\nstages: []\n";
    fs::write(folder.path().join("approved.yaml"), own).unwrap();
    assert_eq!(said(folder.path(), &["scenario", "approved", "--scenarios", "."]).unwrap(), own);
    let unknown = said(folder.path(), &["scenario", "rejectd"]).unwrap_err();
    assert!(unknown.starts_with("error: there is no scenario `rejectd`; known: rejected, "), "{unknown}");
    assert!(unknown.ends_with("; did you mean `rejected`?\n"), "{unknown}");
}

#[test]
fn a_new_scenario_can_be_used_at_once_and_with_all_its_comments() {
    let folder = tempdir().unwrap();
    let new = |arguments: &[&str]| said(folder.path(), &[&["new", "scenario"], arguments].concat());
    assert_eq!(new(&["mine"]).unwrap(), "mine.yaml\n");
    assert_eq!(new(&["mine", "--scenarios", "some/folder"]).unwrap(), "some/folder/mine.yaml\n");
    let text = fs::read_to_string(folder.path().join("mine.yaml")).unwrap();
    let no_finding = "no problem and no warning in 1 file\n";
    assert_eq!(said(folder.path(), &["check", "mine.yaml"]).unwrap(), no_finding);

    // Comments that are keys, or below one.
    let is_key = |line: &str| {
        line.split_once(':').is_some_and(|(key, _)| key.chars().all(|c| "-_ ".contains(c) || c.is_ascii_lowercase()))
    };
    let used = |line: &str| match line.split_once("# ") {
        Some((indent, rest)) if indent.trim().is_empty() && is_key(rest) => format!("{indent}{rest}\n"),
        _ => format!("{line}\n"),
    };
    let used: String = text.lines().map(used).collect();
    for key in ["match:", "person:", "flags:", "session_lifetime:", "  - when: after=1h", "    reject_reason:"] {
        assert!(used.lines().any(|line| line.starts_with(key)), "{key} in\n{used}");
    }
    fs::write(folder.path().join("used.yaml"), &used).unwrap();
    assert_eq!(said(folder.path(), &["check", "used.yaml"]).unwrap(), no_finding, "{used}");

    fs::write(folder.path().join("mine.yaml"), "kept").unwrap();
    assert_eq!(new(&["mine"]).unwrap_err(), "error: `mine.yaml` exists already and was left unchanged\n");
    assert_eq!(fs::read_to_string(folder.path().join("mine.yaml")).unwrap(), "kept");
    for name in ["", "../mine", "a/b", ".hidden"] {
        let refused = new(&[name]).unwrap_err();
        assert!(refused.starts_with(&format!("error: `{name}` is not a scenario name")), "{refused}");
    }
}

#[test]
fn shells_and_manual_pages_know_the_commands() {
    let folder = tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = said(folder.path(), &["completions", shell]).unwrap();
        for word in ["check", "completions", "session-lifetime"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
        fs::write(folder.path().join(shell), script).unwrap();
    }
    let parsed = Command::new("bash").arg("-n").arg(folder.path().join("bash")).output().unwrap();
    assert!(parsed.status.success() && parsed.stderr.is_empty(), "{parsed:?}");

    let page = said(folder.path(), &["man"]).unwrap();
    assert!(page.contains(".TH identomat-mock 1") && page.contains(r"\fB\-\-session\-lifetime\fR"), "{page}");
    said(folder.path(), &["man", "--out", "pages"]).unwrap();
    let pages = fs::read_dir(folder.path().join("pages")).unwrap().count();
    assert!(pages > 10, "{pages}");
    let check = fs::read_to_string(folder.path().join("pages/identomat-mock-check.1")).unwrap();
    assert!(check.contains(r"\fB\-\-format\fR"), "{check}");
}

#[test]
fn schemas_are_printed_and_files_may_name_them() {
    let folder = tempdir().unwrap();
    for of in ["scenario", "config", "person"] {
        let schema = said(folder.path(), &["schema", of]).unwrap();
        assert_eq!(schema, fs::read_to_string(format!("schemas/{of}.json")).unwrap());
        fs::write(folder.path().join(format!("{of}.schema.json")), schema).unwrap();
    }
    let person = fs::read_to_string("fixtures/people/taras-vyhadanyi.yaml").unwrap();
    let comment = "# yaml-language-server: $schema=../person.schema.json\n";
    for (name, text) in [
        ("person.yaml", format!("$schema: ./person.schema.json\n{person}")),
        ("people/person.yaml", format!("{comment}{person}")),
        ("scenario.json", r#"{"$schema": "scenario.schema.json", "description": "A", "stages": []}"#.into()),
        ("config.yaml", "$schema: config.schema.json\nport: 0\n".into()),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        assert_eq!(said(folder.path(), &["check", name]).unwrap(), "no problem and no warning in 1 file\n", "{name}");
    }
    // It says what the file is for, where nothing in it does.
    fs::write(folder.path().join("config.yaml"), "$schema: config.schema.json\nprot: 0\n").unwrap();
    let output = output(binary(&["check", "config.yaml"]).current_dir(folder.path()));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("config.yaml:2:1: error: unknown key `prot`, did you mean `port`?"), "{text}");
    let config = ["--config", "config.yaml", "--port", "0", "--ready-file", "ready"];
    fs::write(folder.path().join("config.yaml"), "$schema: config.schema.json\nlog-level: \"\"\n").unwrap();
    let refused = said(folder.path(), &config).unwrap_err();
    assert!(refused.contains("`` is not a log level; allowed: error, warn, info, debug, trace, off"), "{refused}");
}
