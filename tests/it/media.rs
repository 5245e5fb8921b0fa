//! The pictures below `result/`.

use std::{
    fs,
    process::Command,
    time::{Duration, SystemTime},
};

use identomat_mock::{Company, Config, Endpoint, Fault, MediaKind, Outcome};
use reqwest::{
    Method,
    header::{AUTHORIZATION, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE},
    multipart::Form,
};
use serde_json::{Value, json};

use crate::{
    encodings::{Encoding, request},
    harness::{Reply, TestApp, send, thorough},
    signatures::code_by_python,
};

async fn media(app: &TestApp, path: &str, token: &str) -> Reply {
    let call = app.with_key(json!({"session_token": token}));
    app.post_json(&format!("/external-api/result/{path}/"), &call).await
}

/// A day on which pictures are looked at: what is on them depends on it.
fn a_day() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)
}

/// Begins and finishes a session that has everything that goes with a document of this kind.
async fn whole_session(app: &TestApp, document_type: &str) -> String {
    let token = app
        .begin(json!({"flags": {
            "document_types": [document_type],
            "liveness": true,
            "require_face_document": true,
            "allow_general_document_capture": true,
        }}))
        .await;
    app.mock.finish(&token).await.unwrap();
    token
}

/// What a session with everything has, where it has this kind of document.
fn is_there(kind: MediaKind, document_type: &str) -> bool {
    match kind {
        MediaKind::Passport => document_type == "passport",
        MediaKind::CardFront | MediaKind::CardBack => document_type != "passport",
        _ => true,
    }
}

fn path_of(kind: MediaKind) -> String {
    format!("/external-api/result/{kind}/")
}

#[track_caller]
fn assert_is(kind: MediaKind, reply: &Reply) {
    reply.assert_status(200);
    let (content_type, magic): (_, &[u8]) = match kind {
        MediaKind::FaceVideo => ("video/mp4", b"ftyp"),
        _ => ("image/jpeg", b"\xff\xd8\xff"),
    };
    assert_eq!(reply.header("content-type"), Some(content_type));
    assert_eq!(reply.header("content-length"), Some(&*reply.body.len().to_string()));
    assert!(reply.body.windows(magic.len()).take(8).any(|start| start == magic), "{kind}");
}

#[tokio::test]
async fn every_picture_comes_in_every_encoding_or_is_missed_clearly() {
    let app = TestApp::start_with(|builder| builder.seed(1).company("one").company("other")).await;
    for document_type in ["id", "driver_license", "residence_license", "passport"] {
        let token = whole_session(&app, document_type).await;
        let session = app.with_key(json!({"session_token": token}));
        for kind in MediaKind::ALL {
            let mut first: Option<Reply> = None;
            for encoding in Encoding::ALL {
                let reply = send(request(&app, encoding, &path_of(kind), session.as_object().unwrap())).await;
                if is_there(kind, document_type) {
                    assert_is(kind, &reply);
                    let first = first.get_or_insert_with(|| reply.clone());
                    assert!(first.body == reply.body, "{kind} in {encoding:?}");
                } else {
                    assert_missing(kind, &reply);
                }
            }
        }
        let of_other = json!({"company_key": "other", "session_token": token});
        app.delete(&token).await.assert_status(200);
        for kind in MediaKind::ALL {
            for encoding in Encoding::ALL {
                for session in [&session, &of_other] {
                    let reply = send(request(&app, encoding, &path_of(kind), session.as_object().unwrap())).await;
                    reply.assert_error(404, "SESSION_NOT_FOUND");
                }
            }
        }
    }
}

