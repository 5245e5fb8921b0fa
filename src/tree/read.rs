//! Reads a type from a tree, and collects all problems: it is read repeatedly, each time without the values that
//! failed before.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
};

use serde::de::DeserializeOwned;
use serde_saphyr::Location;

use super::{Node, NodeValue, cursor::Cursor, renamed::is_old_name};
use crate::problem::{Member, MemberPath, Problem};

/// Maximum number of problems; a file with more is of another kind.
const MAX_PROBLEMS: usize = 100;

/// A key that a file and a body name differently, besides `-` in a file and `_` in a body.
const IN_FILE: &str = "key";
const IN_BODY: &str = "company_key";

/// The keys whose values are secret, so that no message shows them.
const SECRETS: [&str; 4] = ["secret", "admin-token", "company-key", "any-company-key"];

/// A problem with a tree, and the position that explains it.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) problem: Problem,
    /// The position of the key, for a problem with a key.
    pub(crate) key: Option<Location>,
    /// The value in which it was found; problems of combinations are found in their mapping.
    found_in: MemberPath,
}

/// Whether a value under this key is secret.
pub(crate) fn is_secret(key: &str) -> bool {
    SECRETS.contains(&key)
}

/// Reads a `T`; `file` is the text of a file, of which all problems are found. Of a body or a query it is the first.
/// Unknown keys are problems where `T` is a struct.
///
/// # Errors
///
/// The problems, at least one, in the order in which they were found.
pub(crate) fn read<T: DeserializeOwned>(root: &Node, file: Option<&str>) -> Result<T, Vec<Issue>> {
    let mut value = None;
    read_with(root, file, &mut |cursor| {
        value = Some(T::deserialize(cursor)?);
        Ok(())
    })?;
    Ok(value.expect("the last attempt read it"))
}

/// Attempts to read a tree until no further problem is found.
fn read_with(
    root: &Node,
    file: Option<&str>,
    attempt: &mut dyn FnMut(Cursor<'_, '_, '_>) -> Result<(), Problem>,
) -> Result<(), Vec<Issue>> {
    let mut reader = Reader { file, max_problems: file.map_or(1, |_| MAX_PROBLEMS), ..Reader::default() };
    for _ in 0..reader.max_problems {
        match attempt(Cursor { reader: &reader, node: root }) {
            Ok(()) if reader.issues.get_mut().is_empty() => return Ok(()),
            Ok(()) => break,
            Err(problem) => {
                let failed = reader.failed.take().unwrap_or_else(|| reader.of_value(problem, root));
                if !reader.leave_out(failed) {
                    break;
                }
            }
        }
    }
    Err(reader.issues.into_inner())
}

/// The state of repeated attempts to read a tree.
#[derive(Default)]
pub(super) struct Reader<'f> {
    /// The text of the file, if the tree is that of one.
    pub(super) file: Option<&'f str>,
    max_problems: usize,
    issues: RefCell<Vec<Issue>>,
    /// Values that are left out, because they failed.
    left_out: HashSet<MemberPath>,
    /// The current path.
    pub(super) path: RefCell<MemberPath>,
    /// The problem of this attempt.
    failed: RefCell<Option<Issue>>,
    /// The keys of the root.
    pub(super) root_keys: Cell<&'static [&'static str]>,
}

impl Reader<'_> {
    /// Records the failure of an attempt, and leaves its value out of the next one; false if another attempt is
    /// useless.
    fn leave_out(&mut self, failed: Issue) -> bool {
        self.path.get_mut().0.clear();
        let issues = self.issues.get_mut();
        let path = failed.found_in.clone();
        let may_follow = issues.iter().any(|known| known.found_in.is_within(&path));
        if !may_follow || failed.problem.is_of_value() {
            issues.push(failed);
        }
        !path.is_empty() && issues.len() < self.max_problems && self.left_out.insert(path)
    }

    pub(super) fn enter(&self, member: Member) {
        self.path.borrow_mut().0.push(member);
    }

    pub(super) fn leave(&self) {
        self.path.borrow_mut().0.pop();
    }

    pub(super) fn is_left_out(&self) -> bool {
        !self.left_out.is_empty() && self.left_out.contains(&*self.path.borrow())
    }

    /// Records the problem of the current value, unless one further inside is recorded.
    pub(super) fn fails(&self, problem: &Problem, node: &Node) {
        let mut failed = self.failed.borrow_mut();
        if failed.is_none() {
            *failed = Some(self.of_value(problem.clone(), node));
        }
    }

    /// Returns a problem with its whole path, and with what may be shown of the value.
    fn of_value(&self, problem: Problem, node: &Node) -> Issue {
        let found_in = self.path.borrow().clone();
        let problem = match self.file {
            Some(_) if problem.as_missing_key() == Some(IN_BODY) => Problem::missing_key(IN_FILE),
            _ => problem,
        };
        let problem = problem.at(&found_in);
        let (key, value) = super::follow(node, &MemberPath(problem.path().0[found_in.0.len()..].to_vec()));
        let is_hidden = has_secret(problem.path());
        let problem = match (&value.value, problem.given()) {
            _ if is_hidden => problem.with_given(None),
            (NodeValue::Untyped { source: Some(source), .. }, Some(_)) => problem.with_given(Some(source.clone())),
            (value, None) => problem.with_found(value.shown(), value.noun()),
            _ => problem,
        };
        let key = key.filter(|_| problem.key().is_some()).map(|key| key.referenced);
        Issue { problem, key, found_in }
    }

    /// Records a problem with the current key, once.
    pub(super) fn note(&self, key: Location, problem: impl FnOnce() -> Problem) {
        let (mut issues, found_in) = (self.issues.borrow_mut(), self.path.borrow());
        // A caller may send very many unknown keys.
        if issues.len() < self.max_problems
            && !issues.iter().any(|known| known.key == Some(key) && key != Location::UNKNOWN)
        {
            let found_in = found_in.clone();
            issues.push(Issue { problem: problem().at(&found_in), key: Some(key), found_in });
        }
    }

    /// Whether a key of a nested mapping is one of the top of the file.
    pub(super) fn is_of_top(&self, key: &str) -> bool {
        self.path.borrow().0.len() > 1 && self.root_keys.get().contains(&&*key.replace('_', "-"))
    }

    /// Returns the keys that a message shows: each in one spelling, and none for editors.
    pub(super) fn shown(&self, known: &'static [&'static str]) -> Vec<&'static str> {
        let is_other_spelling = |key: &str| {
            let (from, to, this, other) = match self.file {
                Some(_) => ('_', "-", IN_BODY, IN_FILE),
                None => ('-', "_", IN_FILE, IN_BODY),
            };
            (key.contains(from) && known.contains(&&*key.replace(from, to))) || (key == this && known.contains(&other))
        };
        known
            .iter()
            .copied()
            .filter(|key| !key.starts_with('$') && !is_old_name(key) && !is_other_spelling(key))
            .collect()
    }
}

/// Whether a path leads to a secret.
pub(crate) fn has_secret(path: &MemberPath) -> bool {
    path.0.iter().any(|member| matches!(member, Member::Key(key) if is_secret(key)))
}
