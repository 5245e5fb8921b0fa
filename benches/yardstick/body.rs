//! What `begin/` is called with.

use identomat_mock::DEFAULT_COMPANY_KEY;
use serde_json::{Value, json};

/// A body of `begin/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// The company key alone.
    Key,
    /// A call as short as the vendor's manual prints it.
    Manual,
    /// What a company sends: eight flags and a questionnaire.
    Usual,
}

impl Body {
    /// Every body, the shortest first.
    pub(crate) const ALL: [Self; 3] = [Self::Key, Self::Manual, Self::Usual];

    /// The name in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Key => "the key alone",
            Self::Manual => "the manual's",
            Self::Usual => "the usual one",
        }
    }

    /// The JSON text.
    pub(crate) fn text(self) -> String {
        let mut call = json!({"company_key": DEFAULT_COMPANY_KEY});
        call.as_object_mut().expect("it is an object").extend(self.form());
        call.to_string()
    }

    /// How long its flags and steps are as JSON text.
    pub(crate) fn form_length(self) -> usize {
        self.form().iter().map(|(_, value)| value.to_string().len()).sum()
    }

    fn form(self) -> Vec<(String, Value)> {
        let flags = match self {
            Self::Key => return Vec::new(),
            Self::Manual => json!({"language": "en", "liveness": true, "return_url": "https://shop.example/verified"}),
            Self::Usual => json!({
                "language": "en",
                "liveness": true,
                "document_types": ["id", "passport"],
                "allow_document_upload": true,
                "skip_agreement": true,
                "require_email": false,
                "require_phone_number": false,
                "return_url": "https://shop.example/verified?order=1042",
            }),
        };
        let mut form = vec![("flags".into(), flags)];
        if self == Self::Usual {
            let question =
                json!({"type": "boolean", "key": "pep", "mandatory": true, "title": "Do you hold an office?"});
            let steps =
                json!([{"type": "user-questionnaire", "key": "about", "title": "You", "questions": [question]}]);
            form.push(("steps".into(), steps));
        }
        form
    }
}
