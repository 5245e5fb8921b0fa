//! The steps of a session: automatic steps of flags, and requested steps.

use crate::{
    problem::Problem,
    vendor::{Flags, Step, StepType, Steps},
};

/// Returns all steps in order: first the automatic ones that flags add, then the requested ones.
///
/// Document and face are always added, unless `skip_document` and `skip_face` are set
/// ([source](crate::fidelity#the-widget)). A requested step `email` or `phone-number` replaces the one that flags would
/// add.
pub(crate) fn steps<'a>(flags: &Flags, steps: &'a Steps) -> Vec<Step<'a>> {
    let asks_itself = |kind: &str| steps.for_person().any(|step| step.kind == kind);
    let wants = |kind: &str, names: [&str; 2]| names.iter().any(|name| flags.is_on(name)) && !asks_itself(kind);
    let general = ["allow_general_document_capture", "allow_general_document_upload"];
    let automatic = [
        (!flags.is_on("skip_agreement"), "agreement", "agreement"),
        (wants("email", ["require_email", "require_email_check"]), "email", "email"),
        (wants("phone-number", ["require_phone_number", "require_phone_number_check"]), "phone-number", "phone-number"),
        (!flags.is_on("skip_document"), "document", "identity-document"),
        (!flags.is_on("skip_face"), "face", "liveness"),
        (flags.is_on("require_face_document"), "face-document", "selfie-with-document"),
        (general.iter().any(|name| flags.is_on(name)), "general-document", "general-document"),
    ];
    let automatic = automatic.into_iter().filter(|(is_on, ..)| *is_on);
    automatic.map(|(_, key, kind)| Step::automatic(key, kind)).chain(steps.for_person()).collect()
}

/// Returns the flags of the first step of that type.
pub(crate) fn flags_of(kind: StepType, flags: &Flags, asked: &Steps) -> Flags {
    let step = steps(flags, asked).into_iter().find(|step| step.kind == kind.as_str());
    step.and_then(|step| step.own).map_or_else(|| flags.clone(), |own| flags.with_step(own))
}

/// Returns key and type of a step, found by either.
///
/// # Errors
///
/// [`Problem`] with the names of the steps.
pub(crate) fn find_step(steps: &[Step<'_>], name: &str) -> Result<(String, String), Problem> {
    let step = steps.iter().find(|step| step.is_named(name));
    let step = step.ok_or_else(|| Problem::unknown_name(name, "step", steps.iter().map(|step| &*step.key)))?;
    Ok((step.key.to_string(), step.kind.to_string()))
}
