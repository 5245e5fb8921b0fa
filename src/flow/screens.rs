//! The list of screens.

use std::borrow::Cow;

use super::{
    capture::{Capture, CaptureSubject},
    progress::{FlowProgress, ScreenInput},
    steps,
};
use crate::vendor::{DocumentType, Flags, Questionnaire, Step, StepType, Steps};

/// Maximum number of pages of a general document.
pub(super) const MAX_PAGES: u32 = 10;

/// All screens of a session, in order.
#[derive(Debug)]
pub(crate) struct Flow<'a> {
    pub(crate) screens: Vec<Screen<'a>>,
}

/// A screen of the widget.
#[derive(Debug, Clone)]
pub(crate) struct Screen<'a> {
    /// The value of `step` in the URL of the page.
    pub(crate) id: String,
    /// Key and type of its step.
    step: Option<(Cow<'a, str>, Cow<'a, str>)>,
    /// The unique key of its step, which all screens of the step share.
    pub(super) group: String,
    pub(crate) content: ScreenKind<'a>,
}

/// The kinds of screens.
#[derive(Debug, Clone)]
pub(crate) enum ScreenKind<'a> {
    /// Switching to a phone: required or optional.
    Device { is_optional: bool },
    /// The participants.
    Participants,
    /// Choosing a language.
    Language,
    /// The terms.
    Agreement,
    /// An e-mail address or phone number.
    Address { channel: Channel, is_checked: bool },
    /// A verification code.
    Code { channel: Channel, address: String, resends: u32 },
    /// The choice of a document.
    Document {
        kinds: Vec<DocumentType>,
        /// Three-letter codes; empty for any country.
        countries: Vec<String>,
    },
    /// A picture, from the camera or an upload.
    Capture(Capture),
    /// The choice of a general document.
    GeneralDocument { kinds: Vec<&'static str> },
    /// Whether the general document has another page.
    MorePages { pages: u32 },
    /// A questionnaire.
    Questionnaire(Questionnaire<'a>),
    /// The location.
    Geolocation,
    /// A call with the vendor's operator.
    VideoCall,
    /// The check of the previous screens, before the flow continues.
    StepCheck,
    /// The last screen; it finishes the session.
    Processing,
}

/// The channel of a verification code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Email,
    Phone,
}

impl Screen<'_> {
    /// Returns key and type of its step.
    pub(crate) fn step(&self) -> Option<(&str, &str)> {
        self.step.as_ref().map(|(key, kind)| (&**key, &**kind))
    }
}

impl<'a> Flow<'a> {
    /// Computes the screens for flags, steps and progress, on a phone or a computer.
    pub(crate) fn new(flags: &Flags, requested: &'a Steps, progress: &FlowProgress, is_phone: bool) -> Self {
        let mut flow = Self { screens: Vec::new() };
        let must_change = flags.is_on("skip_desktop") && !is_phone;
        let may_change = flags.is_on("optional_continue_on_another_device") && !is_phone;
        if must_change || may_change {
            flow.add(None, "device", None, ScreenKind::Device { is_optional: !must_change });
        }
        if flags.is_on("multiple_participants") {
            flow.add(None, "participants", None, ScreenKind::Participants);
        }
        for step in steps(flags, requested) {
            flow.add_step(&step, flags, progress);
        }
        flow.add(None, "processing", None, ScreenKind::Processing);
        flow
    }

    /// Returns the current screen: that of the progress if it is reachable, otherwise the first open one.
    pub(crate) fn current(&self, progress: &FlowProgress) -> usize {
        let open = self.first_open(progress);
        let at = progress.at.as_ref().and_then(|at| self.find(at));
        at.map_or(open, |at| at.min(open))
    }

    /// Returns the first screen without input.
    pub(super) fn first_open(&self, progress: &FlowProgress) -> usize {
        let is_open = |screen: &Screen<'_>| !progress.inputs.contains_key(&screen.id);
        self.screens.iter().position(is_open).unwrap_or(self.screens.len() - 1)
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.screens.iter().position(|screen| screen.id == id)
    }

