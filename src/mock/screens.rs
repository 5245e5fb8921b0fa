//! The widget's screens: showing them and taking answers.

use super::{FinishRequest, MockService, VerificationCode};
use crate::{
    flow::{
        AnswerContext, AnswerError, Capture, CaptureSource, CaptureSubject, Channel, Flow, FlowProgress, FollowUp,
        Screen, ScreenAnswer, ScreenInput, ScreenKind,
    },
    foreign_text::shortened,
    problem::Problem,
    session::{FinishError, Session, SessionSpec, Viewer},
    vendor::{DocumentType, Flags, Language, MediaKind, Outcome, StepType, Token, draw},
};
#[cfg(feature = "media")]
use crate::{
    media::{is_picture, is_video},
    session::UploadError,
};

/// The current screen of a session, with the values that the page needs.
#[derive(Debug)]
pub(crate) struct ScreenContext<'a> {
    pub(crate) token: &'a str,
    pub(crate) spec: &'a SessionSpec,
    pub(crate) flags: &'a Flags,
    pub(crate) flow: &'a Flow<'a>,
    /// Index of the screen in the flow.
    pub(crate) at: usize,
    pub(crate) progress: &'a FlowProgress,
    pub(crate) language: Language,
    /// Document and country of the session's person, for the choice of a document.
    pub(crate) document: Option<(DocumentType, String)>,
}

impl<'a> ScreenContext<'a> {
    pub(crate) fn screen(&self) -> &'a Screen<'a> {
        &self.flow.screens[self.at]
    }

    /// Returns the previous input of the screen.
    pub(crate) fn given_input(&self) -> Option<&'a ScreenInput> {
        self.progress.given(&self.screen().id)
    }
}

/// The result of a screen answer.
#[derive(Debug)]
pub(crate) enum AnswerResult<T> {
    /// The next screen, as shown.
    Next {
        shown: T,
        /// The verification code that was sent, described.
        sent: Option<String>,
    },
    /// The person has finished; the browser is redirected to the `return_url`.
    Finished(Option<String>),
}

/// The reason a screen answer is refused.
#[derive(Debug)]
pub(crate) enum ScreenError {
    Session(FinishError),
    Answer(AnswerError),
}

impl From<FinishError> for ScreenError {
    fn from(error: FinishError) -> Self {
        Self::Session(error)
    }
}

