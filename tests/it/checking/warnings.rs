//! Each kind of warning, with all that is said of it.

use insta::assert_snapshot;

use super::{PERSON, check};

#[test]
fn a_stage_that_waits_for_a_widget_that_nobody_opens() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nsession_lifetime: 0s\nstages:\n  - when: begin\n    result: APPROVED\n  - when: [opened, widget]\n    result: REJECTED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:6:11: warning: this stage is never reached: with a `session_lifetime` of 0 the widget cannot be opened
      |
    6 |   - when: [opened, widget]
      |           ^^^^^^^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_stage_that_waits_for_a_step_that_is_left_out() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nflags: {skip_face: true}\nstages:\n  - when: step=face\n    result: APPROVED\n  - when: operator\n    result: REJECTED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:4:11: warning: this stage is never reached, nor any stage after it: the widget has no step `face` unless a call requests it; its steps are `agreement`, `document`
      |
    4 |   - when: step=face
      |           ^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_stage_that_waits_for_a_step_that_nobody_asks_for() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nsteps: [{type: liveness, key: selfie}]\nstages:\n  - when: step=selfi\n    result: APPROVED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:4:11: warning: this stage is never reached: the widget has no step `selfi` unless a call requests it; its steps are `agreement`, `document`, `face`, `selfie`
      |
    4 |   - when: step=selfi
      |           ^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_stage_that_waits_for_polls_that_nobody_answers() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nstages:\n  - when: begin\n    fault: {status: 503, forever: true}\n  - when: polls=2\n    result: APPROVED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:5:11: warning: this stage is never reached: the fault `a` of an earlier stage never expires, so no `result/` is handled
      |
    5 |   - when: polls=2
      |           ^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_session_that_never_begins() {
    let said = check(
        &[(
            "a.yaml",
            "description: A\nbegin_fault: {status: 503, forever: true}\nstages:\n  - when: begin\n    result: APPROVED\n",
        )],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:2:14: warning: no session can begin, because this fault never expires; no stage is ever reached
      |
    2 | begin_fault: {status: 503, forever: true}
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_match_that_an_earlier_one_always_wins() {
    let said = check(
        &[
            ("s/a.yaml", "description: A\nmatch: {company: {glob: \"shop-*\"}}\nstages: []\n"),
            ("s/b.yaml", "description: B\nmatch:\n  company: shop-1\n  flags: {liveness: true}\nstages: []\n"),
        ],
        &["s"],
    );
    assert_snapshot!(said, @r"
    s/b.yaml:2:1: warning: no call selects this scenario: `a` comes first by name, and its `match` covers the same calls; narrow that `match`, or give this scenario a name before `a`
      |
    2 | match:
      | ^^^^^^

    no problem and 1 warning in 2 files
    exit status 0
    ");
}

#[test]
fn a_person_whose_document_no_flag_allows() {
    let said = check(
        &[
            ("a.yaml", "description: A\nperson: a\nflags:\n  document_types: [passport]\nstages: []\n"),
            ("f/people/a.yaml", PERSON),
        ],
        &["--fixtures", "f", "a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:3:1: warning: `a` holds no document that the flags allow (passport): another one is shown
      |
    3 | flags:
      | ^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_person_from_a_country_that_no_flag_allows() {
    let said = check(
        &[
            ("a.yaml", "description: A\nperson: a\nflags:\n  document_countries: [FRA, ITA]\nstages: []\n"),
            ("f/people/a.yaml", PERSON),
        ],
        &["--fixtures", "f", "a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:3:1: warning: `a` is from no country that the flags allow (FRA, ITA)
      |
    3 | flags:
      | ^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn people_of_a_company_whose_documents_a_configuration_does_not_allow() {
    let said = check(
        &[
            (
                "config.yaml",
                "fixtures: f\ncompanies:\n  - key: one\n    people: [a]\n    configurations:\n      0123456789abcdef01234567:\n        flags: {document_types: [passport]}\n",
            ),
            ("f/people/a.yaml", PERSON),
        ],
        &["config.yaml"],
    );
    assert_snapshot!(said, @r"
    config.yaml:7:16: warning: the configuration `0123456789abcdef01234567` of the company key `one`: `a` holds no document that the flags allow (passport): another one is shown
      |
    7 |         flags: {document_types: [passport]}
      |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn files_and_folders_that_are_passed_over() {
    let said = check(
        &[("f/people/a.yaml", PERSON), ("f/people/README.md", ""), ("f/notes/a.yaml", ""), ("f/people/.hidden", "")],
        &["f"],
    );
    assert_snapshot!(said, @r"
    f/people/README.md: warning: ignored: only .yaml, .yml and .json files are read

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_reason_that_was_never_seen() {
    let said = check(
        &[("a.yaml", "description: A\nstages:\n  - result: REJECTED\n    reject_reason: face_mismach\n")],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:4:20: warning: the reject_reason `face_mismach` is not a known one, did you mean `face_mismatch`?
      |
    4 |     reject_reason: face_mismach
      |                    ^^^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn a_type_of_step_that_is_not_known() {
    let said = check(&[("a.yaml", "description: A\nsteps: [{type: lifeness}]\nstages: []\n")], &["a.yaml"]);
    assert_snapshot!(said, @r"
    a.yaml:2:8: warning: unknown step type `lifeness` has no effect
      |
    2 | steps: [{type: lifeness}]
      |        ^^^^^^^^^^^^^^^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}

#[test]
fn an_answer_that_nobody_asks_for() {
    let said = check(
        &[("a.yaml", "description: A\nsteps: [{type: liveness}]\noperator_answers: {genuine: true}\nstages: []\n")],
        &["a.yaml"],
    );
    assert_snapshot!(said, @r"
    a.yaml:3:29: warning: `operator_answers` has the question `genuine`, which no step for the operator has
      |
    3 | operator_answers: {genuine: true}
      |                             ^^^^

    no problem and 1 warning in 1 file
    exit status 0
    ");
}
