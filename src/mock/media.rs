//! The pictures of a session, and comparing faces.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    AppliedFaults, CallError, MockService,
    faults::{apply_session_faults, attach_faults},
};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    faults::Endpoint,
    flow::FlowProgress,
    media::{MediaFile, ParsedResult, PictureRequest, PortraitSubject, SamplePicture, mark_in},
    result::{Sex, render_all_read, similarity},
    session::{Session, Upload, UploadError},
    vendor::{MediaKind, StepType, draw},
};

/// A picture of a session.
#[derive(Debug)]
pub(crate) enum Picture {
    /// An upload.
    Uploaded(MediaFile),
    /// A sample to draw.
    Sample(Box<SamplePicture>),
}

/// A recognized face: its session, and the similarity of that session.
#[derive(Debug)]
struct RecognizedFace {
    subject: PortraitSubject,
    similarity: f64,
}

impl MockService {
    /// Returns the requested picture of a session, and the applied faults. It does not count as a poll.
    ///
    /// # Errors
    ///
    /// As [`MockService::result`].
    pub(crate) fn picture(
        &self,
        tenant: &Arc<Tenant>,
        token: &str,
        request: PictureRequest,
    ) -> Result<(Picture, AppliedFaults), CallError> {
        self.with_session(tenant, token, |session, catalogue| {
            let faults = apply_session_faults(session, Endpoint::Media(request.kind), tenant.clock.now())?;
            let (document, faults) = attach_faults(self.answer(tenant, session, &catalogue.fixtures), faults)?;
            let uploaded = session.uploaded(request.kind, request.page).filter(|_| session.was_processed());
            let picture = match uploaded {
                Some(media) => Picture::Uploaded(media.clone()),
                None => Picture::Sample(Box::new(SamplePicture {
                    request: request.clone(),
                    document: self.all_read(tenant, session, catalogue).unwrap_or(document),
                    subject: self.portrait_subject(tenant, session, catalogue),
                    has_liveness: session.has_liveness(),
                    has_face_document: session.has_face_document_step(),
                })),
            };
            Ok((picture, faults))
        })
    }

    /// Returns the result document with values that could not be read, or not yet; `None` if the current document has
    /// all.
    fn all_read(&self, tenant: &Tenant, session: &Session, catalogue: &Catalogue) -> Option<Bytes> {
        let company = &tenant.settings().company;
        render_all_read(session, &catalogue.fixtures, self.config.casting(company), self.config.wording(company))
    }

    /// Uploads a file to a session, which replaces the sample.
    ///
    /// # Errors
    ///
    /// [`UploadError`]; the session is unchanged then.
    pub(crate) fn upload(&self, token: &str, kind: MediaKind, page: u32, bytes: Vec<u8>) -> Result<(), UploadError> {
        let limits = &self.config.limits;
        if bytes.len() > limits.upload {
            let (bytes, most) = (bytes.len(), limits.upload);
            return Err(UploadError::TooLarge(format!(
                "the file has {bytes} bytes; the maximum is {most} (--max-upload)"
            )));
        }
        let room = self.storage.reserve(bytes.len())?;
        let upload = Upload::new(kind, page, MediaFile::uploaded(bytes.into(), kind), room);
        self.in_session(token, |session, _| session.upload(upload.clone(), limits.session_uploads))
            .unwrap_or(Err(UploadError::NoSuchSession))
    }

    /// Returns the similarity of two faces, from 0 to 1: 1 for the same picture, that of the session for two pictures
    /// of its person, and a number derived from both for any other two.
    pub(crate) fn compare_faces(&self, tenant: &Arc<Tenant>, one: &[u8], other: &[u8]) -> f64 {
        if one == other {
            return 1.0;
        }
        match (self.recognize_face(tenant, one), self.recognize_face(tenant, other)) {
            (Some(one), Some(other)) if one.subject.name == other.subject.name => {
                let first = if one.subject.session <= other.subject.session { one } else { other };
                first.similarity
            }
            _ => {
                // Symmetric and low: they are strangers.
                let numbers = [one, other].map(|picture| draw(picture, "face"));
                let drawn = draw((numbers[0] ^ numbers[1]).to_be_bytes(), "strangers");
                drawn as f64 / u64::MAX as f64 * 0.5
            }
        }
    }

    /// Recognizes a picture of a session of the company.
    fn recognize_face(&self, tenant: &Arc<Tenant>, picture: &[u8]) -> Option<RecognizedFace> {
        let look = |session: &mut Session, catalogue: &Catalogue| {
            session.apply_due_stages(tenant.clock.now());
            let document = self.answer(tenant, session, &catalogue.fixtures).ok();
            (document, self.portrait_subject(tenant, session, catalogue), similarity(session))
        };
        let seen = match mark_in(picture) {
            Some(token) => tenant.sessions.update(&token, look),
            None => {
                let mut seen = None;
                tenant.sessions.update_all(|session, catalogue| {
                    if seen.is_none() && session.has_upload(picture) {
                        seen = Some(look(session, catalogue));
                    }
                });
                seen
            }
        };
        let (document, subject, drawn) = seen?;
        let document = document.map(|json| ParsedResult::read(&json));
        Some(RecognizedFace {
            subject: document.as_ref().map_or_else(|| (*subject).clone(), |document| document.subject(&subject)),
            similarity: document.and_then(|document| document.similarity()).unwrap_or(drawn),
        })
    }

    /// Returns the person of a session, for drawings.
    fn portrait_subject(&self, tenant: &Tenant, session: &mut Session, catalogue: &Catalogue) -> Arc<PortraitSubject> {
        session.portrait(|session| {
            let (settings, patch) = (tenant.settings(), session.scenario().person.as_ref());
            let (flags, casting) =
                (session.flags_of(StepType::IdentityDocument), self.config.casting(&settings.company));
            let chosen = session.progress().and_then(FlowProgress::document);
            let person = catalogue.fixtures.people.assign(&session.token, &flags, casting, patch, chosen).person;
            PortraitSubject {
                session: session.token,
                name: person.short_name(),
                is_female: matches!(person.sex, Sex::F),
            }
        })
    }
}
