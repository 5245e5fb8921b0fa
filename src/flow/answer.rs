//! Screen answers, and their effect on the flow.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    answers::QuestionnaireAnswers,
    capture::{CaptureSource, CaptureSubject},
    progress::{FlowProgress, ScreenInput},
    screens::{Channel, Flow, MAX_PAGES, Screen, ScreenKind},
};
use crate::{
    foreign_text::shortened,
    problem::Problem,
    vendor::{DocumentType, Language, MediaKind},
};

/// The sample addresses of a person who entered none.
pub(crate) const SAMPLE_EMAIL: &str = "somebody@example.com";
pub(crate) const SAMPLE_PHONE: &str = "+12025550100";

/// An answer to a screen. Each screen takes one of the members; a screen that only continues takes none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScreenAnswer {
    /// The id of the screen.
    pub(crate) screen: String,
    /// Whether the person agrees to the terms.
    pub(crate) agree: Option<bool>,
    /// The vendor's code of a language.
    pub(crate) language: Option<String>,
    /// An e-mail address or phone number.
    pub(crate) address: Option<String>,
    /// The verification code.
    pub(crate) code: Option<String>,
    /// Requests a new verification code.
    #[serde(default)]
    pub(crate) resend: bool,
    pub(crate) document: Option<DocumentType>,
    /// Three-letter code, with `document`.
    pub(crate) country: Option<String>,
    /// Uses the sample instead of a picture.
    #[serde(default)]
    pub(crate) sample: bool,
    /// The kind of general document.
    pub(crate) paper: Option<String>,
    /// Whether the general document has another page.
    pub(crate) more: Option<bool>,
    /// Question key → answer.
    pub(crate) answers: Option<Map<String, Value>>,
    /// Keeps the previous answer.
    #[serde(default)]
    pub(crate) keep: bool,
    /// Fills in a valid answer, for a flow without a person.
    #[serde(default)]
    pub(crate) auto: bool,
    /// The source of a picture: the camera or an upload.
    #[serde(skip)]
    pub(crate) picture: Option<CaptureSource>,
}

/// The reason a screen answer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerError {
    /// The message for the author of the page or script.
    pub(crate) problem: Problem,
    /// The key of the message for the person.
    pub(crate) text: &'static str,
}

/// The effect of a screen answer.
#[derive(Debug, PartialEq)]
pub(crate) struct AnswerTransition {
    pub(crate) progress: FlowProgress,
    pub(crate) act: Option<FollowUp>,
    /// The uploads that no longer belong to it, by kind and page.
    pub(crate) dropped: Vec<(MediaKind, u32)>,
}

impl AnswerTransition {
    fn new(progress: FlowProgress, act: Option<FollowUp>) -> Self {
        Self { progress, act, dropped: Vec::new() }
    }
}

/// A further action after a screen answer.
#[derive(Debug, PartialEq)]
pub(crate) enum FollowUp {
    SendCode { channel: Channel, address: String, resends: u32 },
    Finish,
    Disagree,
}

/// The values that a screen answer depends on besides the flow.
pub(crate) struct AnswerContext<'a> {
    /// Returns the code sent to an address, after a number of resends.
    pub(crate) code: &'a dyn Fn(&str, u32) -> String,
    /// Returns the document of the session's person, and its country.
    pub(crate) document: &'a dyn Fn() -> (DocumentType, String),
    pub(crate) language: Language,
}

