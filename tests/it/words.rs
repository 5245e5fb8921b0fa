//! The words are true: commands and answers of the README are run, and what it lists is there.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

use crate::{
    command_line::{Serving, binary, output},
    harness::TestApp,
};

/// A command of the README and the answer printed below it.
struct Example {
    command: String,
    answer: String,
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The fenced blocks of that language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().expect("an end").to_owned()).collect()
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for line in blocks(&read(page), "console").iter().flat_map(|block| block.lines()) {
        match (line.strip_prefix("$ "), examples.last_mut()) {
            (Some(command), _) => examples.push(Example { command: command.to_owned(), answer: String::new() }),
            (None, Some(example)) => example.answer += &format!("{line}\n"),
            (None, None) => panic!("an answer before the first command: {line}"),
        }
    }
    examples
}

/// Every run of 40 characters that can be a token becomes `TOKEN`.
fn without_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut words: Vec<String> = vec![String::new()];
    let mut last_is_part = false;
    for character in text.chars() {
        if is_part(character) != last_is_part {
            words.push(String::new());
            last_is_part = is_part(character);
        }
        words.last_mut().expect("a word").push(character);
    }
    words.iter().map(|word| if word.len() == 40 && word.chars().all(is_part) { "TOKEN" } else { word }).collect()
}

#[test]
fn the_commands_of_the_readme_answer_what_it_prints() {
    run_all_of("README.md", 7);
}

#[test]
fn the_commands_about_media_answer_what_is_printed_below_them() {
    run_all_of("docs/media.md", 6);
}

#[test]
fn the_commands_about_the_widget_answer_what_is_printed_below_them() {
    run_all_of("docs/widget.md", 8);
}

#[test]
fn the_commands_about_the_control_api_answer_what_is_printed_below_them() {
    run_all_of("docs/control-api.md", 30);
}

#[test]
fn the_recipes_of_the_page_about_testing_are_those_of_the_examples() {
    let page = read("docs/testing.md");
    let recipes: Vec<_> = page.split("<!-- ").skip(1).map(|rest| rest.split_once(" -->").expect("its end")).collect();
    assert_eq!(recipes.len(), 4 * 6 + 5);
    for (place, rest) in recipes {
        let (file, name) = place.split_once(": ").expect("a file and a recipe");
        let shown = rest.split_once('\n').and_then(|(_, rest)| rest.split_once("```")).expect("a block").1;
        let shown = shown.split_once('\n').and_then(|(_, rest)| rest.split_once("\n```")).expect("its end").0;
        let example = read(file);
        let (_, recipe) = example.split_once(&format!(" recipe: {name}\n")).expect(place);
        let (recipe, _) = recipe.split_once("# end\n").or(recipe.split_once("// end\n")).expect(place);
        let recipe: Vec<_> = recipe.trim_end().lines().collect();
        let is_text = |line: &&&str| !line.trim().is_empty();
        let depth =
            recipe.iter().filter(is_text).map(|line| line.len() - line.trim_start().len()).min().expect("a line");
        let recipe: Vec<_> = recipe.iter().map(|line| line.get(depth..).unwrap_or_default()).collect();
        assert_eq!(shown, recipe.join("\n"), "{place}");
    }
}

#[test]
fn the_pictures_of_the_page_about_media_are_there() {
    let page = read("docs/media.md");
    let shown: BTreeSet<_> = page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    let there = fs::read_dir("docs/media").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<_> = there.filter(|name| name.ends_with(".jpg")).map(|name| format!("media/{name}")).collect();
    assert_eq!(shown, there.iter().map(String::as_str).collect());
    assert!(there.len() >= 10, "{there:?}");
    for picture in there {
        let bytes = fs::read(format!("docs/{picture}")).unwrap();
        assert!(bytes.starts_with(b"\xff\xd8\xff") && bytes.len() < 60_000, "{picture}: {}", bytes.len());
    }
}

