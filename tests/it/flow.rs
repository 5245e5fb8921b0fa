//! A person goes from screen to screen, over HTTP.

use std::time::{Duration, SystemTime};

use identomat_mock::{Company, SavedConfiguration};
use reqwest::{Method, header::USER_AGENT};
use serde_json::{Value, json};

use crate::harness::{Reply, TestApp, send};

/// Posts the bytes of a picture or video.
async fn send_file(app: &TestApp, token: &str, screen: &str, by: &str, bytes: &[u8]) -> Reply {
    let path = format!("/__widget/sessions/{token}?screen={screen}&by={by}");
    send(app.request(Method::POST, &path).body(bytes.to_vec())).await
}

/// The beginning of a PNG of one pixel, which is as far as anybody looks.
fn png() -> Vec<u8> {
    let header = [0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &header, &[0; 16]].concat()
}

/// The bytes of a picture of a session.
async fn picture(app: &TestApp, token: &str, path: &str, parameters: Value) -> Reply {
    let mut body = app.with_key(json!({"session_token": token}));
    body.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
    app.post_json(&format!("/external-api/result/{path}/"), &body).await
}

#[tokio::test]
async fn a_person_gets_through_screen_by_screen() {
    let app = TestApp::start().await;
    let questions = json!([{"type": "select", "key": "q", "mandatory": true, "options": ["a", "b"]}]);
    let steps = json!([
        {"type": "user-questionnaire", "key": "one", "questions": questions},
        {"type": "user-questionnaire", "key": "two", "questions": questions},
    ]);
    let token = app.begin(json!({"steps": steps})).await;
    let mut seen = Vec::new();
    for answer in [
        json!({"screen": "agreement", "agree": true}),
        json!({"screen": "document", "document": "passport", "country": "FRA"}),
        json!({"screen": "document.passport", "sample": true}),
        json!({"screen": "face", "sample": true}),
        json!({"screen": "one", "answers": {"q": "b"}}),
        json!({"screen": "two", "answers": {"q": "a"}}),
    ] {
        let view = app.view(&token).await;
        assert_eq!(view["screen"]["id"], answer["screen"]);
        seen.push((view["at"].as_u64().unwrap(), view["of"].as_u64().unwrap()));
        let next = app.answer(&token, answer).await;
        next.assert_status(200);
        assert_eq!(next.json()["back"], view["screen"]["id"], "{next}");
    }
    assert_eq!(seen, [(1, 8), (2, 8), (3, 7), (4, 7), (5, 7), (6, 7)]);
    assert_eq!(app.result(&token).await.json()["result"], "IN_PROGRESS");
    let done = app.answer(&token, json!({"screen": "processing"})).await;
    assert_eq!(done.json(), json!({"returnUrl": null, "token": token}));

    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["document_type"]), (&json!("APPROVED"), &json!("passport")));
    assert_eq!(result["person"]["issuing_state"], "FRA", "the person chose it");
    assert_eq!(result["questionnaires"][0]["questions"], json!([{"key": "q", "answer": "b"}]));
    app.answer(&token, json!({"screen": "processing"})).await.assert_status(410);
}

#[tokio::test]
async fn the_person_is_the_same_whatever_document_they_choose() {
    let app = TestApp::start_with(|builder| builder.seed(7)).await;
    let mut names = Vec::new();
    for document in ["id", "passport", "driver_license", "residence_license"] {
        app.mock.reset().await.unwrap();
        let token = app.begin(json!({})).await;
        app.answer(&token, json!({"screen": "agreement", "agree": true})).await.assert_status(200);
        let chosen = json!({"screen": "document", "document": document, "country": "DEU"});
        app.answer(&token, chosen).await.assert_status(200);
        app.walk(&token).await;
        let result = app.result(&token).await.json();
        assert_eq!(result["document_type"], document);
        names.push(result["name"].clone());
    }
    names.dedup();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[tokio::test]
async fn whoever_disagrees_is_through() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"return_url": "https://example.com/back"}})).await;
    let done = app.answer(&token, json!({"screen": "agreement", "agree": false})).await;
    assert_eq!(done.json()["returnUrl"], "https://example.com/back");
    assert_eq!(app.result(&token).await.json()["result"], "DISAGREED_WITH_TERMS");
}

