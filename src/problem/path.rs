//! The path of a value in a file, a body or a query.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A key of a mapping, or the index of a list element.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Member {
    Index(usize),
    Key(String),
}

/// The keys and indexes that lead to a value; empty for the whole.
///
/// It is displayed as `stages[0].after`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub(crate) struct MemberPath(pub(crate) Vec<Member>);

impl MemberPath {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the key at its end.
    pub(crate) fn last_key(&self) -> Option<&str> {
        match self.0.last()? {
            Member::Key(key) => Some(key),
            Member::Index(_) => None,
        }
    }

    /// Returns the path with another one behind it.
    pub(crate) fn join(&self, inner: &Self) -> Self {
        Self(self.0.iter().chain(&inner.0).cloned().collect())
    }

    /// Whether this path leads to the value at `outer`, or to one inside it.
    pub(crate) fn is_within(&self, outer: &Self) -> bool {
        self.0.starts_with(&outer.0)
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, member) in self.0.iter().enumerate() {
            match member {
                Member::Index(index) => write!(f, "[{index}]")?,
                Member::Key(key) if at == 0 => f.write_str(key)?,
                Member::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl From<&str> for Member {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for Member {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Member {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// Creates a path of keys and indexes: `member_path!["stages", 0, "when"]`.
macro_rules! member_path {
    ($($member:expr),* $(,)?) => {
        $crate::problem::MemberPath(vec![$($crate::problem::Member::from($member)),*])
    };
}
pub(crate) use member_path;
