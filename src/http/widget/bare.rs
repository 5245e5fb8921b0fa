//! What the page does without the feature `page`: there is less to see, and all of it can be clicked through.

pub(super) mod countries {
    use std::collections::BTreeMap;

    use crate::vendor::Language;

    /// The country that is chosen at first alone, by its three letters.
    pub(in super::super) fn names(_language: Language, own: &str) -> BTreeMap<&str, &str> {
        BTreeMap::from([(own, own)])
    }
}

pub(super) mod markdown {
    use serde_json::{Value, json};

    /// The text as it is.
    pub(in super::super) fn tree(text: &str) -> Vec<Value> {
        vec![json!({ "tag": "p", "children": [text] })]
    }
}

pub(super) mod qr {
    use serde_json::Value;

    /// The page shows the link without a code.
    pub(in super::super) fn code(_link: &str) -> Option<Value> {
        None
    }
}
