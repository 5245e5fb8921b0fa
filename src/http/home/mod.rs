//! `/` without a token: a page with the sessions, each with a form to finish it.

use std::{fmt::Write, sync::Arc};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Response, StatusCode, Uri, header},
};

use super::{
    error, origin,
    params::Params,
    received_body::ReceivedBody,
    widget::{self, refused},
};
use crate::{
    foreign_text::as_html,
    mock::{FinishRequest, MockService, SessionFilter, SessionInfo, SessionRange},
    session::FinishError,
    vendor::{ErrorCase, Language, Outcome},
};

/// Maximum number of listed sessions.
const MAX_LISTED_SESSIONS: usize = 50;

/// Whether a request is for this page: it names no session.
pub(super) fn is_meant(uri: &Uri) -> bool {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    uri.path() == "/" && !query.into_iter().any(|(name, _)| name == "session_token")
}

/// Shows the page.
pub(super) async fn show(mock: Arc<MockService>, request: Request) -> Response<Body> {
    match widget::closed_to_developers(&mock, request.headers()) {
        Some(refusal) => refusal,
        None => widget::off_runtime(mock, page).await,
    }
}

fn page(mock: &MockService) -> Response<Body> {
    let sessions = match &mock.config.control_api.token {
        None => sessions(mock),
        Some(_) => "<p>Sessions are hidden, because the control API requires a token (--admin-token).</p>".into(),
    };
    let page = include_str!("home.html").replace("{scenarios}", &scenarios(mock)).replace("{sessions}", &sessions);
    // The page must not be framed invisibly.
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    widget::with_policy(widget::html(StatusCode::OK, page), POLICY)
}

/// Finishes a session according to the form, and shows the page again.
pub(super) async fn finish(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    if let Some(refusal) = widget::closed_to_developers(&mock, &head.headers) {
        return refusal;
    }
    if mock.config.control_api.token.is_some() {
        return widget::closed_with(StatusCode::UNAUTHORIZED, "the control API requires a token (--admin-token)");
    }
    if let Some(origin) = origin::foreign_origin(&head.headers, &mock.config) {
        return refused(origin);
    }
    let limits = &mock.config.limits;
    let received = ReceivedBody::read(&head, &mut body, limits).await;
    let form = received.and_then(|received| {
        let params = Params::read(&head, &received, limits)?;
        let text = |name| params.text(name).map(|text| text.unwrap_or_default().into_owned());
        Ok((text("session_token")?, text("outcome")?))
    });
    let done = match form {
        Ok((token, outcome)) => match &*outcome {
            "" | "scenario" => mock.finish(&token, FinishRequest::default()),
            word => match word.parse::<Outcome>() {
                Ok(outcome) => mock.finish(&token, FinishRequest::from(outcome)),
                Err(problem) => Err(FinishError::InvalidForm(problem)),
            },
        },
        Err(error) if error.case == ErrorCase::TooSlow => {
            return error::response(&error, &mock.config, true);
        }
        Err(error) => Err(FinishError::InvalidForm(error.problem)),
    };
    match done {
        Ok(_) => {
            let mut response = widget::html(StatusCode::SEE_OTHER, Body::empty());
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
            response
        }
        Err(error) => widget::refusal(&error, Language::English),
    }
}

fn scenarios(mock: &MockService) -> String {
    let catalogue = mock.catalogue();
    let mut rows = String::new();
    for name in catalogue.scenarios.names() {
        let description =
            catalogue.scenarios.get(name).map(|scenario| as_html(&scenario.description)).unwrap_or_default();
        let _ = writeln!(rows, "<tr><th scope=\"row\">{}</th><td>{description}</td></tr>", as_html(name));
    }
    rows
}

fn sessions(mock: &MockService) -> String {
    let range = SessionRange { limit: MAX_LISTED_SESSIONS, newest_first: true, after: None };
    let (sessions, has_more) = mock.list_sessions(None, &SessionFilter::default(), range);
    if sessions.is_empty() {
        return "<p>No session has begun yet.</p>".into();
    }
    let mut rows = String::from(
        "<table>\n<thead><tr><th>Session</th><th>Company</th><th>Scenario</th><th>Current result</th><th>Person</th></tr></thead>\n<tbody>\n",
    );
    sessions.iter().for_each(|(_, session)| rows.push_str(&row(session)));
    rows.push_str("</tbody>\n</table>\n");
    if has_more {
        let _ = writeln!(
            rows,
            "<p>Only the newest {MAX_LISTED_SESSIONS} sessions are listed; <a href=\"/__admin/sessions?order=newest\">show more</a>.</p>"
        );
    }
    rows
}

fn row(session: &SessionInfo) -> String {
    let SessionInfo { token, company_key, scenario, current_result, .. } = session;
    let person = if session.is_finished {
        "finished".to_owned()
    } else {
        let outcomes: String = Outcome::ALL.iter().map(|outcome| format!("<option>{outcome}</option>")).collect();
        format!(
            "<form method=\"post\" action=\"/\"><input type=\"hidden\" name=\"session_token\" value=\"{token}\">\
             <select name=\"outcome\" aria-label=\"Outcome\"><option value=\"scenario\">as the scenario says</option>{outcomes}</select> \
             <button>Finish</button></form>"
        )
    };
    format!(
        "<tr><th class=\"long\" scope=\"row\"><a href=\"/?session_token={token}\">{token}</a> <a href=\"/__admin/sessions/{token}\">details</a></th>\
         <td class=\"long\">{}</td><td>{}</td><td>{}</td><td>{person}</td></tr>\n",
        as_html(company_key),
        as_html(scenario),
        as_html(current_result),
    )
}
