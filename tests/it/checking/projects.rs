//! Files and folders as people lay them out.

use super::{PERSON, check};

const SCENARIO: &str = "description: A\nstages: [{result: APPROVED}]\n";
const BROKEN: &str = "description: A\nstages: [{reslt: APPROVED}]\n";

/// The first lines of the paragraphs, and the counts.
fn summary(said: &str) -> Vec<String> {
    let lines = said.lines().filter(|line| line.contains(": error: ") || line.contains(": warning: "));
    let places = lines.map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(" "));
    places.chain(said.lines().rev().nth(1).map(str::to_owned)).collect()
}

#[test]
fn a_project_is_searched_one_level_of_folders_down() {
    let other = "{\"name\": \"shop\", \"version\": \"1\", \"scripts\": {}, \"dependencies\": {}}\n";
    let files = [
        ("package.json", other),
        ("compose.yaml", "services:\n  mock: {image: identomat-mock}\n"),
        ("README.md", "# Shop\n"),
        ("identomat.yaml", "scenarios: mocks\nfixtures: fixtures\nprot: 1\n"),
        ("mocks/a.yaml", BROKEN),
        ("mocks/b.yaml", "description: B\nperson: taras\nstages: [{result: APPROVED}]\n"),
        ("fixtures/people/taras.yaml", PERSON),
        ("src/locales.json", other),
        ("deep/er/a.yaml", BROKEN),
        (".github/a.yaml", BROKEN),
    ];
    let said = check(&files, &["."]);
    let expected = ["./identomat.yaml:3:1 error", "./mocks/a.yaml:2:11 error", "2 problems and no warning in 4 files"];
    assert_eq!(summary(&said), expected, "{said}");
}

#[test]
fn a_file_of_another_program_may_be_beside_the_config_file() {
    let files = [("package.json", "{\"name\": \"shop\", \"version\": \"1\"}\n"), ("mock.yaml", "port: 0\n")];
    assert!(check(&files, &["."]).starts_with("no problem and no warning in 1 file\n"));
}

#[test]
fn a_scenario_whose_keys_are_mistyped_is_not_that_of_another_program() {
    let mistyped = "description: A\nstagse: [{result: APPROVED}]\n";
    let other = "jobs: {}\non: push\n";
    let files = [("mock.yaml", "port: 0\n"), ("scenarios/a.yaml", mistyped), ("scenarios/b.yaml", other)];
    let said = check(&files, &["."]);
    assert_eq!(summary(&said), ["./scenarios/a.yaml:2:1 error", "1 problem and no warning in 2 files"], "{said}");
}

#[test]
fn a_folder_of_very_many_files_is_checked_where_it_is_named() {
    let names: Vec<_> = (0..1001).map(|number| format!("data/{number}.yaml")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), BROKEN)).chain([("a.yaml", SCENARIO)]).collect();
    let said = check(&files, &["."]);
    let words = "./data: warning: ignored: the folder has more than 1000 files; name it to check them\n";
    assert!(said.starts_with(words) && said.contains("no problem and 1 warning in 1 file\n"), "{said}");
    let said = check(&files, &["data"]);
    assert!(said.ends_with("1001 problems and no warning in 1001 files\nexit status 1\n"), "{said}");
}

#[test]
fn people_and_scenarios_may_be_beside_each_other() {
    let files = [("people/taras.yaml", PERSON), ("a.yaml", BROKEN), ("config.yaml", "scenario: approved\n")];
    let said = check(&files, &["."]);
    assert_eq!(summary(&said), ["./a.yaml:2:11 error", "1 problem and no warning in 3 files"], "{said}");
}

#[test]
fn a_file_that_nobody_knows_is_checked_where_it_is_named() {
    let other = "foo: 1\nbar: 2\n";
    let files = [("s/a.yaml", other), ("t/a.yaml", other), ("t/b.yaml", SCENARIO), ("t/c.yaml", SCENARIO)];
    for (path, name) in [("s", "s/a.yaml"), ("t", "t/a.yaml"), ("s/a.yaml", "s/a.yaml")] {
        let said = check(&files, &[path]);
        let start = format!("{name}: error: this is not a scenario: it has none of the keys of one; ");
        assert!(said.starts_with(&start), "{said}");
    }
}

#[test]
fn json_schemas_are_passed_over() {
    let schema = "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": \"Scenario\"}\n";
    let files = [("s/scenario.schema.json", "{}"), ("s/other.json", schema), ("s/a.yaml", SCENARIO)];
    assert!(check(&files, &["s"]).starts_with("no problem and no warning in 1 file\n"));
    assert!(check(&files, &["--scenarios", "s"]).starts_with("no problem and no warning in 1 file\n"));
    assert!(check(&files, &["s/scenario.schema.json", "s/other.json"]).starts_with("no problem and no warning"));
}

#[test]
fn the_config_file_may_be_among_the_scenarios() {
    let files = [("s/config.yaml", "scenarios: .\nscenario: a\n"), ("s/a.yaml", SCENARIO)];
    let said = check(&files, &["--config", "s/config.yaml"]);
    assert!(said.starts_with("no problem and no warning in 2 files\n"), "{said}");
    let said = check(&files, &["--scenarios", "s"]);
    let words = "s/config.yaml: error: this is not a scenario: it has none of the keys of one; name a config file with \
                 --config, and move other files to another folder\n";
    assert!(said.starts_with(words), "{said}");
    assert!(said.contains("\n1 problem and no warning in 2 files\n"), "{said}");
}
