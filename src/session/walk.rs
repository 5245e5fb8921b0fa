//! The steps that a person goes through in the widget, by name.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FinishError, Session};
use crate::vendor::{Steps, Switch, Switches};

/// A step of the widget that the person came to, by key and by type.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct Reached {
    pub(crate) step: String,
    pub(crate) kind: String,
    /// The first time.
    pub(crate) at: Timestamp,
}

impl Session {
    /// Notes that the person came to a step of the widget, named by its key or its type; the first time counts.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such step, or nothing more to do for a person at `now`.
    pub(crate) fn reach(&mut self, name: &str, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        let (step, kind) = self.find_step(name).map_err(FinishError::Step)?;
        self.settle(now);
        if !self.reached().iter().any(|reached| reached.step == step) {
            self.rest().reached.push(Reached { step, kind, at: now });
        }
        self.settle(now);
        Ok(())
    }

    /// When the person first came to a step of that key or type.
    pub(crate) fn reached_at(&self, name: &str) -> Option<Timestamp> {
        self.reached().iter().find(|reached| reached.step == name || reached.kind == name).map(|reached| reached.at)
    }

    /// The steps of the widget that the person came to, in the order in which they did.
    pub(crate) fn reached(&self) -> &[Reached] {
        self.rest.as_ref().map_or(&[], |rest| &rest.reached)
    }

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
