//! Pictures and videos as a company's page shows them.

use identomat_mock::{MockServer, Outcome};
use serde_json::{Value, json};

use crate::{browser::Browser, site::Site};

#[tokio::test]
async fn a_page_plays_the_video_and_shows_the_pictures() {
    let (mock, browser, site) = (MockServer::start().await, Browser::start().await, Site::start().await);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let flags = json!({"liveness": true, "document_types": ["id"]});
    let call = json!({"company_key": mock.company_key(), "flags": flags});
    let begun = client.post(format!("{}/external-api/begin/", mock.url())).json(&call).send().await.unwrap();
    let token: String = begun.json().await.unwrap();
    mock.finish_as(&token, Outcome::Approved).await.unwrap();
    let of = |path: &str| {
        let query = format!("company_key={}&session_token={token}", mock.company_key());
        format!("{}/external-api/result/{path}/?{query}", mock.url())
    };

    browser.open(&site.url("/return")).await;
    browser
        .run(&format!(
            "window.film = document.createElement('video'); film.muted = true; film.src = '{}'; \
             document.body.append(film); film.play();",
            of("face-video")
        ))
        .await;
    browser.until("film.ended").await;
    let seen: Value = browser
        .eval("[film.videoWidth, film.videoHeight, film.duration, film.error, film.getVideoPlaybackQuality().totalVideoFrames]")
        .await;
    assert_eq!(seen, json!([240, 320, 2, null, 12]));
    // Going back asks for a part of the file.
    browser.run("film.currentTime = 0.5;").await;
    browser.until("!film.seeking && film.currentTime === 0.5").await;

    for (path, size) in [("face", json!([960, 1280])), ("card-front", json!([1280, 960]))] {
        let script = "window.picture = new Image(); picture.src =";
        browser.run(&format!("{script} '{}'; document.body.append(picture);", of(path))).await;
        browser.until("picture.complete").await;
        assert_eq!(browser.eval::<Value>("[picture.naturalWidth, picture.naturalHeight]").await, size, "{path}");
    }
}
