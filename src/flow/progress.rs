//! How far a person has come in the widget.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    heap::OnHeap,
    vendor::{DocumentType, Language},
};

/// What a person gave so far, and where they are. It is kept in the session, so that a page can be closed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct FlowProgress {
    /// The id of the screen that the person looks at; `None` for the first that is open.
    pub(super) at: Option<String>,
    /// By the ids of screens.
    pub(super) inputs: IndexMap<String, ScreenInput>,
}

/// What a person gave on a screen.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub(crate) enum ScreenInput {
    /// They went on.
    Acknowledged,
    /// They chose a language, by the vendor's code.
    Language(String),
    /// An e-mail address or a phone number, and how often the code that checks it was sent again.
    Address { address: String, resends: u32 },
    /// Which document they show.
    Document {
        kind: DocumentType,
        /// Three letters.
        country: String,
    },
    /// A picture came in, or the sample is taken.
    Picture { is_sample: bool },
    /// Which general document they bring.
    GeneralDocument(String),
    /// Whether the general document has another page.
    MorePages(bool),
    /// They answered a questionnaire.
    Answers { questionnaire: String, answers: Map<String, Value> },
}

impl ScreenInput {
    /// Whether later screens of the step follow from it.
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
    /// What was given on the screen of that id.
    pub(crate) fn given(&self, screen: &str) -> Option<&ScreenInput> {
        self.inputs.get(screen)
    }

    /// The same after a code was sent again so often to the address that was given on a screen.
    pub(super) fn resent(&self, screen: &str, often: u32) -> Self {
        let mut progress = self.clone();
        if let Some(ScreenInput::Address { resends, .. }) = progress.inputs.get_mut(screen) {
            *resends = often;
        }
        progress
    }

    /// The language that the person chose last.
    pub(crate) fn language(&self) -> Option<Language> {
        let chosen = |input: &ScreenInput| {
            if let ScreenInput::Language(code) = input { Language::from_code(code) } else { None }
        };
        self.inputs.values().rev().find_map(chosen)
    }

    /// The document that the person chose, and its country.
    pub(crate) fn document(&self) -> Option<(DocumentType, &str)> {
        self.inputs.values().rev().find_map(|input| match input {
            ScreenInput::Document { kind, country } => Some((*kind, country.as_str())),
            _ => None,
        })
    }

    /// The e-mail address that the person gave last.
    pub(crate) fn email(&self) -> Option<&str> {
        self.addresses().find(|address| address.contains('@'))
    }

    /// The phone number that the person gave last: `+` and digits.
    pub(crate) fn phone(&self) -> Option<&str> {
        self.addresses().find(|address| !address.contains('@'))
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        self.inputs.values().rev().filter_map(|input| match input {
            ScreenInput::Address { address, .. } => Some(&**address),
            _ => None,
        })
    }

    /// The kind of general document that the person chose.
    pub(crate) fn paper(&self) -> Option<&str> {
        self.inputs
            .values()
            .rev()
            .find_map(|input| if let ScreenInput::GeneralDocument(kind) = input { Some(&**kind) } else { None })
    }

    /// How many pages the person gave of their general document, beside the first.
    pub(crate) fn more_pages(&self) -> u32 {
        self.inputs.values().filter(|input| matches!(input, ScreenInput::MorePages(true))).count() as u32
    }

    /// The questionnaires that the person answered, by their keys.
    pub(crate) fn answers(&self) -> Map<String, Value> {
        let answered = self.inputs.values().filter_map(|input| match input {
            ScreenInput::Answers { questionnaire, answers } => Some((questionnaire.clone(), answers.clone().into())),
            _ => None,
        });
        answered.collect()
    }
}