/// A picture that the session lacks: the vendor's error, and the reason in it.
#[track_caller]
fn assert_missing(kind: MediaKind, reply: &Reply) -> String {
    reply.assert_status(404);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let problem = reply.json()["argumentError"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    assert!(problem.starts_with(&format!("the session has no `{kind}`: ")), "{problem}");
    assert_eq!(reply.hint(), problem);
    problem
}

#[tokio::test]
async fn what_a_session_does_not_have_is_missed_with_the_reason() {
    let app = TestApp::start().await;
    let through = json!({"result": "APPROVED"});
    let finished = async |flags: Value| {
        let token = app.begin(json!({"flags": flags})).await;
        app.mock.finish(&token).await.unwrap();
        assert_eq!(app.result(&token).await.json()["result"], through["result"]);
        token
    };
    let plain = finished(json!({"document_types": ["id"]})).await;
    let without_document = finished(json!({"skip_document": true, "require_face_document": true})).await;
    let without_face = finished(json!({"skip_face": true, "liveness": true})).await;
    let open = app.begin(json!({})).await;
    let disagreed = app.begin(json!({})).await;
    app.mock.finish_as(&disagreed, Outcome::DisagreedWithTerms).await.unwrap();
    for (token, kind, reason) in [
        (
            &plain,
            MediaKind::Passport,
            "its `result` is `APPROVED` and its `document_type` is `id`, which is not a passport",
        ),
        (&plain, MediaKind::FaceVideo, "liveness was not checked: the flag `liveness` is off"),
        (&plain, MediaKind::FaceDocument, "no selfie with the document was requested: "),
        (&plain, MediaKind::GeneralDocument, "its result document has no `generalDocuments`"),
        (
            &without_document,
            MediaKind::CardFront,
            "its `result` is `APPROVED` and its `document_type` is ``, which has no",
        ),
        (&without_document, MediaKind::FaceDocument, "its `result` is `APPROVED` and its `document_type` is ``"),
        (&without_face, MediaKind::Face, "its `result` is `APPROVED` and its `document_type` is "),
        (&without_face, MediaKind::FaceVideo, "its `result` is `APPROVED`"),
        (&open, MediaKind::Face, "its `result` is `IN_PROGRESS`"),
        (&open, MediaKind::CardBack, "its `result` is `IN_PROGRESS`"),
        (&disagreed, MediaKind::Face, "its `result` is `DISAGREED_WITH_TERMS`"),
    ] {
        let problem = assert_missing(kind, &media(&app, kind.as_str(), token).await);
        assert!(problem.contains(reason), "{problem}");
    }
    assert_is(MediaKind::Face, &media(&app, "face", &without_document).await);
    assert_is(MediaKind::CardFront, &media(&app, "card-front", &plain).await);
    media(&app, "face", "no token").await.assert_error(400, "SESSION_INVALID");
    app.post_json("/external-api/result/face/", &app.with_key(json!({}))).await.argument_error();
}

#[tokio::test]
async fn a_setting_picks_the_status_of_what_is_missing() {
    for (setting, status) in [
        ((|config| config.missing_media_status = Some(200)) as fn(&mut Config), 200),
        (|config| config.error_status = identomat_mock::ErrorStatus::all(202).unwrap(), 202),
        (|_| {}, 404),
    ] {
        let app = TestApp::start_with(|builder| builder.settings(setting)).await;
        let token = app.begin(json!({})).await;
        let reply = media(&app, "face", &token).await;
        reply.assert_status(status);
        assert!(reply.json()["argumentError"].is_string(), "{reply}");
    }
}

#[tokio::test]
async fn pages_of_general_documents_are_named_by_type_and_number() {
    let app = TestApp::scripted(
        "description: Two documents, one of two pages.\nstages:\n  - result: APPROVED\n    change:\n      \
         generalDocuments:\n        - {typeId: utility_bill, documentType: UTILITY_BILL, pages: [{final: {fullName: A}}, \
         {final: {fullName: B}}]}\n        - {typeId: bank_statement, pages: [{final: {fullName: C}}]}\n",
    )
    .await;
    let token = app.begin(json!({})).await;
    app.mock.finish(&token).await.unwrap();
    let page = async |parameters: Value| {
        let mut call = app.with_key(json!({"session_token": token}));
        call.as_object_mut().unwrap().extend(parameters.as_object().unwrap().clone());
        app.post_json("/external-api/result/general-document/", &call).await
    };
    let bill = page(json!({})).await;
    assert_is(MediaKind::GeneralDocument, &bill);
    for same in [
        json!({"page": 1}),
        json!({"page": "1", "document_type": "utility_bill"}),
        json!({"document_type": "UTILITY_BILL"}),
        json!({"document_type": "utility-bill", "page": ""}),
    ] {
        assert!(page(same.clone()).await.body == bill.body, "{same}");
    }
    let second = page(json!({"page": 2})).await;
    let statement = page(json!({"document_type": "bank_statement"})).await;
    assert!(second.body != bill.body && statement.body != bill.body && statement.body != second.body);
    for (parameters, problem) in [
        (json!({"page": 3}), "its document has 2 page(s)"),
        (json!({"document_type": "bank_statement", "page": 2}), "its document has 1 page(s)"),
        (json!({"document_type": "diploma"}), "its general documents are: `utility_bill`, `bank_statement`"),
    ] {
        let missing = assert_missing(MediaKind::GeneralDocument, &page(parameters).await);
        assert!(missing.ends_with(problem), "{missing}");
    }
    for page_number in [json!("0"), json!("first"), json!(-1)] {
        let problem = page(json!({"page": page_number})).await.argument_error();
        assert!(problem.starts_with("`page` is not "), "{problem}");
    }
}

#[tokio::test]
async fn media_are_signed_both_ways() {
    let app = TestApp::start_with(|builder| builder.secret("not-a-real-secret")).await;
    let signed = async |path: &str, body: String| {
        let code = code_by_python("not-a-real-secret", body.as_bytes());
        let request = app.request(Method::POST, path).header(AUTHORIZATION, format!("signature=\"{code}\""));
        send(request.body(body)).await
    };
    let flags = json!({
        "document_types": ["id"], "liveness": true, "require_face_document": true, "allow_general_document_upload": true,
    });
    let begun = signed("/external-api/begin/", app.with_key(json!({"flags": flags})).to_string()).await;
    let token = begun.json().as_str().unwrap().to_owned();
    let session = app.with_key(json!({"session_token": token}));
    let code = |reply: &Reply| reply.header("authorization").map(str::to_owned);
    let early = signed("/external-api/result/face/", session.to_string()).await;
    assert_missing(MediaKind::Face, &early);
    assert_eq!(code(&early), None, "an error is not signed");
    app.mock.finish(&token).await.unwrap();
    let code_of = |body: &[u8]| Some(format!("signature=\"{}\"", code_by_python("not-a-real-secret", body)));
    for kind in MediaKind::ALL {
        app.post_json(&path_of(kind), &session).await.assert_error(401, "SIGNATURE_INVALID");
        let reply = signed(&path_of(kind), session.to_string()).await;
        if kind == MediaKind::Passport {
            assert_missing(kind, &reply);
            assert_eq!(code(&reply), None);
        } else {
            assert_is(kind, &reply);
            assert_eq!(code(&reply), code_of(&reply.body), "{kind}");
        }
    }
    let face = signed("/external-api/result/face/", session.to_string()).await;

    // A GET signs the empty body, and a range is signed as it is sent.
    let code_of_nothing = code_of(b"").unwrap();
    let path = format!("/external-api/result/face/?company_key={}&session_token={token}", app.mock.company_key());
    let get = app.request(Method::GET, &path).header(AUTHORIZATION, &code_of_nothing).header(RANGE, "bytes=0-99");
    let start = send(get).await;
    start.assert_status(206);
    assert_eq!(code(&start), code_of(&face.body[..100]));
}

#[tokio::test]
async fn head_etag_and_ranges_are_answered_as_http_has_them() {
    let app = TestApp::start().await;
    let token = whole_session(&app, "id").await;
    for kind in [MediaKind::FaceVideo, MediaKind::CardFront] {
        let path = format!("{}?company_key={}&session_token={token}", path_of(kind), app.mock.company_key());
        let get = |method: Method| app.request(method, &path);
        let whole = send(get(Method::GET)).await;
        assert_is(kind, &whole);
        let (length, etag) = (whole.body.len(), whole.header(ETAG.as_str()).unwrap().to_owned());
        assert_eq!(whole.header("accept-ranges"), Some("bytes"));
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");

        let head = send(get(Method::HEAD)).await;
        head.assert_status(200);
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name), whole.header(name), "{name}");
        }
        assert!(head.body.is_empty());

        for tags in [&*etag, "*", &format!("\"other\", W/{etag}")] {
            let known = send(get(Method::GET).header(IF_NONE_MATCH, tags)).await;
            known.assert_status(304);
            assert!(known.body.is_empty() && known.header("etag") == Some(&*etag), "{known}");
        }
        assert_is(kind, &send(get(Method::GET).header(IF_NONE_MATCH, "\"other\"")).await);

        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=100-199", 100..200),
            ("bytes=-5", length - 5..length),
            ("bytes=7-", 7..length),
            ("bytes=0-", 0..length),
        ] {
            let partial = send(get(Method::GET).header(RANGE, range)).await;
            partial.assert_status(206);
            let (start, end) = (part.start, part.end - 1);
            assert_eq!(partial.header("content-range"), Some(&*format!("bytes {start}-{end}/{length}")));
            assert!(partial.body == whole.body[part], "{range}");
        }
        let beyond = send(get(Method::GET).header(RANGE, format!("bytes={length}-"))).await;
        beyond.assert_status(416);
        assert_eq!(beyond.hint(), format!("the range starts after the end; the picture has {length} bytes"));
        assert_eq!(beyond.header("content-range"), Some(&*format!("bytes */{length}")));
        for nothing_to_go_by in ["bytes=5-2", "bytes=a", "pages=1-2", "bytes=0-1, 5-6"] {
            let reply = send(get(Method::GET).header(RANGE, nothing_to_go_by)).await;
            assert!(reply.status == 200 && reply.body == whole.body, "{nothing_to_go_by}: {}", reply.status);
        }
        let outdated = send(get(Method::GET).header(RANGE, "bytes=0-1").header(IF_RANGE, "\"other\"")).await;
        assert_is(kind, &outdated);
        let current = send(get(Method::GET).header(RANGE, "bytes=0-1").header(IF_RANGE, &etag)).await;
        current.assert_status(206);
    }
    let put = send(app.request(Method::PUT, "/external-api/result/face/")).await;
    put.assert_status(405);
    assert_eq!(put.header("allow"), Some("GET, HEAD, POST"));
    send(app.request(Method::HEAD, "/external-api/result/")).await.assert_status(405);
}

