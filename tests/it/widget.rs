//! The widget over HTTP, without a browser.

use std::time::Duration;

use identomat_mock::{Company, FinishRequest, MockServerBuilder, Outcome, SavedConfiguration, Verdict};
use reqwest::{
    Method,
    header::{ACCEPT, USER_AGENT},
};
use serde_json::json;

use crate::harness::{Reply, TestApp, form_body, send};

#[tokio::test]
async fn the_form_finishes_as_the_scenario_says_or_otherwise() {
    let app = TestApp::start_with(|builder| builder.scenario("screening-match")).await;
    for (form, result) in [
        (&[][..], "MANUAL_CHECK"),
        (&[("outcome", "scenario")], "MANUAL_CHECK"),
        (&[("outcome", "APPROVED")], "APPROVED"),
        (&[("outcome", "rejected")], "REJECTED"),
        (&[("outcome", "DISAGREED_WITH_TERMS")], "DISAGREED_WITH_TERMS"),
    ] {
        let token = app.begin(json!({})).await;
        let done = app.finish(&token, form).await;
        done.assert_status(200);
        assert!(done.text().contains("<h1>Process finished</h1>"), "{done}");
        assert_eq!(app.result(&token).await.json()["result"], result);
    }
}

/// Asserts the page for a form that does not fit: it says what is wrong, as do the hint and what a script gets.
#[track_caller]
fn assert_misfit(reply: &Reply, problem: &str) {
    reply.assert_status(400);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    let page = reply.text();
    assert!(page.contains("<h1>This form is not valid</h1>") && page.contains("page.css"), "{reply}");
    let shown = problem.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    assert!(page.contains(&format!("<p>{shown}</p>")), "{reply}\nshould say {problem}");
    assert_eq!(reply.hint(), problem);
}

#[tokio::test]
async fn fields_that_the_form_does_not_have_are_named() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let fields = "the fields of the form are: outcome, reject_reason, result_comment, answers";
    for (form, problem) in [
        (&[("reason", "x")][..], &*format!("the parameter `reason` is not known; {fields}")),
        (&[("<b>", "x")], &format!("the parameter `<b>` is not known; {fields}")),
        (&[("reject_reason", "x")], "`reject_reason` needs `outcome=REJECTED`"),
        (&[("result_comment", "x")], "`result_comment` needs an `outcome`"),
        (&[("outcome", "APPROVED"), ("reject_reason", "x")], "`reject_reason` needs the result REJECTED, not APPROVED"),
    ] {
        assert_misfit(&app.finish(&token, form).await, problem);
    }
    // What else the link carries is nothing to the form.
    let reason = [("outcome", "REJECTED"), ("reject_reason", "document_covered"), ("result_comment", "A thumb")];
    app.finish(&format!("{token}&step=finish&campaign=7"), &reason).await.assert_status(200);
    let result = app.result(&token).await.json();
    assert_eq!(result["reject_reason"], json!({"value": "document_covered", "description": ""}));
    assert_eq!(result["result_comment"], "A thumb");
}

#[tokio::test]
async fn the_harness_finishes_with_reason_comment_and_answers() {
    let app = TestApp::start().await;
    let question = json!({"type": "text", "key": "why", "mandatory": true});
    let steps = json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]);
    let token = app.begin(json!({"steps": steps})).await;
    let rejected = || FinishRequest::from(Verdict::rejected("document_covered").result_comment("A thumb"));
    for (decision, problem) in [
        (rejected().answers(json!([])), "the answers are not a JSON object: []"),
        (rejected().answers(json!({"t": {}})), "the session has no questionnaire `t` for the person"),
        (rejected().answers(json!({})), "the question `why` of `s` is mandatory and has no answer"),
        (
            FinishRequest::from(Verdict::approved().reject_reason("x")),
            "`reject_reason` needs the result REJECTED, not APPROVED",
        ),
    ] {
        assert_eq!(app.mock.finish_as(&token, decision).await.unwrap_err().to_string(), problem);
    }
    app.mock.finish_as(&token, rejected().answers(json!({"s": {"why": "because"}}))).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!(
        (&result["reject_reason"]["value"], &result["result_comment"]),
        (&json!("document_covered"), &json!("A thumb"))
    );
    assert_eq!(result["questionnaires"][0]["questions"][0]["answer"], "because");

    let asked = app.begin(json!({"steps": steps})).await;
    app.mock
        .finish_as(&asked, FinishRequest::default().answers(json!({"s": {"why": "as the scenario says"}})))
        .await
        .unwrap();
    let result = app.result(&asked).await.json();
    assert_eq!(result["result"], "APPROVED");
    assert_eq!(result["questionnaires"][0]["questions"][0]["answer"], "as the scenario says");
}

