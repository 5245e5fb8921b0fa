//! Each kind of problem, with all that is said of it.

use insta::assert_snapshot;

use super::{PERSON, check};

#[test]
fn a_key_that_is_misspelt() {
    let said = check(&[("a.yaml", "description: A\nstages:\n  - when: begin\n    reslt: APPROVED\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:4:5: error: unknown key `reslt`, did you mean `result`?
      |
    4 |     reslt: APPROVED
      |     ^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_key_that_is_like_none() {
    let said = check(&[("a.yaml", "description: A\nfoo: 1\nstages: []\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:2:1: error: unknown key `foo`; known: description, match, refuse_begin, begin_fault, session_lifetime, person, flags, steps, operator_answers, stages
      |
    2 | foo: 1
      | ^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_key_that_is_missing() {
    let said = check(&[("a.yaml", "stages: []\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:1:1: error: the key `description` is missing
      |
    1 | stages: []
      | ^^^^^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_key_that_stands_there_twice() {
    let said = check(
        &[("a.yaml", "description: A\nstages:\n  - when: begin\n    result: APPROVED\n    when: opened\n")],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:5:5: error: duplicate key `when`; remove one of the two
      |
    5 |     when: opened
      |     ^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_word_where_a_number_is_wanted() {
    let said =
        check(&[("a.yaml", "description: A\nstages:\n  - result: APPROVED\n    similarity: high\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:4:17: error: `similarity` takes a number, not `high`
      |
    4 |     similarity: high
      |                 ^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_mapping_where_a_list_is_wanted() {
    let said = check(&[("a.yaml", "description: A\nstages: {}\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:2:9: error: `stages` takes a list, not `{}`
      |
    2 | stages: {}
      |         ^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn an_outcome_that_nobody_lists() {
    let said = check(&[("a.yaml", "description: A\nstages:\n  - result: APROVED\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:3:13: error: `APROVED` is not an outcome; allowed: APPROVED, REJECTED, MANUAL_CHECK, DISAGREED_WITH_TERMS, IN_PROGRESS; another word, to see what a client does with it, needs `unlisted: true`; did you mean `APPROVED`?
      |
    3 |   - result: APROVED
      |             ^^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_time_that_is_none() {
    let said = check(&[("a.yaml", "description: A\nsession_lifetime: soon\nstages: []\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:2:19: error: `soon` is not a duration; write it like 500ms, 90s, 15m, 24h or 7d
      |
    2 | session_lifetime: soon
      |                   ^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn stages_that_come_in_no_order() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nstages:\n  - when: widget\n    result: APPROVED\n  - when: opened\n    result: REJECTED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:5:5: error: stage 2 would be reached together with stage 1: `opened` has fired by then; merge the two stages, or wait with `after=`, `polls=` or `operator`
      |
    5 |   - when: opened
      |     ^^^^^^^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_person_who_cannot_be_so() {
    let said = check(
        &[("a.yaml", "description: A\nstages:\n  - when: begin\n    person:\n      country: Georgia\n")],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:5:16: error: `person.country`, merged into `aigul-primerova`: `Georgia` is not a country: 3 capital letters
      |
    5 |       country: Georgia
      |                ^^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_text_that_is_not_closed() {
    let said = check(&[("a.yaml", "description: \"A\nstages: []\n")], &["a.yaml"]);
    assert_snapshot!(said, @r#"
    a.yaml:1:14: error: unclosed quote
      |
    1 | description: "A
      |              ^^

    1 problem and no warning in 1 file
    exit status 1
    "#);
}

#[test]
fn a_file_with_nothing_in_it() {
    let said = check(&[("a.yaml", "# Later\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml: error: the file is empty; fill it or remove it

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_file_that_is_no_text() {
    let said = check(&[("a.yaml", b"\xff\xfe\x00\x01")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml: error: the file is not UTF-8 text

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn two_files_of_a_name() {
    let said = check(
        &[("s/a.yaml", "description: A\nstages: []\n"), ("s/a.json", "{\"description\": \"A\", \"stages\": []}\n")],
        &["s"],
    );
    assert_snapshot!(said, @r"
    s/a.yaml: error: `s/a.json` has the same name; rename one of them

    1 problem and no warning in 2 files
    exit status 1
    ");
}

#[test]
fn a_folder_without_files() {
    let said = check(&[("s/.keep", "")], &["s"]);
    assert_snapshot!(said, @r"
    s: error: the folder has no .yaml, .yml or .json file

    1 problem and no warning in no file
    exit status 1
    ");
}

#[test]
fn a_path_that_leads_nowhere() {
    let said = check::<&str>(&[], &["none.yaml"]);
    assert_snapshot!(said, @r"
    none.yaml: error: cannot be read: No such file or directory (os error 2)

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_person_with_odd_letters() {
    let person = PERSON.replace("first_name: Taras", "frist_name: Taras");
    let person = person.replace("last_name: Vyhadanyi", "last_name: მაგალითიძე");
    let said = check(&[("people/a.yaml", &person)], &["people/a.yaml"]);
    assert_snapshot!(said, @r"
    people/a.yaml:1:1: error: unknown key `frist_name`, did you mean `first_name`?
      |
    1 | frist_name: Taras
      | ^^^^^^^^^^

    people/a.yaml:2:12: error: `მაგალითიძე` is not a Latin name: only the letters A to Z, space, hyphen and apostrophe
      |
    2 | last_name: მაგალითიძე
      |            ^^^^^^^^^^

    2 problems and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_person_without_documents() {
    let (before, _) = PERSON.split_once("documents:").unwrap();
    let person = format!("{before}documents: {{}}\n");
    let said = check(&[("people/a.yaml", &person)], &["people/a.yaml"]);
    assert_snapshot!(said, @r"
    people/a.yaml:27:12: error: the person has no document; add at least one
       |
    27 | documents: {}
       |            ^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_document_that_is_a_list() {
    let said = check(&[("documents/a.json", "[\"a\"]\n")], &["documents/a.json"]);
    assert_snapshot!(said, @r#"
    documents/a.json:1:1: error: expected a mapping (keys with values), not a list
      |
    1 | ["a"]
      | ^^^^^

    1 problem and no warning in 1 file
    exit status 1
    "#);
}

#[test]
fn somebody_on_a_list_of_no_kind() {
    let said = check(&[("screening/a.yaml", "entityType: animal\nname: Some Body\n")], &["screening/a.yaml"]);
    assert_snapshot!(said, @r"
    screening/a.yaml:1:13: error: unknown value `animal`; allowed: person, company, vessel, entity
      |
    1 | entityType: animal
      |             ^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_scenario_of_the_settings_that_is_not_there() {
    let said = check(
        &[
            ("config.yaml", "scenario: aproved\nno-builtin-scenarios: true\nscenarios: s\n"),
            ("s/approved.yaml", "description: A\nstages: []\n"),
        ],
        &["config.yaml"],
    );
    assert_snapshot!(said, @r"
    config.yaml:1:11: error: the default scenario (--scenario): there is no scenario `aproved`; known: approved; did you mean `approved`?
      |
    1 | scenario: aproved
      |           ^^^^^^^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_scenario_of_a_company_that_is_not_there() {
    let said = check(
        &[
            (
                "config.yaml",
                "no-builtin-scenarios: true\nscenarios: s\nscenario: a\ncompanies:\n  - key: one\n  - key: two\n    configurations:\n      0123456789abcdef01234567:\n        scenario: b\n",
            ),
            ("s/a.yaml", "description: A\nstages: []\n"),
        ],
        &["config.yaml"],
    );
    assert_snapshot!(said, @r"
    config.yaml:9:19: error: the configuration `0123456789abcdef01234567` of the company key `two`: there is no scenario `b`; known: a
      |
    9 |         scenario: b
      |                   ^

    1 problem and no warning in 1 file
    exit status 1
    ");
}

#[test]
fn a_person_of_a_company_who_is_not_there() {
    let said = check(
        &[("config.yaml", "fixtures: f\ncompanies:\n  - {key: one, people: [a, b]}\n"), ("f/people/a.yaml", PERSON)],
        &["config.yaml"],
    );
    assert_snapshot!(said, @r"
    config.yaml:3:28: error: the people of the company key `one`: there is no person `b`; known: a
      |
    3 |   - {key: one, people: [a, b]}
      |                            ^

    1 problem and no warning in 1 file
    exit status 1
    ");
}
