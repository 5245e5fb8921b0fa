//! Serialization of a session to bytes, for a store outside the process.
//!
//! Shared values are written by name and looked up when the session is read. Derived values are not written.

use std::{borrow::Cow, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::{ActivityState, Session, SessionSpec, observed::ObservedResults, stages::StageProgress};
use crate::{
    scenario::Scenario,
    vendor::{FlagsAndSteps, SavedForm, Token},
};

/// The serialized form of a session.
#[derive(Debug, Deserialize, Serialize)]
struct SerializedSession<'a> {
    token: Token,
    flags: Cow<'a, str>,
    steps: Cow<'a, str>,
    config_id: Option<Cow<'a, str>>,
    scenario: Cow<'a, str>,
    chosen_by: Cow<'a, str>,
    begun_at: Timestamp,
    expires_at: Timestamp,
    has_expired: bool,
    observed: ObservedResults,
    stage_progress: Cow<'a, StageProgress>,
    activity: Option<Cow<'a, ActivityState>>,
}

impl Serialize for Session {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let Self {
            token,
            spec,
            boolean_flags: _,
            step_types: _,
            begun_at,
            expires_at,
            has_expired,
            observed,
            stage_progress,
            activity,
        } = self;
        let written = SerializedSession {
            token: *token,
            flags: spec.own.flags().into(),
            steps: spec.own.steps().into(),
            config_id: self.config_id().map(Cow::Borrowed),
            scenario: spec.scenario.name.as_str().into(),
            chosen_by: (*spec.chosen_by).into(),
            begun_at: *begun_at,
            expires_at: *expires_at,
            has_expired: *has_expired,
            observed: *observed,
            stage_progress: Cow::Borrowed(stage_progress),
            activity: activity.as_deref().map(Cow::Borrowed),
        };
        written.serialize(writer)
    }
}

/// Looks up shared values by name.
pub(crate) struct SharedLookup<'a> {
    pub(crate) scenario: &'a dyn Fn(&str) -> Option<Arc<Scenario>>,
    /// Returns the saved configuration of a `config_id`.
    pub(crate) saved: &'a dyn Fn(&str) -> Option<Arc<SavedForm>>,
}

/// The reason a session cannot be read back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionReadError {
    #[error("this is not a session: {0}")]
    Format(#[from] serde_json::Error),
    #[error("there is no longer a {0}")]
    UnknownReference(String),
}

#[cfg_attr(not(test), expect(dead_code, reason = "the sessions of this process are not read back"))]
impl Session {
    /// Serializes the session as JSON.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a session is JSON")
    }

    /// Deserializes a session.
    ///
    /// # Errors
    ///
    /// [`SessionReadError`] when the JSON is invalid, or its scenario or configuration no longer exists.
    pub(crate) fn from_bytes(bytes: &[u8], shared: &SharedLookup<'_>) -> Result<Self, SessionReadError> {
        let written: SerializedSession<'_> = serde_json::from_slice(bytes)?;
        let unknown = |what: &str, name: &str| SessionReadError::UnknownReference(format!("{what} `{name}`"));
        let find_saved = |id: &Cow<'_, str>| (shared.saved)(id).ok_or_else(|| unknown("configuration", id));
        let spec = SessionSpec {
            own: FlagsAndSteps::new(&written.flags, &written.steps),
            saved: written.config_id.as_ref().map(find_saved).transpose()?,
            scenario: (shared.scenario)(&written.scenario).ok_or_else(|| unknown("scenario", &written.scenario))?,
            chosen_by: written.chosen_by.into_owned().into(),
        };
        let (boolean_flags, step_types) = spec.form_layers().read_types();
        Ok(Self {
            token: written.token,
            spec,
            boolean_flags,
            step_types,
            begun_at: written.begun_at,
            expires_at: written.expires_at,
            has_expired: written.has_expired,
            observed: written.observed,
            stage_progress: written.stage_progress.into_owned(),
            activity: written.activity.map(|activity| Box::new(activity.into_owned())),
        })
    }
}
