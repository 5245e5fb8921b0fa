//! Validation of the people that scenarios and settings name.

use std::borrow::Cow;

use super::{People, Person};
use crate::{
    problem::{MemberPath, Problem, member_path},
    scenario::Scenario,
    vendor::{DocumentType, Flags},
};

impl People {
    /// Checks that a person with this name exists.
    pub(crate) fn check_name(&self, name: &str) -> Result<(), Problem> {
        let known = || self.all().iter().map(|(name, _)| name).chain(&self.broken);
        match known().any(|known| known == name) {
            true => Ok(()),
            false => Err(Problem::unknown_name(name, "person", known())),
        }
    }

    /// Checks that people with these names exist.
    pub(crate) fn check_names(&self, names: &[String]) -> Result<(), Problem> {
        let mut names = names.iter().enumerate();
        names.try_for_each(|(at, name)| {
            self.check_name(name).map_err(|problem| problem.at(&MemberPath(vec![at.into()])))
        })
    }

    /// Returns problems with a scenario's person and its changes, for all possible people.
    pub(crate) fn check_scenario(&self, scenario: &Scenario) -> Vec<Problem> {
        let patch = scenario.person.as_ref();
        let name = patch.and_then(|patch| patch.name.clone());
        let mut problems = Vec::new();
        if let Some(Err(problem)) = name.as_ref().map(|name| self.check_name(name)) {
            let is_alone = patch.is_some_and(|patch| patch.members.is_empty());
            problems.push(problem.at(&if is_alone { member_path!["person"] } else { member_path!["person", "like"] }));
        }
        let wished = patch.map(|patch| (member_path!["person"], &patch.members));
        let changes: Vec<_> = wished.into_iter().chain(scenario.person_changes()).collect();
        let may_come = self.all().iter().filter(|(known, _)| name.as_ref().is_none_or(|name| name == known));
        for (known, person) in may_come.filter(|_| !changes.is_empty()) {
            let mut person = Cow::Borrowed(person);
            for (place, members) in &changes {
                match person.with(members) {
                    Ok(changed) => person = Cow::Owned(changed),
                    Err(problem) => {
                        let member = member_path!["person"].join(problem.path());
                        let problem = problem.at(place).with_context(format!("`{member}`, merged into `{known}`"));
                        if !problems.iter().any(|other: &Problem| other.path() == problem.path()) {
                            problems.push(problem);
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