impl<'a> Flow<'a> {
    /// Returns the screen with this id, if the person has reached it.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] that names the current screen.
    pub(crate) fn reachable(&self, progress: &FlowProgress, id: &str) -> Result<&Screen<'a>, AnswerError> {
        let open = self.first_open(progress);
        match self.find(id).filter(|at| *at <= open) {
            Some(at) => Ok(&self.screens[at]),
            None => {
                let (asked, there) = (shortened(id), &self.screens[open].id);
                Err(error("out-of-step", format!("the current screen is `{there}`, not `{asked}`")))
            }
        }
    }

    /// Returns the ids of the later screens of the same step.
    fn later_screens_of_step(&self, screen: &Screen<'a>) -> impl Iterator<Item = &str> {
        let later = self.screens.iter().skip_while(|other| other.id != screen.id).skip(1);
        later.filter(|other| other.group == screen.group).map(|other| &*other.id)
    }

    /// Applies a screen answer.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when the screen is not reached yet, or the answer is invalid.
    pub(crate) fn answer(
        &self,
        progress: &FlowProgress,
        mut answer: ScreenAnswer,
        context: &AnswerContext<'_>,
    ) -> Result<AnswerTransition, AnswerError> {
        let screen = self.reachable(progress, &answer.screen)?;
        if answer.keep {
            if !progress.inputs.contains_key(&screen.id) {
                return Err(error("try-again", format!("`{}` has no previous answer to keep", screen.id)));
            }
            return Ok(AnswerTransition::new(progress.at(self, self.first_open(progress)), None));
        }
        if answer.auto {
            fill_with_samples(&mut answer, &screen.content, context);
        }
        let (input, act) = match &screen.content {
            ScreenKind::Agreement if answer.agree == Some(false) => {
                return Ok(AnswerTransition::new(progress.clone(), Some(FollowUp::Disagree)));
            }
            ScreenKind::Processing => return Ok(AnswerTransition::new(progress.clone(), Some(FollowUp::Finish))),
            ScreenKind::Code { channel, address, resends } if answer.resend => {
                let resends = resends.saturating_add(1);
                let act = FollowUp::SendCode { channel: *channel, address: address.clone(), resends };
                return Ok(AnswerTransition::new(progress.resent(&screen.group, resends), Some(act)));
            }
            ScreenKind::Address { channel, is_checked } => {
                let address = address(*channel, &required(answer.address, "address")?)?;
                // The latest code of an address counts.
                let resends = match progress.given(&screen.id) {
                    Some(ScreenInput::Address { address: before, resends }) if *before == address => *resends,
                    _ => 0,
                };
                let input = ScreenInput::Address { address: address.clone(), resends };
                (input, is_checked.then_some(FollowUp::SendCode { channel: *channel, address, resends }))
            }
            content => (required_input(content, answer, context)?, None),
        };
        let dropped = if progress.inputs.get(&screen.id) == Some(&input) {
            Vec::new()
        } else {
            obsolete_uploads(&screen.content, &input)
        };
        let mut progress = progress.clone();
        progress.apply(&screen.id, input, self.later_screens_of_step(screen));
        Ok(AnswerTransition { dropped, ..AnswerTransition::new(progress, act) })
    }
}

impl FlowProgress {
    /// Stores the input of a screen. If it decides about `following` screens, their inputs are removed. The first open
    /// screen becomes current.
    fn apply<'s>(&mut self, id: &str, input: ScreenInput, following: impl Iterator<Item = &'s str>) {
        self.at = None;
        if self.inputs.get(id) == Some(&input) {
            return;
        }
        if input.invalidates_later_screens() {
            following.for_each(|id| {
                self.inputs.shift_remove(id);
            });
        }
        self.inputs.insert(id.to_owned(), input);
    }

    /// Returns the same progress at another screen.
    pub(crate) fn at(&self, flow: &Flow<'_>, at: usize) -> Self {
        Self { at: Some(flow.screens[at].id.clone()), inputs: self.inputs.clone() }
    }
}

