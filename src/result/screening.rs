//! Screening entries, as `get-screening-person-details/` returns them ([source](crate::fidelity#calls)).

use std::sync::LazyLock;

use bytes::Bytes;
use indexmap::IndexMap;
use jiff::{Span, civil::date};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Fixtures, built_in, by_name, midnight, people::People, to_json};
use crate::{
    built_in::SCREENING,
    data_file::{DataFile, LoadDiagnostics},
    scenario::{StageEffect, Verdict},
    session::Session,
    vendor::draw,
};

type ScreeningById = IndexMap<String, ScreeningEntry>;

/// The embedded entries, read on first use.
static BUILT_IN: LazyLock<ScreeningById> = LazyLock::new(|| built_in(SCREENING).collect());

/// The entries by id (file name without extension): those of a folder, otherwise the embedded ones.
#[derive(Debug)]
pub(crate) struct ScreeningFixtures(Option<ScreeningById>);

/// The content of a screening entry.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScreeningEntry {
    entity_type: EntityType,
    name: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    middle_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    gender: String,
    #[serde(default)]
    birthday_time: String,
    #[serde(default)]
    nationality: String,
    #[serde(default)]
    birth_place: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    topics: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum EntityType {
    #[default]
    Person,
    Company,
    Vessel,
    Entity,
}

/// The response.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScreeningDetails<'a> {
    person_id: &'a str,
    #[serde(flatten)]
    person: &'a ScreeningEntry,
}

/// Returns the keys of a screening file.
#[cfg(feature = "cli")]
pub(super) fn keys() -> Vec<String> {
    crate::data_file::keys_of::<ScreeningEntry>()
}

impl ScreeningFixtures {
    /// Reads these files; without files, uses the embedded ones.
    pub(super) fn read(files: Option<&[DataFile]>, findings: &mut LoadDiagnostics) -> Self {
        Self(files.map(|files| by_name(files, findings)))
    }

    fn get(&self, id: &str) -> Option<&ScreeningEntry> {
        self.0.as_ref().unwrap_or(&BUILT_IN).get(id)
    }
}

impl Fixtures {
    /// Returns the response for a person id; `None` if the session has no such match.
    ///
    /// Without a file, the rest is derived from id and name.
    pub(crate) fn screened(&self, session: &Session, id: &str) -> Option<Bytes> {
        let found_by = |verdict: &Verdict| {
            let matches = &mut verdict.screening_matches().iter();
            matches.find(|found| found.person_id == id).map(|found| found.name.clone())
        };
        let in_stages = session.effects().find_map(|effect| match effect {
            StageEffect::Verdict(verdict) => found_by(verdict),
            StageEffect::DocumentPatch(change) => name_in(change.get("screeningMatches")?, id),
            StageEffect::Document(name) => name_in(self.documents.get(name).ok()?.get("screeningMatches")?, id),
            StageEffect::Error(_) | StageEffect::Person(_) | StageEffect::Fault(_) => None,
        });
        let name = in_stages.or_else(|| session.decided().find_map(found_by))?;
        let details = |person: &ScreeningEntry| to_json(&ScreeningDetails { person_id: id, person });
        Some(self.screening.get(id).map_or_else(|| details(&invented(id, &name, &self.people)), details))
    }
}

/// Returns the name of a match in a document.
fn name_in(matches: &Value, id: &str) -> Option<String> {
    let found = matches.as_array()?.iter().find(|found| found["personId"] == id)?;
    Some(found["name"].as_str().unwrap_or_default().to_owned())
}

/// Invents an entry with this name, from the country of one of the people.
fn invented(id: &str, name: &str, people: &People) -> ScreeningEntry {
    let words: Vec<&str> = name.split_whitespace().collect();
    let (first, middle, last) = match &words[..] {
        [] => (String::new(), String::new(), String::new()),
        [only] => (String::new(), String::new(), (*only).to_owned()),
        [first, middle @ .., last] => ((*first).to_owned(), middle.join(" "), (*last).to_owned()),
    };
    let compatriot = people.any(draw(id, "country"));
    let days = (draw(id, "birthday") % (50 * 365)) as i32;
    let birthday = date(1940, 1, 1).saturating_add(Span::new().days(days));
    let pick = |purpose, choices: &[&str]| choices[(draw(id, purpose) % choices.len() as u64) as usize].to_owned();
    ScreeningEntry {
        entity_type: EntityType::Person,
        name: name.to_owned(),
        aliases: if first.is_empty() { Vec::new() } else { vec![format!("{last}, {first}")] },
        first_name: first,
        middle_name: middle,
        last_name: last,
        gender: pick("gender", &["female", "male"]),
        birthday_time: midnight(birthday),
        nationality: compatriot.country.to_string(),
        birth_place: compatriot.birth_place.clone(),
        topics: vec![pick("topic", &["role.pep", "sanction", "poi"])],
    }
}