impl MockService {
    /// Shows the current screen, or an earlier one that the person asks for.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if the session cannot be continued.
    pub(crate) fn show_screen<T>(
        &self,
        token: &str,
        viewer: &Viewer,
        requested: Option<&str>,
        show: impl Fn(&ScreenContext<'_>) -> T,
    ) -> Result<T, FinishError> {
        loop {
            let (spec, before) = self.view(token, spec_and_progress)?;
            let (flags, steps) = (spec.form_layers().read_flags(), spec.form_layers().read_steps());
            let stays = flags.is_on("restrict_url_sharing");
            self.in_widget(token, |session, now| session.switch_to_page(viewer, stays, now))?;
            let flow = Flow::new(&flags, &steps, &before, viewer.is_phone);
            let after = match requested.and_then(|requested| flow.find(requested)) {
                Some(at) => before.at(&flow, at),
                None => before.clone(),
            };
            if let Some(shown) = self.record_and_show(token, &spec, (&flags, &flow), (&before, &after), None, &show)? {
                return Ok(shown);
            }
        }
    }

    /// Takes a screen answer, and shows the next screen.
    ///
    /// # Errors
    ///
    /// [`ScreenError`]; the current screen stays then.
    pub(crate) fn answer_screen<T>(
        &self,
        token: &str,
        viewer: &Viewer,
        answer: &ScreenAnswer,
        show: impl Fn(&ScreenContext<'_>) -> T,
    ) -> Result<AnswerResult<T>, ScreenError> {
        loop {
            let (spec, before) = self.checked_progress(token, viewer)?;
            let (flags, steps) = (spec.form_layers().read_flags(), spec.form_layers().read_steps());
            let flow = Flow::new(&flags, &steps, &before, viewer.is_phone);
            let beside = AnswerContext {
                code: &|address, resends| verification_code(token, address, resends),
                document: &|| self.own_document(token, &flags),
                language: before.language().unwrap_or_else(|| flags.language()),
            };
            let next = flow.answer(&before, answer.clone(), &beside).map_err(ScreenError::Answer)?;
            let sent = match next.act {
                None => None,
                Some(FollowUp::SendCode { channel, address, resends }) => {
                    Some((channel, verification_code(token, &address, resends), address))
                }
                Some(FollowUp::Finish) => {
                    return Ok(AnswerResult::Finished(self.finish(token, FinishRequest::default())?));
                }
                Some(FollowUp::Disagree) => {
                    return Ok(AnswerResult::Finished(
                        self.finish(token, FinishRequest::from(Outcome::DisagreedWithTerms))?,
                    ));
                }
            };
            let answered = flow.screens.iter().find(|screen| screen.id == answer.screen).and_then(Screen::step);
            let flow = Flow::new(&flags, &steps, &next.progress, viewer.is_phone);
            let progress = (&before, &next.progress);
            if let Some(shown) = self.record_and_show(token, &spec, (&flags, &flow), progress, answered, &show)? {
                #[cfg(feature = "media")]
                if !next.dropped.is_empty() {
                    self.in_session(token, |session, _| session.drop_uploads(&next.dropped));
                }
                return Ok(AnswerResult::Next {
                    shown,
                    sent: sent.map(|(channel, code, address)| log_code(token, channel, &code, &address)),
                });
            }
        }
    }

    /// Takes a picture from the camera or an upload, and shows the next screen.
    ///
    /// # Errors
    ///
    /// As [`MockService::answer_screen`]; also if it is not a picture, or too large.
    pub(crate) fn submit_picture<T>(
        &self,
        token: &str,
        viewer: &Viewer,
        (screen, way): (&str, CaptureSource),
        bytes: Vec<u8>,
        show: impl Fn(&ScreenContext<'_>) -> T,
    ) -> Result<AnswerResult<T>, ScreenError> {
        let answer = ScreenAnswer { screen: screen.to_owned(), picture: Some(way), ..ScreenAnswer::default() };
        let capture = self.capture_at(token, viewer, screen)?;
        capture.check(&answer).map_err(ScreenError::Answer)?;
        self.store_upload(token, capture.subject.media(), capture.page, bytes)?;
        self.answer_screen(token, viewer, &answer, show)
    }

    /// Takes the video of a liveness screen. It is no answer: the picture is.
    ///
    /// # Errors
    ///
    /// As [`MockService::submit_picture`].
    pub(crate) fn submit_video(
        &self,
        token: &str,
        viewer: &Viewer,
        screen: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ScreenError> {
        let capture = self.capture_at(token, viewer, screen)?;
        if capture.subject != CaptureSubject::Liveness {
            return Err(wrong("try-again", format!("the screen `{}` takes no video", shortened(screen))));
        }
        self.store_upload(token, MediaKind::FaceVideo, 1, bytes)
    }

    /// Returns the picture that a screen requests, if the person has reached it.
    fn capture_at(&self, token: &str, viewer: &Viewer, screen: &str) -> Result<Capture, ScreenError> {
        let (spec, progress) = self.checked_progress(token, viewer)?;
        let (flags, steps) = (spec.form_layers().read_flags(), spec.form_layers().read_steps());
        let flow = Flow::new(&flags, &steps, &progress, viewer.is_phone);
        match flow.reachable(&progress, screen).map_err(ScreenError::Answer)?.content {
            ScreenKind::Capture(ref capture) => Ok(capture.clone()),
            _ => Err(wrong("try-again", format!("the screen `{}` takes no picture", shortened(screen)))),
        }
    }

    /// Stores a picture or video in the session, after checking its type.
    #[cfg(feature = "media")]
    fn store_upload(&self, token: &str, kind: MediaKind, page: u32, bytes: Vec<u8>) -> Result<(), ScreenError> {
        let (is_right, text, wanted) = match kind {
            MediaKind::FaceVideo => (is_video(&bytes), "no-video", "neither MP4 nor WebM"),
            _ => (is_picture(&bytes), "other-kind", "neither a JPEG nor a PNG"),
        };
        if !is_right {
            return Err(wrong(text, format!("the file is {wanted}")));
        }
        self.upload(token, kind, page, bytes).map_err(|error| match error {
            UploadError::NoSuchSession => ScreenError::Session(FinishError::NoSuchSession),
            UploadError::TooLarge(problem) => wrong("too-large", problem),
        })
    }

    /// Without pictures to serve, none is kept.
    #[cfg(not(feature = "media"))]
    fn store_upload(&self, _token: &str, _kind: MediaKind, _page: u32, _bytes: Vec<u8>) -> Result<(), ScreenError> {
        Ok(())
    }

    /// Returns specification and progress of a session, for its active page.
    fn checked_progress(&self, token: &str, viewer: &Viewer) -> Result<(SessionSpec, FlowProgress), ScreenError> {
        let (seen, is_elsewhere) =
            self.view(token, |session| (spec_and_progress(session), session.is_on_other_page(viewer)))?;
        if is_elsewhere {
            return Err(wrong(
                "elsewhere",
                "the session is active on another page; reload this page to continue here".to_owned(),
            ));
        }
        Ok(seen)
    }

    /// Records the progress after the step that was `answered`, and shows it; `None` if another request changed it
    /// meanwhile.
    fn record_and_show<T>(
        &self,
        token: &str,
        spec: &SessionSpec,
        (flags, flow): (&Flags, &Flow<'_>),
        (before, after): (&FlowProgress, &FlowProgress),
        answered: Option<(&str, &str)>,
        show: &impl Fn(&ScreenContext<'_>) -> T,
    ) -> Result<Option<T>, FinishError> {
        let at = flow.current(after);
        let steps: Vec<_> = answered.into_iter().chain(flow.screens[at].step()).collect();
        let is_there = self.in_widget(token, |session, now| session.record_progress(before, after, &steps, now))?;
        let language = after.language().unwrap_or_else(|| flags.language());
        let asks_document = matches!(flow.screens[at].content, ScreenKind::Document { .. });
        let document = asks_document.then(|| self.own_document(token, flags));
        let context = ScreenContext { token, spec, flags, flow, at, progress: after, language, document };
        Ok(is_there.then(|| show(&context)))
    }

    /// Returns the default document of the session's person, and its country.
    fn own_document(&self, token: &str, flags: &Flags) -> (DocumentType, String) {
        let cast = || {
            let (tenant, token) = (self.tenant_of(token)?, Token::parse(token)?);
            let settings = tenant.settings();
            tenant.sessions.update(&token, |session, catalogue| {
                let (casting, patch) = (self.config.casting(&settings.company), session.scenario().person.as_ref());
                let cast = catalogue.fixtures.people.assign(
                    &session.token,
                    &session.flags_of(StepType::IdentityDocument),
                    casting,
                    patch,
                    None,
                );
                (cast.document_type, cast.country)
            })
        };
        cast().unwrap_or((flags.document_types()[0], "USA".to_owned()))
    }
}

/// Returns the latest verification codes, in the order of their screens.
pub(super) fn sent_codes(token: &str, spec: &SessionSpec, progress: &FlowProgress) -> Vec<VerificationCode> {
    let (flags, steps) = (spec.form_layers().read_flags(), spec.form_layers().read_steps());
    let flow = Flow::new(&flags, &steps, progress, false);
    let sent = flow.screens.into_iter().filter_map(|screen| match screen.content {
        ScreenKind::Code { channel, address, resends } if !address.is_empty() => Some(VerificationCode {
            by: channel.as_str().to_owned(),
            code: verification_code(token, &address, resends),
            address,
        }),
        _ => None,
    });
    sent.collect()
}

/// Returns specification and progress of a session.
pub(super) fn spec_and_progress(session: &Session) -> (SessionSpec, FlowProgress) {
    (session.spec.clone(), session.progress().cloned().unwrap_or_default())
}

fn wrong(text: &'static str, problem: impl Into<Problem>) -> ScreenError {
    ScreenError::Answer(AnswerError { problem: problem.into(), text })
}

/// Returns the verification code for an address after a number of resends: four digits derived from it and the session.
fn verification_code(token: &str, address: &str, resends: u32) -> String {
    // No code repeats before all were used: the numbers have no common divisor.
    const CODES: u64 = 10_000;
    const STRIDE: u64 = 7_919;
    format!("{:04}", (draw(token, address) % CODES + STRIDE * u64::from(resends)) % CODES)
}

/// Logs the code that the live service would send.
fn log_code(token: &str, channel: Channel, code: &str, address: &str) -> String {
    let channel = channel.as_str();
    tracing::info!(session = token, code, address, "a verification code would be sent by {channel}");
    format!("the code that the live service would send by {channel} to {address} is {code}")
}