/// Returns the input of a screen, from the answer member that it takes.
fn required_input(
    content: &ScreenKind<'_>,
    answer: ScreenAnswer,
    context: &AnswerContext<'_>,
) -> Result<ScreenInput, AnswerError> {
    Ok(match content {
        ScreenKind::Agreement => match required(answer.agree, "agree")? {
            true => ScreenInput::Acknowledged,
            false => unreachable!("disagreeing ends the flow"),
        },
        ScreenKind::Device { is_optional: false } if !answer.auto => {
            return Err(error("device-required", "the flag `skip_desktop` is on; the person must continue on a phone"));
        }
        ScreenKind::Language => {
            let code = required(answer.language, "language")?;
            let known = Language::from_code(&code);
            let unknown = || error("try-again", format!("`{}` is not a language of the widget", shortened(&code)));
            ScreenInput::Language(known.ok_or_else(unknown)?.code().to_owned())
        }
        ScreenKind::Code { address, resends, .. } => {
            let code = required(answer.code, "code")?;
            if code.trim().is_empty() {
                return Err(error("code-missing", format!("the code that was sent to {address} is missing")));
            }
            if code.trim() != (context.code)(address, *resends) {
                let problem = format!("`{}` is not the code that was sent to {address}", shortened(&code));
                return Err(error("code-wrong", problem));
            }
            ScreenInput::Acknowledged
        }
        ScreenKind::Document { kinds, countries } => {
            let kind = required(answer.document, "document")?;
            let country = required(answer.country, "country")?;
            if !kinds.contains(&kind) {
                return Err(error("try-again", format!("the flags do not allow the document `{}`", kind.as_str())));
            }
            let is_country = country.len() == 3 && country.bytes().all(|letter| letter.is_ascii_uppercase());
            if !is_country || !(countries.is_empty() || countries.contains(&country)) {
                let country = shortened(&country);
                return Err(error("country-missing", format!("the flags do not allow the country `{country}`")));
            }
            ScreenInput::Document { kind, country }
        }
        ScreenKind::Capture(capture) => capture.check(&answer)?,
        ScreenKind::GeneralDocument { kinds } => {
            let kind = required(answer.paper, "paper")?;
            if !kinds.contains(&&*kind) {
                let kind = shortened(&kind);
                return Err(error("try-again", format!("the flags do not allow the general document `{kind}`")));
            }
            ScreenInput::GeneralDocument(kind)
        }
        ScreenKind::MorePages { .. } => ScreenInput::MorePages(required(answer.more, "more")?),
        ScreenKind::Questionnaire(questionnaire) => {
            let answers = required(answer.answers, "answers")?;
            QuestionnaireAnswers::check(questionnaire, &answers).map_err(|problem| error("answers-wrong", problem))?;
            ScreenInput::Answers { questionnaire: questionnaire.key.to_string(), answers }
        }
        ScreenKind::Device { .. }
        | ScreenKind::Participants
        | ScreenKind::Geolocation
        | ScreenKind::VideoCall
        | ScreenKind::StepCheck
        | ScreenKind::Address { .. }
        | ScreenKind::Processing => ScreenInput::Acknowledged,
    })
}

/// Returns the uploads that do not belong to the input.
fn obsolete_uploads(content: &ScreenKind<'_>, input: &ScreenInput) -> Vec<(MediaKind, u32)> {
    let papers = |from: u32| (from..=MAX_PAGES).map(|page| (MediaKind::GeneralDocument, page)).collect();
    match (content, input) {
        (ScreenKind::Document { .. }, _) => {
            [MediaKind::CardFront, MediaKind::CardBack, MediaKind::Passport].map(|kind| (kind, 1)).to_vec()
        }
        (ScreenKind::GeneralDocument { .. }, _) => papers(1),
        (ScreenKind::MorePages { pages }, ScreenInput::MorePages(false)) => papers(pages + 1),
        (ScreenKind::Capture(capture), ScreenInput::Picture { is_sample: true }) => {
            let video = (capture.subject == CaptureSubject::Liveness).then_some((MediaKind::FaceVideo, 1));
            [(capture.subject.media(), capture.page)].into_iter().chain(video).collect()
        }
        _ => Vec::new(),
    }
}

/// Fills in valid values.
fn fill_with_samples(answer: &mut ScreenAnswer, content: &ScreenKind<'_>, context: &AnswerContext<'_>) {
    match content {
        ScreenKind::Language => answer.language = Some(context.language.code().to_owned()),
        ScreenKind::Agreement => answer.agree = Some(true),
        ScreenKind::Address { channel: Channel::Email, .. } => answer.address = Some(SAMPLE_EMAIL.to_owned()),
        ScreenKind::Address { channel: Channel::Phone, .. } => answer.address = Some(SAMPLE_PHONE.to_owned()),
        ScreenKind::Code { address, resends, .. } => answer.code = Some((context.code)(address, *resends)),
        ScreenKind::Document { kinds, countries } => {
            let (kind, country) = &(context.document)();
            let is_country_allowed = countries.is_empty() || countries.contains(country);
            answer.document = Some(if kinds.contains(kind) { *kind } else { kinds[0] });
            answer.country = Some(if is_country_allowed { country.clone() } else { countries[0].clone() });
        }
        ScreenKind::Capture(_) => answer.sample = true,
        ScreenKind::GeneralDocument { kinds } => answer.paper = Some(kinds[0].to_owned()),
        ScreenKind::MorePages { .. } => answer.more = Some(false),
        ScreenKind::Questionnaire(questionnaire) => {
            let invented = questionnaire.questions.iter();
            answer.answers =
                Some(invented.map(|question| (question.key.to_string(), question.invented_answer())).collect());
        }
        ScreenKind::Device { .. }
        | ScreenKind::Participants
        | ScreenKind::Geolocation
        | ScreenKind::VideoCall
        | ScreenKind::StepCheck
        | ScreenKind::Processing => {}
    }
}

