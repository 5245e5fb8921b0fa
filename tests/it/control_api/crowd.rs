//! Many at once: nobody loses anything, and nobody sees what is another's.

use std::{collections::BTreeSet, sync::Arc};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{LIMIT, TestApp, eventually, thorough};

/// How many begin, poll, list and reset at once.
const THREADS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn eight_who_begin_poll_list_and_reset_at_once_lose_nothing_and_see_nobody_else() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            config.any_company_key = Some("thread-*".into());
            config.journal.calls = 10_000;
            config.journal.bytes = 64 << 20;
        })
    })
    .await;
    let app = Arc::new(app);
    let work = (0..THREADS).map(|number| {
        let app = app.clone();
        tokio::spawn(async move { one_of_them(&app, format!("thread-{number}")).await })
    });
    futures_util::future::try_join_all(work).await.expect("nobody saw anything wrong");
}

/// Works in a company for some rounds.
async fn one_of_them(app: &TestApp, key: String) {
    let items = async |what: &str| -> Vec<Value> {
        let part = app.look(&format!("{what}?company_key={key}&limit=1000")).await;
        assert_eq!(part["next"], Value::Null);
        part["items"].as_array().unwrap().clone()
    };
    for _ in 0..thorough(5, 50) {
        let mut begun = BTreeSet::new();
        for number in 0..20 {
            let token = app.begin(json!({"company_key": key})).await;
            let poll = json!({"company_key": key, "session_token": token});
            if number % 2 == 0 {
                app.tell(&format!("sessions/{token}/finish"), &json!({})).await.assert_status(200);
            }
            let word = app.post_json("/external-api/result/", &poll).await.json()["result"].clone();
            assert_eq!(word, if number % 2 == 0 { "APPROVED" } else { "IN_PROGRESS" });
            assert!(begun.insert(token));
        }
        let sessions = items("sessions").await;
        let listed: BTreeSet<_> = sessions.iter().map(|it| it["token"].as_str().unwrap().to_owned()).collect();
        assert!(sessions.iter().all(|it| it["company_key"] == key.as_str()));
        assert_eq!(listed, begun);
        let calls = items("calls").await;
        assert!(calls.iter().all(|call| call["company_key"] == key.as_str()));
        assert_eq!(calls.len(), 40, "each begin and each poll is remembered");
        let of_all = app.admin(Method::GET, "sessions?limit=1000", None).await.json();
        let tokens: BTreeSet<_> =
            of_all["items"].as_array().unwrap().iter().map(|it| it["token"].as_str().unwrap().to_owned()).collect();
        assert!(tokens.is_superset(&begun));
        app.tell(&format!("companies/{key}/reset"), &json!({})).await.assert_status(200);
        assert!(items("sessions").await.is_empty() && items("calls").await.is_empty());
    }
}

/// How long the process of that id has had a processor, in seconds.
#[cfg(target_os = "linux")]
fn processor_time(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let fields: Vec<_> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    // In hundredths of a second, on every Linux that people have.
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_who_wait_cost_next_to_nothing() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    const MANY: usize = 1000;
    const LONG: f64 = 3.0;
    let _ = rlimit::increase_nofile_limit(4096);
    let serving = crate::command_line::Serving::start(&["--log-level", "error"]);
    let control = identomat_mock::MockClient::connect(serving.url()).await.unwrap();
    let token = control.begin(json!({})).await.unwrap().token;
    let address = serving.url().trim_start_matches("http://").to_owned();
    let mut streams = Vec::new();
    for number in 0..MANY {
        // Half of them wait for calls.
        let path = match number % 2 {
            0 => format!("session/{token}?until=finished&timeout=60s"),
            _ => format!("calls?endpoint=result&session={token}&timeout=60s"),
        };
        let mut stream = TcpStream::connect(&address).await.expect("there is room");
        let request = format!("GET /__admin/wait/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    let client = reqwest::Client::new();
    let ask =
        async |path: &str| client.get(format!("{}/{path}", serving.url())).send().await.unwrap().text().await.unwrap();
    let all = format!("identomat_mock_waiting {MANY}\n");
    eventually(LIMIT, "all of them wait", async || ask("__admin/metrics").await.contains(&all)).await;
    let before = processor_time(serving.pid());
    // One more waits in vain for as long as the others are looked at.
    ask(&format!("__admin/wait/session/{token}?until=opened&timeout={LONG}s")).await;
    let took = processor_time(serving.pid()) - before;
    assert!(took < 0.02 * LONG, "{took} s of {LONG} s");

    control.finish(&token).await.unwrap();
    let result = json!({"company_key": identomat_mock::DEFAULT_COMPANY_KEY, "session_token": token});
    client.post(format!("{}/external-api/result/", serving.url())).json(&result).send().await.unwrap();
    for mut stream in streams {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