    fn add_step(&mut self, step: &Step<'a>, flags: &Flags, progress: &FlowProgress) {
        let flags = &step.own.map_or_else(|| flags.clone(), |own| flags.with_step(own));
        let key = self.unique_id(&step.key);
        let picture = |subject| ScreenKind::Capture(Capture::new(subject, 1, flags));
        match StepType::named(&step.kind) {
            // Companies cannot request the terms as a step.
            None if step.own.is_none() => self.add(Some(step), &key, None, ScreenKind::Agreement),
            None | Some(StepType::OperatorQuestionnaire) => {}
            Some(StepType::Language) => self.add(Some(step), &key, None, ScreenKind::Language),
            Some(StepType::Email) => {
                self.add_address(step, &key, Channel::Email, flags.is_on("require_email_check"), progress);
            }
            Some(StepType::PhoneNumber) => {
                self.add_address(step, &key, Channel::Phone, flags.is_on("require_phone_number_check"), progress);
            }
            Some(StepType::IdentityDocument) => self.add_document(step, &key, flags, progress),
            Some(StepType::Liveness) => {
                let with_prompts = step.own.is_some() || flags.is_on("liveness");
                let subject = if with_prompts { CaptureSubject::Liveness } else { CaptureSubject::Face };
                self.add(Some(step), &key, None, picture(subject));
                self.add_check(step, &key, flags);
            }
            Some(StepType::SelfieWithDocument) => {
                self.add(Some(step), &key, None, picture(CaptureSubject::FaceWithDocument));
            }
            Some(StepType::GeneralDocument) => self.add_paper(step, &key, flags, progress),
            Some(StepType::Geolocation) => self.add(Some(step), &key, None, ScreenKind::Geolocation),
            Some(StepType::VideoCall) => self.add(Some(step), &key, None, ScreenKind::VideoCall),
            Some(StepType::UserQuestionnaire | StepType::ClientQuestionnaire) => {
                if let Some(questionnaire) = step.questionnaire() {
                    self.add(Some(step), &key, None, ScreenKind::Questionnaire(questionnaire));
                }
            }
        }
    }

    fn add_address(&mut self, step: &Step<'a>, key: &str, channel: Channel, is_checked: bool, progress: &FlowProgress) {
        self.add(Some(step), key, None, ScreenKind::Address { channel, is_checked });
        if is_checked {
            let (address, resends) = match progress.given(key) {
                Some(ScreenInput::Address { address, resends }) => (address.clone(), *resends),
                _ => (String::new(), 0),
            };
            self.add(Some(step), key, Some("code"), ScreenKind::Code { channel, address, resends });
        }
    }

    fn add_document(&mut self, step: &Step<'a>, key: &str, flags: &Flags, progress: &FlowProgress) {
        let (kinds, countries) = (flags.document_types(), flags.document_countries());
        let mut kind = kinds[0];
        if kinds.len() > 1 || countries.len() != 1 {
            if let Some(ScreenInput::Document { kind: chosen, .. }) = progress.inputs.get(key) {
                kind = *chosen;
            }
            self.add(Some(step), key, None, ScreenKind::Document { kinds, countries });
        }
        let subjects = match kind {
            DocumentType::Passport if flags.is_on("capture_double_page_passport") => {
                &[("passport", CaptureSubject::PassportSpread)][..]
            }
            DocumentType::Passport => &[("passport", CaptureSubject::Passport)],
            DocumentType::Id | DocumentType::DriverLicense | DocumentType::ResidenceLicense => {
                &[("front", CaptureSubject::CardFront), ("back", CaptureSubject::CardBack)]
            }
        };
        for (part, subject) in subjects {
            self.add(Some(step), key, Some(part), ScreenKind::Capture(Capture::new(*subject, 1, flags)));
        }
        self.add_check(step, key, flags);
    }

    fn add_paper(&mut self, step: &Step<'a>, key: &str, flags: &Flags, progress: &FlowProgress) {
        let kinds = flags.general_document_types();
        if kinds.len() > 1 {
            self.add(Some(step), key, None, ScreenKind::GeneralDocument { kinds });
        }
        for page in 1..=MAX_PAGES {
            self.add(
                Some(step),
                key,
                Some(&format!("page-{page}")),
                ScreenKind::Capture(Capture::new(CaptureSubject::GeneralDocument, page, flags)),
            );
            let more = format!("more-{page}");
            if page < MAX_PAGES {
                self.add(Some(step), key, Some(&more), ScreenKind::MorePages { pages: page });
            }
            if progress.inputs.get(&format!("{key}.{more}")) != Some(&ScreenInput::MorePages(true)) {
                break;
            }
        }
    }

    /// In a cascade, adds a check screen after a step.
    fn add_check(&mut self, step: &Step<'a>, key: &str, flags: &Flags) {
        if flags.is_on("cascading_identity_verification") {
            self.add(Some(step), key, Some("check"), ScreenKind::StepCheck);
        }
    }

