//! `GET /__widget/{asset}`: the scripts, styles, texts and icon of the pages.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};

use super::{super::error, path_param, response, texts};
use crate::{mock::MockService, vendor::Language};

/// Lists files of this folder, by name.
macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!($name)),)*]
    };
}

static ASSETS: &[(&str, &str)] = files![
    "camera.js" "control.js" "demo/demo.css" "demo/demo.js" "demo/frame.js" "demo/log.js" "demo/options.js" "dom.js"
    "done.js" "embedding-checks.js" "file.js" "finished.js" "icon.svg" "page.css" "page.js" "panel/badge.js"
    "panel/panel.css" "panel/panel.js" "panel/session-state.js" "screens/address.js" "screens/agreement.js"
    "screens/capture.js" "screens/check.js" "screens/code.js" "screens/device.js" "screens/document.js"
    "screens/elsewhere.js" "screens/email.js" "screens/general-document.js" "screens/geolocation.js"
    "screens/language.js" "screens/more-pages.js" "screens/other-device.js" "screens/participants.js"
    "screens/phone.js" "screens/plain.js" "screens/processing.js" "screens/questionnaire.js" "screens/video-call.js"
    "screens/waiting.js" "session-api.js" "text.js"
];

pub(in crate::http) async fn show(_mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (mut head, _) = request.into_parts();
    let asset = path_param(&mut head).await;
    let text = match asset.strip_prefix("languages/").and_then(|file| file.strip_suffix(".json")) {
        Some(code) => Language::from_code(code).map(texts::file),
        None if asset == "home.css" => Some(include_str!("../home/home.css")),
        None => ASSETS.iter().find(|(name, _)| *name == asset).map(|(_, text)| *text),
    };
    let content_type = match asset.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        _ => "image/svg+xml",
    };
    match text {
        Some(text) => response(StatusCode::OK, content_type, text),
        None => error::no_such_path(&head.method, &head.uri),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// Returns the files below a folder with this ending, by relative path.
    fn files_in(folder: &Path, below: &str, ending: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(folder.join(below)).unwrap().map(|entry| entry.unwrap().path());
        let names = entries.filter(|path| path.extension().is_some_and(|found| found == ending));
        names.map(|path| format!("{below}{}", path.file_name().unwrap().to_str().unwrap())).collect()
    }

    #[test]
    fn every_script_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/widget");
        let mut scripts = files_in(&folder, "", "js");
        for below in ["demo/", "panel/", "screens/"] {
            scripts.extend(files_in(&folder, below, "js"));
        }
        let served: BTreeSet<_> = ASSETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let served: BTreeSet<_> = served.into_iter().filter(|name| name.ends_with(".js")).collect();
        assert_eq!(served, scripts);
    }
}
