//! Flags and steps as the JSON text that was received.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};

use super::{BooleanFlags, Flags, FlagsAtBegin, StepTypes, Steps, StepsAtBegin, steps::merge_steps};
use crate::json_cursor::merge_members;

/// Flags, a JSON object, and steps, a JSON array of objects, as received. Both are in one text, which clones share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FlagsAndSteps {
    text: Arc<str>,
    /// Position at which the steps begin.
    steps_at: u32,
}

impl FlagsAndSteps {
    /// Stores checked texts; empty for none.
    pub(crate) fn new(flags: &str, steps: &str) -> Self {
        let steps_at = flags.len().try_into().expect("a body is shorter than 4 GiB");
        let text = match (flags, steps) {
            ("", "") => return Self::default(),
            (text, "") | ("", text) => text.into(),
            (flags, steps) => [flags, steps].concat().into(),
        };
        Self { text, steps_at }
    }

    /// Serializes flags and steps.
    pub(crate) fn from_values(flags: Map<String, Value>, steps: &[Map<String, Value>]) -> Self {
        let flags = if flags.is_empty() { String::new() } else { Value::Object(flags).to_string() };
        let steps =
            if steps.is_empty() { String::new() } else { serde_json::to_string(steps).expect("values are JSON") };
        Self::new(&flags, &steps)
    }

    /// Whether there are neither flags nor steps.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the length of both texts, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.text.len()
    }

    /// Returns the text of the flags; empty for none.
    pub(crate) fn flags(&self) -> &str {
        &self.text[..self.steps_at as usize]
    }

    /// Returns the text of the steps; empty for none.
    pub(crate) fn steps(&self) -> &str {
        &self.text[self.steps_at as usize..]
    }
}

/// The form of a saved configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedForm {
    pub(crate) config_id: Box<str>,
    pub(crate) flags_and_steps: FlagsAndSteps,
}

/// The layers of a session's form: the call's, between that of its saved configuration and that of its scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormLayers<'a> {
    pub(crate) saved: Option<&'a FlagsAndSteps>,
    pub(crate) own: &'a FlagsAndSteps,
    pub(crate) scenario: Option<&'a FlagsAndSteps>,
}

impl<'a> FormLayers<'a> {
    /// Merges the flags: those of the higher layer override. Empty for none.
    pub(crate) fn flags(self) -> Cow<'a, str> {
        self.merge(FlagsAndSteps::flags, |_, above, below| merge_members(below, above))
    }

    /// Merges the steps. Steps of the call replace saved ones by `key`, otherwise by `type`; steps of the scenario
    /// replace others by `key` ([source](crate::fidelity#calls)). Empty for none.
    pub(crate) fn steps(self) -> Cow<'a, str> {
        self.merge(FlagsAndSteps::steps, |is_own, above, below| merge_steps(above, below, is_own))
    }

    /// Merges two layers, if both are present.
    fn merge(self, part: fn(&FlagsAndSteps) -> &str, over: impl Fn(bool, &str, &str) -> String) -> Cow<'a, str> {
        let layers = [(false, self.saved), (true, Some(self.own)), (false, self.scenario)];
        let texts = layers.into_iter().filter_map(|(is_own, form)| Some((is_own, part(form?))));
        texts.filter(|(_, text)| !text.is_empty()).fold(Cow::Borrowed(""), |below, (is_own, above)| match &*below {
            "" => Cow::Borrowed(above),
            below => Cow::Owned(over(is_own, above, below)),
        })
    }

    /// Reads the boolean flags that are on, and the types of the steps.
    pub(crate) fn read_types(self) -> (BooleanFlags, StepTypes) {
        (FlagsAtBegin::read(&self.flags()).boolean_flags, StepsAtBegin::read(&self.steps()).types)
    }

    /// Parses the flags.
    pub(crate) fn read_flags(self) -> Flags {
        Flags::read(&self.flags())
    }

    /// Parses the steps.
    pub(crate) fn read_steps(self) -> Steps {
        Steps::read(&self.steps())
    }
}
