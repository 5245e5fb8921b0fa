//! The details of a verdict: each is declared here alone.

use serde::{Deserialize, Serialize};

/// Passes the details to a macro: name and type of each, which is absent by default.
macro_rules! verdict_details {
    ($generate:ident! { $($rest:tt)* }) => {
        $generate! {
            {
                /// The reason of a rejection.
                reject_reason: String,
                /// The reason as a sentence; empty by default.
                reject_description: String,
                /// The comment of an operator.
                result_comment: String,
                /// Whether liveness was confirmed; by default as the flags imply.
                live: bool,
                /// Similarity of face and document, 0 to 1; by default above 0.9 if a face is checked.
                #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
                similarity: f64,
                /// Whether the document could be read; otherwise the response has no person.
                document_read: bool,
                /// A note on the quality of the person's data: `status` of `person`, such as `FIELDS_MISMATCH`.
                person_status: String,
                /// Entries of screening lists that may be the person.
                screening_matches: Vec<$crate::scenario::ScreeningMatch>,
            }
            $($rest)*
        }
    };
}
pub(crate) use verdict_details;

/// Declares a struct with members of its own, in front of the details.
macro_rules! with_details {
    (
        {$($(#[$of_detail:meta])+ $detail:ident: $Detail:ty,)*}
        $(#[$attribute:meta])*
        $visibility:vis struct $Struct:ident { $($(#[$of_own:meta])* $own:ident: $Own:ty,)* }
    ) => {
        $(#[$attribute])*
        $visibility struct $Struct {
            $($(#[$of_own])* $own: $Own,)*
            $($(#[$of_detail])+ #[serde(skip_serializing_if = "Option::is_none")] $detail: Option<$Detail>,)*
        }

        impl $Struct {
            /// Exchanges the details of the verdict for others.
            fn swap_details(&mut self, mut details: $crate::scenario::VerdictDetails) -> $crate::scenario::VerdictDetails {
                $(std::mem::swap(&mut self.$detail, &mut details.$detail);)*
                details
            }
        }
    };
}
pub(crate) use with_details;

macro_rules! details_struct {
    ({$($(#[$of_detail:meta])+ $detail:ident: $Detail:ty,)*}) => {
        /// The details of a verdict in a result document.
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
        pub(crate) struct VerdictDetails {
            $($(#[$of_detail])+ #[serde(skip_serializing_if = "Option::is_none")] pub(crate) $detail: Option<$Detail>,)*
        }

        impl VerdictDetails {
            pub(crate) const NONE: Self = Self { $($detail: None,)* };

            /// Returns the name of a detail, if there is one.
            pub(crate) fn first_name(&self) -> Option<&'static str> {
                [$((self.$detail.is_some(), stringify!($detail)),)*].into_iter().find_map(|(is, name)| is.then_some(name))
            }
        }
    };
}

verdict_details!(details_struct! {});
