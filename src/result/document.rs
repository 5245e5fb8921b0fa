//! The result document as a whole, members in the order of recorded results.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    general_document::general_document,
    identity_document::IdentityDocument,
    people::People,
    questionnaires::{AnsweredQuestionnaire, answered},
};
use crate::{
    flow::{FlowProgress, SAMPLE_EMAIL, SAMPLE_PHONE},
    scenario::{Casting, RejectReason, ScreeningMatch, StageEffect, Verdict},
    session::Session,
    vendor::{StepType, Wording},
};

/// The response of `result/` and `delete/`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ResultDocument<'a> {
    result: Cow<'a, str>,
    #[serde(serialize_with = "zero_without_a_point")]
    #[cfg_attr(test, schemars(with = "f64"))]
    similarity: f64,
    live: bool,
    document_type: &'static str,
    #[serde(rename = "generalDocuments")]
    general_documents: Vec<Value>,
    reject_reason: Option<RejectReason>,
    result_comment: &'a str,
    name: String,
    /// Number of pictures of the face.
    face_images: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_card_front: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_card_back: Option<Map<String, Value>>,
    suggested: Map<String, Value>,
    person: Map<String, Value>,
    #[serde(rename = "technicalDetails", skip_serializing_if = "Option::is_none")]
    technical_details: Option<TechnicalDetails<'a>>,
    #[serde(rename = "configId", skip_serializing_if = "Option::is_none")]
    config_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    questionnaires: Vec<AnsweredQuestionnaire>,
    #[serde(rename = "screeningMatches", skip_serializing_if = "<[_]>::is_empty")]
    screening_matches: &'a [ScreeningMatch],
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct TechnicalDetails<'a> {
    remote_address: &'a str,
    user_agent: &'a str,
    country_code: String,
}

impl<'a> ResultDocument<'a> {
    /// Builds the document of a session with this verdict. Person, dates and numbers are derived from token and clock.
    /// The person's input is included if the vendor could read it, or with `is_all_read`.
    pub(super) fn build(
        session: &'a Session,
        verdict: &'a Verdict,
        people: &'a People,
        casting: Casting<'_>,
        wording: Wording,
        is_all_read: bool,
    ) -> Self {
        let flags = session.flags_of(StepType::IdentityDocument);
        let (progress, patch) = (session.progress(), session.scenario().person.as_ref());
        let assigned = people.assign(&session.token, &flags, casting, patch, progress.and_then(FlowProgress::document));
        let assigned = assigned.patched(session.effects().filter_map(StageEffect::person_change));
        let went_through = verdict.was_processed();
        let is_read = is_all_read || (went_through && verdict.is_document_read());
        let shows_document = is_read && session.has_document_step();
        let compares_face = is_read && session.has_face_step();
        let brings_paper = is_read && session.has_general_document_step();

        let (token, begun_at) = (&session.token, session.begun_at());
        let document = shows_document.then(|| IdentityDocument::new(&assigned, token, begun_at, session.checked_at()));
        let mut person = document.as_ref().map(IdentityDocument::person).unwrap_or_default();
        if document.is_some() {
            person.extend(person_status(verdict));
        }
        if went_through {
            person.extend(addresses(session));
        }
        let no_reason =
            || (!wording.null_reject_reason).then(|| RejectReason { value: "".into(), description: "".into() });
        Self {
            result: verdict.result.word(wording.result_case),
            similarity: if compares_face {
                verdict.details.similarity.unwrap_or_else(|| similarity(session))
            } else {
                0.0
            },
            live: verdict.details.live.unwrap_or(went_through && session.has_liveness()),
            document_type: document.as_ref().map_or("", |_| assigned.document_type.as_str()),
            general_documents: brings_paper
                .then(|| {
                    let flags = session.flags_of(StepType::GeneralDocument);
                    let kind = progress.and_then(FlowProgress::paper).unwrap_or(flags.general_document_types()[0]);
                    general_document(
                        kind,
                        1 + progress.map_or(0, FlowProgress::more_pages),
                        &assigned.person,
                        token,
                        begun_at,
                    )
                })
                .into_iter()
                .collect(),
            reject_reason: verdict.reason().or_else(no_reason),
            result_comment: verdict.details.result_comment.as_deref().unwrap_or_default(),
            name: document.as_ref().map(|_| assigned.person.full_name()).unwrap_or_default(),
            face_images: (session.was_processed() && session.has_face_step()).into(),
            id_card_front: document.as_ref().and_then(IdentityDocument::card_front),
            id_card_back: document.as_ref().and_then(IdentityDocument::card_back),
            suggested: Map::new(),
            person,
            technical_details: session.browser().map(|browser| TechnicalDetails {
                remote_address: &browser.remote_address,
                user_agent: &browser.user_agent,
                country_code: assigned.person.country_code.to_string(),
            }),
            config_id: session.config_id(),
            questionnaires: if went_through && session.has_questionnaire() { answered(session) } else { Vec::new() },
            screening_matches: verdict.screening_matches(),
        }
    }
}

/// Returns the note on the quality of the data, as a member of `person`.
fn person_status(verdict: &Verdict) -> Option<(String, Value)> {
    verdict.details.person_status.as_ref().map(|status| ("status".to_owned(), status.as_str().into()))
}

/// Returns the addresses that the person entered, as members of `person`; samples if their screens were not shown.
fn addresses(session: &Session) -> Vec<(String, Value)> {
    let progress = session.progress();
    let (asks_email, asks_phone) = session.asks_address();
    let email = asks_email.then(|| progress.and_then(FlowProgress::email).unwrap_or(SAMPLE_EMAIL));
    let phone = asks_phone.then(|| progress.and_then(FlowProgress::phone).unwrap_or(SAMPLE_PHONE));
    let mut named = Vec::new();
    for (name, address) in [("email", email), ("phone", phone)] {
        named.extend(address.map(|address| (name.to_owned(), address.into())));
    }
    named
}

/// Returns a number from 0.9 to 1, with as many digits as the vendor sends.
pub(crate) fn similarity(session: &Session) -> f64 {
    let fraction = session.token.draw("similarity") as f64 / u64::MAX as f64;
    0.9 + fraction * 0.0999
}

fn zero_without_a_point<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *number == 0.0 { serializer.serialize_u64(0) } else { serializer.serialize_f64(*number) }
}
