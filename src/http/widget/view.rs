//! The JSON view of a session for its page: the current screen.
//!
//! Texts of the company are unchanged, and the page inserts them as text. The language is selected here.

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{countries, markdown, qr};
use crate::{
    flow::{Capture, CaptureSubject, Channel, ScreenInput, ScreenKind},
    mock::ScreenContext,
    vendor::{DocumentType, Language, Question, QuestionOption, Questionnaire},
};

/// The view of a session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionView<'a> {
    token: &'a str,
    /// Language of the page, as the vendor's code and as in HTML.
    language: &'static str,
    html_language: &'static str,
    screen: Value,
    /// Id of the previous screen.
    back: Option<&'a str>,
    /// Number of the screen, from 1, and the known number of screens.
    at: usize,
    of: usize,
    /// Whether the page completes itself, and the time per screen in milliseconds.
    autopilot: bool,
    pace: u64,
    /// The session's form as received, including unknown members.
    asked: RequestedForm<'a>,
}

#[derive(Serialize)]
struct RequestedForm<'a> {
    flags: &'a RawValue,
    steps: &'a RawValue,
}

/// Default time per screen of the autopilot, in milliseconds.
const DEFAULT_AUTOPILOT_DELAY_MS: u64 = 600;

/// The values of the view besides the session.
pub(super) struct WidgetContext<'a> {
    /// Link of this widget, for another device.
    pub(super) link: &'a str,
    /// Maximum size of an upload, in bytes.
    pub(super) most_bytes: usize,
}

/// Returns the view as JSON.
pub(super) fn view(context: &ScreenContext<'_>, widget: &WidgetContext<'_>) -> Vec<u8> {
    let layers = context.spec.form_layers();
    let (flags, steps) = (layers.flags(), layers.steps());
    let before = context.at.checked_sub(1).map(|at| &*context.flow.screens[at].id);
    let pace = context.flags.get("mock_autopilot_pace").and_then(Value::as_u64).unwrap_or(DEFAULT_AUTOPILOT_DELAY_MS);
    let view = SessionView {
        token: context.token,
        language: context.language.code(),
        html_language: context.language.html(),
        screen: screen(context, widget),
        back: before,
        at: context.at + 1,
        of: context.flow.screens.len(),
        autopilot: context.flags.is_on("mock_autopilot"),
        pace,
        asked: RequestedForm { flags: raw(&flags, "{}"), steps: raw(&steps, "[]") },
    };
    serde_json::to_vec(&view).expect("a view is JSON")
}

/// Returns JSON text unchanged; `none` for an empty one.
fn raw<'a>(text: &'a str, none: &'a str) -> &'a RawValue {
    serde_json::from_str(if text.is_empty() { none } else { text }).expect("what is asked for is JSON")
}

/// Describes the current screen, for a page that is not active.
pub(super) fn current_screen(context: &ScreenContext<'_>) -> Value {
    let screen = context.screen();
    let mut there = json!({ "id": screen.id, "kind": kind(&screen.content) });
    if let ScreenKind::Capture(capture) = &screen.content {
        there["subject"] = subject(capture).into();
        there["page"] = capture.page.into();
    }
    json!({ "screen": there, "at": context.at + 1, "of": context.flow.screens.len() })
}

