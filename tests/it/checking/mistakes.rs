//! Mistakes that were made in files: each is found at its value, as what it is, and the message leads to the mend.

use serde_json::Value;

use super::{PERSON, check};

/// The problems of files, as `check --format json` lists them.
fn problems(files: &[(&str, &str)], names: &[&str]) -> Vec<Value> {
    let said = check(files, &[&["--format", "json"], names].concat());
    let (report, _) = said.split_once("exit status").expect("a status");
    let mut report: Value = serde_json::from_str(report).expect("JSON");
    report["problems"].take().as_array().expect("a list").clone()
}

/// The marked text of a problem.
fn marked(text: &str, problem: &Value) -> String {
    let number = |name: &str| problem[name].as_u64().map(|number| number as usize);
    let (Some(line), Some(column), Some(end)) = (number("line"), number("column"), number("end_column")) else {
        return String::new();
    };
    let line = text.lines().nth(line - 1).unwrap_or_default();
    line.chars().skip(column - 1).take(end - column).collect()
}

/// Kind of file and text, then what is said: kind and path, the marked text, and a part of the message where kind and
/// path do not say enough.
type Mistake = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const MISTAKES: &[Mistake] = &[
    // What looks like a variable, a colon, a date.
    ("config", "companies:\n- {key: a, secret: ${S}}\n", "syntax", "", "${S}", "quote the variable: `\"${S}\"`"),
    ("config", "companies:\n- {key: a, people: [${P}, b]}\n", "syntax", "", "${P}", "quote the variable: `\"${P}\"`"),
    (
        "scenario",
        "description: Rejected: the face\nstages: []\n",
        "syntax",
        "",
        "Rejected: the face",
        "a colon and a space needs quotes",
    ),
    ("scenario", "description: A\nstages:\n\t- result: APPROVED\n", "syntax", "", "\t", "use spaces"),
    ("scenario", "description: A\n  stages: []\n", "syntax", "", "stages: []", "align the keys"),
    // A value of another form.
    (
        "scenario",
        "description: A\nstages:\n- when: {after: 60s}\n  result: APPROVED\n",
        "wrong_type",
        "stages[0].when",
        "{after: 60s}",
        "write `after=60s`",
    ),
    (
        "scenario",
        "description: A\nstages:\n- when: 60s\n  result: APPROVED\n",
        "unknown_word",
        "stages[0].when",
        "60s",
        "after=DURATION (after=90s)",
    ),
    (
        "scenario",
        "description: A\nsession_lifetime: 15\nstages: []\n",
        "malformed",
        "session_lifetime",
        "15",
        "add a unit: `15s` is in seconds",
    ),
    (
        "scenario",
        "description: A\nstages: [{result: APPROVED, live: yes}]\n",
        "wrong_type",
        "stages[0].live",
        "yes",
        "true or false",
    ),
    ("config", "companies:\n  key: a\n", "wrong_type", "companies", "companies:", "`- key: NAME`"),
    ("config", "companies:\n  shop:\n    secret: x\n", "wrong_type", "companies", "companies:", "`- key: NAME`"),
    (
        "scenario",
        "description: A\nstages:\n  first:\n    result: APPROVED\n",
        "wrong_type",
        "stages",
        "stages:",
        "begin each element with a dash",
    ),
    ("config", "port: \"80800\"\n", "malformed", "port", "\"80800\"", "a number from 0 to 65535"),
    // Keys.
    ("config", "companies:\n- secret: x\n", "missing_key", "companies[0]", "secret: x", "the key `key` is missing"),
    (
        "config",
        "companies:\n- key: a\n  port: 80\n",
        "unknown_key",
        "companies[0].port",
        "port",
        "it belongs at the top of the file",
    ),
    (
        "config",
        "companies:\n- key: a\n  session_lifetime: 5m\n",
        "unknown_key",
        "companies[0].session_lifetime",
        "session_lifetime",
        "it belongs at the top of the file",
    ),
    (
        "config",
        "companies:\n- key: a\n  foo: 1\n",
        "unknown_key",
        "companies[0].foo",
        "foo",
        "known: key, secret, scenario, dialect",
    ),
    (
        "config",
        "port: 1\nseed: 1\nsession_lifetime: 5m\n",
        "unknown_key",
        "session_lifetime",
        "session_lifetime",
        "did you mean `session-lifetime`?",
    ),
    ("scenario", "description: A\nstages: []\nstages: []\n", "duplicate_key", "stages", "stages", "remove one"),
    // Names, of which there are many.
    ("config", "scenario: aproved\n", "unknown_name", "scenario", "aproved", "known: approved, "),
    (
        "config",
        "companies:\n- key: a\n  queue: [approved, aproved]\n",
        "unknown_name",
        "companies[0].queue[1]",
        "aproved",
        "did you mean `approved`?",
    ),
    (
        "config",
        "companies:\n- key: a\n  people:\n  - j-q\n  - j-p\n",
        "unknown_name",
        "companies[0].people[1]",
        "j-p",
        "did you mean `j-q`?",
    ),
    (
        "config",
        "companies:\n- key: a\n  faults: [{status: 503, scenario: rejcted}]\n",
        "unknown_name",
        "companies[0].faults[0].scenario",
        "rejcted",
        "did you mean `rejected`?",
    ),
    (
        "scenario",
        "description: A\nstages: [{result: APROVED}]\n",
        "unknown_word",
        "stages[0].result",
        "APROVED",
        "did you mean `APPROVED`?",
    ),
    // Rules, and each kind of value.
    ("scenario", "description: a\nstages:\n  - result: APROVED\n", "unknown_word", "stages[0].result", "APROVED", ""),
    (
        "scenario",
        "description: a\nstages:\n  - result: APPROVED\n    wen: begin\n",
        "unknown_key",
        "stages[0].wen",
        "wen",
        "",
    ),
    ("scenario", "description: a\nstages:\n  - when: begin\n", "rule", "stages[0]", "when: begin", "needs an effect"),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, error: SESSION_INVALID}]\n",
        "rule",
        "stages[0].error",
        "SESSION_INVALID",
        "only one of `result`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: polls=0, result: APPROVED}]\n",
        "malformed",
        "stages[0].when",
        "polls=0",
        "`polls=0` is not a number of polls; write",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, reject_reason: x}]\n",
        "rule",
        "stages[0].reject_reason",
        "x",
        "needs the result REJECTED",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, similarity: 2}]\n",
        "rule",
        "stages[0].similarity",
        "2",
        "from 0 to 1",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: MANUAL_CHECK}, {result: APPROVED}]\n",
        "rule",
        "stages[1]",
        "{result: APPROVED}",
        "stage 2 has no `when`",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, reject_description: x}]\n",
        "rule",
        "stages[0].reject_description",
        "x",
        "needs a `reject_reason`",
    ),
    (
        "scenario",
        "description: a\nrefuse_begin: SESSION_INVALID\nstages: [{result: APPROVED}]\n",
        "rule",
        "refuse_begin",
        "SESSION_INVALID",
        "`refuse_begin` conflicts with `stages`",
    ),
    (
        "scenario",
        "description: a\nstages: [{error: SESSION_INVALID, live: true}]\n",
        "rule",
        "stages[0].live",
        "true",
        "`live` needs a `result`",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: approved, unlisted: true}]\n",
        "rule",
        "stages[0].unlisted",
        "true",
        "`APPROVED` is a documented outcome",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: '', unlisted: true}]\n",
        "rule",
        "stages[0].result",
        "''",
        "`result` is empty",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, unlisted: true}]\n",
        "rule",
        "stages[0].unlisted",
        "true",
        "`unlisted` needs a `result`",
    ),
    ("scenario", "description: a\nstages: [{when: 5, result: APPROVED}]\n", "unknown_word", "stages[0].when", "5", ""),
    (
        "scenario",
        "description: a\nstages: [{when: true, result: APPROVED}]\n",
        "unknown_word",
        "stages[0].when",
        "true",
        "",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: {a: b}, result: APPROVED}]\n",
        "wrong_type",
        "stages[0].when",
        "{a: b}",
        "not a mapping; write `a=b`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: [], result: APPROVED}]\n",
        "rule",
        "stages[0].when",
        "[]",
        "the list of triggers is empty; add one",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: [widget, polls=0], result: APPROVED}]\n",
        "malformed",
        "stages[0].when[1]",
        "polls=0",
        "",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: widget, result: APPROVED}, {when: [polls=1, opened], result: REJECTED}]\n",
        "rule",
        "stages[1]",
        "{when: [polls=1, opened], result: REJECTED}",
        "`opened` has fired by then",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, document: nothing-like-it}]\n",
        "unknown_name",
        "stages[0].document",
        "nothing-like-it",
        "",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {times: 2}}]\n",
        "rule",
        "stages[0].fault",
        "{times: 2}",
        "needs an effect",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 503, drip: 100}}]\n",
        "rule",
        "stages[0].fault",
        "{status: 503, drip: 100}",
        "add a second fault for the other",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 99}}]\n",
        "malformed",
        "stages[0].fault.status",
        "99",
        "",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {delay: 3s to 1s}}]\n",
        "malformed",
        "stages[0].fault.delay",
        "3s to 1s",
        "write the shorter time first",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 503, times: 2, lasts: 1m}}]\n",
        "rule",
        "stages[0].fault",
        "{status: 503, times: 2, lasts: 1m}",
        "only one of `times`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 503, calls: 2}}]\n",
        "malformed",
        "stages[0].fault.calls",
        "2",
        "`times: 2` for the next 2",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 503, calls: 5 to 3}}]\n",
        "rule",
        "stages[0].fault.calls",
        "5 to 3",
        "the range 5 to 3 starts after its end",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 503, calls: 0 to 3}}]\n",
        "rule",
        "stages[0].fault.calls",
        "0 to 3",
        "counted from 1",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {body: later}}]\n",
        "rule",
        "stages[0].fault.body",
        "later",
        "`body` needs a `status`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: 204, body: a}}]\n",
        "rule",
        "stages[0].fault.body",
        "a",
        "204 allows no body",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {drip: 0}}]\n",
        "rule",
        "stages[0].fault.drip",
        "0",
        "give at least 1",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {answer: xml}}]\n",
        "unknown_word",
        "stages[0].fault.answer",
        "xml",
        "",
    ),
    (
        "scenario",
        "description: a\nbegin_fault: {endpoint: compare-faces, scenario: rejected, status: 503}\nstages: []\n",
        "rule",
        "begin_fault.scenario",
        "rejected",
        "remove `scenario`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {scenario: rejected, status: 503}}]\n",
        "rule",
        "stages[0].fault.scenario",
        "rejected",
        "remove `scenario`, or put the fault on the server",
    ),
    (
        "scenario",
        "description: a\nbegin_fault: {scenario: rejected, status: 503}\nstages: []\n",
        "rule",
        "begin_fault.scenario",
        "rejected",
        "remove `scenario`, or put the fault on the server",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {endpoint: begin, status: 503}}]\n",
        "rule",
        "stages[0].fault.endpoint",
        "begin",
        "`begin_fault`",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {endpoint: compare-faces, status: 503}}]\n",
        "rule",
        "stages[0].fault.endpoint",
        "compare-faces",
        "has no session",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {endpoint: selfie, status: 503}}]\n",
        "unknown_word",
        "stages[0].fault.endpoint",
        "selfie",
        "",
    ),
    (
        "scenario",
        "description: a\nbegin_fault: {endpoint: result, status: 503}\nstages: []\n",
        "rule",
        "begin_fault.endpoint",
        "result",
        "put the fault on a stage",
    ),
    (
        "scenario",
        "description: a\nstages: [{when: widget, result: APPROVED}, {when: opened, result: REJECTED}]\n",
        "rule",
        "stages[1]",
        "{when: opened, result: REJECTED}",
        "`opened` has fired by then",
    ),
    ("scenario", "description: a\nmatch: {}\nstages: []\n", "rule", "match", "{}", "`match` names no condition"),
    (
        "scenario",
        "description: a\nmatch: {flags: {liveness: {is: 1, contains: 2}}}\nstages: []\n",
        "rule",
        "match.flags.liveness",
        "{is: 1, contains: 2}",
        "a condition has one of `is`, `contains`, `glob`, `matches`, `present`; for an object, write `{is: {…}}`",
    ),
    ("scenario", "description: a\n", "rule", "", "description: a", "a scenario needs `stages`"),
    (
        "scenario",
        "description: a\nstages: []\noperator_answers: {a: 5}\n",
        "rule",
        "operator_answers.a",
        "5",
        "a list of strings, not 5",
    ),
    ("scenario", "description: a\ndescription: b\nstages: []\n", "duplicate_key", "description", "description", ""),
    ("scenario", "description: [\n", "syntax", "", "[", "unclosed"),
    (
        "scenario",
        "description: a\nstages:\n  - result: APPROVED\n    similarity: high\n",
        "wrong_type",
        "stages[0].similarity",
        "high",
        "",
    ),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, \"live\": maybe, similarity: 1}]\n",
        "wrong_type",
        "stages[0].live",
        "maybe",
        "",
    ),
    ("scenario", "description:\nstages: []\n", "missing_value", "description", ":", "write a string"),
    (
        "scenario",
        "description: a\nstages: [{result: APPROVED, live: yes}]\n",
        "wrong_type",
        "stages[0].live",
        "yes",
        "",
    ),
    ("scenario", "description: a\nstages: {} # none\n", "wrong_type", "stages", "{}", ""),
    ("scenario", "description:\n  - a\nstages: []\n", "wrong_type", "description", "description:", ""),
    (
        "scenario",
        "description: a\nperson: 3\nstages: []\n",
        "rule",
        "person",
        "3",
        "`person` is the name of a person in `people`",
    ),
    (
        "scenario",
        "description: a\nperson: {like: [a]}\nstages: []\n",
        "rule",
        "person",
        "{like: [a]}",
        "with `like: NAME`",
    ),
    ("scenario", "description: a\nperson: nobody\nstages: []\n", "unknown_name", "person", "nobody", ""),
    ("scenario", "description: a\nstages: [{when: begin, person: j-q}]\n", "wrong_type", "stages[0].person", "j-q", ""),
    ("scenario", "description: a\nflags: 3\nstages: []\n", "wrong_type", "flags", "3", ""),
    ("scenario", "description: a\nstages: [3]\n", "wrong_type", "stages[0]", "3", ""),
    (
        "scenario",
        "description: a\nstages: [{when: begin, fault: {status: high}}]\n",
        "wrong_type",
        "stages[0].fault.status",
        "high",
        "",
    ),
    (
        "scenario",
        "description: a\nstages:\n  - result: APPROVED\n   live: true\n",
        "syntax",
        "",
        "live: true",
        "indented like its neighbours",
    ),
    (
        "scenario",
        "description: a\nstages:\n  - result: APPROVED\n      live: true\n",
        "syntax",
        "",
        "live: true",
        "indented deeper than the line above",
    ),
    ("scenario", "", "rule", "", "", "the file is empty"),
    ("scenario", "# nothing\n\n", "rule", "", "", "the file is empty"),
    ("scenario", "description: |\n  a: b\n    c: d\nstages: {}\n", "wrong_type", "stages", "{}", ""),
    ("scenario", "stages: []\n", "missing_key", "", "stages: []", ""),
    ("scenario", "- description: A\n", "wrong_type", "", "- description: A", ""),
    (
        "scenario",
        "description: A\nstages:\n  - when: begin\n    fault: {close: in-the-body}\n",
        "unknown_word",
        "stages[0].fault.close",
        "in-the-body",
        "",
    ),
    (
        "scenario",
        "description: A\nstages:\n  - when: begin\n    error: SESSION_NOT_FOND\n",
        "unknown_word",
        "stages[0].error",
        "SESSION_NOT_FOND",
        "",
    ),
    (
        "scenario",
        "description: A\nstages:\n  - when: [opened, aftr=5s]\n    result: APPROVED\n",
        "unknown_word",
        "stages[0].when[1]",
        "aftr=5s",
        "",
    ),
    (
        "scenario",
        "description: A\nmatch: {flags: {liveness: {contain: true}}}\nstages: []\n",
        "unknown_key",
        "match.flags.liveness.contain",
        "contain",
        "did you mean `contains`?",
    ),
    (
        "scenario",
        "description: A\nmatch: {flags: {language: {matches: '(a{100}){100}'}}}\nstages: []\n",
        "rule",
        "match.flags.language",
        "{matches: '(a{100}){100}'}",
        "is too large a regular expression; use fewer repetitions",
    ),
    ("scenario", "description: A\nstages:\n  - when: widget\n", "rule", "stages[0]", "when: widget", "needs an effect"),
    (
        "scenario",
        "description: A\nstages:\n  - result: APPROVED\n    reject_reason: face_mismatch\n",
        "rule",
        "stages[0].reject_reason",
        "face_mismatch",
        "needs the result REJECTED",
    ),
    (
        "scenario",
        "description: A\nstages:\n  - when: begin\n    document: none-such\n",
        "unknown_name",
        "stages[0].document",
        "none-such",
        "",
    ),
    (
        "scenario",
        "description: A\nperson: {like: nobody, first_name: Some}\nstages: []\n",
        "unknown_name",
        "person.like",
        "nobody",
        "",
    ),
    ("scenario", "description: A\n  stages: []\n", "syntax", "", "stages: []", "align the keys of a mapping"),
    ("scenario", "description: A\nstages:\n\t- when: begin\n", "syntax", "", "\t", "use spaces"),
    (
        "scenario",
        "description: A\nstages:\n  - result: APPROVED\n   live: true\n",
        "syntax",
        "",
        "live: true",
        "is this line indented like its neighbours?",
    ),
    (
        "scenario",
        "description: A\nstages: [{when: begin, result: APPROVED}\n",
        "syntax",
        "",
        "[{when: begin, result: APPROVED}",
        "unclosed bracket '['",
    ),
    (
        "scenario",
        "description: A\nstages: []\n---\ndescription: B\n",
        "syntax",
        "",
        "description: B",
        "move the text after `---` to a file of its own",
    ),
    ("config", "prot: 8080\nseed: 1\n", "unknown_key", "prot", "prot", ""),
    ("config", "port: 8080\nsession-lifetime: soon\n", "malformed", "session-lifetime", "soon", ""),
    ("config", "port: 8080\nmax-parts: 0\n", "rule", "max-parts", "0", "give at least 1"),
    (
        "config",
        "companies:\n  - key: one\n  - key: one\n",
        "rule",
        "companies[1]",
        "key: one",
        "the company key `one` is given twice",
    ),
    (
        "config",
        "companies:\n  - key: one\n    configurations: {mine: {scenario: approved}}\n",
        "rule",
        "companies[0].configurations.mine",
        "{scenario: approved}",
        "an id has 24 characters",
    ),
    // Folders that are not there.
    ("config", "port: 1\nscenarios: ./nowhere\n", "rule", "scenarios", "./nowhere", "nowhere` cannot be read: No such"),
    ("config", "fixtures: nowhere\n", "rule", "fixtures", "nowhere", "nowhere` cannot be read: No such"),
];