/// Runs the commands of a page, of which there are so many at least, and compares what they answer.
fn run_all_of(page: &str, at_least: usize) {
    let examples = examples(page);
    assert!(examples.len() >= at_least, "{}", examples.len());
    let serving = Serving::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    // One shell, because later commands use what earlier ones set.
    let script: String = examples.iter().map(|example| format!("{}\nprintf '\\0'\n", example.command)).collect();
    let script = script.replace("http://127.0.0.1:8080", serving.url());
    let run = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().expect("bash runs");
    let said = String::from_utf8(run.stdout).unwrap();
    let answers: Vec<_> = said.split_terminator('\0').collect();
    assert_eq!(answers.len(), examples.len(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    for (example, answer) in examples.iter().zip(answers) {
        let answer = answer.replace('\r', "");
        assert_eq!(without_tokens(&answer), without_tokens(&example.answer), "$ {}", example.command);
    }
}

#[test]
fn the_snippets_of_the_readme_get_a_result() {
    let folder = tempfile::tempdir().unwrap();
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_identomat-mock")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    for (language, program, ending) in [("js", "node", "mjs"), ("python", "python3", "py")] {
        let snippets = blocks(&read("README.md"), language);
        assert_eq!(snippets.len(), 1, "{language}");
        let file = folder.path().join(format!("snippet.{ending}"));
        fs::write(&file, &snippets[0]).unwrap();
        let run = output(Command::new(program).arg(&file).env("PATH", &path));
        assert_eq!(String::from_utf8_lossy(&run.stdout), "APPROVED\n", "{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn what_is_said_of_versions_is_that_of_the_package() {
    let manifest = read("Cargo.toml");
    let version = |key: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
        line.and_then(|line| line.strip_suffix('"')).expect(key)
    };
    let rust = version("rust-version");
    assert!(read("README.md").contains(&format!("needs Rust {rust} or newer")));
    let dockerfile = read("Dockerfile");
    assert!(dockerfile.contains(&format!("ARG VERSION={}\n", version("version"))));
    assert!(dockerfile.contains(&format!("ARG BUILD_IMAGE=rust:{rust}.0-slim-bookworm\n")));
    // The line for users of the harness names a package and a feature that are there.
    let dependency = &blocks(&read("README.md"), "toml")[0];
    assert!(
        dependency.contains(&format!("{} = {{ path", version("name")))
            && manifest.contains("default = [\"cli\", \"client\", \"media\", \"metrics\", \"page\"]")
    );
}

#[test]
fn the_compose_example_gives_no_rights_and_the_image_checks_its_health_soon_then_seldom() {
    let compose = read("compose.yaml");
    for line in ["read_only: true", "cap_drop: [ALL]", "security_opt: [\"no-new-privileges:true\"]"] {
        assert!(compose.contains(&format!("\n    {line}\n")), "{line}");
    }
    let dockerfile = read("Dockerfile");
    for part in ["--start-interval=1s ", "--interval=30s ", "image.title=", "image.version=", "image.source="] {
        assert!(dockerfile.contains(part), "{part}");
    }
}

/// Not everybody is root, and the lists of packages take seconds to come.
#[test]
fn make_installs_nothing_where_all_is_there() {
    let done = Command::new("make").args(["tools", "APT_GET=false"]).output().expect("make is there");
    assert!(done.status.success(), "{done:?}");
}

#[tokio::test]
async fn the_docs_list_every_built_in_scenario() {
    let page = read("docs/scenarios.md");
    let app = TestApp::start().await;
    for name in app.scenario_names().await {
        let is_listed = page.contains(&format!("`{name}`")) || name.starts_with("rejected-");
        assert!(is_listed, "`{name}` is not in docs/scenarios.md");
    }
}

#[tokio::test]
async fn the_yaml_of_the_readme_can_be_read() {
    let yaml = blocks(&read("README.md"), "yaml");
    assert_eq!(yaml.len(), 2, "a scenario and a config file");
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("operator.yaml");
    fs::write(&scenario, &yaml[0]).unwrap();
    let scenarios = folder.path().to_owned();
    let app = TestApp::start_with(|builder| {
        builder.scenario("operator").settings(|config| config.scenarios = Some(scenarios))
    })
    .await;
    let token = app.begin(serde_json::json!({})).await;
    app.mock.finish(&token).await.unwrap();
    assert_eq!(app.result(&token).await.json()["result"], "MANUAL_CHECK");
    app.mock.advance(std::time::Duration::from_secs(60)).await.unwrap();
    let result = app.result(&token).await.json();
    assert_eq!((&result["result"], &result["result_comment"]), (&"REJECTED".into(), &"A thumb is on the photo".into()));

    let config = folder.path().join("config");
    fs::write(&config, &yaml[1]).unwrap();
    let serving = Serving::spawn(binary(&["--port", "0", "--config"]).arg(&config));
    assert!(serving.said.contains("company keys: my-company (signed)"), "{}", serving.said);
}

#[test]
fn the_readme_keeps_ten_settings_as_the_page_of_all_has_them() {
    // Flag and default; what it means is said in fewer words.
    let rows = |path: &str| -> BTreeSet<(String, String)> {
        let row = |line: &str| {
            // The mark that keeps `manual|live` in one cell.
            let line = line.replace("\\|", "/");
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[cells.len() - 2].to_owned())
        };
        read(path).lines().filter(|line| line.starts_with("| `--")).map(row).collect()
    };
    let (readme, page) = (rows("README.md"), rows("docs/settings.md"));
    assert_eq!(readme.len(), 10);
    assert!(readme.is_subset(&page), "{:?}", readme.difference(&page));
    let help = String::from_utf8(output(&mut binary(&["--help"])).stdout).unwrap();
    let in_help = help.lines().filter(|line| line.trim().starts_with("--")).count();
    assert_eq!(page.len(), in_help, "{page:?}");
}

#[test]
fn the_settings_of_fidelity_are_flags() {
    let help = String::from_utf8(output(&mut binary(&["--help"])).stdout).unwrap();
    let fidelity = read("FIDELITY.md");
    let named: BTreeSet<_> = fidelity.split('`').filter(|word| word.starts_with("--")).collect();
    assert!(named.len() >= 8, "{named:?}");
    for flag in named {
        assert!(help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}[")), "{flag} is no flag");
    }
}

#[test]
fn the_rooms_of_the_architecture_are_there() {
    let text = read("ARCHITECTURE.md");
    let map = &blocks(&text, "")[0];
    for line in map.lines().filter(|line| !line.starts_with(' ')) {
        let path = line.split_whitespace().next().unwrap();
        assert!(fs::metadata(path).is_ok(), "{path} is not there");
    }
    for entry in fs::read_dir("src").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // `name.rs` and `name/` are one room.
        let room = name.trim_end_matches(".rs");
        assert!(map.contains(&format!("  {room}.rs ")) || map.contains(&format!("  {room}/")), "src/{name} is no room");
    }
}

#[test]
fn the_docs_keep_their_lines_short_and_name_no_version() {
    for path in [
        "README.md",
        "ARCHITECTURE.md",
        "FIDELITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/control-api.md",
        "docs/faults.md",
        "docs/files.md",
        "docs/media.md",
        "docs/scenarios.md",
        "docs/settings.md",
        "docs/testing.md",
        "docs/widget.md",
    ] {
        let text = read(path);
        // What the binary says stands there as it is.
        let mut is_said = false;
        for line in text.lines() {
            is_said = line == "```console" || (is_said && line != "```");
            let may_be_long = is_said || line.starts_with(['|', '$', '{']);
            assert!(line.chars().count() <= 120 || may_be_long, "{path}: {line}");
        }
    }
    let package: Value = serde_json::from_slice(
        &Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--format-version", "1"]).output().unwrap().stdout,
    )
    .unwrap();
    let packages = package["packages"].as_array().unwrap();
    let version = packages.iter().find(|it| it["name"] == "identomat-mock").unwrap()["version"].as_str().unwrap();
    assert!(!read("README.md").contains(version), "a version in prose goes out of date");
}

/// Readers of the documentation have no specification; `fidelity` lists the facts with their sources.
#[test]
fn the_sources_of_facts_are_links_that_a_reader_has() {
    let mut links = 0;
    for (file, text) in crate::phrases::texts("src".as_ref()) {
        assert!(!text.contains("specification, section"), "{file}");
        links += text.matches("(crate::fidelity#").count();
    }
    assert!(links > 20, "{links}");
}