/// Normalizes an address: trimmed, and a phone number as `+` and digits.
fn address(channel: Channel, text: &str) -> Result<String, AnswerError> {
    let text = text.trim();
    match channel {
        Channel::Email => {
            let is_domain = |name: &str| name.split('.').count() > 1 && name.split('.').all(|part| !part.is_empty());
            let fits = |(name, domain): (&str, &str)| !name.is_empty() && !domain.contains('@') && is_domain(domain);
            if text.len() <= 254 && !text.contains(char::is_whitespace) && text.split_once('@').is_some_and(fits) {
                Ok(text.to_owned())
            } else {
                Err(error("email-wrong", format!("`{}` is not an e-mail address", shortened(text))))
            }
        }
        Channel::Phone => {
            let is_known = |letter: char| letter.is_ascii_digit() || " -()/.".contains(letter);
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            if text.strip_prefix('+').unwrap_or(text).chars().all(is_known) && (6..=15).contains(&digits.len()) {
                Ok(format!("+{digits}"))
            } else {
                Err(error("phone-wrong", format!("`{}` is not a phone number of 6 to 15 digits", shortened(text))))
            }
        }
    }
}

fn required<T>(member: Option<T>, name: &str) -> Result<T, AnswerError> {
    member.ok_or_else(|| error("try-again", format!("this screen needs `{name}`")))
}

