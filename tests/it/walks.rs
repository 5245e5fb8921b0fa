//! The examples of `docs/scenarios.md`: each scenario can be read, and does what is written below it.

use std::{fs, time::Duration};

use identomat_mock::{Company, Outcome, SavedConfiguration};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    command_line::{Serving, binary},
    harness::{Reply, TestApp, send},
};

/// The fenced blocks of a page in order: language and text.
pub(crate) fn blocks_of(page: &str) -> Vec<(String, String)> {
    let page = fs::read_to_string(page).unwrap();
    let fences: Vec<_> = page.split("```").collect();
    let inside = fences.iter().skip(1).step_by(2);
    inside.map(|block| block.split_once('\n').unwrap()).map(|(kind, text)| (kind.into(), text.into())).collect()
}

/// What a call answers, as a walk writes it: a word, a status, `closed` or `broken`.
async fn answer(app: &TestApp, path: &str, body: &Value) -> (String, Value) {
    let call = app.request(Method::POST, path).json(&app.with_key(body.clone())).send();
    let Ok(response) = call.await else { return ("closed".into(), Value::Null) };
    let status = response.status().as_u16();
    let Ok(body) = response.bytes().await else { return ("closed".into(), Value::Null) };
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::String(word)) => (word, Value::Null),
        Ok(document) => (document["result"].as_str().unwrap_or_default().to_owned(), document),
        Err(_) if status == 200 => ("broken".into(), Value::Null),
        Err(_) => (status.to_string(), Value::Null),
    }
}

/// The member at a path such as `person.name` or `list.0`.
fn member<'a>(document: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(document, |value, name| match name.parse::<usize>() {
        Ok(number) => &value[number],
        Err(_) => &value[name],
    })
}

/// `NAME=JSON NAME=JSON`; only quoted values have blanks.
fn pairs(text: &str) -> Vec<(&str, Value)> {
    let (mut pairs, mut rest) = (Vec::new(), text);
    while let Some((name, after)) = rest.split_once('=') {
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        pairs.push((name.trim(), values.next().unwrap().unwrap()));
        rest = &after[values.byte_offset()..];
    }
    pairs
}

/// Begins a session with parameters and headers; `TOKEN` stands for the session before.
async fn begin(app: &TestApp, with: &str, before: &str) -> String {
    let (mut body, mut headers) = (json!({}), Vec::new());
    for (name, value) in pairs(with) {
        match value.as_str() {
            Some(value) if name.starts_with("x-") => headers.push((name, value.to_owned())),
            Some("TOKEN") => body[name] = before.into(),
            _ => body[name] = value,
        }
    }
    let call = app.request(Method::POST, "/external-api/begin/").json(&app.with_key(body));
    let call = headers.into_iter().fold(call, |call, (name, value)| call.header(name, value));
    let reply = send(call).await;
    reply.assert_status(200);
    reply.json().as_str().unwrap().to_owned()
}

fn blocks() -> Vec<(String, String)> {
    blocks_of("docs/scenarios.md")
}

async fn walk(scenario: &str, steps: &str) {
    let configuration = SavedConfiguration::new();
    let company = Company::new("my-company").configuration("0123456789abcdef01234567", configuration);
    let app = TestApp::scripted_with(scenario, |builder| {
        let builder = builder.company(company);
        // Whoever does not match takes another scenario.
        if scenario.contains("match:") {
            builder.settings(|config| config.scenario = "approved".into())
        } else {
            builder
        }
    })
    .await;
    let mut token = String::new();
    for step in steps.lines() {
        let (action, expected) = step.split_once(' ').unwrap_or((step, ""));
        match action {
            "begin" if expected.contains('=') => token = begin(&app, expected, &token).await,
            "begin" => {
                let (word, _) = answer(&app, "/external-api/begin/", &json!({})).await;
                if expected.is_empty() {
                    assert_eq!(word.len(), 40, "{step}: {word}\n{scenario}");
                    token = word;
                } else {
                    assert_eq!(word, expected, "{scenario}");
                }
            }
            "result" => {
                let (word, document) = answer(&app, "/external-api/result/", &json!({"session_token": token})).await;
                let (wanted, members) = expected.split_once(' ').unwrap_or((expected, ""));
                assert_eq!(word, wanted, "{step}\n{scenario}");
                for (path, value) in pairs(members) {
                    assert_eq!(member(&document, path), &value, "{step}\n{scenario}");
                }
            }
            "open" => {
                let page: Reply = app.widget(&token).await;
                page.assert_status(expected.parse().unwrap_or(200));
            }
            "reach" => drop(app.mock.reach_step(&token, expected).await.unwrap()),
            "finish" => drop(app.mock.finish(&token).await.unwrap()),
            "decide" if expected.is_empty() => drop(app.mock.decide_as_scripted(&token).await.unwrap()),
            "decide" => drop(app.mock.decide(&token, expected.parse::<Outcome>().unwrap()).await.unwrap()),
            "advance" => {
                let (number, unit) = expected.split_at(expected.len() - 1);
                let seconds = match unit {
                    "s" => 1,
                    "m" => 60,
                    _ => 3600,
                };
                app.mock.advance(Duration::from_secs(number.parse::<u64>().unwrap() * seconds)).await.unwrap();
            }
            _ => panic!("`{step}` is no step of a walk"),
        }
    }
}

