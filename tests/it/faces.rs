//! `compare-faces/`: how alike the faces on two pictures are.

use base64::{Engine, engine::general_purpose::STANDARD};
use identomat_mock::{MediaKind, Outcome};
use serde_json::{Value, json};

use crate::{
    encodings::{Encoding, request},
    harness::{Reply, TestApp, send},
};

/// Pictures of one pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
const JPEG: &[u8] =
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0";

async fn compare(app: &TestApp, one: &str, other: &str) -> Reply {
    app.post_json("/external-api/compare-faces/", &app.with_key(json!({"image1": one, "image2": other}))).await
}

async fn similarity(app: &TestApp, one: &[u8], other: &[u8]) -> f64 {
    let reply = compare(app, &STANDARD.encode(one), &STANDARD.encode(other)).await;
    reply.assert_status(200);
    let answer = reply.json();
    assert_eq!(answer.as_object().unwrap().len(), 1, "{reply}");
    answer["similarity"].as_f64().unwrap()
}

async fn picture(app: &TestApp, token: &str, path: &str) -> Vec<u8> {
    let session = app.with_key(json!({"session_token": token}));
    let reply = app.post_json(&format!("/external-api/result/{path}/"), &session).await;
    reply.assert_status(200);
    reply.body
}

async fn of_id(app: &TestApp) -> String {
    app.begin(json!({"flags": {"document_types": ["id"]}})).await
}

#[tokio::test]
async fn pictures_of_one_person_have_the_similarity_of_their_session() {
    let app = TestApp::start_with(|builder| builder.seed(1)).await;
    let token = of_id(&app).await;
    app.mock.finish(&token).await.unwrap();
    let said = app.result(&token).await.json()["similarity"].as_f64().unwrap();
    let (face, card) = (picture(&app, &token, "face").await, picture(&app, &token, "card-front").await);
    assert_eq!(similarity(&app, &face, &card).await, said);
    assert_eq!(similarity(&app, &card, &face).await, said);

    let rejected = of_id(&app).await;
    app.mock.finish_as(&rejected, Outcome::Rejected).await.unwrap();
    let said = app.result(&rejected).await.json()["similarity"].as_f64().unwrap();
    assert!(said < 0.5, "a face mismatch: {said}");
    let pictures = (picture(&app, &rejected, "face").await, picture(&app, &rejected, "card-front").await);
    assert_eq!(similarity(&app, &pictures.0, &pictures.1).await, said);

    // Files that came into a session are its person's too.
    app.mock.upload(&token, MediaKind::CardBack, JPEG).await.unwrap();
    let said = app.result(&token).await.json()["similarity"].as_f64().unwrap();
    assert_eq!(similarity(&app, JPEG, &face).await, said);
    app.delete(&token).await.assert_status(200);
    assert!(similarity(&app, JPEG, &face).await < 0.5, "nobody knows them any more");
}

#[tokio::test]
async fn a_person_whom_two_documents_name_is_one_person() {
    let scenario = "description: As it was recorded.\nstages:\n  - document: recorded-approved\n";
    let app = TestApp::scripted_with(scenario, |builder| builder.seed(1)).await;
    let (one, other) = (of_id(&app).await, of_id(&app).await);
    for token in [&one, &other] {
        app.mock.finish(token).await.unwrap();
    }
    let pictures = (picture(&app, &one, "face").await, picture(&app, &other, "card-front").await);
    assert_eq!(similarity(&app, &pictures.0, &pictures.1).await, 0.9431);
    assert_eq!(similarity(&app, &pictures.1, &pictures.0).await, 0.9431);
}

#[tokio::test]
async fn one_picture_is_like_itself_and_strangers_are_not_alike() {
    let app = TestApp::start().await;
    let same = compare(&app, &STANDARD.encode(PNG), &STANDARD.encode(PNG)).await;
    assert_eq!(same.text(), "{\"similarity\":1}");
    let strangers = similarity(&app, PNG, JPEG).await;
    assert!((0.0..0.5).contains(&strangers), "{strangers}");
    assert_eq!(similarity(&app, JPEG, PNG).await, strangers, "whichever comes first");
    assert_eq!(similarity(&TestApp::start().await, PNG, JPEG).await, strangers, "everywhere");
}

#[tokio::test]
async fn people_of_other_companies_are_strangers() {
    let app = TestApp::start_with(|builder| builder.company("one").company("other")).await;
    let token = of_id(&app).await;
    app.mock.finish(&token).await.unwrap();
    let (face, card) = (picture(&app, &token, "face").await, picture(&app, &token, "card-front").await);
    let images = json!({"company_key": "other", "image1": STANDARD.encode(&face), "image2": STANDARD.encode(&card)});
    let reply = app.post_json("/external-api/compare-faces/", &images).await;
    assert!(reply.json()["similarity"].as_f64().unwrap() < 0.5, "{reply}");
}