#[tokio::test]
async fn a_script_that_accepts_json_gets_json() {
    let app = TestApp::start().await;
    let post = async |token: &str, form: &[(&str, &str)]| {
        let request = app.request(Method::POST, &format!("/?session_token={token}")).header(ACCEPT, "application/json");
        send(request.body(form_body(form.iter().copied()))).await
    };
    let token = app.begin(json!({})).await;
    let refused = post(&token, &[("outcome", "FINE")]).await;
    refused.assert_status(400);
    assert_eq!(refused.json()["error"], refused.hint());
    let done = post(&token, &[]).await;
    done.assert_status(200);
    assert_eq!(done.json(), json!({"returnUrl": null}));
    let again = post(&token, &[]).await;
    again.assert_status(410);
    assert_eq!(again.json(), json!({"error": "the person has finished this session already"}));
    let token = app.begin(json!({"flags": {"return_url": "https://example.com/a?b=უ"}})).await;
    assert_eq!(post(&token, &[]).await.json(), json!({"returnUrl": "https://example.com/a?b=%E1%83%A3"}));
}

/// What every page of that language says at its foot.
fn mock_line(language: &str) -> &'static str {
    match language {
        "ka" => "ეს იმიტაციაა",
        "el" => "Αυτή είναι προσομοίωση",
        "uk" => "Це імітація",
        _ => "This is a mock",
    }
}

#[tokio::test]
async fn every_page_is_in_the_language_of_its_session_and_says_that_it_is_a_mock() {
    let app = TestApp::start().await;
    let shows = |reply: &Reply, language: &str| {
        let page = reply.text();
        assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{language}\">")), "{reply}");
        assert!(page.contains(mock_line(language)), "{reply}");
    };
    for (flag, language) in [("ka", "ka"), ("gr", "el"), ("uk", "uk"), ("xx", "en"), ("\"><b>", "en"), ("", "en")] {
        let begin = async || app.begin(json!({"flags": {"language": flag}})).await;
        let token = begin().await;
        shows(&app.widget(&token).await, language);
        shows(&app.finish(&token, &[("outcome", "FINE")]).await, language);
        shows(&app.finish(&token, &[]).await, language);
        shows(&app.widget(&token).await, language);
        let expired = begin().await;
        app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
        shows(&app.widget(&expired).await, language);
    }
    shows(&app.widget("nonsense").await, "en");
}

#[tokio::test]
async fn the_return_url_is_gone_to_unchanged() {
    let app = TestApp::start().await;
    for (url, location) in [
        ("https://example.com/", "https://example.com/"),
        ("http://localhost:3000/back?order=7&x=%20#part", "http://localhost:3000/back?order=7&x=%20#part"),
        ("https://example.com/უკან\r\nX: y", "https://example.com/%E1%83%A3%E1%83%99%E1%83%90%E1%83%9C%0D%0AX:%20y"),
    ] {
        let token = app.begin(json!({"flags": {"return_url": url}})).await;
        let done = app.finish(&token, &[]).await;
        done.assert_status(303);
        assert_eq!(done.header("location"), Some(location));
        assert_eq!(done.header("x"), None);
    }
}

#[tokio::test]
async fn the_return_url_can_get_the_token() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.return_url_token = true)).await;
    let token = app.begin(json!({"flags": {"return_url": "https://example.com/?a=1#b"}})).await;
    let expected = format!("https://example.com/?a=1&session_token={token}#b");
    assert_eq!(app.finish(&token, &[]).await.header("location"), Some(&*expected));
}

