//! The report of a check.

use serde_json::{Value, json};

use super::ReportFormat;
use crate::data_file::{FileProblem, LoadDiagnostics};

/// Renders problems and warnings of a number of files.
pub(super) fn render(format: ReportFormat, findings: &LoadDiagnostics, files: usize) -> String {
    match format {
        ReportFormat::Text => text(findings, files),
        ReportFormat::Json => json(findings, files),
        ReportFormat::Github => annotations(findings),
    }
}

fn each(findings: &LoadDiagnostics) -> impl Iterator<Item = (&'static str, &FileProblem)> {
    let problems = findings.problems.iter().map(|problem| ("error", problem));
    problems.chain(findings.warnings.iter().map(|warning| ("warning", warning)))
}

/// Renders a paragraph for each, and a line with the counts.
fn text(findings: &LoadDiagnostics, files: usize) -> String {
    let paragraph = |(severity, problem): (&str, &FileProblem)| {
        let marked = problem.marked().map(|marked| format!("{marked}\n")).unwrap_or_default();
        format!("{}{severity}: {}\n{marked}\n", problem.position(), problem.problem)
    };
    let paragraphs: String = each(findings).map(paragraph).collect();
    let count = |number: usize, thing: &str| match number {
        0 => format!("no {thing}"),
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    };
    let (problems, warnings) = (count(findings.problems.len(), "problem"), count(findings.warnings.len(), "warning"));
    format!("{paragraphs}{problems} and {warnings} in {}\n", count(files, "file"))
}

/// Renders `{"files": 3, "problems": […], "warnings": […]}`: each with its position, the path of its value, its kind
/// and the allowed words. Lines and columns are counted from 1, columns in characters.
fn json(findings: &LoadDiagnostics, files: usize) -> String {
    let written = |problem: &FileProblem| -> Value {
        let span = problem.span.as_ref();
        json!({
            "file": problem.file.as_ref().map(|file| file.to_string_lossy()),
            "line": span.map(|span| span.line),
            "column": span.map(|span| span.column),
            "end_column": span.map(|span| span.column + span.width),
            "path": Some(problem.problem.path().to_string()).filter(|path| !path.is_empty()),
            "kind": problem.problem.kind(),
            "message": problem.problem.to_string(),
            "allowed": problem.problem.allowed(),
            "nearest": problem.problem.nearest(),
        })
    };
    let list = |problems: &[FileProblem]| problems.iter().map(written).collect::<Vec<_>>();
    let report = json!({"files": files, "problems": list(&findings.problems), "warnings": list(&findings.warnings)});
    format!("{report:#}\n")
}

/// Renders a workflow command of GitHub Actions for each: `::error file=F,line=1,col=2,endColumn=3::MESSAGE`.
fn annotations(findings: &LoadDiagnostics) -> String {
    let escaped = |text: &str, also: &[(char, &str)]| {
        let mut escaped = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        for (character, code) in also {
            escaped = escaped.replace(*character, code);
        }
        escaped
    };
    let property = |name: &str, value: String| format!("{name}={}", escaped(&value, &[(':', "%3A"), (',', "%2C")]));
    let annotation = |(severity, problem): (&str, &FileProblem)| {
        let mut properties = Vec::new();
        properties.extend(problem.file.as_ref().map(|file| property("file", file.display().to_string())));
        if let Some(span) = &problem.span {
            properties.push(property("line", span.line.to_string()));
            properties.push(property("col", span.column.to_string()));
            properties.push(property("endColumn", (span.column + span.width).to_string()));
        }
        let properties = if properties.is_empty() { String::new() } else { format!(" {}", properties.join(",")) };
        format!("::{severity}{properties}::{}\n", escaped(&problem.problem.to_string(), &[]))
    };
    each(findings).map(annotation).collect()
}