#[test]
fn each_mistake_is_found_at_its_value_and_leads_to_the_mend() {
    let named = |at: usize, file: &str| format!("{at}/{file}.yaml");
    let files: Vec<_> = MISTAKES.iter().enumerate().map(|(at, (file, text, ..))| (named(at, file), *text)).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    let all = problems(&files, &names);
    let mut wrong = Vec::new();
    for (at, (file, text, kind, path, mark, mend)) in MISTAKES.iter().enumerate() {
        let name = named(at, file);
        let of_file: Vec<_> = all.iter().filter(|problem| problem["file"] == *name).collect();
        let is_right = |problem: &Value| {
            problem["kind"] == *kind
                && problem["path"].as_str().unwrap_or_default() == *path
                && marked(text, problem) == *mark
                && problem["message"].as_str().is_some_and(|message| message.contains(mend))
        };
        if of_file.len() != 1 || !is_right(of_file[0]) {
            wrong.push(format!("{text}\nshould be {kind} at `{path}`, mark `{mark}` and say {mend}:\n{of_file:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(all.len(), MISTAKES.len());
}

#[test]
fn a_date_says_how_it_is_written() {
    for (date, mend) in [
        ("31.01.2015", "`31.01.2015` is not a date; write 2015-01-31"),
        ("31.13.2015", "`31.13.2015` is not a date; write it like 2015-01-31"),
        ("in January", "`in January` is not a date; write it like 2015-01-31"),
    ] {
        let person = PERSON.replace("birthday: 1999-08-02", &format!("birthday: {date}"));
        assert!(person.contains(date), "the person has another birthday");
        let [problem] = &problems(&[("people/a.yaml", &person)], &["people/a.yaml"])[..] else { panic!("{date}") };
        assert_eq!((&problem["kind"], &problem["path"]), (&"malformed".into(), &"birthday".into()));
        assert_eq!(problem["message"], mend);
    }
}

#[test]
fn no_message_shows_a_part_of_a_secret() {
    for (secret, kind) in [
        ("pa$hush", "malformed"),
        ("\"pa${hush}\"", "malformed"),
        ("\"${hush?}\"", "malformed"),
        ("{a: hush}", "wrong_type"),
        ("[hush]", "wrong_type"),
        ("\"${\"", "malformed"),
        ("&a hush", ""),
    ] {
        for text in [format!("companies:\n- key: a\n  secret: {secret}\n"), format!("admin-token: {secret}\n")] {
            let said = check(&[("config.yaml", &text)], &["config.yaml"]);
            assert!(!said.contains("hush"), "{said}");
            let problems = problems(&[("config.yaml", &text)], &["config.yaml"]);
            assert_eq!(problems.first().map_or("", |problem| problem["kind"].as_str().unwrap()), kind, "{problems:?}");
            assert!(!format!("{problems:?}").contains("hush"), "{problems:?}");
        }
    }
    let text = "companies:\n- {key: a, secret: pa${hush}}\n";
    let said = check(&[("config.yaml", text)], &["config.yaml"]);
    assert!(said.contains("quote the whole text") && !said.contains("hush"), "{said}");
    // A name that is the whole value is no secret.
    let said = check(&[("config.yaml", "admin-token: ${NO_SUCH_TOKEN}\n")], &["config.yaml"]);
    assert!(said.contains("there is no variable `NO_SUCH_TOKEN` in the environment"), "{said}");
}

#[test]
fn a_lifetime_of_nothing_is_said_where_it_closes_the_widget() {
    let text = "description: A\nsession_lifetime: 0s\nstages:\n- result: APPROVED\n";
    let said = check(&[("a.yaml", text)], &["a.yaml"]);
    let words = "a.yaml:4:3: warning: this stage is never reached: with a `session_lifetime` of 0 the widget cannot be";
    assert!(said.starts_with(words), "{said}");
}
