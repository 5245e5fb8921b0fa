//! Many at once: nobody loses anything, and nobody sees what is another's.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;

/// How many begin, poll, list and reset at once.
const THREADS: usize = 8;
const TIME: Duration = Duration::from_secs(10);

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
    let (app, end) = (Arc::new(app), Instant::now() + TIME);
    let work = (0..THREADS).map(|number| {
        let app = app.clone();
        tokio::spawn(async move { one_of_them(&app, format!("thread-{number}"), end).await })
    });
    let rounds = futures_util::future::try_join_all(work).await.expect("nobody saw anything wrong");
    assert!(rounds.iter().all(|rounds| *rounds > 3), "everybody got on: {rounds:?}");
}

/// Works in a company until `end`; answers how many rounds it were.
async fn one_of_them(app: &TestApp, key: String, end: Instant) -> usize {
    let items = async |what: &str| -> Vec<Value> {
        let part = app.look(&format!("{what}?company_key={key}&limit=1000")).await;
        assert_eq!(part["next"], Value::Null);
        part["items"].as_array().unwrap().clone()
    };
    let mut rounds = 0;
    while Instant::now() < end {
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
        rounds += 1;
    }
    rounds
}
