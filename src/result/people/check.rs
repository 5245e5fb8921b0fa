//! What cannot be, or may be a mistake, of people whom scenarios and settings name.

use std::borrow::Cow;

use super::{People, Person};
use crate::{
    foreign_text::shortened,
    scenario::Scenario,
    vendor::{DocumentType, Flags},
};

impl People {
    /// Says which of these names is nobody's.
    pub(crate) fn check_names(&self, names: &[String]) -> Result<(), String> {
        let is_known = |name: &String| self.all().iter().any(|(known, _)| known == name) || self.broken.contains(name);
        match names.iter().find(|name| !is_known(name)) {
            Some(nobody) => {
                let known = self.all().iter().map(|(name, _)| name).chain(&self.broken);
                let known: Vec<_> = known.map(String::as_str).collect();
                let nobody = shortened(nobody);
                Err(format!("there is no person `{nobody}`; the people are: {}", known.join(", ")))
            }
            None => Ok(()),
        }
    }

    /// Says what of a scenario's person, as it begins and as its stages change it, cannot be of everybody who may come:
    /// each with its place in a file.
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

    /// Says what of those who may come no document is as the flags ask for. `names` are theirs; where there are none,
    /// everybody may come.
    pub(crate) fn document_warning(&self, names: &[String], flags: &Flags) -> Option<String> {
        let may_come = |name: &String| names.is_empty() || names.contains(name);
        let (kinds, countries) = (flags.document_types(), flags.document_countries());
        if kinds.len() == DocumentType::ALL.len() && countries.is_empty() {
            // The built-in people are not read for that.
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
        // Whoever comes as it happens is given a document of the country that is asked for.
        let is_from_one = |person: &Person| countries.iter().any(|country| **country == *person.country);
        if !names.is_empty() && !countries.is_empty() && !coming.iter().any(|(_, person)| is_from_one(person)) {
            let countries = countries.join(", ");
            return Some(format!("{is_from_no} country that the flags allow ({countries})"));
        }
        None
    }
}