#[tokio::test]
async fn progress_lives_in_the_session() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    app.answer(&token, json!({"screen": "agreement", "agree": true})).await.assert_status(200);
    app.answer(&token, json!({"screen": "document", "document": "id", "country": "GEO"})).await.assert_status(200);
    assert_eq!(app.view(&token).await["screen"]["id"], "document.front");
    // Whoever goes back is there when the link is opened again, and sees what they gave.
    let back = app.get(&format!("/__widget/sessions/{token}?step=document")).await.json();
    assert_eq!((&back["screen"]["document"], &back["screen"]["country"]), (&json!("id"), &json!("GEO")));
    assert_eq!(app.view(&token).await["screen"]["id"], "document");
    let kept = app.answer(&token, json!({"screen": "document", "keep": true})).await.json();
    assert_eq!(kept["screen"]["id"], "document.front");
    // Nobody gets to where they have not been.
    for step in ["face", "processing", "nowhere"] {
        let view = app.get(&format!("/__widget/sessions/{token}?step={step}")).await.json();
        assert_eq!(view["screen"]["id"], "document.front", "{step}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_says_why_and_changes_nothing() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    for (answer, text, problem) in [
        (json!({"screen": "face", "sample": true}), "out-of-step", "the current screen is `agreement`, not `face`"),
        (json!({"screen": "agreement"}), "try-again", "this screen needs `agree`"),
        (
            json!({"screen": "agreement", "agre": true}),
            "try-again",
            "the body is not a screen answer: unknown key `agre`",
        ),
        (json!([]), "try-again", "the body is not a screen answer: "),
    ] {
        let refused = app.answer(&token, answer).await;
        refused.assert_status(400);
        assert_eq!(refused.json()["text"], text);
        assert!(refused.hint().starts_with(problem), "{refused}");
        assert_eq!(refused.json()["error"], refused.hint());
    }
    assert_eq!(app.view(&token).await["screen"]["id"], "agreement");
}

#[tokio::test]
async fn a_code_stands_in_the_hint_and_the_journal() {
    // A code of four digits could stand in a number or a time by chance.
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    let app = TestApp::start_with(|builder| builder.seed(7).frozen_at(at)).await;
    let flags = json!({"skip_agreement": true, "require_phone_number_check": true});
    let token = app.begin(json!({"flags": flags})).await;
    let sent = app.answer(&token, json!({"screen": "phone-number", "address": "+995 555 12 34 56"})).await;
    let hint = sent.hint().to_owned();
    let code = hint.strip_prefix("the code that the live service would send by phone to +995555123456 is ").unwrap();
    assert_eq!(code.len(), 4);
    assert_eq!(sent.json()["screen"]["address"], "+995555123456");
    assert!(!sent.text().contains(code), "the page does not know it");
    let refused = app.answer(&token, json!({"screen": "phone-number.code", "code": " "})).await;
    assert_eq!(refused.json()["text"], "code-missing");
    let wrong = if code == "0000" { "1111" } else { "0000" };
    let refused = app.answer(&token, json!({"screen": "phone-number.code", "code": wrong})).await;
    refused.assert_status(400);
    assert_eq!(refused.json()["text"], "code-wrong");
    let calls = app.mock.calls().list().await.unwrap();
    assert_eq!(calls.iter().filter(|call| call.hint.as_deref() == Some(&*hint)).count(), 1);
    app.answer(&token, json!({"screen": "phone-number.code", "code": code})).await.assert_status(200);
    assert_eq!(app.view(&token).await["screen"]["id"], "document");
}

#[tokio::test]
async fn a_code_that_is_asked_for_again_is_another() {
    let app = TestApp::start().await;
    let flags = json!({"skip_agreement": true, "require_email_check": true});
    let token = app.begin(json!({"flags": flags})).await;
    let code = |reply: &Reply| reply.hint().rsplit_once(" is ").unwrap().1.to_owned();
    let email = json!({"screen": "email", "address": "nino@example.com"});
    let mut codes = vec![code(&app.answer(&token, email.clone()).await)];
    for _ in 0..3 {
        let again = app.answer(&token, json!({"screen": "email.code", "resend": true})).await;
        again.assert_status(200);
        assert!(!codes.contains(&code(&again)), "{codes:?}: {again}");
        codes.push(code(&again));
    }
    let sent = app.mock.session(&token).await.unwrap().codes;
    assert_eq!((sent.len(), &sent[0].code), (1, &codes[3]), "the one that is asked for");
    assert_eq!(code(&app.answer(&token, email).await), codes[3]);
    for (code, status) in [(&codes[0], 400), (&codes[2], 400), (&codes[3], 200)] {
        app.answer(&token, json!({"screen": "email.code", "code": code})).await.assert_status(status);
    }
}

