//! The parts of a verification that flags and steps request.

use std::borrow::Cow;

use super::Session;
use crate::{
    flow::flags_of,
    scenario::Verdict,
    vendor::{BooleanFlag, Flags, StepType},
};

impl Session {
    /// Returns the flags of the first step of that type; those of an identity document restrict the person.
    pub(crate) fn flags_of(&self, kind: StepType) -> Flags {
        let layers = self.spec.form_layers();
        let flags = layers.read_flags();
        // Steps are long, and most sessions have none of that type.
        if self.step_types.has(kind) { flags_of(kind, &flags, &layers.read_steps()) } else { flags }
    }

    /// Whether the session has a document step.
    pub(crate) fn has_document_step(&self) -> bool {
        !self.boolean_flags.has(BooleanFlag::SkipDocument) || self.step_types.has(StepType::IdentityDocument)
    }

    /// Whether the session has a face step.
    pub(crate) fn has_face_step(&self) -> bool {
        !self.boolean_flags.has(BooleanFlag::SkipFace) || self.has_liveness_step()
    }

    /// Whether liveness is checked.
    pub(crate) fn has_liveness(&self) -> bool {
        self.has_liveness_step() || (self.boolean_flags.has(BooleanFlag::Liveness) && self.has_face_step())
    }

    fn has_liveness_step(&self) -> bool {
        self.step_types.has(StepType::Liveness)
    }

    /// Whether the session has a selfie with the document.
    #[cfg(feature = "media")]
    pub(crate) fn has_face_document_step(&self) -> bool {
        self.boolean_flags.has(BooleanFlag::RequireFaceDocument) || self.step_types.has(StepType::SelfieWithDocument)
    }

    /// Whether the session has a general document.
    pub(crate) fn has_general_document_step(&self) -> bool {
        self.boolean_flags.wants_general_document() || self.step_types.has(StepType::GeneralDocument)
    }

    /// Whether the session requests an e-mail address, and a phone number.
    pub(crate) fn asks_address(&self) -> (bool, bool) {
        let is_asked = |boolean_flags: [BooleanFlag; 2], step| {
            boolean_flags.into_iter().any(|flag| self.boolean_flags.has(flag)) || self.step_types.has(step)
        };
        (
            is_asked([BooleanFlag::RequireEmail, BooleanFlag::RequireEmailCheck], StepType::Email),
            is_asked([BooleanFlag::RequirePhoneNumber, BooleanFlag::RequirePhoneNumberCheck], StepType::PhoneNumber),
        )
    }

    /// Returns the reason of a rejection without one, according to the steps.
    pub(crate) fn default_reject_reason(&self) -> &'static str {
        match () {
            () if self.has_face_step() => "face_mismatch",
            () if self.has_general_document_step() && !self.has_document_step() => "document_type_mismatch",
            () => "document_not_readable",
        }
    }

    /// Fits a verdict to the session: without a face step, a face reason is replaced.
    pub(crate) fn fit_verdict<'v>(&self, verdict: &'v Verdict) -> Cow<'v, Verdict> {
        if self.has_face_step() || !verdict.is_about_face() {
            return Cow::Borrowed(verdict);
        }
        Cow::Owned(verdict.clone().without_reason().completed_for_decision(self.default_reject_reason()))
    }

    /// Whether the session has a questionnaire, for the person or the operator.
    pub(crate) fn has_questionnaire(&self) -> bool {
        self.step_types.has_questionnaire()
    }
}
