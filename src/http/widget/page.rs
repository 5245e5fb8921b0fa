//! `/?session_token=TOKEN`: the page of the widget, and its form.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, Uri, header, request::Parts},
};
use serde_json::{Value, json};

use super::{
    super::{
        client::ClientConnection,
        error::{self, with_hint},
        origin,
        params::Params,
        received_body::ReceivedBody,
    },
    closed, embedding_checks, filled_in, html, json, off_runtime, refused, refused_host,
    session::is_phone,
    texts, with_head,
};
use crate::{
    config::Config,
    foreign_text::{as_html, without_quotes},
    mock::{FinishRequest, MockService},
    scenario::{REJECT_REASONS, Verdict},
    session::{Browser, FinishError},
    vendor::{ErrorCase, Language, Outcome, VendorError},
};

/// Maximum length of a recorded user agent, in bytes.
const MAX_USER_AGENT_BYTES: usize = 512;

/// The fields of the form.
const FIELDS: [&str; 4] = ["outcome", "reject_reason", "result_comment", "answers"];

/// Shows the widget, and records the browser that opened it.
pub(in crate::http) async fn show(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let (token, browser, is_phone) = (session_token(&head.uri), browser(&head), is_phone(&head));
    let show = off_runtime(mock, move |mock| match mock.open(&token, browser) {
        Ok(()) => html(StatusCode::OK, page(mock, &token, is_phone)),
        Err(error) => refusal(&error, mock.language(&token)),
    });
    show.await
}

/// Returns the page, with the values of the embedding checks, and the developer panel if enabled.
fn page(mock: &MockService, token: &str, is_phone: bool) -> String {
    static FINDINGS: LazyLock<String> =
        LazyLock::new(|| meta("identomat-mock-findings", &embedding_checks::findings()));
    static PANEL: LazyLock<String> = LazyLock::new(|| {
        let words = json!({ "outcomes": Outcome::ALL.map(Outcome::as_str), "reasons": REJECT_REASONS });
        meta("identomat-mock", &words)
            + r#"  <link rel="stylesheet" href="/__widget/panel/panel.css">
  <script type="module" src="/__widget/panel/panel.js"></script>
"#
    });
    let (language, has_return_url) = mock.language_and_end(token);
    let beacon = format!("/__widget/embedding-checks/{token}");
    let page = texts::filled_in(include_str!("page.html"), language, &[("beacon", &beacon)]);
    let case = json!({
        "token": token,
        "hasReturnUrl": has_return_url,
        "isPhone": is_phone,
        "doneTimeout": mock.config.done_timeout.as_millis() as u64,
    });
    let panel = if mock.config.panel { PANEL.as_str() } else { "" };
    with_head(&page, &[FINDINGS.as_str(), &meta("identomat-mock-case", &case), panel].concat())
}

/// Returns a `meta` element, which a script of the page reads.
pub(super) fn meta(name: &str, content: &Value) -> String {
    format!("  <meta name=\"{name}\" content=\"{}\">\n", as_html(&content.to_string()))
}

/// Finishes the session. The form has `outcome` (an outcome, or `scenario` for the scripted outcome, the default), with
/// it `reject_reason` and `result_comment`, and `answers` (JSON: questionnaire key → question key → answer; invented if
/// missing).
///
/// The response is the last page or a redirect. A script that accepts JSON gets `{"returnUrl": URL or null}`, or
/// `{"error": …}`.
pub(in crate::http) async fn finish(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    if let Some(refusal) = refused_host(&mock, &head.headers) {
        return refusal;
    }
    if let Some(origin) = origin::foreign_origin(&head.headers, &mock.config) {
        return refused(origin);
    }
    let token = session_token(&head.uri);
    let limits = &mock.config.limits;
    let received = ReceivedBody::read(&head, &mut body, limits).await;
    let received = match received {
        Err(error) if error.case == ErrorCase::TooSlow => {
            return error::response(&error, &mock.config, true);
        }
        received => received,
    };
    let respond = off_runtime(mock, move |mock| {
        let form =
            received.and_then(|received| read(&Params::read(&head, &received, &mock.config.limits)?, &head, mock));
        // A client that never opened the page, such as a script, has a browser, too.
        let finished = match form {
            Ok(request) => mock.open(&token, browser(&head)).and_then(|()| mock.finish(&token, request)),
            Err(error) => Err(FinishError::InvalidForm(error.problem)),
        };
        let accepts = head.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        let is_script = accepts.is_some_and(|accept| accept.contains("application/json"));
        finished_page(mock, &token, finished, is_script)
    });
    respond.await
}

/// Returns the response to a form: the last page, a redirect, or JSON for a script.
fn finished_page(
    mock: &MockService,
    token: &str,
    finished: Result<Option<String>, FinishError>,
    is_script: bool,
) -> Response<Body> {
    match finished.map(|return_url| return_url.map(|url| location_of(&url, token, &mock.config))) {
        Ok(url) if is_script => json(StatusCode::OK, &json!({ "returnUrl": url })),
        Ok(Some(url)) => redirect(&url),
        Ok(None) => filled_in(StatusCode::OK, mock.language(token), include_str!("done.html"), &[]),
        Err(error) => {
            tracing::warn!(session = token, "cannot finish the session: {error}");
            let problem = error.to_string();
            let refused = if is_script {
                json(status(&error), &json!({ "error": problem }))
            } else {
                refusal(&error, mock.language(token))
            };
            with_hint(refused, &problem)
        }
    }
}

