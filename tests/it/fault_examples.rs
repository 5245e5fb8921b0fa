//! The examples of `docs/faults.md`: each config file is served by the binary, and a client gets what is written below.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    command_line::{Serving, binary},
    faults::signed,
    harness::LIMIT,
    walks::blocks_of,
};

/// Sends a call on a connection of its own; answers all that came, how the connection ended, and how long it took.
fn exchange(address: &str, path: &str, body: &str) -> (String, Option<ErrorKind>, Duration) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let (length, signature) = (body.len(), signed(body));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\nauthorization: {signature}\r\n\
         content-length: {length}\r\n\r\n"
    );
    let started = Instant::now();
    stream.write_all([&head, body].concat().as_bytes()).unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).err().map(|error| error.kind());
    (String::from_utf8(answer).unwrap(), end, started.elapsed())
}

fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Whether a text is what the page says, which may end with `…` for whatever comes there.
fn is_as(text: &str, said: &str) -> bool {
    said.strip_suffix('…').map_or(text == said, |start| text.starts_with(start))
}

fn assert_is_as_said(answer: &str, end: Option<ErrorKind>, took: Duration, said: &str) {
    let (said, note) = match said.trim_end().rsplit_once('\n') {
        Some((said, note)) if note.starts_with('(') => (said, note),
        None if said.starts_with('(') => ("", said.trim_end()),
        _ => (said.trim_end(), ""),
    };
    let (head, body) = said.split_once("\n\n").unwrap_or((said, "…"));
    let lines: Vec<_> = answer.lines().collect();
    for line in head.lines().filter(|line| *line != "…") {
        assert!(lines.iter().any(|found| is_as(found, line)), "`{line}` is not in:\n{answer}");
    }
    assert!(is_as(body_of(answer).trim_end(), body), "`{body}` is not the body of:\n{answer}");
    let promised = header(answer, "content-length").map(|length| length.parse::<usize>().unwrap());
    let is_whole = promised == Some(body_of(answer).len());
    let (wanted_end, wanted_whole) = match note {
        "(closed)" => (None, lines.len() == head.lines().count() && !is_whole),
        "(reset)" => (Some(ErrorKind::ConnectionReset), answer.is_empty()),
        "(closed before the end)" => (None, !is_whole && !answer.ends_with("0\r\n\r\n")),
        "(wrong signature)" => (None, header(answer, "authorization") != Some(&signed(body_of(answer)))),
        "" => (None, is_whole),
        _ => {
            let least =
                note.strip_prefix("(after ").and_then(|note| note.strip_suffix(" ms)")).unwrap().parse().unwrap();
            (None, is_whole && took >= Duration::from_millis(least))
        }
    };
    assert_eq!((end, true), (wanted_end, wanted_whole), "{note}, after {took:?}:\n{answer}");
}

#[test]
fn every_example_does_to_a_client_what_is_written_below_it() {
    let (blocks, folder) = (blocks_of("docs/faults.md"), tempfile::tempdir().unwrap());
    let mut examples = 0;
    for pair in blocks.windows(2).filter(|pair| pair[0].0 == "yaml") {
        let [(_, config), (kind, said)] = pair else { unreachable!() };
        assert_eq!(kind, "text", "what does a client get of this?\n{config}");
        let path = folder.path().join("config.yaml");
        fs::write(&path, config).unwrap();
        let serving = Serving::spawn(binary(&["--port", "0", "--config"]).arg(&path));
        let address = serving.url().strip_prefix("http://").unwrap();
        let key = if config.contains("companies:") { "signed" } else { identomat_mock::DEFAULT_COMPANY_KEY };
        let call = |path: &str, token: &str| {
            let parameters = json!({"company_key": key, "session_token": token}).to_string();
            exchange(address, path, &parameters)
        };
        let token: Value = serde_json::from_str(body_of(&call("/external-api/begin/", "").0)).unwrap();
        let token = token.as_str().unwrap();
        exchange(address, &format!("/?session_token={token}"), "");
        let (answer, end, took) = call("/external-api/result/", token);
        assert_is_as_said(&answer, end, took, said);
        let (healed, ..) = call("/external-api/result/", token);
        let document: Value = serde_json::from_str(body_of(&healed)).unwrap();
        assert_eq!(document["result"], "APPROVED", "it has healed:\n{config}");
        examples += 1;
    }
    assert_eq!(examples, 17);
}

#[test]
fn every_key_of_a_fault_is_on_the_page() {
    let page = fs::read_to_string("docs/faults.md").unwrap();
    for key in [
        "delay: 30ms",
        " to 50ms",
        "status:",
        "body:",
        "headers:",
        "retry_after:",
        "content_type:",
        "response: html",
        "response: cut-off",
        "response: broken-json",
        "response: wrong-signature",
        "close: before-answer",
        "close: in-headers",
        "close: in-body",
        "close: reset",
        "drip:",
        "times:",
        "calls:",
        "lasts:",
        "forever:",
        "scenario:",
        "name:",
    ] {
        assert!(page.contains(key), "`{key}` is not there");
    }
    for endpoint in identomat_mock::Endpoint::all() {
        assert!(page.contains(&format!("`{endpoint}`")), "`{endpoint}` is not there");
    }
}
