//! `/__widget/sessions/{token}`: the session endpoint. GET returns the current screen, POST takes a screen answer and
//! returns the next screen.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{
        Response, StatusCode, Uri,
        header::{HOST, REFERER, USER_AGENT},
        request::Parts,
    },
};
use serde_json::{Value, json};

use super::{
    super::{
        error::{self, with_hint},
        origin,
        received_body::ReceivedBody,
    },
    json, off_runtime,
    page::{location_of, query, status},
    path_param, refused, response,
    view::{WidgetContext, view},
};
use crate::{
    config::RequestLimits,
    flow::{AnswerError, CaptureSource, ScreenAnswer},
    json_text::{self, JsonError},
    mock::{AnswerResult, MockService, ScreenContext, ScreenError},
    problem::Problem,
    session::{FinishError, Viewer, WidgetPage},
    tree,
    vendor::{ErrorCase, Language, VendorError},
};

/// The id of a page of the widget: its browser, a dot, and its tab.
const PAGE_HEADER: &str = "x-identomat-mock-page";

/// Returns the current screen, or the earlier screen that the query names as `step`.
pub(in crate::http) async fn show(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (mut head, _) = request.into_parts();
    let token = path_param(&mut head).await;
    let (link, viewer, step) = (own_link(&head, &mock, &token), viewer(&head), named(&head.uri, "step"));
    let show = off_runtime(mock, move |mock| {
        let widget = WidgetContext { link: &link, most_bytes: mock.config.limits.upload };
        match mock.show_screen(&token, &viewer, step.as_deref(), |context| view(context, &widget)) {
            Ok(view) => view_response(view),
            Err(error) => closed_session(&error, mock.language(&token)),
        }
    });
    show.await
}

/// Takes a screen answer: JSON, or a picture or video if the query has its source (`by=capture`, `by=upload`,
/// `by=video`) and its `screen`.
pub(in crate::http) async fn answer(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (mut head, mut body) = request.into_parts();
    if let Some(origin) = origin::foreign_origin(&head.headers, &mock.config)
        && !mock.config.cors.allows(origin)
    {
        return refused(origin);
    }
    let token = path_param(&mut head).await;
    let (screen, by) = (named(&head.uri, "screen"), named(&head.uri, "by"));
    let mut limits = mock.config.limits;
    if by.is_some() {
        limits = RequestLimits { body: limits.upload, multipart_body: limits.upload, ..limits };
    }
    let received = match ReceivedBody::read(&head, &mut body, &limits).await {
        Err(error) if error.case == ErrorCase::TooSlow => {
            return error::response(&error, &mock.config, true);
        }
        Err(error) if by.is_some() => {
            return invalid_answer(&AnswerError { problem: error.problem, text: "too-large" });
        }
        Err(error) => return invalid_answer(&unreadable(error)),
        Ok(received) => received.body().clone(),
    };
    let (viewer, link) = (viewer(&head), own_link(&head, &mock, &token));
    let take = off_runtime(mock, move |mock| {
        let picture = by.as_deref().map(|by| (by, screen.unwrap_or_default()));
        match take(mock, &token, &viewer, picture, &received, &link) {
            Ok(Some(AnswerResult::Next { shown: view, sent: None })) => view_response(view),
            Ok(Some(AnswerResult::Next { shown: view, sent: Some(sent) })) => with_hint(view_response(view), &sent),
            Ok(Some(AnswerResult::Finished(url))) => {
                let url = url.map(|url| location_of(&url, &token, &mock.config));
                json(StatusCode::OK, &json!({ "returnUrl": url, "token": token }))
            }
            Ok(None) => response(StatusCode::NO_CONTENT, "application/json", Body::empty()),
            Err(ScreenError::Session(error)) => closed_session(&error, mock.language(&token)),
            Err(ScreenError::Answer(error)) => invalid_answer(&error),
        }
    });
    take.await
}

