//! The `data-testid`s of the widget: `docs/widget.md` lists those of its page, and no others.

use std::{collections::BTreeSet, fs, path::Path};

/// What stands between `before` and `after`, wherever it does.
fn between<'a>(text: &'a str, before: &str, after: char) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

/// An id of a script, with a star for each `${…}`.
fn starred(id: &str) -> String {
    let (start, rest) = id.split_once("${").unwrap_or((id, ""));
    match rest.split_once('}') {
        Some((_, rest)) => format!("{start}*{}", starred(rest)),
        None => start.to_owned(),
    }
}

/// An id of the documentation, with a star for each word in capitals.
fn without_words(id: &str) -> String {
    let mut starred = String::new();
    for letter in id.chars() {
        match letter {
            'A'..='Z' if starred.ends_with('*') => {}
            'A'..='Z' => starred.push('*'),
            other => starred.push(other),
        }
    }
    starred
}

#[test]
fn the_documentation_lists_the_test_ids_of_the_page() {
    let folder = Path::new("src/http/widget");
    let files =
        ["", "demo", "panel", "screens"].into_iter().flat_map(|below| fs::read_dir(folder.join(below)).unwrap());
    let mut in_page = BTreeSet::new();
    for path in files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        if path.extension().is_some_and(|ending| ending == "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let plain = ["testid: \"", "testid = \"", "testid=\""].into_iter().flat_map(|start| between(&text, start, '"'));
        let built = between(&text, "testid: `", '`');
        let notices = text.lines().filter(|line| line.contains("notice(")).flat_map(|line| between(line, "), \"", '"'));
        in_page.extend(plain.chain(built).chain(notices).map(starred));
    }
    let page = fs::read_to_string("docs/widget.md").unwrap();
    let table = page.split("| `data-testid` |").nth(1).expect("there is such a table");
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let listed = cells.flat_map(|cell| cell.split('`').step_by(2)).filter(|id| !id.is_empty());
    let listed: BTreeSet<_> = listed.map(without_words).collect();
    assert!(listed.len() > 40, "{listed:?}");
    assert_eq!(listed, in_page);
}
