//! What the page does without the feature `page`: there is less to see, and all of it can be clicked through.

pub(super) mod countries {
    /// The country that is chosen at first alone.
    pub(in super::super) fn all(own: &str) -> Vec<&str> {
        vec![own]
    }

    /// The page shows the three letters of a country.
    pub(in super::super) fn short(_alpha3: &str) -> Option<&'static str> {
        None
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
