//! `/?session_token=TOKEN`: the page that a person goes through, and the form that it posts at the end.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, Response, StatusCode, header, request::Parts},
};

use super::{super::params::Params, html, response};
use crate::{
    mock::{FinishRequest, Mock},
    scenario::Decision,
    session::{Browser, FinishError, Outcome},
    vendor_error::VendorError,
};

/// The longest name of a browser that is kept, in bytes.
const LONGEST_USER_AGENT: usize = 512;

/// Shows the widget, and notes the browser that opened it.
pub(in crate::http) async fn show(State(mock): State<Arc<Mock>>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    match mock.open(&session_token(&head), browser(&head)) {
        Ok(()) => html(StatusCode::OK, include_str!("page.html")),
        Err(error) => closed(&error),
    }
}

/// Finishes the session. The form has `outcome` (an outcome, or `scenario`: as the scenario says, which is what a
/// missing one means) and `answers` (JSON: questionnaire key → question key → answer; invented when missing).
pub(in crate::http) async fn finish(State(mock): State<Arc<Mock>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let token = session_token(&head);
    let request = match Params::read(&head, body, &mock.config.limits).await.and_then(|form| read(form, &mock)) {
        Ok(request) => request,
        Err(error) => return plain(StatusCode::BAD_REQUEST, error.message),
    };
    // A person who never opened the page, such as a script, has a browser too.
    let finished = mock.open(&token, browser(&head)).and_then(|()| mock.finish(&token, request));
    match finished {
        Ok(Some(url)) if mock.config.return_url_token => redirect(&with_token(&url, &token)),
        Ok(Some(url)) => redirect(&url),
        Ok(None) => html(StatusCode::OK, include_str!("done.html")),
        Err(FinishError::Answers(problem)) => plain(StatusCode::BAD_REQUEST, problem),
        Err(error) => closed(&error),
    }
}

fn read(mut form: Params, mock: &Mock) -> Result<FinishRequest, VendorError> {
    let decision = match form.text("outcome")?.as_deref() {
        None | Some("" | "scenario") => None,
        Some(word) => {
            let outcome = word.parse::<Outcome>().map_err(|problem| {
                VendorError::argument(format!("`outcome`: {problem}, or scenario: as the scenario says"))
            })?;
            Some(Decision::from(outcome))
        }
    };
    let answers = match form.text("answers") {
        Ok(None) => None,
        _ => Some(form.object("answers", &mock.config.limits)?),
    };
    Ok(FinishRequest { decision, answers })
}

/// The status of a page that lets nobody through.
pub(super) fn status(error: &FinishError) -> StatusCode {
    match error {
        FinishError::NoSuchSession => StatusCode::NOT_FOUND,
        FinishError::AlreadyFinished | FinishError::Expired => StatusCode::GONE,
        FinishError::Answers(_) | FinishError::Step(_) => StatusCode::BAD_REQUEST,
    }
}

/// The page for a session that nobody can go through. Its texts are ours alone.
fn closed(error: &FinishError) -> Response<Body> {
    let (title, text) = match error {
        FinishError::Expired => ("This link has expired", "Ask the company that sent you here for a new one."),
        FinishError::AlreadyFinished => {
            ("This verification is finished", "There is nothing left to do. You can close this page.")
        }
        _ => ("This link is not valid", "There is no verification under this link."),
    };
    html(status(error), include_str!("closed.html").replace("{title}", title).replace("{text}", text))
}

fn plain(status: StatusCode, problem: String) -> Response<Body> {
    response(status, "text/plain; charset=utf-8", problem + "\n")
}

/// Goes to `url` as it is; only what a header cannot carry is escaped.
fn redirect(url: &str) -> Response<Body> {
    let mut location = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!'..=b'~' => location.push(char::from(byte)),
            _ => location.push_str(&format!("%{byte:02X}")),
        }
    }
    let mut response = html(StatusCode::SEE_OTHER, "");
    let location = HeaderValue::try_from(location).expect("visible ASCII is a header value");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn with_token(url: &str, token: &str) -> String {
    let (page, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}session_token={token}{fragment}")
}

/// The token of the link; quotation marks around it are left out.
fn session_token(head: &Parts) -> String {
    let query = head.uri.query().unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "session_token");
    token.map(|(_, token)| token.trim_matches('"').to_owned()).unwrap_or_default()
}

fn browser(head: &Parts) -> Browser {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = head.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let user_agent = user_agent.unwrap_or_default();
    Browser {
        remote_address: peer.map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string()).unwrap_or_default(),
        user_agent: user_agent[..user_agent.floor_char_boundary(LONGEST_USER_AGENT)].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_into_the_query_of_the_return_url() {
        for (url, with) in [
            ("https://example.com/", "https://example.com/?session_token=t"),
            ("https://example.com/?a=1#b?c", "https://example.com/?a=1&session_token=t#b?c"),
        ] {
            assert_eq!(with_token(url, "t"), with);
        }
    }
}