#[tokio::test]
async fn a_return_url_that_is_no_web_address_is_not_gone_to() {
    let app = TestApp::start().await;
    for url in ["javascript:alert(1)", "data:text/html,x", "myapp://done"] {
        let begun = app.post_json("/external-api/begin/", &app.with_key(json!({"flags": {"return_url": url}}))).await;
        begun.assert_status(200);
        assert!(begun.hint().ends_with("`return_url` is not http or https; the widget will not redirect there"));
        let done = app.finish(begun.json().as_str().unwrap(), &[]).await;
        done.assert_status(200);
        assert_eq!(done.header("location"), None);
    }
}

#[tokio::test]
async fn unknown_finished_and_expired_tokens_have_their_pages() {
    let app = TestApp::start().await;
    let finished = app.begin(json!({})).await;
    app.finish(&finished, &[]).await;
    let expired = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    for (token, status, title) in [
        ("0000000000000000000000000000000000000000", 404, "This link is not valid"),
        ("", 404, "This link is not valid"),
        ("nonsense", 404, "This link is not valid"),
        (&finished, 410, "This verification is finished"),
        (&expired, 410, "This link has expired"),
    ] {
        for reply in [app.widget(token).await, app.finish(token, &[]).await] {
            reply.assert_status(status);
            assert!(reply.text().contains(&format!("<h1>{title}</h1>")), "{reply}");
        }
        if !token.is_empty() {
            app.get(&format!("/__widget/sessions/{token}")).await.assert_status(status);
        }
    }
}

#[tokio::test]
async fn a_token_opens_the_widget_to_the_last_moment() {
    let app = TestApp::start_with(|builder| {
        builder
            .frozen_at(std::time::SystemTime::UNIX_EPOCH)
            .settings(|config| config.session_lifetime = Duration::from_secs(60))
    })
    .await;
    let token = app.begin(json!({})).await;
    app.mock.advance(Duration::from_millis(59_999)).await.unwrap();
    app.widget(&token).await.assert_status(200);
    app.mock.advance(Duration::from_millis(1)).await.unwrap();
    app.widget(&token).await.assert_status(410);
}

#[tokio::test]
async fn the_harness_says_why_a_session_cannot_be_finished() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&format!("\"{token}\"")).await.unwrap();
    assert_eq!(app.mock.finish_as(&token, Outcome::Approved).await.unwrap_err().status(), Some(409));
    assert_eq!(app.mock.finish("nonsense").await.unwrap_err().status(), Some(404));
    let late = app.begin(json!({})).await;
    app.mock.advance(Duration::from_secs(15 * 60)).await.unwrap();
    assert_eq!(app.mock.finish(&late).await.unwrap_err().status(), Some(409));
}

