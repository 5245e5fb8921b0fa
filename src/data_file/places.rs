//! Positions of problems in a file.

#[cfg(feature = "cli")]
use crate::problem::member_path;

use super::{DataFile, FileProblem, problem::SourceSpan};
use crate::{
    problem::Problem,
    tree::{self, Issue, LineColumn, Node, NodeValue, line_column},
};

impl DataFile {
    /// Returns a problem with the value at its path, as far as the path exists.
    pub(crate) fn problem_in(&self, problem: Problem) -> FileProblem {
        // The file was parsed before, so there is a tree.
        let Some(tree) = self.tree() else { return FileProblem::of_file(&self.path, problem) };
        self.in_tree(tree, problem)
    }

    /// Returns the problem that was found in a tree of this file.
    pub(super) fn placed(&self, tree: &Node, Issue { problem, key, .. }: Issue) -> FileProblem {
        match (key, problem.key()) {
            (Some(at), Some(key)) => {
                let width = key.chars().count();
                self.problem_at(line_column(at), width, problem)
            }
            _ => self.in_tree(tree, problem),
        }
    }

    /// Returns a problem with the value at its path in a tree of this file.
    pub(super) fn in_tree(&self, tree: &Node, problem: Problem) -> FileProblem {
        let (key, node) = tree::follow(tree, problem.path());
        let at = match (&node.value, key) {
            // A mapping or list may begin on the line below its key.
            (NodeValue::Mapping(_) | NodeValue::List(_), Some(key)) if self.is_block(node) => key.referenced,
            _ => node.referenced,
        };
        let (line, column) = line_column(at);
        let start = at.span().byte_offset().map_or(0, |start| start as usize);
        let is_container = matches!(node.value, NodeValue::Mapping(_) | NodeValue::List(_));
        let length = match at.span().byte_len() {
            Some(length) if !is_container => Some(length as usize),
            _ => self.text.get(start..).and_then(bracketed),
        };
        let source = length.and_then(|length| self.text.get(start..start + length)?.lines().next());
        let width = source.map_or_else(|| self.rest_of_line(line, column), |source| source.trim_end().chars().count());
        self.problem_at((line, column), width, problem)
    }

    /// Whether a mapping or list is written without brackets.
    fn is_block(&self, node: &Node) -> bool {
        let start = node.referenced.span().byte_offset().map_or(0, |start| start as usize);
        !self.text.get(start..).is_some_and(|text| text.starts_with(['{', '[']))
    }

    pub(super) fn problem_at(&self, (line, column): LineColumn, width: usize, problem: Problem) -> FileProblem {
        let span = SourceSpan::new(&self.text, line.max(1), column.max(1), width);
        FileProblem { file: Some(self.path.clone()), span: Some(span), problem }
    }

    /// Returns the number of characters from a column to the end of the line, without a comment.
    pub(super) fn rest_of_line(&self, line: usize, column: usize) -> usize {
        let line = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let rest: String = line.chars().skip(column.saturating_sub(1)).collect();
        rest.split(" #").next().unwrap_or_default().trim_end().chars().count()
    }

    /// Whether the file has this key at its top.
    #[cfg(feature = "cli")]
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.tree().is_some_and(|tree| tree::follow(tree, &member_path![key]).0.is_some())
    }

    /// Returns the index of the last element of the list at that key with one of these members and value.
    #[cfg(feature = "cli")]
    pub(crate) fn element_with(&self, list: &str, members: &[&str], value: &str) -> Option<usize> {
        let (_, list) = tree::follow(self.tree()?, &member_path![list]);
        let NodeValue::List(elements) = &list.value else { return None };
        let has_member = |element: &Node| {
            let mut texts = members.iter().flat_map(|member| tree::texts(element, &[member]));
            texts.any(|(_, text)| text == value)
        };
        elements.iter().rposition(has_member)
    }
}

/// Returns the length of the brackets or braces at the start of a text, in bytes; `None` if it has none.
fn bracketed(text: &str) -> Option<usize> {
    let (mut open, mut quote) = (0, None);
    for (at, character) in text.char_indices() {
        match (character, quote) {
            (end, Some(quoted)) if end == quoted => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(character),
            ('{' | '[', None) => open += 1,
            ('}' | ']', None) => open -= 1,
            (_, None) if open == 0 => return None,
            _ => {}
        }
        if open == 0 && quote.is_none() {
            return Some(at + 1);
        }
    }
    None
}
