//! Validation of the people that scenarios and settings name.

use std::borrow::Cow;

use super::{People, Person};
use crate::{
    foreign_text::shortened,
    scenario::Scenario,
    vendor::{DocumentType, Flags},
};

impl People {
    /// Checks that people with these names exist.
    pub(crate) fn check_names(&self, names: &[String]) -> Result<(), String> {
        let is_known = |name: &String| self.all().iter().any(|(known, _)| known == name) || self.broken.contains(name);
        match names.iter().find(|name| !is_known(name)) {
            Some(unknown) => {
                let known = self.all().iter().map(|(name, _)| name).chain(&self.broken);
                let known: Vec<_> = known.map(String::as_str).collect();
                let unknown = shortened(unknown);
                Err(format!("there is no person `{unknown}`; the people are: {}", known.join(", ")))
            }
            None => Ok(()),
        }
    }

    /// Returns problems with a scenario's person and its changes, for all possible people: each with its path in a
    /// file.
    pub(crate) fn check_scenario(&self, scenario: &Scenario) -> Vec<(String, String)> {
        let patch = scenario.person.as_ref();
        let name = patch.and_then(|patch| patch.name.clone());
        let mut problems = Vec::new();
        if let Err(problem) = self.check_names(name.as_slice()) {
            let is_alone = patch.is_some_and(|patch| patch.members.is_empty());
            problems.push((if is_alone { "person" } else { "person.like" }.into(), problem));
        }
        let wished = patch.map(|patch| ("person".into(), &patch.members));
        let changes: Vec<_> = wished.into_iter().chain(scenario.person_changes()).collect();
        let may_come = self.all().iter().filter(|(known, _)| name.as_ref().is_none_or(|name| name == known));
        for (known, person) in may_come.filter(|_| !changes.is_empty()) {
            let mut person = Cow::Borrowed(person);
            for (place, members) in &changes {
                match person.with(members) {
                    Ok(changed) => person = Cow::Owned(changed),
                    Err(error) => {
                        let (path, problem) = (error.path().to_string(), error.inner());
                        let member = if path == "." { String::new() } else { format!(".{path}") };
                        let place = format!("{place}{member}");
                        if !problems.iter().any(|(other, _)| *other == place) {
                            problems.push((place, format!("`person{member}`, merged into `{known}`: {problem}")));
                        }
                    }
                }
            }
        }
        problems
    }

    /// Returns a warning if no possible person has a document that the flags request. `names` are the possible people;
    /// empty for all.
    pub(crate) fn document_warning(&self, names: &[String], flags: &Flags) -> Option<String> {
        let may_come = |name: &String| names.is_empty() || names.contains(name);
        let (kinds, countries) = (flags.document_types(), flags.document_countries());
        if kinds.len() == DocumentType::ALL.len() && countries.is_empty() {
            // The embedded people need no check.
            return None;
        }
        let coming: Vec<_> = self.all().iter().filter(|(name, _)| may_come(name)).collect();
        let holds_one = |person: &Person| kinds.iter().any(|kind| person.document(*kind).is_some());
        let [holds_no, is_from_no] = match names {
            [] => ["none of the people holds a", "none of the people is from a"].map(str::to_owned),
            [name] => ["holds no", "is from no"].map(|words| format!("`{name}` {words}")),
            names => ["holds a", "is from a"].map(|words| format!("none of {} {words}", names.join(", "))),
        };
        if !coming.is_empty() && !coming.iter().any(|(_, person)| holds_one(person)) {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            let kinds = kinds.join(", ");
            return Some(format!("{holds_no} document that the flags allow ({kinds}): another one is shown"));
        }
        // A randomly chosen person gets a document of the requested country.
        let is_from_one = |person: &Person| countries.iter().any(|country| **country == *person.country);
        if !names.is_empty() && !countries.is_empty() && !coming.iter().any(|(_, person)| is_from_one(person)) {
            let countries = countries.join(", ");
            return Some(format!("{is_from_no} country that the flags allow ({countries})"));
        }
        None
    }
}