pub(super) fn error(text: &'static str, problem: impl Into<Problem>) -> AnswerError {
    AnswerError { problem: problem.into(), text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vendor::{Flags, Steps};

    /// A simulated person.
    struct FlowWalker {
        flags: Flags,
        steps: Steps,
        progress: FlowProgress,
    }

    impl FlowWalker {
        fn new(flags: Value, steps: Value) -> Self {
            let (flags, steps) = (Flags::read(&flags.to_string()), Steps::read(&steps.to_string()));
            Self { flags, steps, progress: FlowProgress::default() }
        }

        fn flow(&self) -> Flow<'_> {
            Flow::new(&self.flags, &self.steps, &self.progress, false)
        }

        fn give(&mut self, answer: Value) -> Result<AnswerTransition, AnswerError> {
            let context = AnswerContext {
                code: &|_, resends| format!("{}", 1234 + resends),
                document: &|| (DocumentType::Passport, "UKR".to_owned()),
                language: Language::Georgian,
            };
            let answer = serde_json::from_value(answer).unwrap();
            let next = self.flow().answer(&self.progress, answer, &context)?;
            self.progress = next.progress.clone();
            Ok(next)
        }

        fn is_at(&self) -> String {
            let flow = self.flow();
            flow.screens[flow.current(&self.progress)].id.clone()
        }

        fn refused(&mut self, answer: Value) -> (&'static str, String) {
            let before = self.progress.clone();
            let error = self.give(answer).unwrap_err();
            assert_eq!(self.progress, before);
            (error.text, error.problem.to_string())
        }
    }

    #[test]
    fn a_person_goes_from_screen_to_screen() {
        let mut person = FlowWalker::new(json!({"require_email_check": true}), json!([]));
        assert_eq!(person.is_at(), "agreement");
        person.give(json!({"screen": "agreement", "agree": true})).unwrap();
        let sent = person.give(json!({"screen": "email", "address": " anna@example.com "})).unwrap();
        let act = FollowUp::SendCode { channel: Channel::Email, address: "anna@example.com".into(), resends: 0 };
        assert_eq!(sent.act, Some(act));
        person.give(json!({"screen": "email.code", "code": "1234"})).unwrap();
        person.give(json!({"screen": "document", "document": "id", "country": "GEO"})).unwrap();
        for screen in ["document.front", "document.back", "face"] {
            assert_eq!(person.is_at(), screen);
            person.give(json!({"screen": screen, "sample": true})).unwrap();
        }
        assert_eq!(person.give(json!({"screen": "processing"})).unwrap().act, Some(FollowUp::Finish));
    }

    #[test]
    fn the_autopilot_completes_every_screen() {
        let flags = json!({
            "skip_desktop": true, "multiple_participants": true, "require_email_check": true,
            "require_phone_number_check": true, "liveness": true, "require_face_document": true,
            "allow_general_document_upload": true, "cascading_identity_verification": true,
            "document_types": ["passport"], "document_countries": ["DEU", "UKR"],
        });
        let questions = json!([{"type": "select", "key": "q", "mandatory": true, "options": ["a"]}]);
        let steps = json!([
            {"type": "language"}, {"type": "user-questionnaire", "key": "k", "questions": questions},
            {"type": "geolocation"}, {"type": "video-call"},
        ]);
        let mut person = FlowWalker::new(flags, steps);
        let mut seen = Vec::new();
        loop {
            seen.push(person.is_at());
            let next = person.give(json!({"screen": person.is_at(), "auto": true})).unwrap();
            if next.act == Some(FollowUp::Finish) {
                break;
            }
        }
        assert_eq!(seen.len(), person.flow().screens.len(), "{seen:?}");
        assert_eq!(person.progress.document(), Some((DocumentType::Passport, "UKR")));
        assert_eq!(person.progress.language(), Some(Language::Georgian));
        assert_eq!(person.progress.answers()["k"], json!({"q": "a"}));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_named() {
        let flags = json!({
            "skip_agreement": true, "require_email": true, "require_phone_number_check": true,
            "document_types": ["id"], "document_countries": ["GEO", "UKR"],
        });
        let mut person = FlowWalker::new(flags, json!([]));
        let there = "the current screen is `email`, not `document`".to_owned();
        assert_eq!(person.refused(json!({"screen": "document", "document": "id"})), ("out-of-step", there));
        for address in ["", "anna", "anna@", "@example.com", "anna@example", "a b@example.com", "a@b@example.com"] {
            let refused = person.refused(json!({"screen": "email", "address": address}));
            assert_eq!(refused, ("email-wrong", format!("`{address}` is not an e-mail address")));
        }
        assert_eq!(person.refused(json!({"screen": "email"})).1, "this screen needs `address`");
        assert_eq!(person.refused(json!({"screen": "email", "keep": true})).0, "try-again");
        person.give(json!({"screen": "email", "address": "anna@example.com"})).unwrap();
        for address in ["12345", "+995 abc 123", "1234567890123456"] {
            assert_eq!(person.refused(json!({"screen": "phone-number", "address": address})).0, "phone-wrong");
        }
        person.give(json!({"screen": "phone-number", "address": "+995 (555) 12-34-56"})).unwrap();
        let refused = person.refused(json!({"screen": "phone-number.code", "code": "0000"}));
        assert_eq!(refused, ("code-wrong", "`0000` is not the code that was sent to +995555123456".to_owned()));
        assert_eq!(person.refused(json!({"screen": "phone-number.code", "code": " "})).0, "code-missing");
        person.give(json!({"screen": "phone-number.code", "code": " 1234 "})).unwrap();
        for (kind, country) in [("passport", "GEO"), ("id", "DEU"), ("id", "geo"), ("id", "")] {
            person.refused(json!({"screen": "document", "document": kind, "country": country}));
        }
    }

    #[test]
    fn a_code_that_is_sent_again_takes_the_place_of_the_one_before() {
        let mut person = FlowWalker::new(json!({"skip_agreement": true, "require_email_check": true}), json!([]));
        let email = |address: &str| json!({"screen": "email", "address": address});
        person.give(email("anna@example.com")).unwrap();
        let again = json!({"screen": "email.code", "resend": true});
        for resends in 1..=2 {
            let next = person.give(again.clone()).unwrap();
            let address = "anna@example.com".to_owned();
            assert_eq!(next.act, Some(FollowUp::SendCode { channel: Channel::Email, address, resends }));
            assert_eq!(person.is_at(), "email.code");
        }
        assert_eq!(person.refused(json!({"screen": "email.code", "code": "1235"})).0, "code-wrong");
        // The same address has the same code; another address has another code.
        let next = person.give(email("anna@example.com")).unwrap();
        assert!(matches!(next.act, Some(FollowUp::SendCode { resends: 2, .. })), "{next:?}");
        let next = person.give(email("nino@example.com")).unwrap();
        assert!(matches!(next.act, Some(FollowUp::SendCode { resends: 0, .. })), "{next:?}");
        person.give(json!({"screen": "email.code", "code": "1234"})).unwrap();
    }

    #[test]
    fn a_picture_comes_as_the_flags_let_it() {
        let mut person = FlowWalker::new(json!({"skip_agreement": true, "skip_document": true}), json!([]));
        let context = AnswerContext {
            code: &|_, _| String::new(),
            document: &|| unreachable!("no document is asked for"),
            language: Language::English,
        };
        let take = |source| {
            let answer = ScreenAnswer { screen: "face".into(), picture: Some(source), ..ScreenAnswer::default() };
            person.flow().answer(&person.progress, answer, &context).map_err(|error| error.text)
        };
        assert_eq!(take(CaptureSource::Upload), Err("no-upload"));
        let taken = take(CaptureSource::Capture).unwrap();
        assert_eq!(taken.progress.given("face"), Some(&ScreenInput::Picture { is_sample: false }));
        assert_eq!(taken.dropped, []);
        let sample = person.give(json!({"screen": "face", "sample": true})).unwrap();
        assert_eq!(sample.dropped, [(MediaKind::Face, 1)]);
        assert_eq!(person.refused(json!({"screen": "face"})).0, "try-again");
    }

    #[test]
    fn another_choice_takes_back_what_followed_from_the_first() {
        let mut person = FlowWalker::new(json!({"skip_agreement": true}), json!([]));
        person.give(json!({"screen": "document", "document": "id", "country": "GEO"})).unwrap();
        for screen in ["document.front", "document.back", "face"] {
            person.give(json!({"screen": screen, "sample": true})).unwrap();
        }
        // The same choice again changes nothing.
        person.give(json!({"screen": "document", "document": "id", "country": "GEO"})).unwrap();
        assert_eq!(person.is_at(), "processing");
        person.give(json!({"screen": "document", "document": "driver_license", "country": "GEO"})).unwrap();
        assert_eq!(person.is_at(), "document.front");
        assert!(person.progress.given("face").is_some(), "the face is the same");
    }

    #[test]
    fn steps_whose_keys_look_alike_are_told_apart() {
        let step = |key: &str| json!({"type": "identity-document", "key": key, "document_countries": ["GEO"]});
        let flags = json!({"skip_agreement": true, "skip_document": true, "skip_face": true});
        let mut person = FlowWalker::new(flags, json!([step("a.one"), step("a.two")]));
        let passport = |key: &str| json!({"screen": key, "document": "passport", "country": "GEO"});
        for key in ["a.one", "a.two"] {
            person.give(passport(key)).unwrap();
            person.give(json!({"screen": format!("{key}.passport"), "sample": true})).unwrap();
        }
        person.give(json!({"screen": "a.one", "document": "id", "country": "GEO"})).unwrap();
        assert_eq!(person.is_at(), "a.one.front");
        assert!(person.progress.given("a.one.passport").is_none());
        assert!(person.progress.given("a.two").is_some() && person.progress.given("a.two.passport").is_some());
    }

    #[test]
    fn the_previous_answer_can_be_kept() {
        let mut person = FlowWalker::new(json!({"skip_document": true}), json!([]));
        person.give(json!({"screen": "agreement", "agree": true})).unwrap();
        person.progress = person.progress.at(&person.flow(), 0);
        assert_eq!(person.is_at(), "agreement");
        person.give(json!({"screen": "agreement", "keep": true})).unwrap();
        assert_eq!(person.is_at(), "face");
    }

    #[test]
    fn disagreeing_ends_the_flow() {
        let mut person = FlowWalker::new(json!({}), json!([]));
        let next = person.give(json!({"screen": "agreement", "agree": false})).unwrap();
        assert_eq!(next.act, Some(FollowUp::Disagree));
    }
}
