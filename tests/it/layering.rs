//! Which way dependencies point: ARCHITECTURE.md says so, and this reads `src/` to see that it is true.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex_lite::Regex;

/// The Rust files below a folder, with their code: comments and tests are left out.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            let (code, tests) = text.split_once("\n#[cfg(test)]").unwrap_or((&text, "\nmod tests {"));
            let place = path.display();
            assert!(are_for_tests(tests), "{place}: what is only for tests stands last, or it hides code from here");
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            sources.push((path, lines.map(|line| format!("{line}\n")).collect()));
        }
    }
    sources
}

/// Whether all items are only for tests, of which the attribute of the first is left out.
fn are_for_tests(items: &str) -> bool {
    let is_outermost = |line: &&str| !line.is_empty() && !line.starts_with([' ', '}', ')', ']', '/']);
    let mut is_for_tests = true;
    items.lines().filter(is_outermost).all(|line| match line {
        "#[cfg(test)]" => {
            is_for_tests = true;
            true
        }
        _ => line.starts_with("#[") || std::mem::take(&mut is_for_tests),
    })
}

/// Every `word` stands only in files whose path below `src/` starts with one of `allowed`.
fn only_in(words: &[&str], allowed: &[&str]) {
    let all = sources(Path::new("src"));
    assert!(all.len() > 20, "the sources are found");
    let mut found = 0;
    for (path, code) in &all {
        let place = path.strip_prefix("src").expect("below src").to_str().expect("UTF-8").replace('\\', "/");
        for word in words {
            if let Some(line) = code.lines().find(|line| line.contains(word)) {
                let is_allowed = allowed.iter().any(|start| place.starts_with(start));
                assert!(is_allowed, "src/{place} names `{word}`; only {allowed:?} may: {}", line.trim());
                found += 1;
            }
        }
    }
    assert!(found > 0, "nothing names {words:?} any more; is this rule out of date?");
}

/// None of `words` stands in the files whose path below `src/` starts with one of `rooms`.
fn never_in(words: &[&str], rooms: &[&str]) {
    for room in rooms {
        let all = sources(Path::new("src"));
        let inside: Vec<_> = all.iter().filter(|(path, _)| path.starts_with(Path::new("src").join(room))).collect();
        assert!(!inside.is_empty(), "there is no src/{room}");
        for (path, code) in inside {
            for word in words {
                assert!(!code.contains(word), "{} names `{word}`", path.display());
            }
        }
    }
}

#[test]
fn only_http_and_server_name_axum_and_hyper() {
    only_in(&["axum"], &["http/", "server/", "server.rs"]);
    only_in(&["hyper::"], &["http/", "server/", "server.rs", "cli.rs", "cli/"]);
}

#[test]
fn only_errors_parts_of_media_and_pages_of_our_own_pick_a_status() {
    only_in(
        &["StatusCode"],
        &["http/error.rs", "http/media.rs", "http/widget/", "http/admin/", "http/home/", "http/origin.rs"],
    );
}

#[test]
fn the_rules_name_neither_runtime_nor_framework_nor_map() {
    never_in(
        &["tokio", "axum", "hyper", "dashmap", "DashMap"],
        &[
            "vendor",
            "json_text.rs",
            "json_cursor.rs",
            "session",
            "flow",
            "problem",
            "condition",
            "scenario",
            "faults",
            "result",
            "signature.rs",
            "media/printed.rs",
            "media/draw",
            "media/sample.rs",
        ],
    );
}

/// A problem is a value: code that reads a sentence to find out what is wrong breaks when it is reworded.
#[test]
fn no_message_is_taken_apart() {
    let taken_apart = Regex::new(
        r"\b(message|detail|problem|error|to_string\(\)|sentence)(\(\))?\s*\.(r?split|strip_|contains|(starts|ends)_with|r?find|replace|r?matches|lines|chars)",
    )
    .expect("a pattern");
    for (text, is_found) in [
        ("message.split_once(\"; \")", true),
        ("problem.to_string().contains(\"x\")", true),
        ("problem\n    .to_string()\n    .starts_with(\"x\")", true),
        ("self.detail().find('`')", true),
        ("problem.path().is_within(&other)", false),
        ("text.contains(message)", false),
    ] {
        assert_eq!(taken_apart.is_match(text), is_found, "{text}");
    }
    // The library of expressions has only a sentence; the generator is a test.
    let may = ["src/condition", "src/cli/schema/generate"];
    let all = sources(Path::new("src"));
    let is_allowed = |path: &Path| may.iter().any(|may| path.to_string_lossy().starts_with(may));
    for (path, code) in all.iter().filter(|(path, _)| !is_allowed(path)) {
        let found = taken_apart.find(code).map(|found| found.as_str());
        assert_eq!(found, None, "{} takes a message apart", path.display());
    }
}

