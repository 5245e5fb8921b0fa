//! Mistakes that were made in files: each is found at its value, as what it is, and the message leads to the mend.

use serde_json::Value;

use super::{PERSON, check};

/// The problems of a file, as `check --format json` lists them.
fn problems(name: &str, text: &str) -> Vec<Value> {
    let said = check(&[(name, text)], &["--format", "json", name]);
    let (report, _) = said.split_once("exit status").expect("a status");
    let mut report: Value = serde_json::from_str(report).expect("JSON");
    report["problems"].take().as_array().expect("a list").clone()
}

/// The marked text of a problem.
fn marked<'t>(text: &'t str, problem: &Value) -> String {
    let number = |name: &str| problem[name].as_u64().expect("a number") as usize;
    let line: &'t str = text.lines().nth(number("line") - 1).expect("a line");
    line.chars().skip(number("column") - 1).take(number("end_column") - number("column")).collect()
}

/// Kind of file and text, then what is said: kind and path, the marked text, and the mend in the message.
type Mistake = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const MISTAKES: [Mistake; 26] = [
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
        "write it like 500ms, 90s, 15m or 24h",
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
        "known: key, secret, scenario, dialect, result-case, configurations, people, queue, faults, frozen-at, \
         max-sessions, refuse-at-max-sessions",
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
    // Folders that are not there.
    ("config", "port: 1\nscenarios: ./nowhere\n", "rule", "scenarios", "./nowhere", "nowhere` cannot be read: No such"),
    ("config", "fixtures: nowhere\n", "rule", "fixtures", "nowhere", "nowhere` cannot be read: No such"),
];

#[test]
fn each_mistake_is_found_at_its_value_and_leads_to_the_mend() {
    let mut wrong = Vec::new();
    for (file, text, kind, path, mark, mend) in MISTAKES {
        let problems = problems(&format!("{file}.yaml"), text);
        let is_right = |problem: &Value| {
            problem["kind"] == kind
                && problem["path"].as_str().unwrap_or_default() == path
                && marked(text, problem) == mark
                && problem["message"].as_str().is_some_and(|message| message.contains(mend))
        };
        if problems.len() != 1 || !is_right(&problems[0]) {
            wrong.push(format!("{text}\nshould be {kind} at `{path}`, mark `{mark}` and say {mend}:\n{problems:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
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
        let [problem] = &problems("people/a.yaml", &person)[..] else { panic!("{date}") };
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
        ("&a hush", ""),
    ] {
        for text in [format!("companies:\n- key: a\n  secret: {secret}\n"), format!("admin-token: {secret}\n")] {
            let said = check(&[("config.yaml", &text)], &["config.yaml"]);
            assert!(!said.contains("hush"), "{said}");
            let problems = problems("config.yaml", &text);
            assert_eq!(problems.first().map_or("", |problem| problem["kind"].as_str().unwrap()), kind, "{problems:?}");
            assert!(!format!("{problems:?}").contains("hush"), "{problems:?}");
        }
    }
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