    /// Adds a screen of a step.
    fn add(&mut self, step: Option<&Step<'a>>, key: &str, part: Option<&str>, content: ScreenKind<'a>) {
        let step = step.map(|step| (step.key.clone(), step.kind.clone()));
        let id = part.map_or_else(|| key.to_owned(), |part| format!("{key}.{part}"));
        self.screens.push(Screen { id, step, group: key.to_owned(), content });
    }

    /// Returns a unique key: repeated keys get a number.
    fn unique_id(&self, key: &str) -> String {
        let is_taken = |id: &str| {
            let is_below = |other: &str| other.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
            id == "processing" || self.screens.iter().any(|screen| screen.id == id || is_below(&screen.id))
        };
        let numbered = (2..).map(|number| format!("{key}-{number}"));
        std::iter::once(key.to_owned()).chain(numbered).find(|id| !is_taken(id)).expect("there is no end of numbers")
    }
}

impl Channel {
    /// Returns its name in a sentence.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Phone => "phone",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns the ids of the screens for these flags and steps, on a computer.
    fn ids(flags: Value, steps: Value, inputs: &[(&str, ScreenInput)]) -> Vec<String> {
        let inputs = inputs.iter().map(|(id, input)| ((*id).to_owned(), input.clone())).collect();
        let (flags, steps) = (Flags::read(&flags.to_string()), Steps::read(&steps.to_string()));
        let flow = Flow::new(&flags, &steps, &FlowProgress { at: None, inputs }, false);
        flow.screens.into_iter().map(|screen| screen.id).collect()
    }

    /// Returns the one picture that these flags request.
    fn capture_of(flags: Value, id: &str) -> Capture {
        let (flags, steps) = (Flags::read(&flags.to_string()), Steps::default());
        let flow = Flow::new(&flags, &steps, &FlowProgress::default(), false);
        match flow.screens.into_iter().find(|screen| screen.id == id).map(|screen| screen.content) {
            Some(ScreenKind::Capture(capture)) => capture,
            other => panic!("{id} is {other:?}"),
        }
    }

    #[test]
    fn automatic_steps_come_first_and_explicit_ones_in_their_order() {
        let usual = ["agreement", "document", "document.front", "document.back", "face", "processing"];
        assert_eq!(ids(json!({}), json!([]), &[]), usual);
        let steps = json!([
            {"type": "user-questionnaire", "key": "work"}, {"type": "operator-questionnaire", "key": "hidden"},
            {"type": "unheard-of", "key": "x"}, {"type": "agreement"}, {"type": "email"}, {"type": "client-questionnaire", "key": "home"},
            {"type": "geolocation"}, {"type": "video-call"}, {"type": "language"}, {"type": "phone-number", "key": "p"},
        ]);
        let flags = json!({
            "skip_agreement": true, "skip_document": true, "skip_face": true, "require_email": true,
            "require_phone_number_check": true,
        });
        let expected = ["work", "email", "home", "geolocation", "video-call", "language", "p", "p.code", "processing"];
        assert_eq!(ids(flags, steps, &[]), expected);
    }

    #[test]
    fn flags_add_their_screens() {
        let none = json!({"skip_agreement": true, "skip_document": true, "skip_face": true});
        for (flags, expected) in [
            (json!({"skip_desktop": true}), &["device"][..]),
            (json!({"optional_continue_on_another_device": true}), &["device"]),
            (json!({"multiple_participants": "true"}), &["participants"]),
            (json!({"skip_agreement": false}), &["agreement"]),
            (json!({"require_email": true}), &["email"]),
            (json!({"require_email_check": true}), &["email", "email.code"]),
            (json!({"require_phone_number": true}), &["phone-number"]),
            (json!({"require_phone_number_check": true}), &["phone-number", "phone-number.code"]),
            (json!({"skip_face": false}), &["face"]),
            (json!({"skip_face": false, "cascading_identity_verification": true}), &["face", "face.check"]),
            (json!({"require_face_document": true}), &["face-document"]),
            (
                json!({"allow_general_document_upload": true}),
                &["general-document", "general-document.page-1", "general-document.more-1"],
            ),
            (
                json!({"allow_general_document_capture": true, "general_document_types": ["bank_statement"]}),
                &["general-document.page-1", "general-document.more-1"],
            ),
            (
                json!({"skip_document": false, "document_types": ["passport"], "document_countries": ["GEO"]}),
                &["document.passport"],
            ),
        ] {
            let mut all = none.clone();
            all.as_object_mut().unwrap().extend(flags.as_object().unwrap().clone());
            let mut ids = ids(all, json!([]), &[]);
            assert_eq!(ids.pop().as_deref(), Some("processing"));
            assert_eq!(ids, expected, "{flags}");
        }
    }