#[test]
fn errors_are_sentences_only_at_the_edge() {
    let with_sentences = Regex::new(r"Result<[^;{]*, String>").expect("a pattern");
    let all = sources(Path::new("src"));
    let count: usize = all.iter().map(|(_, code)| with_sentences.find_iter(code).count()).sum();
    assert!(count <= 5, "{count} functions return sentences as errors: return a Problem, or an error type");
}

#[test]
fn only_the_clock_reads_the_time() {
    only_in(&["Timestamp::now", "SystemTime::now", "Instant::now"], &["clock.rs"]);
}

#[test]
fn only_the_token_draws_random_values() {
    only_in(&["uuid", "Uuid"], &["vendor/token.rs"]);
}

#[test]
fn only_the_sessions_name_dashmap() {
    only_in(&["dashmap", "DashMap", "DashSet"], &["company/session_index.rs"]);
}

#[test]
fn the_domain_does_not_know_http() {
    never_in(
        &["crate::http", "crate::server", "crate::cli"],
        &[
            "session",
            "flow",
            "problem",
            "condition",
            "scenario",
            "result",
            "signature.rs",
            "clock.rs",
            "company",
            "catalogue",
            "faults",
            "mock.rs",
            "mock",
            "media",
            "config.rs",
            "config",
            "vendor",
            "foreign_text.rs",
            "json_text.rs",
            "json_cursor.rs",
            "built_in.rs",
            "data_file",
        ],
    );
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    for (path, _) in sources(Path::new("src")) {
        let stem = path.file_stem().expect("a name").to_str().expect("UTF-8");
        assert!(
            !["utils", "util", "common", "helpers", "types", "manager", "misc"].contains(&stem),
            "{}",
            path.display()
        );
    }
}

/// The names of the types and traits that code defines. Associated types are indented, and those of a macro take one
/// from its arguments.
fn type_names(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| {
        let words = line.trim_start();
        let words = words.strip_prefix("pub").map_or(words, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
        let (keyword, rest) = words.split_once(' ')?;
        let is_type = match keyword {
            "struct" | "enum" | "trait" | "union" => true,
            "type" => !line.starts_with(' '),
            _ => false,
        };
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (is_type && !name.is_empty()).then_some(name)
    })
}

#[test]
fn every_type_has_a_name_of_its_own() {
    // The same without an async runtime.
    let is_twin = |path: &Path| path == Path::new("src/server/blocking.rs");
    let mut places: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, code) in sources(Path::new("src")).into_iter().filter(|(path, _)| !is_twin(path)) {
        for name in type_names(&code) {
            places.entry(name.to_owned()).or_default().insert(path.clone());
        }
    }
    assert!(places.len() > 400 && places.contains_key("Scenario"), "the types are found: {}", places.len());
    places.retain(|_, paths| paths.len() > 1);
    assert!(places.is_empty(), "these names are used more than once: {places:#?}");
}

#[test]
fn types_are_found_however_they_are_written() {
    let code =
        "pub struct A;\npub(crate) enum B<T> {\n    trait C: D {}\ntype E = u8;\n    type Error = F;\nstruct $name;\n";
    assert_eq!(type_names(code).collect::<Vec<_>>(), ["A", "B", "C", "E"]);
}

/// What a module needs: the names that stand behind the root of the crate in its paths.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// What the modules directly below `src/` need of each other. Of what the crate exports, the module that has it counts.
fn needs(sources: &[(PathBuf, String)]) -> Needs {
    let lib = |(path, code): &(PathBuf, String)| (path == Path::new("lib.rs")).then(|| code.clone());
    let exported = exports(&sources.iter().find_map(lib).unwrap_or_default());
    let mut needs = Needs::new();
    for (path, code) in sources {
        // `mock.rs` and `mock/begin.rs` are the module `mock`; `http/mod.rs` is as deep as `mock.rs`.
        let mut place: Vec<_> = path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if place.last().is_some_and(|last| last == "mod") {
            place.pop();
        }
        if ["lib", "main"].contains(&&*place[0]) {
            continue;
        }
        let names = names_below_root(code, place.len());
        let of_module = needs.entry(place[0].clone()).or_default();
        of_module.extend(names.into_iter().map(|name| exported.get(&name).cloned().unwrap_or(name)));
    }
    let modules: BTreeSet<_> = needs.keys().cloned().collect();
    for (module, needed) in &mut needs {
        needed.retain(|name| modules.contains(name) && name != module);
    }
    needs
}

