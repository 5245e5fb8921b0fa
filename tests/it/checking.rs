//! `identomat-mock check`.

mod mistakes;
mod problems;
mod projects;
mod warnings;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{binary, output};

/// Somebody from the built-in people.
const PERSON: &str = include_str!("../../fixtures/people/taras-vyhadanyi.yaml");

fn folder_of(files: &[(&str, impl AsRef<[u8]>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What `check` says in a folder with those files, and its exit status.
fn check<T: AsRef<[u8]>>(files: &[(&str, T)], arguments: &[&str]) -> String {
    check_in(folder_of(files).path(), arguments)
}

fn check_in(folder: &Path, arguments: &[&str]) -> String {
    let output = output(binary(&["check"]).args(arguments).current_dir(folder));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    format!("{}{}exit status {}\n", text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn keys_may_come_from_an_anchor_and_be_written_again() {
    let text = "description: A\nstages:\n  - &first {when: begin, result: APPROVED, similarity: 0.5}\n  \
                - {<<: *first, when: polls=1, similarity: 0.7}\n";
    let said = check(&[("a.yaml", text)], &["a.yaml"]);
    assert_eq!(said, "no problem and no warning in 1 file\nexit status 0\n");
}

#[test]
fn all_problems_of_all_files_are_said_at_once() {
    let said = check(
        &[
            (
                "scenarios/one.yaml",
                "description: One\nmtach: {company: a}\nstages:\n  - when: begin\n    document: none-such\n  - when: polls=0\n    \
                 result: APPROVED\n    similarity: high\n    fault: {delay: soon, stauts: 503}\n",
            ),
            ("scenarios/two.yaml", "description: [Two]\nstages: [{result: APROVED}]\n"),
            (
                "fixtures/people/a.yaml",
                &PERSON.replace("sex: M", "sex: X").replace("country_code: UA", "country_code: UKR"),
            ),
            ("config.yaml", "scenarios: scenarios\nfixtures: fixtures\nport: 80800\nwacth: true\nlog-level: loud\n"),
        ],
        &["scenarios", "fixtures", "config.yaml"],
    );
    let places: Vec<_> = said.lines().filter_map(|line| line.split_once(": error: ")).map(|(place, _)| place).collect();
    let expected = [
        "config.yaml:3:7",
        "config.yaml:4:1",
        "config.yaml:5:12",
        "fixtures/people/a.yaml:11:6",
        "fixtures/people/a.yaml:15:15",
        "scenarios/one.yaml:2:1",
        "scenarios/one.yaml:5:15",
        "scenarios/one.yaml:6:11",
        "scenarios/one.yaml:8:17",
        "scenarios/one.yaml:9:20",
        "scenarios/one.yaml:9:26",
        "scenarios/two.yaml:1:14",
        "scenarios/two.yaml:2:19",
    ];
    assert_eq!(places, expected, "{said}");
    assert!(said.ends_with("13 problems and no warning in 4 files\nexit status 1\n"), "{said}");
}

#[test]
fn json_has_all_that_the_text_has() {
    let files = [
        ("s/a.yaml", "description: Ä\nstages:\n  - {when: begin, reslt: \"Ünï, code\"}\n"),
        ("s/b.yaml", "description: B\nstages: [{result: REJECTED, reject_reason: odd}]\n"),
        ("s/notes.txt", ""),
    ];
    let said = check(&files, &["--format", "json", "s"]);
    let (report, status) = said.split_once("exit status").unwrap();
    assert_eq!(status, " 1\n");
    let report: Value = serde_json::from_str(report).unwrap();
    let problem = json!({
        "file": "s/a.yaml", "line": 3, "column": 19, "end_column": 24, "path": "stages[0].reslt", "kind": "unknown_key",
        "message": "unknown key `reslt`, did you mean `result`?", "nearest": "result",
        "allowed": [
            "when", "result", "unlisted", "error", "document", "person", "change", "fault", "reject_reason",
            "reject_description", "result_comment", "live", "similarity", "document_read", "person_status",
            "screening_matches",
        ],
    });
    assert_eq!((&report["files"], &report["problems"]), (&json!(2), &json!([problem])));
    let files: Vec<_> = report["warnings"].as_array().unwrap().iter().map(|warning| &warning["file"]).collect();
    assert_eq!(files, ["s/b.yaml", "s/notes.txt"]);
    assert_eq!(report["warnings"][1]["line"], Value::Null, "it is about the file as a whole");
}

/// A workflow command as the runner of GitHub Actions reads it: `::NAME KEY=VALUE,KEY=VALUE::DATA`, with escapes.
fn command(line: &str) -> (String, BTreeMap<String, String>, String) {
    let (head, data) = line.strip_prefix("::").expect("a command").split_once("::").expect("an end of the head");
    let unescaped = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let of_property = |text: &str| unescaped(&text.replace("%3A", ":").replace("%2C", ","));
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let property = |pair: &str| {
        let (key, value) = pair.split_once('=').expect("KEY=VALUE");
        (key.to_owned(), of_property(value))
    };
    let properties = properties.split(',').filter(|pair| !pair.is_empty()).map(property).collect();
    (name.to_owned(), properties, unescaped(data))
}

#[test]
fn annotations_are_commands_of_github_actions() {
    let files = [
        ("a, 100%: b.yaml", "description: A\nstages: [{when: \"100%\\n::x\", result: APPROVED}]\n"),
        ("c.yaml", "description: C\nstages: [{result: REJECTED, reject_reason: odd}]\n"),
    ];
    let said = check(&files, &["--format", "github", "a, 100%: b.yaml", "c.yaml", "none.yaml"]);
    let lines: Vec<_> = said.lines().collect();
    let [error, missing, warning, "exit status 1"] = &lines[..] else { panic!("{said}") };
    let properties = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let (name, place, message) = command(error);
    let expected = properties(&[("file", "a, 100%: b.yaml"), ("line", "2"), ("col", "17"), ("endColumn", "28")]);
    assert_eq!((&*name, place), ("error", expected));
    assert!(message.starts_with("`100%\\n::x` is not a trigger; allowed: begin, "), "{message}");
    assert_eq!(command(missing).1, properties(&[("file", "none.yaml")]));
    assert_eq!(command(warning).0, "warning");
}

#[test]
fn without_paths_it_checks_what_the_settings_name() {
    let files = [
        ("config.yaml", "scenarios: scenarios\nfixtures: fixtures\nscenario: nowhere\n"),
        ("scenarios/a.yaml", "description: A\nstages: 3\n"),
        ("fixtures/people/a.yaml", PERSON),
        ("fixtures/people/b.yaml", "first_name: B\n"),
    ];
    let folder = folder_of(&files);
    let by_flag = check_in(folder.path(), &["--config", "config.yaml"]);
    let places: Vec<_> =
        by_flag.lines().filter_map(|line| line.split_once(": error: ")).map(|(place, _)| place).collect();
    assert_eq!(places, ["config.yaml:3:11", "fixtures/people/b.yaml:1:1", "scenarios/a.yaml:2:9"], "{by_flag}");
    let mut by_variable = binary(&["check"]);
    let by_variable = output(by_variable.env("IDENTOMAT_MOCK_CONFIG", "config.yaml").current_dir(folder.path()));
    assert!(by_flag.starts_with(&String::from_utf8(by_variable.stdout).unwrap()));
    assert_eq!(
        check_in(folder.path(), &[]),
        "error: nothing to check; name files or folders, or set --scenarios, --fixtures or --config\nexit status 1\n"
    );
    // What was asked about is what is said.
    let said = check_in(folder.path(), &["--config", "config.yaml", "scenarios/a.yaml"]);
    assert!(said.ends_with("1 problem and no warning in 1 file\nexit status 1\n"), "{said}");
}

#[test]
fn a_file_is_known_by_its_folder_or_its_keys() {
    let scenario = "description: A\nstages: []\nwrong: 1\n";
    let person = format!("{PERSON}wrong: 1\n");
    let files = [
        ("scenario.yaml", scenario),
        ("person.yaml", &person),
        ("settings.yaml", "port: 1\nwrong: 1\n"),
        ("somebody.yaml", "entityType: person\nname: Some Body\nwrong: 1\n"),
        ("people/nobody.yaml", scenario),
    ];
    let known = |said: &str| said.split_once("; known: ").map(|(_, known)| known.split(',').next().unwrap().to_owned());
    for (name, first_key) in
        [("scenario", "description"), ("person", "first_name"), ("settings", "frozen-at"), ("somebody", "entityType")]
    {
        let said = check(&files, &[&format!("{name}.yaml")]);
        assert_eq!(known(&said).as_deref(), Some(first_key), "{said}");
    }
    // One that is no YAML is known by what its lines begin with.
    let said = check(&[("a.yaml", "prot: 1\nscenario: x\ncompanies:\n  - {key: a, secret: [\n")], &["a.yaml"]);
    assert!(said.starts_with("a.yaml:1:1: error: unknown key `prot`, did you mean `port`?"), "{said}");
    assert!(said.contains("a.yaml:4:22: error: "), "{said}");
    let said = check(&files, &["people/nobody.yaml"]);
    assert_eq!(known(&said).as_deref(), Some("first_name"), "{said}");
}

#[test]
fn the_nearest_word_is_that_of_the_unknown_one() {
    for (scenario, meant) in [("zzz", None), ("aproved", Some("; did you mean `approved`?"))] {
        let config = format!("companies: [{{key: rejecte, scenario: {scenario}}}]\n");
        let said = check(&[("config.yaml", &*config)], &["config.yaml"]);
        let first = said.lines().next().unwrap();
        assert!(first.contains(&format!("there is no scenario `{scenario}`")), "{said}");
        assert_eq!(first.find("; did you mean").map(|at| &first[at..]), meant, "{said}");
    }
}

#[test]
fn scenarios_of_two_folders_do_not_get_into_each_others_way() {
    let files = [
        ("one/a.yaml", "description: A\nmatch: {company: x}\nstages: []\n"),
        ("other/a.yaml", "description: A\nmatch: {company: x}\nstages: [{when: begin, document: none-such}]\n"),
    ];
    let said = check(&files, &["one", "other/a.yaml"]);
    assert!(said.starts_with("other/a.yaml:3:34: error: there is no document `none-such`"), "{said}");
    assert!(said.ends_with("1 problem and no warning in 2 files\nexit status 1\n"), "{said}");
}

#[test]
fn the_page_about_files_shows_what_is_said() {
    let page = include_str!("../../docs/files.md");
    let blocks = |language: &str| -> Vec<&str> {
        page.split(&format!("```{language}\n")).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
    };
    let [operator, config] = blocks("yaml")[..] else { panic!("a scenario and a config file") };
    let folder = folder_of(&[("scenarios/operator.yaml", operator), ("config.yaml", config)]);
    let mut of_config = binary(&["check", "config.yaml"]);
    let of_config = of_config.current_dir(folder.path()).envs([("ADMIN_TOKEN", "a"), ("SHOP_SECRET", "b: c")]);
    assert_eq!(String::from_utf8(output(of_config).stdout).unwrap(), "no problem and no warning in 1 file\n");
    for block in blocks("console") {
        let (command, shown) = block.split_once('\n').unwrap();
        let arguments: Vec<_> = command.strip_prefix("$ identomat-mock ").unwrap().split(' ').collect();
        let said = output(binary(&arguments).current_dir(folder.path())).stdout;
        assert_eq!(String::from_utf8(said).unwrap(), shown, "{command}");
    }
}
