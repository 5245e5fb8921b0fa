//! The seven ways in which clients put their parameters (specification, section 2), each for every endpoint.

use reqwest::{
    Method, RequestBuilder,
    header::CONTENT_TYPE,
    multipart::{Form, Part},
};
use serde_json::{Map, Value, json};

use crate::harness::{Reply, TestApp, form_body, send};

/// How a call carries its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Encoding {
    Json,
    JsonLabelledAsForm,
    FormWithoutLabel,
    QueryOfPost,
    QueryOfGet,
    JsonInGet,
    Multipart,
}

impl Encoding {
    pub(crate) const ALL: [Self; 7] = [
        Self::Json,
        Self::JsonLabelledAsForm,
        Self::FormWithoutLabel,
        Self::QueryOfPost,
        Self::QueryOfGet,
        Self::JsonInGet,
        Self::Multipart,
    ];
}

/// Calls an endpoint; nested values become JSON text where the encoding has only text.
async fn call(app: &TestApp, encoding: Encoding, path: &str, parameters: &Map<String, Value>) -> Reply {
    send(request(app, encoding, path, parameters)).await
}

/// The request of such a call.
pub(crate) fn request(
    app: &TestApp,
    encoding: Encoding,
    path: &str,
    parameters: &Map<String, Value>,
) -> RequestBuilder {
    let texts: Vec<(String, String)> = parameters.iter().map(|(name, value)| (name.clone(), as_text(value))).collect();
    let form = form_body(texts.iter().map(|(name, value)| (&**name, &**value)));
    let json = Value::Object(parameters.clone()).to_string();
    let query = format!("{path}?{form}");
    match encoding {
        Encoding::Json => app.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(json),
        Encoding::JsonLabelledAsForm => {
            app.request(Method::POST, path).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(json)
        }
        Encoding::FormWithoutLabel => app.request(Method::POST, path).body(form),
        Encoding::QueryOfPost => app.request(Method::POST, &query),
        Encoding::QueryOfGet => app.request(Method::GET, &query),
        Encoding::JsonInGet => app.request(Method::GET, path).body(json),
        Encoding::Multipart => {
            let form = texts.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
            app.request(Method::POST, path).multipart(form)
        }
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Begins, finishes, polls and deletes a session, all in one encoding.
async fn goes_through_in(encoding: Encoding) {
    let app = TestApp::start().await;
    let begin = app.with_key(json!({
        "flags": {"mock_scenario": "manual-check", "skip_face": true, "language": "ka"},
        "steps": [{"type": "user-questionnaire", "key": "შეკითხვა", "questions": [{"type": "boolean", "key": "a&b=c"}]}],
    }));
    let begun = call(&app, encoding, "/external-api/begin/", begin.as_object().unwrap()).await;
    begun.assert_status(200);
    let token = begun.json().as_str().unwrap().to_owned();
    assert_eq!(begun.text(), format!("\"{token}\""));
    assert!(token.len() == 40 && token.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{token}");
    let session = app.with_key(json!({"session_token": token}));
    let session = session.as_object().unwrap();

    let early = call(&app, encoding, "/external-api/result/", session).await;
    early.assert_status(200);
    assert_eq!(early.json()["result"], "IN_PROGRESS");

    app.mock.finish(&token).await.unwrap();
    let result = call(&app, encoding, "/external-api/result/", session).await;
    result.assert_status(200);
    assert_eq!(result.json()["result"], "MANUAL_CHECK", "the flags arrived");
    assert_eq!(
        result.json()["questionnaires"],
        json!([{"key": "შეკითხვა", "questions": [{"key": "a&b=c", "answer": true}]}]),
        "the steps arrived"
    );

    let deleted = call(&app, encoding, "/external-api/delete/", session).await;
    deleted.assert_status(200);
    assert_eq!(deleted.json(), result.json());
    for path in ["/external-api/result/", "/external-api/delete/"] {
        call(&app, encoding, path, session).await.assert_error(404, "SESSION_NOT_FOUND");
    }
}

#[tokio::test]
async fn json_is_read() {
    goes_through_in(Encoding::Json).await;
}

#[tokio::test]
async fn json_is_read_under_the_label_of_a_form() {
    goes_through_in(Encoding::JsonLabelledAsForm).await;
}

#[tokio::test]
async fn a_form_is_read_without_any_label() {
    goes_through_in(Encoding::FormWithoutLabel).await;
}

#[tokio::test]
async fn the_query_of_a_post_is_read() {
    goes_through_in(Encoding::QueryOfPost).await;
}

#[tokio::test]
async fn the_query_of_a_get_is_read() {
    goes_through_in(Encoding::QueryOfGet).await;
}

#[tokio::test]
async fn json_in_a_get_is_read() {
    goes_through_in(Encoding::JsonInGet).await;
}

#[tokio::test]
async fn multipart_is_read() {
    goes_through_in(Encoding::Multipart).await;
}

#[tokio::test]
async fn the_curl_of_the_manual_works_as_printed() {
    let app = TestApp::start().await;
    let body = r#"{"company_key": "0123456789012345678901234567890123456789", "flags": {"return_url": "https://example.com/"}, "steps": [{"type": "user-questionnaire", "key": "employment", "title": "Employment stats", "description": "დასაქმება", "questions": [{"type": "boolean", "mandatory": true, "title": {"en": "Are you currently employed?", "ka": "ხართ თუ არა ამჟამად დასაქმებული?"}, "key": "are-you-employed"}]}]}"#;
    let request = app.request(Method::POST, "/external-api/begin/");
    let begun = send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)).await;
    begun.assert_status(200);
    let token = begun.json().as_str().unwrap().to_owned();

    assert_eq!(app.result(&token).await.json()["result"], "IN_PROGRESS");
    let finished = app.finish(&token, &[("outcome", "scenario")]).await;
    finished.assert_status(303);
    assert_eq!(finished.header("location"), Some("https://example.com/"));
    assert_eq!(app.result(&token).await.json()["result"], "APPROVED");
}

#[tokio::test]
async fn the_body_holds_where_query_and_body_differ() {
    let app = TestApp::start().await;
    let path = "/external-api/begin/?company_key=wrong&flags=%7B%22mock_scenario%22%3A%22rejected%22%7D";
    let begun = app.post_json(path, &app.with_key(json!({}))).await;
    begun.assert_status(200);
    assert!(begun.hint().starts_with("scenario `rejected`"), "the query counts too: {}", begun.hint());
}

#[tokio::test]
async fn a_token_may_come_back_with_its_quotation_marks() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let quoted = format!("\"{token}\"");
    app.result(&quoted).await.assert_status(200);
    let key = app.mock.company_key();
    let query = form_body([("company_key", key), ("session_token", &*quoted)]);
    app.get(&format!("/external-api/result/?{query}")).await.assert_status(200);
    app.widget(&format!("%22{token}%22")).await.assert_status(200);
    app.delete(&quoted).await.assert_status(200);
}

