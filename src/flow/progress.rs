//! The flow progress of a person.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    heap::OnHeap,
    vendor::{DocumentType, Language},
};

/// The inputs of a person, and the current screen. The session stores it, so that the page can be closed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct FlowProgress {
    /// Id of the current screen; `None` for the first open one.
    pub(super) at: Option<String>,
    /// The inputs, by screen id.
    pub(super) inputs: IndexMap<String, ScreenInput>,
}

/// The input of a screen.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(crate) enum ScreenInput {
    /// The person continued.
    Acknowledged,
    /// The chosen language, by the vendor's code.
    Language(String),
    /// An e-mail address or phone number, and the number of resent codes.
    Address { address: String, resends: u32 },
    /// The chosen document.
    Document {
        kind: DocumentType,
        /// Three-letter code.
        country: String,
    },
    /// A picture, or the sample.
    Picture { is_sample: bool },
    /// The chosen kind of general document.
    GeneralDocument(String),
    /// Whether the general document has another page.
    MorePages(bool),
    /// The questionnaire was answered.
    Answers { questionnaire: String, answers: Map<String, Value> },
}

impl ScreenInput {
    /// Whether later screens of the step depend on it.
    pub(super) fn invalidates_later_screens(&self) -> bool {
        matches!(self, Self::Address { .. } | Self::Document { .. } | Self::GeneralDocument(_) | Self::MorePages(_))
    }
}

impl OnHeap for ScreenInput {
    fn on_heap(&self) -> usize {
        match self {
            Self::Acknowledged | Self::Picture { .. } | Self::MorePages(_) => 0,
            Self::Language(text)
            | Self::Address { address: text, .. }
            | Self::GeneralDocument(text)
            | Self::Document { country: text, .. } => text.on_heap(),
            Self::Answers { questionnaire, answers } => questionnaire.on_heap() + answers.on_heap(),
        }
    }
}

impl OnHeap for FlowProgress {
    fn on_heap(&self) -> usize {
        self.at.on_heap() + self.inputs.on_heap()
    }
}

impl FlowProgress {
    /// Returns the input of the screen with this id.
    pub(crate) fn given(&self, screen: &str) -> Option<&ScreenInput> {
        self.inputs.get(screen)
    }

    /// Returns the same progress after a number of resent codes for the address of a screen.
    pub(super) fn resent(&self, screen: &str, often: u32) -> Self {
        let mut progress = self.clone();
        if let Some(ScreenInput::Address { resends, .. }) = progress.inputs.get_mut(screen) {
            *resends = often;
        }
        progress
    }

    /// Returns the latest chosen language.
    pub(crate) fn language(&self) -> Option<Language> {
        let chosen = |input: &ScreenInput| {
            if let ScreenInput::Language(code) = input { Language::from_code(code) } else { None }
        };
        self.inputs.values().rev().find_map(chosen)
    }

    /// Returns the chosen document and its country.
    pub(crate) fn document(&self) -> Option<(DocumentType, &str)> {
        self.inputs.values().rev().find_map(|input| match input {
            ScreenInput::Document { kind, country } => Some((*kind, country.as_str())),
            _ => None,
        })
    }

    /// Returns the latest e-mail address.
    pub(crate) fn email(&self) -> Option<&str> {
        self.addresses().find(|address| address.contains('@'))
    }

    /// Returns the latest phone number: `+` and digits.
    pub(crate) fn phone(&self) -> Option<&str> {
        self.addresses().find(|address| !address.contains('@'))
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        self.inputs.values().rev().filter_map(|input| match input {
            ScreenInput::Address { address, .. } => Some(&**address),
            _ => None,
        })
    }

    /// Returns the chosen kind of general document.
    pub(crate) fn paper(&self) -> Option<&str> {
        self.inputs
            .values()
            .rev()
            .find_map(|input| if let ScreenInput::GeneralDocument(kind) = input { Some(&**kind) } else { None })
    }

    /// Returns the number of pages of the general document after the first.
    pub(crate) fn more_pages(&self) -> u32 {
        self.inputs.values().filter(|input| matches!(input, ScreenInput::MorePages(true))).count() as u32
    }

    /// Returns the answered questionnaires, by key.
    pub(crate) fn answers(&self) -> Map<String, Value> {
        let answered = self.inputs.values().filter_map(|input| match input {
            ScreenInput::Answers { questionnaire, answers } => Some((questionnaire.clone(), answers.clone().into())),
            _ => None,
        });
        answered.collect()
    }
}