    #[test]
    fn what_was_given_decides_what_follows() {
        let passport = ScreenInput::Document { kind: DocumentType::Passport, country: "GEO".into() };
        let flags = json!({"skip_agreement": true, "skip_face": true, "allow_general_document_upload": true});
        let given = [("document", passport), ("general-document.more-1", ScreenInput::MorePages(true))];
        let expected = [
            "document",
            "document.passport",
            "general-document",
            "general-document.page-1",
            "general-document.more-1",
            "general-document.page-2",
            "general-document.more-2",
            "processing",
        ];
        assert_eq!(ids(flags, json!([]), &given), expected);
    }

    #[test]
    fn steps_of_one_key_and_keys_of_ours_are_told_apart() {
        let steps = json!([
            {"type": "user-questionnaire", "key": "a"}, {"type": "user-questionnaire", "key": "a"},
            {"type": "user-questionnaire", "key": "processing"}, {"type": "user-questionnaire", "key": "document"},
            {"type": "user-questionnaire", "key": ""},
        ]);
        let ids = ids(json!({"skip_face": true, "skip_agreement": true}), steps, &[]);
        let own = ["a", "a-2", "processing-2", "document-2", "user-questionnaire", "processing"];
        assert_eq!(ids[3..], own);
    }

    #[test]
    fn flags_say_how_a_picture_may_come() {
        let ways = |flags: Value, id: &str| {
            let capture = capture_of(flags, id);
            (capture.may_capture, capture.may_upload, capture.may_change_device)
        };
        assert_eq!(ways(json!({}), "document.front"), (true, false, true));
        assert_eq!(ways(json!({"allow_document_upload": true}), "document.front"), (true, true, true));
        assert_eq!(ways(json!({"disable_document_capture": true}), "document.back"), (false, false, false));
        assert_eq!(ways(json!({"disable_document_capture": true}), "face"), (true, false, true));
        assert_eq!(ways(json!({"allow_face_upload": true}), "face"), (true, true, true));
        assert_eq!(ways(json!({"restrict_url_sharing": true}), "face"), (true, false, false));
        let elsewhere = json!({"restrict_url_sharing": true, "switch_device_url": "https://example.com/"});
        assert_eq!(ways(elsewhere, "face"), (true, false, true));
        let with_document = json!({"require_face_document": true, "allow_face_doc_upload": true});
        assert_eq!(ways(with_document, "face-document"), (true, true, true));
        let paper = |flag: &str| ways(json!({flag: true}), "general-document.page-1");
        assert_eq!(paper("allow_general_document_capture"), (true, false, true));
        assert_eq!(paper("allow_general_document_upload"), (false, true, false));
    }

    #[test]
    fn flags_say_what_is_on_a_picture() {
        assert_eq!(capture_of(json!({}), "face").subject, CaptureSubject::Face);
        assert_eq!(capture_of(json!({"liveness": true}), "face").subject, CaptureSubject::Liveness);
        let double = json!({"document_types": ["passport"], "capture_double_page_passport": true});
        assert_eq!(capture_of(double, "document.passport").subject, CaptureSubject::PassportSpread);
        assert!(capture_of(json!({"requireHdMedia": true}), "face").needs_hd);
    }

    #[test]
    fn flags_of_a_step_hold_for_the_step() {
        let steps = json!([
            {"type": "identity-document", "key": "one", "allow_document_upload": true},
            {"type": "identity-document", "key": "two", "flags": {"document_types": ["passport"]}},
        ]);
        let steps = Steps::read(&steps.to_string());
        let flags = Flags::read(r#"{"skip_document": true, "skip_face": true}"#);
        let flow = Flow::new(&flags, &steps, &FlowProgress::default(), true);
        let uploads: Vec<_> = flow
            .screens
            .iter()
            .filter_map(|screen| match &screen.content {
                ScreenKind::Capture(capture) => Some((&*screen.id, capture.may_upload)),
                _ => None,
            })
            .collect();
        assert_eq!(uploads, [("one.front", true), ("one.back", true), ("two.passport", false)]);
    }
}