fn read(form: &Params<'_>, head: &Parts, mock: &MockService) -> Result<FinishRequest, VendorError> {
    // Other parameters of the link are ignored.
    let of_link: Vec<_> = query(&head.uri).map(|(name, _)| name).collect();
    let known: Vec<_> = FIELDS.into_iter().chain(of_link.iter().map(|name| &**name)).collect();
    if let Some(problem) = form.unknown(&known).first() {
        return Err(VendorError::argument(format!("{problem}; the fields of the form are: {}", FIELDS.join(", "))));
    }
    let given = |name| form.text(name).map(|text| text.filter(|text| !text.is_empty()).map(Cow::into_owned));
    let (outcome, reason, comment) = (given("outcome")?, given("reject_reason")?, given("result_comment")?);
    let finish = match outcome.as_deref() {
        None | Some("scenario") => match (reason, comment) {
            (None, None) => FinishRequest::default(),
            (Some(_), _) => return Err(VendorError::argument("`reject_reason` needs `outcome=REJECTED`")),
            (None, Some(_)) => return Err(VendorError::argument("`result_comment` needs an `outcome`")),
        },
        Some(word) => {
            let outcome = word.parse::<Outcome>().map_err(|problem| {
                VendorError::argument(format!("`outcome`: {problem}, or `scenario` to let the scenario decide"))
            })?;
            let verdict = Verdict::from(outcome).result_comment(comment.unwrap_or_default());
            FinishRequest::from(match reason {
                Some(reason) => verdict.reject_reason(reason),
                None => verdict,
            })
        }
    };
    match form.text("answers") {
        Ok(None) => Ok(finish),
        _ => {
            let answers = form.object("answers", &mock.config.limits)?;
            let answers = if answers.is_empty() { "{}" } else { &answers };
            Ok(finish.answers(serde_json::from_str(answers).expect("an object was read")))
        }
    }
}

/// Returns the status of a closed page.
pub(super) fn status(error: &FinishError) -> StatusCode {
    match error {
        FinishError::NoSuchSession => StatusCode::NOT_FOUND,
        FinishError::AlreadyFinished | FinishError::Expired => StatusCode::GONE,
        FinishError::OtherBrowser => StatusCode::FORBIDDEN,
        FinishError::InvalidForm(_)
        | FinishError::InvalidAnswers(_)
        | FinishError::InvalidVerdict(_)
        | FinishError::UnknownStep(_) => StatusCode::BAD_REQUEST,
    }
}

/// Returns the page of a session that cannot be continued, or of an invalid form.
pub(in crate::http) fn refusal(error: &FinishError, language: Language) -> Response<Body> {
    let (name, text) = match error {
        FinishError::NoSuchSession => ("not-valid", None),
        FinishError::Expired => ("expired", None),
        FinishError::AlreadyFinished => ("finished", None),
        FinishError::OtherBrowser => ("other-browser", None),
        FinishError::InvalidForm(_)
        | FinishError::InvalidAnswers(_)
        | FinishError::InvalidVerdict(_)
        | FinishError::UnknownStep(_) => ("misfit", Some(error.to_string())),
    };
    closed(status(error), language, name, text.as_deref())
}

/// Returns the target of the redirect at the end: the `return_url` of a session, with its token if the settings say so.
pub(in crate::http) fn location_of(return_url: &str, token: &str, config: &Config) -> String {
    if config.return_url_token { location(&with_token(return_url, token)) } else { location(return_url) }
}

/// Returns `url` with only those characters escaped that a header cannot have.
fn location(url: &str) -> String {
    let mut location = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!'..=b'~' => location.push(char::from(byte)),
            _ => location.push_str(&format!("%{byte:02X}")),
        }
    }
    location
}

fn redirect(location: &str) -> Response<Body> {
    let mut response = html(StatusCode::SEE_OTHER, Body::empty());
    let location = HeaderValue::try_from(location).expect("visible ASCII is a header value");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn with_token(url: &str, token: &str) -> String {
    let (page, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}session_token={token}{fragment}")
}

/// Returns the session token in the URL of a widget call; empty for none.
pub(in crate::http) fn session_of(uri: &Uri) -> String {
    match uri.path().strip_prefix("/__widget/sessions/") {
        Some(below) => below.split('/').next().unwrap_or_default().to_owned(),
        None => session_token(uri),
    }
}

/// Returns the token of the link, without quotation marks.
fn session_token(uri: &Uri) -> String {
    let token = query(uri).find(|(name, _)| name == "session_token");
    token.map(|(_, token)| without_quotes(&token).to_owned()).unwrap_or_default()
}

pub(super) fn query(uri: &Uri) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

fn browser(head: &Parts) -> Browser {
    let user_agent = head.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let user_agent = user_agent.unwrap_or_default();
    Browser {
        remote_address: ClientConnection::of(head).address.ip().to_canonical().to_string(),
        user_agent: user_agent[..user_agent.floor_char_boundary(MAX_USER_AGENT_BYTES)].to_owned(),
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