/// Returns the script that draws a screen.
fn kind(content: &ScreenKind<'_>) -> &'static str {
    match content {
        ScreenKind::Device { .. } => "device",
        ScreenKind::Participants => "participants",
        ScreenKind::Language => "language",
        ScreenKind::Agreement => "agreement",
        ScreenKind::Address { channel: Channel::Email, .. } => "email",
        ScreenKind::Address { channel: Channel::Phone, .. } => "phone",
        ScreenKind::Code { .. } => "code",
        ScreenKind::Document { .. } => "document",
        ScreenKind::Capture(_) => "capture",
        ScreenKind::GeneralDocument { .. } => "general-document",
        ScreenKind::MorePages { .. } => "more-pages",
        ScreenKind::Questionnaire(_) => "questionnaire",
        ScreenKind::Geolocation => "geolocation",
        ScreenKind::VideoCall => "video-call",
        ScreenKind::StepCheck => "check",
        ScreenKind::Processing => "processing",
    }
}

/// Returns the screen, with its previous input.
fn screen(context: &ScreenContext<'_>, widget: &WidgetContext<'_>) -> Value {
    let screen = context.screen();
    let given = context.given_input();
    let mut shown = match &screen.content {
        ScreenKind::Device { is_optional } => {
            json!({ "isOptional": is_optional, "elsewhere": elsewhere(context, widget) })
        }
        ScreenKind::Language => {
            json!({ "languages": Language::ALL.map(Language::code), "chosen": context.language.code() })
        }
        ScreenKind::Address { .. } => {
            json!({ "address": if let Some(ScreenInput::Address { address, .. }) = given { &**address } else { "" } })
        }
        ScreenKind::Code { address, .. } => json!({ "address": address }),
        ScreenKind::Document { kinds, countries } => document(context, kinds, countries),
        ScreenKind::Capture(it) => capture(it, context, widget),
        ScreenKind::GeneralDocument { kinds } => {
            let chosen = if let Some(ScreenInput::GeneralDocument(kind)) = given { &**kind } else { kinds[0] };
            json!({ "kinds": kinds, "chosen": chosen })
        }
        ScreenKind::MorePages { pages } => json!({ "pages": pages }),
        ScreenKind::Questionnaire(questionnaire) => self::questionnaire(questionnaire, context),
        ScreenKind::Participants
        | ScreenKind::Agreement
        | ScreenKind::Geolocation
        | ScreenKind::VideoCall
        | ScreenKind::StepCheck
        | ScreenKind::Processing => json!({}),
    };
    shown["id"] = screen.id.as_str().into();
    shown["kind"] = kind(&screen.content).into();
    shown["isGiven"] = given.is_some().into();
    shown
}

/// Returns the kinds of documents and the countries, with the chosen ones.
fn document(context: &ScreenContext<'_>, kinds: &[DocumentType], countries: &[String]) -> Value {
    let chosen = match (context.given_input(), &context.document) {
        (Some(ScreenInput::Document { kind, country }), _) => Some((*kind, &**country)),
        (_, own) => own.as_ref().map(|(kind, country)| (*kind, &**country)),
    };
    let (kind, country) = chosen.unwrap_or((kinds[0], ""));
    let names = countries::names(context.language, country);
    let countries: Vec<_> = match countries {
        [] => names.keys().map(String::as_str).collect(),
        named => named.iter().map(|code| &**code).collect(),
    };
    let country = if countries.contains(&country) { country } else { countries[0] };
    let named = |code: &&str| json!({ "code": code, "name": names.get(*code).unwrap_or(&(*code).into()) });
    json!({
        "documents": kinds,
        "document": if kinds.contains(&kind) { kind } else { kinds[0] },
        "countries": countries.iter().map(named).collect::<Vec<_>>(),
        "country": country,
    })
}

/// Returns the subject of a picture, in the page's words.
fn subject(capture: &Capture) -> &'static str {
    match capture.subject {
        CaptureSubject::CardFront => "card-front",
        CaptureSubject::CardBack => "card-back",
        CaptureSubject::Passport => "passport",
        CaptureSubject::PassportSpread => "passport-spread",
        CaptureSubject::Face => "face",
        CaptureSubject::Liveness => "liveness",
        CaptureSubject::FaceWithDocument => "face-with-document",
        CaptureSubject::GeneralDocument => "paper",
    }
}

fn capture(capture: &Capture, context: &ScreenContext<'_>, widget: &WidgetContext<'_>) -> Value {
    json!({
        "subject": subject(capture),
        "page": capture.page,
        "mayCapture": capture.may_capture,
        "mayUpload": capture.may_upload,
        "needsHd": capture.needs_hd,
        "mostBytes": widget.most_bytes,
        "elsewhere": if capture.may_change_device { elsewhere(context, widget) } else { Value::Null },
    })
}

/// Returns the link for another device: `switch_device_url`, or this widget.
fn elsewhere(context: &ScreenContext<'_>, widget: &WidgetContext<'_>) -> Value {
    match context.flags.text("switch_device_url") {
        None if context.flags.is_on("restrict_url_sharing") => Value::Null,
        link => {
            let link = link.unwrap_or(widget.link);
            json!({ "link": link, "code": qr::code(link) })
        }
    }
}

fn questionnaire(questionnaire: &Questionnaire<'_>, context: &ScreenContext<'_>) -> Value {
    let text = |titles: &Value| in_language(titles, context);
    let given =
        if let Some(ScreenInput::Answers { answers, .. }) = context.given_input() { Some(answers) } else { None };
    let question = |question: &Question<'_>| {
        let option = |option: &QuestionOption<'_>| {
            let title = text(option.title);
            json!({ "key": option.key, "title": if title.is_empty() { option.key.to_string() } else { title } })
        };
        json!({
            "key": question.key,
            "type": question.kind,
            "mandatory": question.mandatory,
            "title": text(question.title),
            "options": question.options.iter().map(option).collect::<Vec<_>>(),
            "answer": given.and_then(|given| given.get(&*question.key)),
        })
    };
    json!({
        "key": questionnaire.key,
        "title": text(questionnaire.title),
        "description": markdown::tree(&text(questionnaire.description)),
        "questions": questionnaire.questions.iter().map(question).collect::<Vec<_>>(),
    })
}

/// Returns a text, or that of a map from language to text: in the person's language, otherwise in English, otherwise
/// the first.
fn in_language(text: &Value, context: &ScreenContext<'_>) -> String {
    let asked = context.progress.language().map(Language::code).or(context.flags.text("language"));
    let found = match text {
        Value::Object(texts) => {
            let named = [asked, Some("en")].into_iter().flatten().find_map(|language| texts.get(language));
            named.or_else(|| texts.values().next()).unwrap_or(&Value::Null)
        }
        text => text,
    };
    match found {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