#[tokio::test]
async fn every_scenario_of_the_page_does_what_is_written_below_it() {
    let blocks = blocks();
    let walks = blocks.windows(2).filter(|pair| pair[0].0 == "yaml" && pair[1].0 == "text");
    let mut walked = 0;
    for pair in walks {
        walk(&pair[0].1, &pair[1].1).await;
        walked += 1;
    }
    assert!(walked >= 28, "{walked}");
    assert_eq!(walked, blocks.iter().filter(|(kind, _)| kind == "text").count(), "each walk has its scenario");
}

#[tokio::test]
async fn the_example_without_a_walk_can_be_read() {
    let blocks = blocks();
    let without_walk = blocks
        .iter()
        .enumerate()
        .filter(|(at, (kind, _))| kind == "yaml" && blocks.get(at + 1).is_none_or(|(kind, _)| kind != "text"));
    let texts: Vec<_> = without_walk.map(|(_, (_, text))| text.as_str()).collect();
    let [config] = texts[..] else { panic!("{texts:#?}") };

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    fs::write(&path, config).unwrap();
    let serving = Serving::spawn(binary(&["--port", "0", "--config"]).arg(&path));
    assert!(serving.said.contains("company keys: my-company"), "{}", serving.said);
}

#[test]
fn the_page_names_every_trigger_effect_and_fault() {
    let page = fs::read_to_string("docs/scenarios.md").unwrap();
    let yaml: String = blocks().into_iter().filter(|(kind, _)| kind == "yaml").map(|(_, text)| text).collect();
    for trigger in ["begin", "opened", "step=", "widget", "polls=", "after=", "operator"] {
        assert!(yaml.contains(&format!("when: {trigger}")), "no example of `{trigger}`");
    }
    for condition in ["flags: ", "steps: ", "config_id: ", "parent: ", "header: ", "return_url: ", "company: "] {
        let is_shown = |block: &str| block.contains("match:") && block.contains(condition.trim_end());
        assert!(yaml.split("description:").any(is_shown), "no example of a match on `{condition}`");
    }
    for condition in ["present: true", "present: false", "contains: ", "glob: "] {
        assert!(yaml.contains(condition), "no example of `{condition}`");
    }
    for key in [
        "result:",
        "unlisted: true",
        "error:",
        "document:",
        "change:",
        "person:\n  like:",
        "    person:\n",
        "person: zofia-",
        "screening_matches:",
        "fault:",
        "begin_fault:",
        "refuse_begin:",
        "session_lifetime:",
        "match:",
    ] {
        assert!(yaml.contains(key), "no example of `{key}`");
    }
    for entry in fs::read_dir("scenarios").unwrap() {
        let path = entry.unwrap().path();
        if let Some(reason) = path.file_stem().unwrap().to_str().unwrap().strip_prefix("rejected-") {
            assert!(page.contains(&format!("`{}`", reason.replace('-', "_"))), "the known reasons lack {reason}");
        }
        if fs::read_to_string(&path).unwrap().contains("# Finds clients ") {
            assert!(page.contains(&format!("| `{}` |", path.file_stem().unwrap().to_str().unwrap())), "{path:?}");
        }
    }
}