#[tokio::test]
async fn answers_are_checked_and_arrive_in_the_result() {
    let app = TestApp::start().await;
    let steps = json!([{"type": "client-questionnaire", "key": "work", "questions": [
        {"type": "boolean", "key": "employed", "mandatory": true}, {"type": "text", "key": "where"},
    ]}]);
    let token = app.begin(json!({"steps": steps})).await;
    for (answers, problem) in [
        ("{}", "the question `employed` of `work` is mandatory and has no answer"),
        (r#"{"work": {"employed": "yes"}}"#, "the question `employed` of `work` takes true or false, not \"yes\""),
        (r#"{"work": {"employed": true, "y": 1}}"#, "`work` has no question `y`"),
        (r#"{"work": {"employed": true}, "x": {}}"#, "the session has no questionnaire `x` for the person"),
        ("[1]", "`answers` is not a JSON object: [1]"),
        ("{", "`answers` is not JSON: EOF while parsing an object at line 1 column 1"),
    ] {
        let refused = app.finish(&token, &[("answers", answers)]).await;
        assert_misfit(&refused, problem);
    }
    app.finish(&token, &[("answers", r#"{"work": {"employed": false}}"#)]).await.assert_status(200);
    assert_eq!(
        app.result(&token).await.json()["questionnaires"],
        json!([{"key": "work", "questions": [{"key": "employed", "answer": false}]}])
    );
}

#[tokio::test]
async fn an_unknown_outcome_is_refused_and_nothing_happens() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let refused = app.finish(&token, &[("outcome", "FINE")]).await;
    assert_misfit(
        &refused,
        "`outcome`: `FINE` is not an outcome; allowed: APPROVED, REJECTED, MANUAL_CHECK, DISAGREED_WITH_TERMS, \
         IN_PROGRESS, or `scenario` to let the scenario decide",
    );
    app.widget(&token).await.assert_status(200);
}

#[tokio::test]
async fn the_browser_that_opened_the_widget_is_in_the_result() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let path = format!("/?session_token={token}");
    for agent in ["Sample Browser", "Another Browser"] {
        send(app.request(Method::GET, &path).header(USER_AGENT, agent)).await.assert_status(200);
    }
    let form = form_body([("outcome", "APPROVED")]);
    send(app.request(Method::POST, &path).header(USER_AGENT, "A Third").body(form)).await.assert_status(200);
    assert_eq!(app.result(&token).await.json()["technicalDetails"]["userAgent"], "Sample Browser");
}

#[tokio::test]
async fn pages_allow_embedding_and_no_foreign_script() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let page = app.widget(&token).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("frame-ancestors"), "{policy}");
    assert_eq!(page.header("x-frame-options"), None);
    for asset in
        ["page.css", "page.js", "done.js", "finished.js", "icon.svg", "screens/capture.js", "languages/ka.json"]
    {
        let reply = app.get(&format!("/__widget/{asset}")).await;
        reply.assert_status(200);
        let foreign = reply.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{asset}");
    }
    app.get("/__widget/page.html").await.assert_status(404);
}

/// What the widget's view says that a session is asked for.
async fn asked(app: &TestApp, body: String) -> String {
    let begun = app.post("/external-api/begin/", body).await;
    begun.assert_status(200);
    let token = begun.json().as_str().expect("a token").to_owned();
    let view = app.get(&format!("/__widget/sessions/{token}")).await.text();
    let (_, asked) = view.split_once(r#""asked":"#).expect("the view says it");
    asked.strip_suffix('}').expect("it stands last").to_owned()
}

#[tokio::test]
async fn flags_and_steps_come_back_as_they_were_sent() {
    let app = TestApp::start().await;
    let key = app.mock.company_key();
    let flags = r#"{ "b":1.0, "liveness":"tr\u0075e", "a":[ 1e2,12345678901234567890123, {"ü":null} ], "":{} }"#;
    let steps = "[ {\"type\":\"unheard-of\",\n \"x\":[0.10] },{\"type\":\"email\",\"type\":\"liveness\"}]";
    let whole = format!(r#"{{"flags":{flags},"steps":{steps}}}"#);
    let as_json = format!(r#"{{"company_key":"{key}","flags":{flags},"steps":{steps}}}"#);
    assert_eq!(asked(&app, as_json).await, whole);
    let as_text = json!({"company_key": key, "flags": flags, "steps": format!(" {steps} ")});
    assert_eq!(asked(&app, as_text.to_string()).await, whole);
    let as_form = form_body([("company_key", key), ("flags", flags), ("steps", steps)]);
    assert_eq!(asked(&app, as_form).await, whole);
    let bare = json!({"company_key": key, "flags": [], "steps": null}).to_string();
    assert_eq!(asked(&app, bare).await, r#"{"flags":{},"steps":[]}"#);
}

#[tokio::test]
async fn what_is_saved_or_scripted_is_laid_around_what_was_sent() {
    let id = "0123456789abcdef01234567";
    let saved = SavedConfiguration::new()
        .flags(json!({"liveness": true, "x": 1}))
        .steps(json!([{"type": "email", "key": "e"}, {"type": "liveness", "key": "l"}]));
    let stages = "description: d\nflags: {skip_face: true, x: 3}\nsteps: [{type: video-call, key: v}]\nstages: []\n";
    let scripted = |builder: MockServerBuilder| builder.company(Company::new("one").configuration(id, saved));
    let app = TestApp::scripted_with(stages, scripted).await;
    let body = format!(
        r#"{{"company_key":"one","config_id":"{id}","flags":{{"x":2.0,"y":[ ]}},"steps":[{{"type":"email","z":1e1}}]}}"#
    );
    assert_eq!(
        asked(&app, body).await,
        r#"{"flags":{"liveness":true,"x":3,"y":[ ],"skip_face":true},"steps":[{"type":"email","z":1e1},"#.to_owned()
            + r#"{"type":"liveness","key":"l"},{"type":"video-call","key":"v"}]}"#
    );
}