#[tokio::test]
async fn flags_and_steps_may_be_missing_or_empty_in_every_form() {
    let app = TestApp::start().await;
    for empty in [json!({}), json!([]), json!(null), json!(""), json!("{}"), json!("[]"), json!("\"{}\"")] {
        app.begin(json!({"flags": empty, "steps": empty})).await;
    }
    app.begin(json!({})).await;
}

#[tokio::test]
async fn the_last_of_repeated_flags_counts() {
    let app = TestApp::start().await;
    let rejected = r#"{"mock_scenario": "rejected"}"#;
    for (first, last, scenario) in [
        (rejected, "null", "approved"),
        (rejected, "{ }", "approved"),
        (rejected, r#""""#, "approved"),
        (rejected, r#"{"mock_scenario": "manual-check"}"#, "manual-check"),
        (rejected, r#""{\"mock_scenario\": \"manual-check\"}""#, "manual-check"),
        (r#""{}""#, rejected, "rejected"),
    ] {
        let (key, steps) = (app.mock.company_key(), r#""steps": [{"type": "liveness"}], "steps": []"#);
        let body = format!(r#"{{"company_key": "{key}", "fl\u0061gs": {first}, {steps}, "flags": {last}}}"#);
        let begun = send(app.request(Method::POST, "/external-api/begin/").body(body)).await;
        begun.assert_status(200);
        assert!(begun.hint().starts_with(&format!("scenario `{scenario}`")), "{first} {last}: {}", begun.hint());
        let session = app.mock.session(begun.json().as_str().unwrap()).await.unwrap();
        assert_eq!(session.session.steps, json!([]), "{first} {last}");
    }
}

#[tokio::test]
async fn unknown_flags_and_steps_are_kept_and_hinted_at() {
    let app = TestApp::start().await;
    let parameters = json!({"flags": {"livness": true}, "steps": [{"type": "brain-scan", "key": "b"}]});
    let begun = app.post_json("/external-api/begin/", &app.with_key(parameters)).await;
    begun.assert_status(200);
    assert_eq!(
        begun.hint(),
        "scenario `approved`, from the server's default; unknown flag `livness` is kept and has no effect; \
         unknown step type `brain-scan` is kept and has no effect"
    );
    let parameters = json!({"configId": "x", "liveness": true});
    let begun = app.post_json("/external-api/begin/", &app.with_key(parameters)).await;
    let hint = begun.hint();
    assert!(hint.contains("; the parameter `configId` is not known; the parameter `liveness` is not known"), "{hint}");
}

#[tokio::test]
async fn words_that_count_for_nothing_are_hinted_at() {
    let app = TestApp::start().await;
    for (flags, hint) in [
        (
            json!({"document_types": ["pasport"]}),
            "`document_types` has the unknown value \"pasport\", which is ignored",
        ),
        (json!({"document_countries": ["GE"]}), "`document_countries` has the unknown value \"GE\", which is ignored"),
        (json!({"general_document_types": [7]}), "`general_document_types` has the unknown value 7, which is ignored"),
        (json!({"document_types": "id"}), "the flag `document_types` is not a list and restricts nothing"),
        (json!({"skip_face": 1}), "the flag `skip_face` is 1, not true or false; it counts as false"),
        (json!({"return_url": 5}), "the flag `return_url` is not a string and is ignored"),
        (
            json!({"language": "el"}),
            "`language` is `el`, not one of en, es, ka, ru, uk, gr, uz; the widget is in English; here it is `gr`",
        ),
        (
            json!({"language": "ka-GE"}),
            "`language` is `ka-GE`, not one of en, es, ka, ru, uk, gr, uz; the widget is in English; here it is `ka`",
        ),
        (
            json!({"language": "tlh"}),
            "`language` is `tlh`, not one of en, es, ka, ru, uk, gr, uz; the widget is in English",
        ),
    ] {
        let begun = app.post_json("/external-api/begin/", &app.with_key(json!({"flags": flags}))).await;
        begun.assert_status(200);
        assert_eq!(begun.hint(), format!("scenario `approved`, from the server's default; {hint}"));
    }
}

#[tokio::test]
async fn what_a_body_is_shows_in_the_body_not_in_its_label() {
    let app = TestApp::start().await;
    let key = app.mock.company_key();
    let json = json!({"company_key": key}).to_string();
    let form = form_body([("company_key", key)]);
    let boundary = "x-boundary";
    let multipart = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"company_key\"\r\n\r\n{key}\r\n--{boundary}--\r\n"
    );
    for (label, body) in [
        ("text/plain", json.clone()),
        ("multipart/form-data; boundary=x", json.clone()),
        ("multipart/form-data", json.clone()),
        ("application/json; charset=utf-8", form.clone()),
        ("text/plain", form),
        ("multipart/form-data; boundary=x", form_body([("company_key", key)])),
        ("application/json", multipart.clone()),
        ("multipart/form-data", multipart),
        ("application/json", format!("\u{feff}{json}")),
        ("application/json", format!(" \r\n\t{json}\n")),
    ] {
        let request = app.request(Method::POST, "/external-api/begin/").header(CONTENT_TYPE, label);
        let reply = send(request.body(body.clone())).await;
        assert_eq!(reply.status, 200, "{label}: {body}\n{reply}");
    }
}

#[tokio::test]
async fn file_parts_are_no_parameters() {
    let app = TestApp::start().await;
    let key = app.mock.company_key().to_owned();
    let file = || Part::bytes(vec![0, 159, 146, 150]).file_name("photo.jpg");
    let form = Form::new().part("image1", file()).text("company_key", key).part("flags", file());
    let begun = send(app.request(Method::POST, "/external-api/begin/").multipart(form)).await;
    begun.assert_status(200);
    let hint = "; the part `image1` has a file name and is no parameter; the part `flags` has a file name";
    assert!(begun.hint().contains(hint), "{begun}");
}

#[tokio::test]
async fn paths_answer_with_any_number_of_slashes() {
    let app = TestApp::start().await;
    for path in ["/external-api/begin", "/external-api/begin//", "//external-api//begin/", "/external-api//begin"] {
        app.post_json(path, &app.with_key(json!({}))).await.assert_status(200);
    }
    let token = app.begin(json!({})).await;
    for method in ["result", "delete"] {
        let query = form_body([("company_key", app.mock.company_key()), ("session_token", &*token)]);
        app.get(&format!("/external-api///{method}?{query}")).await.assert_status(200);
    }
}