/// Applies a screen answer: the `body` as JSON, or as a picture or video with its source and screen. Returns `None` if
/// the screen stays the same.
fn take(
    mock: &MockService,
    token: &str,
    viewer: &Viewer,
    picture: Option<(&str, String)>,
    body: &[u8],
    link: &str,
) -> Result<Option<AnswerResult<Vec<u8>>>, ScreenError> {
    let widget = WidgetContext { link, most_bytes: mock.config.limits.upload };
    let view = |context: &ScreenContext<'_>| view(context, &widget);
    let wrong = |problem: Problem| ScreenError::Answer(unreadable(VendorError::argument(problem)));
    match picture {
        None => {
            let answer = read(body, &mock.config.limits).map_err(wrong)?;
            mock.answer_screen(token, viewer, &answer, view).map(Some)
        }
        Some((by, screen)) => match by {
            "capture" => {
                mock.submit_picture(token, viewer, (&screen, CaptureSource::Capture), body.to_vec(), view).map(Some)
            }
            "upload" => {
                mock.submit_picture(token, viewer, (&screen, CaptureSource::Upload), body.to_vec(), view).map(Some)
            }
            "video" => mock.submit_video(token, viewer, &screen, body.to_vec()).map(|()| None),
            _ => Err(wrong(Problem::rule("`by` is capture, upload or video"))),
        },
    }
}

/// Parses a screen answer.
///
/// # Errors
///
/// [`Problem`] of the body.
fn read(body: &[u8], limits: &RequestLimits) -> Result<ScreenAnswer, Problem> {
    let not_json = |error: JsonError| Problem::syntax(format!("the body {error}"));
    json_text::check(body, limits.depth).map_err(not_json)?;
    let body = tree::of_json(body).map_err(|error| not_json(error.into()))?;
    tree::read_first(&body).map_err(|problem| problem.with_context("the body is not a screen answer"))
}

fn view_response(view: Vec<u8>) -> Response<Body> {
    response(StatusCode::OK, "application/json", view)
}

fn unreadable(error: VendorError) -> AnswerError {
    AnswerError { problem: error.problem, text: "try-again" }
}

/// Returns the response to an invalid answer; the page shows the text with this key.
fn invalid_answer(error: &AnswerError) -> Response<Body> {
    let AnswerError { problem, text } = error;
    let problem = problem.to_string();
    let body: Value = json!({ "error": problem, "text": text });
    with_hint(json(StatusCode::BAD_REQUEST, &body), &problem)
}

/// Returns the response of a session that cannot be continued, with its language for a page without texts.
fn closed_session(error: &FinishError, language: Language) -> Response<Body> {
    let problem = error.to_string();
    let body = json!({ "error": problem, "language": language.code(), "htmlLanguage": language.html() });
    with_hint(json(status(error), &body), &problem)
}

pub(super) fn named(uri: &Uri, name: &str) -> Option<String> {
    query(uri).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Returns the viewer of the widget: a page with its ids, or a script without.
pub(super) fn viewer(head: &Parts) -> Viewer {
    let is_name =
        |name: &str| !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let named = head.headers.get(PAGE_HEADER).and_then(|header| header.to_str().ok()?.split_once('.'));
    let named = named.filter(|(browser, tab)| is_name(browser) && is_name(tab));
    let page = named.map(|(browser, tab)| WidgetPage { browser: browser.to_owned(), tab: tab.to_owned() });
    Viewer { page, is_phone: is_phone(head) }
}

/// Whether the user agent is that of a phone or tablet.
pub(super) fn is_phone(head: &Parts) -> bool {
    let agent = head.headers.get(USER_AGENT).map(|agent| agent.as_bytes()).unwrap_or_default();
    let agent = String::from_utf8_lossy(agent);
    ["Mobi", "Android", "iPhone", "iPad"].iter().any(|word| agent.contains(word))
}

/// Returns the link of the widget for another device: at the public URL, otherwise at that of the page.
fn own_link(head: &Parts, mock: &MockService, token: &str) -> String {
    let of_page = || {
        let page: Uri = head.headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
        Some(format!("{}://{}", page.scheme_str()?, page.authority()?))
    };
    let of_host = || head.headers.get(HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    let base = mock.config.public_url.clone().or_else(of_page).or_else(of_host).unwrap_or_default();
    format!("{}/?session_token={token}", base.trim_end_matches('/'))
}
