//! Lists: how much of one is answered, and how to go on.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::{foreign_text::shortened, glob::Glob};

/// How many items an answer has where nothing is said.
const DEFAULT_PAGE_LIMIT: usize = 100;
/// How many items an answer has at most.
pub(super) const MAX_PAGE_LIMIT: usize = 1000;

/// How many items are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageLimit(pub(super) usize);

impl Default for PageLimit {
    fn default() -> Self {
        Self(DEFAULT_PAGE_LIMIT)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        // In a query it is text, in a body a number.
        let given = Value::deserialize(reader)?;
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        let number = text.parse().ok().filter(|number| (1..=MAX_PAGE_LIMIT).contains(number));
        let problem = || D::Error::custom(format!("`{}` is not a number from 1 to {MAX_PAGE_LIMIT}", shortened(&text)));
        number.map(Self).ok_or_else(problem)
    }
}

/// Whose things are meant: those of one company. What it means to name none, each call says.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CompanyParam {
    pub(super) company_key: Option<String>,
}

/// Which part of a list is wanted that is in the order of names.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NameListQuery {
    #[serde(default)]
    pub(super) limit: PageLimit,
    /// The name behind which it goes on.
    pub(super) cursor: Option<String>,
    /// What the names look like: `*` stands for any characters, `?` for one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    like: Option<Glob>,
}

impl NameListQuery {
    /// Whether a name looks as the wanted ones do.
    pub(super) fn is_like(&self, name: &str) -> bool {
        self.like.as_ref().is_none_or(|pattern| pattern.matches(name))
    }
}

/// In which order things happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum SortOrder {
    #[default]
    Oldest,
    Newest,
}

/// A part of a list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListPageOf{T}"))]
pub(super) struct ListPage<T> {
    pub(super) items: Vec<T>,
    /// The `cursor` with which the next part is asked for; `None` behind the last.
    pub(super) next: Option<String>,
}

impl<T> ListPage<T> {
    /// The part of items that have no names, behind the first `cursor` of them.
    pub(super) fn page_by_offset(items: Vec<T>, PageLimit(limit): PageLimit, cursor: usize) -> Self {
        let end = cursor.saturating_add(limit);
        let next = (end < items.len()).then(|| end.to_string());
        Self { items: items.into_iter().skip(cursor).take(limit).collect(), next }
    }

    /// The part behind `cursor` of items that are in the order of what `place` says of each.
    pub(super) fn page_by_key<I>(
        items: impl IntoIterator<Item = I>,
        (PageLimit(limit), cursor): (PageLimit, Option<&str>),
        place: impl Fn(&I) -> &str,
        show: impl Fn(&I) -> T,
    ) -> Self {
        let mut rest = items.into_iter().filter(|item| cursor.is_none_or(|cursor| place(item) > cursor)).peekable();
        let items: Vec<_> = rest.by_ref().take(limit).collect();
        let next = rest.peek().and_then(|_| items.last()).map(|last| place(last).to_owned());
        Self { items: items.iter().map(show).collect(), next }
    }
}