/// What `pub use` of `lib.rs` exports, and from which module.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let uses = lib.split("pub use ").skip(1).filter_map(|rest| rest.split_once(';')?.0.split_once("::"));
    let names = |(module, names): (&str, &str)| -> Vec<_> {
        let names = names.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty());
        names.map(|name| (name.to_owned(), module.to_owned())).collect()
    };
    uses.flat_map(names).collect()
}

/// The first names of all paths that begin at the root of the crate, in code of a module that is `depth` deep.
fn names_below_root(code: &str, depth: usize) -> BTreeSet<String> {
    let root = "super::".repeat(depth);
    let mut names = BTreeSet::new();
    for start in ["crate::", &root] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == ':') {
                continue;
            }
            first_names(&code[at + start.len()..], &mut names);
        }
    }
    // `use super::{super::{a, b}, c}`: what is in the inner braces begins one module further up.
    for (at, _) in code.match_indices("super::{") {
        let (mut up, mut rest) = (1, &code[at + "super::{".len()..]);
        while let Some(further) = rest.trim_start().strip_prefix("super::") {
            (up, rest) = (up + 1, further.strip_prefix('{').unwrap_or(further));
        }
        if up == depth && depth > 1 {
            first_names(&format!("{{{rest}"), &mut names);
        }
    }
    names
}

/// The first name of a path, or the first names of all that stand in its braces.
fn first_names(path: &str, names: &mut BTreeSet<String>) {
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(inside) = path.strip_prefix('{') else {
        names.insert(word(path));
        return;
    };
    let (mut open, mut is_first) = (1, true);
    for (at, sign) in inside.char_indices() {
        match sign {
            '{' => open += 1,
            '}' => open -= 1,
            ',' if open == 1 => is_first = true,
            c if open == 1 && is_first && !c.is_whitespace() => {
                names.insert(word(&inside[at..]));
                is_first = false;
            }
            _ => {}
        }
        if open == 0 {
            return;
        }
    }
}

/// A ring of modules, each of which needs the next, if there is one.
fn ring(needs: &Needs) -> Option<String> {
    fn walk<'a>(needs: &'a Needs, at: &'a str, way: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) -> Option<String> {
        if let Some(from) = way.iter().position(|seen| *seen == at) {
            return Some([&way[from..], &[at]].concat().join(" → "));
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found = needs.get(at).into_iter().flatten().find_map(|next| walk(needs, next, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    needs.keys().find_map(|module| walk(needs, module, &mut Vec::new(), &mut done))
}

#[test]
fn no_modules_need_each_other_in_a_ring() {
    let below = |(path, code): (PathBuf, String)| (path.strip_prefix("src").expect("below src").to_owned(), code);
    let sources: Vec<_> = sources(Path::new("src")).into_iter().map(below).collect();
    let needs = needs(&sources);
    assert!(needs["mock"].contains("session") && needs["session"].contains("scenario"), "{needs:?}");
    assert_eq!(ring(&needs), None, "{needs:#?}");
}

#[test]
fn a_ring_is_found_however_the_paths_are_written() {
    let ring_of = |sources: &[(&str, &str)]| {
        let owned: Vec<_> = sources.iter().map(|(path, code)| (PathBuf::from(path), (*code).to_owned())).collect();
        ring(&needs(&owned))
    };
    let lib = ("lib.rs", "mod a;\npub use a::{Thing, Other};\n");
    for of_b in [
        "use crate::a::X;",
        "use crate::{\n    c::{Y, a},\n    a::{\n X },\n};",
        "fn f() -> super::super::a::X {}",
        "use super::{super::{c, a::X}, inner};",
        "use crate::Thing;",
    ] {
        let found = ring_of(&[lib, ("a.rs", "use crate::b::Z;"), ("b/deep.rs", of_b), ("c/mod.rs", "use super::d;")]);
        assert_eq!(found.as_deref(), Some("a → b → a"), "{of_b}");
    }
    let long =
        [("a.rs", "use crate::b;"), ("b/mod.rs", "use super::c;"), ("c/mod.rs", ""), ("c/x.rs", "use crate::a;")];
    assert_eq!(ring_of(&long).as_deref(), Some("a → b → c → a"));
    let line = [lib, ("a.rs", "use crate::{b, c};"), ("b/x.rs", "use super::a;"), ("c.rs", "use super::b;")];
    assert_eq!(ring_of(&line), None, "`super` of `b/x.rs` is `b`");
}