#[tokio::test]
async fn pictures_that_came_in_are_what_the_media_calls_serve() {
    let app = TestApp::start().await;
    let flags = json!({
        "skip_agreement": true, "skip_document": true, "allow_face_upload": true, "liveness": true,
        "allow_general_document_upload": true, "general_document_types": ["bank_statement"],
    });
    let token = app.begin(json!({"flags": flags})).await;
    let (face, video) = (png(), b"\x1a\x45\xdf\xa3 a film".to_vec());
    send_file(&app, &token, "face", "video", &video).await.assert_status(204);
    assert_eq!(app.view(&token).await["screen"]["id"], "face", "the video alone answers nothing");
    send_file(&app, &token, "face", "capture", &face).await.assert_status(200);
    for page in ["one", "two"] {
        let screen = app.view(&token).await["screen"]["id"].as_str().unwrap().to_owned();
        let bytes = [&*face, page.as_bytes()].concat();
        send_file(&app, &token, &screen, "upload", &bytes).await.assert_status(200);
        let more = app.view(&token).await["screen"]["id"].clone();
        app.answer(&token, json!({"screen": more, "more": page == "one"})).await.assert_status(200);
    }
    app.walk(&token).await;
    assert_eq!(picture(&app, &token, "face", json!({})).await.body, face);
    let film = picture(&app, &token, "face-video", json!({})).await;
    assert_eq!((film.header("content-type"), &*film.body), (Some("video/webm"), &*video));
    let second = picture(&app, &token, "general-document", json!({"page": 2})).await;
    assert!(second.body.ends_with(b"two"));
    let papers = app.result(&token).await.json()["generalDocuments"].clone();
    assert_eq!(papers[0]["typeId"], "bank_statement");
    assert_eq!(papers[0]["pages"].as_array().unwrap().len(), 2);
    assert_eq!(papers[0]["pages"][1]["documentPages"], json!([{"pageNumber": 2}]));
}

#[tokio::test]
async fn files_that_cannot_be_are_refused_and_named() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.limits.upload = 4000)).await;
    let flags = json!({"skip_agreement": true, "skip_document": true});
    let token = app.begin(json!({"flags": flags})).await;
    for (by, bytes, text, problem) in [
        ("capture", b"%PDF-1.7".to_vec(), "other-kind", "the file is neither a JPEG nor a PNG"),
        ("capture", Vec::new(), "other-kind", "the file is neither a JPEG nor a PNG"),
        ("capture", vec![0; 4001], "too-large", "the body is larger than 4000 bytes"),
        ("upload", png(), "no-upload", "the flags do not allow an upload for this picture"),
        ("video", png(), "try-again", "the screen `face` takes no video"),
        ("post", png(), "try-again", "`by` is capture, upload or video"),
    ] {
        let refused = send_file(&app, &token, "face", by, &bytes).await;
        refused.assert_status(400);
        assert_eq!((refused.json()["text"].as_str(), refused.hint()), (Some(text), problem));
    }
    send_file(&app, &token, "nowhere", "capture", &png()).await.assert_status(400);
    assert_eq!(app.view(&token).await["screen"]["id"], "face");
}

#[tokio::test]
async fn a_sample_takes_the_place_of_a_picture() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"skip_agreement": true, "skip_document": true}})).await;
    send_file(&app, &token, "face", "capture", &png()).await.assert_status(200);
    app.get(&format!("/__widget/sessions/{token}?step=face")).await.assert_status(200);
    app.answer(&token, json!({"screen": "face", "sample": true})).await.assert_status(200);
    app.walk(&token).await;
    assert_eq!(picture(&app, &token, "face", json!({})).await.header("content-type"), Some("image/jpeg"));
}

#[tokio::test]
async fn texts_of_a_questionnaire_are_in_the_language_of_the_person() {
    let app = TestApp::start().await;
    let title = json!({"ru": "Работа", "en": "Work", "ka": "სამუშაო"});
    let steps =
        |title: Value| json!([{"type": "language"}, {"type": "user-questionnaire", "key": "k", "title": title}]);
    let flags = |language: &str| json!({"language": language, "skip_agreement": true, "skip_document": true, "skip_face": true});
    for (language, chosen, title, shown) in [
        ("ka", "ka", title.clone(), "სამუშაო"),
        ("ka", "ru", title.clone(), "Работа"),
        ("xx", "es", title.clone(), "Work"),
        ("en", "uz", json!({"de": "Arbeit"}), "Arbeit"),
        ("en", "gr", json!("Plain"), "Plain"),
    ] {
        let token = app.begin(json!({"flags": flags(language), "steps": steps(title)})).await;
        let view = app.answer(&token, json!({"screen": "language", "language": chosen})).await.json();
        assert_eq!((view["language"].as_str(), view["screen"]["title"].as_str()), (Some(chosen), Some(shown)));
    }
}

