//! `/__widget/watch/{token}`: a long poll for changes of a session, for its pages.
//!
//! Faults do not apply to it, and it is not in the journal: only open pages use it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    super::{client::ClientConnection, error},
    json,
    page::location_of,
    path_param,
    session::{named, viewer},
    view::current_screen,
};
use crate::{
    config::Config,
    mock::{MockService, WidgetSnapshot, WidgetState},
    vendor,
};

/// Timeout of the long poll, in real time: proxies cut longer requests.
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(25);

/// Returns the state when it differs from the `seen` one, or after the timeout. Its `mark` is the next `seen`.
pub(in crate::http) async fn show(mock: Arc<MockService>, request: Request) -> Response<Body> {
    let (mut head, _) = request.into_parts();
    let token = path_param(&mut head).await;
    let seen = named(&head.uri, "seen").unwrap_or_default();
    let Some(token) = vendor::Token::parse(&token) else {
        return json(StatusCode::OK, &with_mark(json!({ "is": "closed" })));
    };
    // If too many clients are waiting, the page polls again.
    let Ok(_place) = mock.waiting.clone().try_acquire_owned() else {
        return json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "too many clients are waiting" }));
    };
    let viewer = viewer(&head);
    let tell = |snapshot| with_mark(state_json(snapshot, &token, &mock.config));
    let news = mock.watch_session(token, &viewer, current_screen, tell, |told| told["mark"] != *seen);
    let news = tokio::select! {
        news = ClientConnection::of(&head).until_disconnected(timeout(LONG_POLL_TIMEOUT, news)) => news,
        () = mock.stopping() => return error::stopping(),
    };
    let news = match news {
        Some(Ok(news)) => news,
        // No change, or the client disconnected.
        Some(Err(_)) | None => json!({ "mark": seen }),
    };
    json(StatusCode::OK, &news)
}

fn state_json(snapshot: WidgetSnapshot<Value>, token: &vendor::Token, config: &Config) -> Value {
    let mut told = match snapshot.state {
        // A page knows its own screen.
        WidgetState::Open { is_elsewhere: false, .. } => json!({ "is": "open" }),
        WidgetState::Open { is_elsewhere: true, is_on_phone, shown } => {
            json!({ "is": "elsewhere", "isOnPhone": is_on_phone, "there": shown })
        }
        WidgetState::Finished(return_url) => {
            let url = return_url.map(|url| location_of(&url, token.as_str(), config));
            json!({ "is": "through", "returnUrl": url })
        }
        WidgetState::Closed => json!({ "is": "closed" }),
    };
    let parts =
        snapshot.participants.iter().map(|part| json!({ "isOpened": part.is_opened, "isThrough": part.is_finished }));
    told["participants"] = parts.collect();
    told
}

/// Adds a mark, which identifies the state.
fn with_mark(mut told: Value) -> Value {
    let mut hasher = DefaultHasher::new();
    told.to_string().hash(&mut hasher);
    told["mark"] = format!("{:x}", hasher.finish()).into();
    told
}