#[tokio::test]
async fn one_multipart_body_can_be_sent_three_times_over_one_connection() {
    let app = TestApp::start().await;
    let token = whole_session(&app, "residence_license").await;
    let mut bodies = Vec::new();
    for path in
        ["/external-api/result/card-back/", "/external-api/result/card-back//", "/external-api/result/card-back"]
    {
        let form =
            Form::new().text("company_key", app.mock.company_key().to_owned()).text("session_token", token.clone());
        let reply = send(app.request(Method::POST, path).multipart(form)).await;
        assert_is(MediaKind::CardBack, &reply);
        bodies.push(reply.body);
    }
    assert!(bodies[0] == bodies[1] && bodies[1] == bodies[2]);
}

#[tokio::test]
async fn faults_and_scenarios_reach_media() {
    let app = TestApp::start().await;
    let token = whole_session(&app, "id").await;
    app.mock.add_fault(Fault::status(503).endpoint(Endpoint::Media(MediaKind::Face)).times(2)).await.unwrap();
    media(&app, "card-front", &token).await.assert_status(200);
    media(&app, "face", &token).await.assert_status(503);
    media(&app, "face", &token).await.assert_status(503);
    assert_is(MediaKind::Face, &media(&app, "face", &token).await);
    app.mock.add_fault(Fault::html().endpoint(Endpoint::Media(MediaKind::CardBack))).await.unwrap();
    let html = media(&app, "card-back", &token).await;
    assert_eq!((html.status.as_u16(), html.header("content-type")), (200, Some("text/html")));
    assert_is(MediaKind::CardBack, &media(&app, "card-back", &token).await);

    app.mock.add_fault(Fault::status(502).endpoint(Endpoint::CompareFaces)).await.unwrap();
    app.post_json("/external-api/compare-faces/", &app.with_key(json!({}))).await.assert_status(502);

    let scripted = TestApp::scripted(
        "description: The back is late.\nstages:\n  - result: APPROVED\n    fault: {endpoint: card-back, status: 503}\n",
    )
    .await;
    let token_of_other = whole_session(&scripted, "id").await;
    scripted.result(&token_of_other).await.assert_status(200);
    media(&scripted, "card-back", &token_of_other).await.assert_status(503);
    assert_is(MediaKind::CardBack, &media(&scripted, "card-back", &token_of_other).await);

    let gone = app.begin(json!({"flags": {"mock_scenario": "session-not-found"}})).await;
    media(&app, "face", &gone).await.assert_error(404, "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn media_are_no_polls_and_come_before_the_verdict() {
    let app = TestApp::start_with(|builder| builder.scenario("done-before-verdict")).await;
    let token = app.begin(json!({"flags": {"document_types": ["id"]}})).await;
    assert_missing(MediaKind::CardFront, &media(&app, "card-front", &token).await);
    app.mock.finish(&token).await.unwrap();
    let before = media(&app, "card-front", &token).await;
    for _ in 0..5 {
        assert_is(MediaKind::CardFront, &media(&app, "card-front", &token).await);
    }
    for word in ["IN_PROGRESS", "IN_PROGRESS", "APPROVED"] {
        assert_eq!(app.word(&token).await, word);
    }
    assert!(media(&app, "card-front", &token).await.body == before.body, "it is the same picture");
}

/// What was brought is there when the person has finished, uploaded or drawn, whatever the vendor makes of it.
#[tokio::test]
async fn pictures_are_there_without_a_verdict_and_of_what_cannot_be_read() {
    let app = TestApp::start().await;
    for scenario in ["done-before-verdict", "verdict-after-24h", "in-progress", "rejected-document-not-readable"] {
        let flags = json!({
            "mock_scenario": scenario, "document_types": ["passport"], "liveness": true, "require_face_document": true,
            "allow_general_document_upload": true,
        });
        let token = app.begin(json!({"flags": flags})).await;
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
        app.mock.upload(&token, MediaKind::Face, *png).await.unwrap();
        app.mock.finish(&token).await.unwrap();
        let result = app.result(&token).await.json();
        assert_eq!((&result["document_type"], &result["person"]), (&json!(""), &json!({})), "{scenario}");
        assert_eq!(result["face_images"], 1, "{scenario}");
        assert!(media(&app, "face", &token).await.body == png, "{scenario}");
        // Drawing takes long: all of them once.
        let is_asked_for = |kind: &MediaKind| *kind == MediaKind::Passport || scenario == "verdict-after-24h";
        let drawn = MediaKind::ALL.into_iter().filter(|kind| *kind != MediaKind::Face && is_there(*kind, "passport"));
        for kind in drawn.filter(is_asked_for) {
            assert_is(kind, &media(&app, kind.as_str(), &token).await);
        }
        assert_missing(MediaKind::CardBack, &media(&app, "card-back", &token).await);
    }
}

#[tokio::test]
async fn a_change_to_the_document_shows_on_the_picture() {
    let app = TestApp::scripted(
        "description: An operator corrects the name.\nstages:\n  - result: APPROVED\n  - when: operator\n    change: \
         {id_card_front: {Surname_en_US: Corrected}}\n",
    )
    .await;
    let token = whole_session(&app, "id").await;
    let before = (media(&app, "card-front", &token).await, media(&app, "card-back", &token).await);
    app.mock.decide_as_scripted(&token).await.unwrap();
    let after = (media(&app, "card-front", &token).await, media(&app, "card-back", &token).await);
    assert!(before.0.body != after.0.body, "the front says another name");
    assert_eq!(before.1.header("etag"), after.1.header("etag"), "the back says what it said");
}

#[tokio::test]
async fn a_document_that_says_nothing_gives_a_picture_all_the_same() {
    let app = TestApp::start_with(|builder| builder.scenario("sparse-document")).await;
    for document_type in ["id", "driver_license", "residence_license", "passport"] {
        let token = whole_session(&app, document_type).await;
        for kind in MediaKind::ALL.into_iter().filter(|kind| is_there(*kind, document_type)) {
            assert_is(kind, &media(&app, kind.as_str(), &token).await);
        }
    }
}

#[tokio::test]
async fn a_document_that_makes_no_sense_gives_a_picture_or_an_error() {
    let long = "W\u{301}\u{0}\u{202e}漢".repeat(4000);
    let change = json!({
        "document_type": "id", "face_images": "three", "person": {"last_name": long, "mrz": "<\n".repeat(5000), "sex": 7},
        "id_card_front": {"Surname_en_US": long, "Surname_xx": "", "Date_of_Birth_en_US": ["a"]}, "id_card_back": 5,
        "generalDocuments": [{"typeId": long, "pages": [null, {"final": {"fullName": long, "authority": {}}}]}],
    });
    let change = change.to_string();
    let scenario = format!("description: Nonsense.\nstages:\n  - result: APPROVED\n    change: {change}\n");
    let app = TestApp::scripted(&scenario).await;
    let token = whole_session(&app, "id").await;
    for kind in [MediaKind::CardFront, MediaKind::CardBack, MediaKind::GeneralDocument] {
        assert_is(kind, &media(&app, kind.as_str(), &token).await);
    }
    assert_missing(MediaKind::Face, &media(&app, "face", &token).await);
    assert_missing(MediaKind::Passport, &media(&app, "passport", &token).await);
    let second = app.with_key(json!({"session_token": token, "page": 2, "document_type": long}));
    assert_is(MediaKind::GeneralDocument, &app.post_json(&path_of(MediaKind::GeneralDocument), &second).await);
}

#[tokio::test]
async fn the_same_seed_and_day_give_the_same_pictures() {
    let mut of_runs = Vec::new();
    for _ in 0..2 {
        let app = TestApp::start_with(|builder| builder.seed(5).frozen_at(a_day())).await;
        let token = whole_session(&app, "passport").await;
        let mut tags = Vec::new();
        for path in ["passport", "face", "face-document", "general-document", "face-video"] {
            tags.push(media(&app, path, &token).await.header("etag").map(str::to_owned));
        }
        of_runs.push(tags);
    }
    assert_eq!(of_runs[0], of_runs[1]);
}

#[tokio::test]
async fn a_cache_of_nothing_draws_every_time_and_answers_the_same() {
    let app = TestApp::start_with(|builder| builder.settings(|config| config.media_cache = 0)).await;
    let token = whole_session(&app, "id").await;
    let (one, other) = (media(&app, "face", &token).await, media(&app, "face", &token).await);
    assert_is(MediaKind::Face, &one);
    assert!(one.body == other.body);
}

/// What a script of another implementation says about these files.
fn said(script: &str, files: &[String]) -> String {
    let output = Command::new("python3").arg(format!("tests/it/media/{script}")).args(files).output();
    let output = output.unwrap_or_else(|error| panic!("python3 runs ({error}); `make tools` installs it"));
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Built-in people with every document that they hold: everybody where everything is to be tried.
#[tokio::test]
async fn another_program_reads_the_zone_of_every_passport_and_card() {
    let names = fs::read_dir("fixtures/people").unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names = names.into_iter().step_by(thorough(5, 1)).collect();
    let companies = names.iter().map(|name| Company::new(name.as_str()).people([name.as_str()]));
    let app = TestApp::start_with(|builder| {
        companies.fold(builder.seed(3).frozen_at(a_day()), |builder, company| builder.company(company))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut zones) = (Vec::new(), Vec::new());
    for name in &names {
        for (kind, path) in [("id", "card-back"), ("residence_license", "card-back"), ("passport", "passport")] {
            let call = |mut parameters: Value| {
                parameters["company_key"] = name.as_str().into();
                parameters
            };
            let token = app.begin(call(json!({"flags": {"document_types": [kind]}}))).await;
            app.mock.finish(&token).await.unwrap();
            let result = app.post_json("/external-api/result/", &call(json!({"session_token": token}))).await.json();
            if result["document_type"] == kind {
                let path = format!("/external-api/result/{path}/");
                let picture = app.post_json(&path, &call(json!({"session_token": token}))).await;
                picture.assert_status(200);
                let file = folder.path().join(format!("{name}-{kind}.jpg"));
                fs::write(&file, &picture.body).unwrap();
                files.push(file.to_str().unwrap().to_owned());
                zones.push(result["person"]["mrz"].as_str().unwrap().to_owned());
            }
        }
    }
    assert!(files.len() > thorough(5, 20), "{}", files.len());
    let read = said("read_zone.py", &files);
    let read: Vec<_> = read.trim_end().split("\n\n").collect();
    assert_eq!(read, zones);
}

#[tokio::test]
async fn an_uploaded_file_is_served_as_it_was_when_the_person_is_through() {
    let app = TestApp::start().await;
    let token = app.begin(json!({"flags": {"document_types": ["passport"], "skip_face": true}})).await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0";
    let files: [(MediaKind, &[u8], &str); 5] = [
        (MediaKind::CardFront, png, "image/png"),
        (MediaKind::Passport, b"no picture at all", "image/jpeg"),
        (MediaKind::Face, b"\xff\xd8 cut off", "image/jpeg"),
        (MediaKind::FaceVideo, b"\x1a\x45\xdf\xa3 webm", "video/webm"),
        (MediaKind::GeneralDocument, b"page one", "image/jpeg"),
    ];
    for (kind, bytes, _) in files {
        app.mock.upload(&token, kind, bytes).await.unwrap();
        assert_missing(kind, &media(&app, kind.as_str(), &token).await);
    }
    app.mock.upload_page(&token, 2, "page two").await.unwrap();
    app.mock.finish(&token).await.unwrap();
    for (kind, bytes, content_type) in files {
        let reply = media(&app, kind.as_str(), &token).await;
        reply.assert_status(200);
        assert!(reply.body == bytes, "{kind}");
        assert_eq!(reply.header("content-type"), Some(content_type), "{kind}");
        assert!(reply.header("etag").is_some());
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{kind}");
    }
    let second = app.with_key(json!({"session_token": token, "page": 2}));
    assert_eq!(app.post_json("/external-api/result/general-document/", &second).await.text(), "page two");

    app.mock.upload(&token, MediaKind::Face, "another").await.unwrap();
    assert_eq!(media(&app, "face", &token).await.text(), "another", "a file replaces the one that was there");
    assert_is(MediaKind::Passport, &media(&app, "passport", &whole_session(&app, "passport").await).await);
}

#[tokio::test]
async fn uploads_are_bounded_and_their_room_comes_back() {
    let app = TestApp::start_with(|builder| {
        builder.settings(|config| {
            (config.limits.upload, config.limits.session_uploads, config.limits.uploads) = (10, 15, 25);
        })
    })
    .await;
    let (one, other) = (app.begin(json!({})).await, app.begin(json!({})).await);
    let upload = async |token: &str, kind, bytes: usize| {
        app.mock.upload(token, kind, vec![7; bytes]).await.map(drop).map_err(|problem| problem.to_string())
    };
    let refused = |result: Result<(), String>| result.unwrap_err();
    assert_eq!(
        refused(upload(&one, MediaKind::Face, 11).await),
        "the file has 11 bytes; the maximum is 10 (`config.limits.upload`)"
    );
    upload(&one, MediaKind::Face, 10).await.unwrap();
    assert_eq!(
        refused(upload(&one, MediaKind::CardFront, 6).await),
        "the uploads of the session would have 16 bytes; the maximum is 15 (`config.limits.session_uploads`)"
    );
    upload(&one, MediaKind::CardFront, 5).await.unwrap();
    upload(&other, MediaKind::Face, 10).await.unwrap();
    assert_eq!(
        refused(upload(&other, MediaKind::CardFront, 1).await),
        "all uploads have 25 bytes; 1 more would exceed 25 (`config.limits.uploads`)"
    );
    upload(&one, MediaKind::Face, 0).await.unwrap();
    upload(&other, MediaKind::CardFront, 5).await.unwrap();
    app.delete(&one).await.assert_status(200);
    app.mock.company(app.mock.company_key()).reset().await.unwrap();
    let third = app.begin(json!({})).await;
    upload(&third, MediaKind::Face, 10).await.unwrap();
    upload(&third, MediaKind::CardFront, 5).await.unwrap();
    assert_eq!(
        refused(upload(&one, MediaKind::Face, 1).await),
        "there is no session with this token; it may have been deleted, or the mock has restarted since"
    );
}

#[tokio::test]
async fn another_program_opens_every_picture_and_finds_its_texts() {
    let app = TestApp::start_with(|builder| builder.seed(1).frozen_at(a_day())).await;
    let folder = tempfile::tempdir().unwrap();
    for document_type in ["id", "driver_license", "residence_license", "passport"] {
        let token = whole_session(&app, document_type).await;
        let result = app.result(&token).await.json();
        let person = |member: &str| result["person"][member].as_str().unwrap_or_default().to_owned();
        let kinds = MediaKind::ALL.into_iter().filter(|kind| is_there(*kind, document_type));
        for kind in kinds.filter(|kind| *kind != MediaKind::FaceVideo) {
            let texts = match kind {
                MediaKind::CardFront | MediaKind::Passport => {
                    ["last_name", "birthday", "document_number", "document_expires"].map(person).to_vec()
                }
                MediaKind::CardBack => vec![person("authority"), person("address")],
                MediaKind::GeneralDocument => {
                    let page = &result["generalDocuments"][0]["pages"][0]["final"];
                    ["fullName", "formattedAddress"].map(|member| page[member].as_str().unwrap().to_owned()).to_vec()
                }
                _ => vec!["SPECIMEN".to_owned()],
            };
            let file = folder.path().join(format!("{document_type}-{kind}.jpg"));
            fs::write(&file, media(&app, kind.as_str(), &token).await.body).unwrap();
            fs::write(file.with_extension("txt"), texts.join("\n")).unwrap();
        }
    }
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().unwrap() == "jpg");
    files.sort();
    assert_eq!(files.len(), 19);
    let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap().to_owned()).collect();
    assert_eq!(said("read_texts.py", &files), "19 pictures say what they have to\n");
}

#[tokio::test]
async fn another_program_plays_the_video() {
    let app = TestApp::start().await;
    let token = whole_session(&app, "id").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, media(&app, "face-video", &token).await.body).unwrap();
    let arguments = ["-v", "error", "-count_frames", "-show_entries"];
    let shown = ["format=duration:stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0"];
    let output = Command::new("ffprobe").args(arguments).args(shown).arg(file.path()).output();
    let output = output.unwrap_or_else(|error| panic!("ffprobe runs ({error}); `make tools` installs it"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "h264,240,320,12\n2.000000\n");
}