#[tokio::test]
async fn another_device_is_led_to_the_same_session_or_elsewhere() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| config.public_url = Some("https://identomat.example.com/".into()))
    })
    .await;
    let place = async |flags: Value| {
        let body = app.with_key(json!({"flags": flags})).to_string();
        let begin = reqwest::Client::new().post(app.mock.local_url() + "/external-api/begin/").body(body);
        let token = send(begin).await.json().as_str().unwrap().to_owned();
        let url = format!("{}/__widget/sessions/{token}", app.mock.local_url());
        let reply = send(reqwest::Client::new().get(url)).await;
        (reply.json()["screen"].clone(), token)
    };
    let (screen, token) = place(json!({"skip_desktop": true})).await;
    assert_eq!(screen["id"], "device");
    assert_eq!(screen["elsewhere"]["link"], format!("https://identomat.example.com/?session_token={token}"));
    assert!(screen["elsewhere"]["code"]["size"].as_u64().unwrap() >= 21);
    let (screen, _) = place(json!({"skip_desktop": true, "switch_device_url": "https://example.com/go"})).await;
    assert_eq!(screen["elsewhere"]["link"], "https://example.com/go");
    let (screen, _) = place(json!({"skip_desktop": true, "restrict_url_sharing": true})).await;
    assert_eq!(screen["elsewhere"], Value::Null);
}

#[tokio::test]
async fn a_phone_is_not_sent_to_a_phone() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"skip_desktop": true}})).await;
    assert_eq!(app.view(&token).await["screen"]["id"], "device");
    let refused = app.answer(&token, json!({"screen": "device"})).await;
    assert_eq!(refused.json()["text"], "device-required");
    let path = format!("/__widget/sessions/{token}");
    let phone = send(app.request(Method::GET, &path).header(USER_AGENT, "Sample (Android) Mobile")).await;
    assert_eq!(phone.json()["screen"]["id"], "agreement");
}

#[tokio::test]
async fn two_who_answer_at_once_answer_once() {
    let app = TestApp::start().await;
    let token = app.begin(json!({})).await;
    let agreed = || app.answer(&token, json!({"screen": "agreement", "agree": true}));
    let (one, other) = tokio::join!(agreed(), agreed());
    for reply in [one, other] {
        assert_eq!(reply.json()["screen"]["id"], "document");
    }
    let reached = app.mock.session(&token).await.unwrap().reached_steps;
    assert_eq!(reached.len(), 2, "{reached:?}");
}

#[tokio::test]
async fn a_saved_configuration_and_the_scenario_have_their_screens() {
    let id = "0123456789abcdef01234567";
    let saved = SavedConfiguration::new().flags(json!({"skip_face": true, "skip_document": true}));
    let app = TestApp::start_with(|builder| builder.company(Company::new("one").configuration(id, saved))).await;
    let body = json!({"company_key": "one", "config_id": id, "steps": [{"type": "email"}]});
    let token = app.post_json("/external-api/begin/", &body).await.json().as_str().unwrap().to_owned();
    assert_eq!(app.walk(&token).await, ["agreement", "email", "processing"]);
}

#[tokio::test]
async fn what_nobody_was_asked_is_invented() {
    let app = TestApp::start().await;
    let question = |key: &str| json!({"type": "text", "key": key, "mandatory": true});
    let steps = ["one", "two"]
        .map(|key| json!({"type": "user-questionnaire", "key": key, "questions": [question("q"), {"key": "open"}]}));
    let flags = json!({"skip_agreement": true, "skip_document": true, "skip_face": true});
    let token = app.begin(json!({"flags": flags, "steps": steps})).await;
    app.answer(&token, json!({"screen": "one", "answers": {"q": "mine"}})).await.assert_status(200);
    // As the drawer does it, in the middle of the way.
    app.finish(&token, &[("outcome", "APPROVED")]).await.assert_status(200);
    let answered = app.result(&token).await.json()["questionnaires"].clone();
    assert_eq!(answered[0]["questions"], json!([{"key": "q", "answer": "mine"}]));
    assert_eq!(answered[1]["questions"][0], json!({"key": "q", "answer": "Sample answer"}));
    let details = app.mock.session(&token).await.unwrap();
    assert_eq!(details.answers, Some(json!({"one": {"q": "mine"}})));
}
