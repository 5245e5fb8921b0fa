//! The widget without the feature `page`: less to see, but every screen can be completed.

pub(super) mod countries {
    use serde_json::{Map, Value};

    use crate::vendor::Language;

    /// Returns only the default country, by its three-letter code.
    pub(in super::super) fn names(_language: Language, own: &str) -> Map<String, Value> {
        Map::from_iter([(own.to_owned(), own.into())])
    }
}

pub(super) mod markdown {
    use serde_json::{Value, json};

    /// Returns the text unchanged.
    pub(in super::super) fn tree(text: &str) -> Vec<Value> {
        vec![json!({ "tag": "p", "children": [text] })]
    }
}

pub(super) mod qr {
    use serde_json::Value;

    /// Returns no code: the page shows the link.
    pub(in super::super) fn code(_link: &str) -> Option<Value> {
        None
    }
}