#[tokio::test]
async fn base64_comes_with_and_without_a_prefix_and_in_every_encoding() {
    let app = TestApp::start().await;
    let (png, jpeg) = (STANDARD.encode(PNG), STANDARD.encode(JPEG));
    let expected = compare(&app, &png, &jpeg).await.text();
    let wrapped = format!("{}\r\n{}", &jpeg[..20], &jpeg[20..]);
    for (one, other) in [
        (format!("data:image/png;base64,{png}"), jpeg.clone()),
        (png.clone(), format!("data:image/jpeg;base64,{jpeg}")),
        (png.trim_end_matches('=').to_owned(), wrapped),
    ] {
        assert_eq!(compare(&app, &one, &other).await.text(), expected);
    }
    let parameters = app.with_key(json!({"image1": png, "image2": jpeg}));
    for encoding in Encoding::ALL {
        let call = request(&app, encoding, "/external-api/compare-faces/", parameters.as_object().unwrap());
        assert_eq!(send(call).await.text(), expected, "{encoding:?}");
    }
}

#[tokio::test]
async fn garbage_is_a_clear_error() {
    let app = TestApp::start().await;
    let png = STANDARD.encode(PNG);
    for (wrong, problem) in [
        (json!(null), "`image2` is missing; "),
        (json!(""), "`image2` is missing; "),
        (json!(7), "`image2` is not text: 7"),
        (json!("no base64!"), "`image2` has spaces where base64 has `+`; "),
        (
            json!("no_base64"),
            "`image2` is not base64: `no_base64` has `_` at 3; base64url is not accepted, write `+` and `/`",
        ),
        (
            json!("abc!defg"),
            "`image2` is not base64: `abc!defg` has `!` at 4; allowed are letters, digits, `+` and `/`",
        ),
        (json!("ab=cdefg"), "`image2` is not base64: `ab=cdefg` has `=` at 3, which is allowed only at the end"),
        (json!("abcde"), "`image2` is not base64: `abcde` ends too early: no base64 has 5 characters"),
        (json!("abcdef"), "`image2` is not base64: `abcdef` ends too early: `f` at 6 cannot be the last character"),
        (json!("data:image/png,abc"), "`image2` is a data URL without `;base64,`"),
        (json!(STANDARD.encode("some text")), "`image2` is base64, but of neither a JPEG nor a PNG"),
        (json!(STANDARD.encode(b"GIF89a\x01\0\x01\0\0\0\0")), "`image2` is base64, but of neither"),
        (json!(STANDARD.encode(&PNG[..12])), "`image2` is base64, but of neither"),
        (json!(STANDARD.encode(&JPEG[..4])), "`image2` is base64, but of neither"),
    ] {
        let images = app.with_key(json!({"image1": png, "image2": wrong}));
        let said = app.post_json("/external-api/compare-faces/", &images).await.argument_error();
        assert!(said.starts_with(problem), "{wrong}: {said}");
    }
    let no_key: Value = json!({"company_key": "nobody", "image1": png, "image2": png});
    app.post_json("/external-api/compare-faces/", &no_key).await.assert_error(403, "COMPANY_KEY_INVALID");
}

#[tokio::test]
async fn pictures_may_be_as_large_as_a_multipart_body() {
    let app = TestApp::start().await;
    let large = [PNG, &[7; 3 << 20]].concat();
    assert_eq!(similarity(&app, &large, &large).await, 1.0);
    let too_large = "a".repeat(17 << 20);
    let problem = compare(&app, &too_large, "").await.argument_error();
    assert_eq!(problem, "the body is larger than 16777216 bytes");
}

#[tokio::test]
async fn pictures_are_of_the_person_of_the_scenario_that_plays() {
    let scenario =
        "description: A woman comes.\nperson: nino-magalitidze\nstages:\n  - {when: widget, result: APPROVED}\n";
    let flags = json!({"flags": {"skip_document": true, "mock_scenario": "approved"}});
    let mut faces = Vec::new();
    for is_looked_at in [false, true] {
        let app = TestApp::scripted_with(scenario, |builder| builder.seed(1)).await;
        let token = app.begin(flags.clone()).await;
        if is_looked_at {
            // Whoever asks for a picture before has the person chosen.
            let session = app.with_key(json!({"session_token": token}));
            app.post_json("/external-api/result/face/", &session).await.assert_status(404);
        }
        app.mock.switch_scenario(&token, "scripted").await.unwrap();
        app.mock.finish(&token).await.unwrap();
        faces.push(picture(&app, &token, "face").await);
    }
    assert!(faces[0] == faces[1], "the person of the scenario before is on the picture");
}
