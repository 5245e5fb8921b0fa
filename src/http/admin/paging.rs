//! Pages of lists.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

use crate::{foreign_text::shortened, glob::Glob};

/// Default number of items of a page.
pub(super) const DEFAULT_PAGE_LIMIT: usize = 100;
/// Maximum number of items of a page.
pub(crate) const MAX_PAGE_LIMIT: usize = 1000;

/// The number of items of a page.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct PageLimit(pub(crate) usize);

impl PageLimit {
    /// The limit of a request.
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "only a client writes requests"))]
    pub(crate) const MAX: Self = Self(MAX_PAGE_LIMIT);
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(DEFAULT_PAGE_LIMIT)
    }
}

impl<'de> Deserialize<'de> for PageLimit {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        // A string in a query, a number in a body.
        let given = Value::deserialize(reader)?;
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        let number = text.parse().ok().filter(|number| (1..=MAX_PAGE_LIMIT).contains(number));
        let problem = || D::Error::custom(format!("`{}` is not a number from 1 to {MAX_PAGE_LIMIT}", shortened(&text)));
        number.map(Self).ok_or_else(problem)
    }
}

/// Parameters of a list that has pages.
pub(crate) trait ListQuery {
    /// Requests the page after `cursor`.
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>);
}

/// A page of a list in the order of names.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NameListQuery {
    #[serde(default)]
    pub(super) limit: PageLimit,
    /// The name after which the page starts.
    pub(super) cursor: Option<String>,
    /// A pattern of names: `*` stands for any characters, `?` for one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    like: Option<Glob>,
}

impl ListQuery for NameListQuery {
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>) {
        self.limit = limit;
        self.cursor = cursor.map(str::to_owned);
    }
}

impl NameListQuery {
    /// Whether a name matches the pattern.
    pub(super) fn is_like(&self, name: &str) -> bool {
        self.like.as_ref().is_none_or(|pattern| pattern.matches(name))
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum SortOrder {
    #[default]
    Oldest,
    Newest,
}

/// A page of a list.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ListPage<T> {
    pub(crate) items: Vec<T>,
    /// The `cursor` of the next page; `None` on the last.
    pub(crate) next: Option<String>,
}

impl<T> ListPage<T> {
    /// Returns the page after the first `cursor` items.
    pub(super) fn page_by_offset(items: Vec<T>, PageLimit(limit): PageLimit, cursor: usize) -> Self {
        let end = cursor.saturating_add(limit);
        let next = (end < items.len()).then(|| end.to_string());
        Self { items: items.into_iter().skip(cursor).take(limit).collect(), next }
    }

    /// Returns the page after `cursor` of items sorted by `place`.
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
