//! The steps that a person goes through in the widget, by name.

use std::borrow::Cow;

use super::Session;
use crate::vendor::{Steps, Switch, Switches};

impl Session {
    /// Key and type of a step, found by either of them.
    ///
    /// # Errors
    ///
    /// A message that lists the names of the session's steps.
    pub(crate) fn find_step(&self, name: &str) -> Result<(String, String), String> {
        let steps = self.asked.layers().read_steps();
        let walk = walk(self.switches, &steps);
        let is_named = |(key, kind): &&(Cow<'_, str>, Cow<'_, str>)| *key == name || *kind == name;
        match walk.iter().find(is_named) {
            Some((key, kind)) => Ok((key.to_string(), kind.to_string())),
            None => {
                let names: Vec<_> = walk.iter().map(|(key, _)| format!("`{key}`")).collect();
                Err(format!("the widget has no step `{name}`; its steps are: {}", names.join(", ")))
            }
        }
    }
}

/// Key and type of every step that the person sees, in order: first the automatic ones, then those `steps`.
pub(crate) fn walk<'a>(switches: Switches, steps: &'a Steps) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    let automatic = [
        (!switches.has(Switch::SkipAgreement), "agreement", "agreement"),
        (!switches.has(Switch::SkipDocument), "document", "identity-document"),
        (!switches.has(Switch::SkipFace), "face", "liveness"),
        (switches.wants_general_document(), "general-document", "general-document"),
    ];
    let automatic = automatic.into_iter().filter(|(is_on, ..)| *is_on);
    let automatic = automatic.map(|(_, key, kind)| (Cow::Borrowed(key), Cow::Borrowed(kind)));
    automatic.chain(steps.for_person()).collect()
}
