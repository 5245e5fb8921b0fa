//! Files that were made to cost time and memory are refused with a clear message, before they do.

use std::{fmt::Write, fs, os::unix::fs::symlink, path::Path, time::Duration};

use tempfile::tempdir;

use crate::command_line::{binary, output};

/// What a file or folder may cost, on a machine that does other things too. Without bounds it would be minutes.
const LONGEST: Duration = Duration::from_secs(5);
const MOST_MEMORY: u64 = 64 << 20;

/// Runs a command and says, in a last line, how many seconds of processor time and how many bytes it took.
const MEASURE: &str = "import resource, subprocess, sys\n\
     code = subprocess.run(sys.argv[1:], stderr=subprocess.STDOUT).returncode\n\
     used = resource.getrusage(resource.RUSAGE_CHILDREN)\n\
     print(code, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)";

/// What `check` says of it, whose exit status is 1; it took neither long nor much.
fn refusal(folder: &Path, name: &str) -> String {
    let check = binary(&["check", name]);
    let mut measured = std::process::Command::new("python3");
    measured.args(["-c", MEASURE]).arg(check.get_program()).args(check.get_args()).current_dir(folder);
    let said = String::from_utf8(output(&mut measured).stdout).unwrap();
    let (said, measures) = said.trim_end().rsplit_once('\n').unwrap_or_else(|| panic!("{name}: {said}"));
    let [status, seconds, bytes] = measures.split(' ').collect::<Vec<_>>()[..] else { panic!("{name}: {measures}") };
    assert_eq!(status, "1", "{name}: {said}");
    let (time, bytes) = (Duration::from_secs_f64(seconds.parse().unwrap()), bytes.parse::<u64>().unwrap());
    assert!(time < LONGEST, "{name} took {time:?}");
    assert!(bytes < MOST_MEMORY, "{name} took {bytes} bytes");
    said.to_owned()
}

/// The file of a scenario with that behind `flags:`.
fn flags(flags: &str) -> String {
    format!("description: A\nstages: []\nflags:{flags}\n")
}

fn lines(line: impl Fn(usize) -> String, count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{}", line(number)).unwrap();
        lines
    })
}

#[test]
fn what_is_in_a_file_is_bounded() {
    let multiplying = |name: &str, of: &str| {
        lines(|at| format!("  {name}{}: &a{} [{of}]", at + 1, at + 1).replace('#', &at.to_string()), 12)
    };
    let folder = tempdir().unwrap();
    for (name, text, problem) in [
        ("brackets", flags(&format!(" {}", "[".repeat(100_000))), "the file is nested more than 64 levels deep"),
        ("braces", flags(&format!(" {{a: {}", "[".repeat(100_000))), "the file is nested more than 64 levels deep"),
        (
            "indents",
            flags(&format!("\n{}", lines(|at| format!("{}a:", " ".repeat(at + 1)), 600))),
            "nested more than 64 levels deep",
        ),
        (
            "aliases",
            flags(&format!("\n  a0: &a0 x\n{}", multiplying("a", &["*a#"; 10].join(", ")))),
            "the file has more than 20000 keys, values and brackets",
        ),
        (
            "merges",
            flags(&format!(
                "\n  a0: &a0 {{x: 1}}\n{}",
                lines(|at| format!("  a{0}: &a{0} {{<<: [*a{at}, *a{at}], k{0}: *a{at}}}", at + 1), 40)
            )),
            "aliases expand to more than 20000 values",
        ),
        (
            "anchors",
            flags(&format!("\n{}", lines(|at| format!("  k{at}: &a{at} v"), 5000))),
            "the file has more than 1000 anchors or aliases",
        ),
        (
            "values",
            flags(&format!(" {{a: [{}1]}}", "1,".repeat(100_000))),
            "the file has more than 20000 keys, values and brackets",
        ),
        ("keys", format!("description: A\n{}", lines(|at| format!("key-{at}: v"), 9000)), "unknown key `key-0`"),
        (
            "problems",
            format!("description: A\nstages:\n{}", lines(|_| " - {result: X}".into(), 4000)),
            "`X` is not an outcome",
        ),
        (
            "names",
            format!("description: A\nstages:\n{}", lines(|_| " - {when: polls=1, document: none}".into(), 3000)),
            "there is no document `none`",
        ),
        ("long-key", format!("{}: 1\n", "x".repeat(200_000)), "mapping values are not allowed in this context"),
        ("long-line", format!("description: \"{}\"\nstages: 1\n", "x".repeat(200_000)), "`stages` takes a list"),
        ("comments", "# A\n".repeat(60_000), "the file is empty"),
        (
            "defaults",
            format!("scenario: \"{}x{}\"\n", "${A:-".repeat(20_000), "}".repeat(20_000)),
            "defaults are nested more than 10 levels deep",
        ),
    ] {
        let file = format!("{name}.yaml");
        fs::write(folder.path().join(&file), text).unwrap();
        let said = refusal(folder.path(), &file);
        assert!(said.contains(problem), "{name}: {}", said.lines().next().unwrap());
        assert!(said.len() < 100_000, "{name}: {} bytes are said", said.len());
    }
}

#[test]
fn files_are_not_read_beyond_their_bound() {
    let folder = tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("comments.yaml", &b"# A comment\n".repeat((100 << 20) / 12));
    write("spaces.json", &[b' '; 300_000]);
    write("binary.yaml", &[0xff, 0, 0x80, 1].repeat(10_000));
    symlink("self.yaml", folder.path().join("self.yaml")).unwrap();
    symlink("/dev/zero", folder.path().join("zeros.yaml")).unwrap();
    for (name, problem) in [
        ("comments.yaml", "the file has 104857596 bytes; no more than 262144 are read"),
        ("spaces.json", "the file has 300000 bytes; no more than 262144 are read"),
        ("binary.yaml", "the file is not UTF-8 text"),
        ("self.yaml", "cannot be read: Too many levels of symbolic links (os error 40)"),
        ("zeros.yaml", "this is a pipe, a device or a socket; only regular files are read"),
    ] {
        assert_eq!(refusal(folder.path(), name).lines().next().unwrap(), format!("{name}: error: {problem}"));
    }
}

#[test]
fn folders_are_not_read_beyond_their_bound() {
    let folder = tempdir().unwrap();
    let many = folder.path().join("many");
    fs::create_dir(&many).unwrap();
    fs::write(many.join("0.yaml"), "description: A\nstages: []\n").unwrap();
    // Links are quicker to make, and are read as files are.
    (1..20_000).for_each(|at| symlink("0.yaml", many.join(format!("{at}.yaml"))).unwrap());
    let said = refusal(folder.path(), "many");
    assert!(
        said.starts_with(
            "many: error: the folder has more than 10000 entries; name a folder that has only files for the mock"
        ),
        "{said}"
    );

    let looped = folder.path().join("looped");
    fs::create_dir(&looped).unwrap();
    symlink(".", looped.join("loop")).unwrap();
    let said = refusal(folder.path(), "looped");
    assert!(said.contains("looped: error: the folder has no .yaml, .yml or .json file"), "{said}");
}
