//! Beginning a session, and selecting its scenario.

use std::{borrow::Cow, sync::Arc};

use super::{AppliedFaults, CallError, MockService, StagePosition, not_found};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    problem::Problem,
    scenario::{BeginContent, ParsedBeginContent, Scenario, ScenarioChoice},
    session::{NewSession, Session, SessionSpec},
    vendor::{FlagsAndSteps, FlagsAtBegin, FormLayers, StepsAtBegin, Token, VendorError},
};

/// The request header that requests a scenario; the live service ignores it.
const SCENARIO_HEADER: &str = "x-identomat-mock-scenario";

/// The source of a queued scenario.
const QUEUE: &str = "the company's queue";

/// The input of `begin/`.
pub(crate) struct BeginRequest<'a> {
    pub(crate) flags: &'a FlagsAtBegin<'a>,
    pub(crate) steps: &'a StepsAtBegin<'a>,
    pub(crate) config_id: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
    /// Whether faults of `begin/` apply.
    pub(crate) meets_faults: bool,
    /// A scenario that takes precedence over all others, and its source.
    pub(crate) requested: Option<(&'a str, &'static str)>,
    /// Returns the value of a request header; names are in lower case.
    pub(crate) header: &'a dyn Fn(&str) -> Option<String>,
}

/// A new session.
#[derive(Debug)]
pub(crate) struct CreatedSession {
    pub(crate) token: Token,
    /// The source of its scenario, and warnings about its flags.
    pub(crate) hint: String,
    /// The applied faults of its scenario, and its position.
    pub(crate) faults: AppliedFaults,
}

/// The scenario of a new session.
struct ScenarioSelection {
    scenario: Arc<Scenario>,
    /// The source of the scenario.
    reason: Cow<'static, str>,
    /// The scenario taken from the queue, which is returned if no session begins.
    queued: Option<ScenarioChoice>,
}

impl MockService {
    /// Begins a session.
    ///
    /// # Errors
    ///
    /// `argumentError` for invalid steps, an unknown configuration or an unknown scenario, `SESSION_NOT_FOUND` for an
    /// unknown parent, and the error of the scenario.
    pub(crate) fn begin(&self, tenant: &Arc<Tenant>, request: BeginRequest<'_>) -> Result<CreatedSession, CallError> {
        let BeginRequest { flags, steps, config_id, parent, meets_faults, requested, header } = request;
        steps.check().map_err(VendorError::argument)?;
        let own = FlagsAndSteps::new(flags.text, steps.text);
        let settings = tenant.settings();
        let saved = config_id.map(|id| settings.saved(id)).transpose().map_err(VendorError::argument)?;
        let layers = FormLayers { saved: saved.map(|saved| &saved.form.flags_and_steps), own: &own, scenario: None };
        let (all_flags, all_steps) = (layers.flags(), layers.steps());
        let (flags, steps) = match saved {
            None => (flags, steps),
            Some(_) => (&FlagsAtBegin::read(&all_flags), &StepsAtBegin::read(&all_steps)),
        };
        let find_parent = |parent| {
            let found = self.with_session(tenant, parent, |parent, _| Ok(parent.token));
            // A malformed parent token is an unknown parent, too.
            found.map_err(|_| not_found(tenant, parent))
        };
        let parent_token = parent.map(find_parent).transpose()?;

        let catalogue = self.catalogue();
        let content = BeginContent {
            company: &tenant.key,
            layers,
            read: ParsedBeginContent::default(),
            config_id,
            parent,
            header,
        };
        let requested = match requested {
            Some((name, place)) => Ok(Some((name.to_owned(), place))),
            None => flags.wished_scenario(),
        };
        let saved_scenario = saved.and_then(|saved| saved.scenario.as_deref());
        let default = settings.company.scenario.as_deref();
        let chosen = self.select_scenario(tenant, &catalogue, &content, requested, saved_scenario, default)?;
        let ScenarioSelection { scenario, reason, queued } = chosen;
        let put_back = || queued.clone().into_iter().for_each(|queued| tenant.requeue(queued));
        let mut faults = self.check_begin_allowed(tenant, &scenario, &reason, meets_faults).inspect_err(|refusal| {
            if matches!(refusal, CallError::Fault(_)) {
                put_back();
            }
        })?;
        let mut hint = ["scenario `", &scenario.name, "`, from ", &reason].concat();
        for oddity in flags.oddities().chain(steps.oddities()) {
            tenant.log_warnings(&oddity);
            hint.push_str("; ");
            hint.push_str(&oddity);
        }
        let (mut boolean_flags, mut step_types) = (flags.boolean_flags, steps.types);
        let saved = saved.map(|saved| saved.form.clone());
        let asked = SessionSpec { own: own.clone(), saved, scenario: scenario.clone(), chosen_by: reason };
        if !scenario.form.is_empty() {
            (boolean_flags, step_types) = asked.form_layers().read_types();
        }
        let now = tenant.clock.now();
        let token = tenant.tokens.next();
        let lifetime = scenario.session_lifetime.unwrap_or(self.config.session_lifetime);
        let opening = NewSession { token, spec: asked, boolean_flags, step_types, lifetime, parent: parent_token };
        let session = Session::begin(opening, now);
        faults.position = Some(StagePosition::from_session(&session));
        let inserted = tenant.sessions.insert(session, catalogue, tenant.session_limit(&settings));
        if inserted.is_ok()
            && let Some(parent) = &parent_token
        {
            tenant.sessions.update(parent, |parent, _| parent.add_child(token));
        }
        match inserted {
            Ok(None) => {}
            Ok(Some(given_up)) => hint.push_str(&format!("; {}", tenant.log_eviction(&given_up))),
            Err(full) => {
                put_back();
                return Err(CallError::Error(VendorError::argument(full.to_string()), faults));
            }
        }
        Ok(CreatedSession { token, hint, faults })
    }

    /// Returns the scenario of a new session, by precedence, and its source.
    fn select_scenario(
        &self,
        tenant: &Tenant,
        catalogue: &Catalogue,
        content: &BeginContent<'_>,
        requested: Result<Option<(String, &'static str)>, Problem>,
        saved: Option<&str>,
        default: Option<&str>,
    ) -> Result<ScenarioSelection, VendorError> {
        let book = &catalogue.scenarios;
        let requested = match (content.header)(SCENARIO_HEADER) {
            Some(name) => Some((name, "the request header `x-identomat-mock-scenario`")),
            None => requested.map_err(VendorError::argument)?,
        };
        let named = |name: &str, place: &'static str, queued| match book.get(name) {
            Ok(scenario) => Ok(ScenarioSelection { scenario: scenario.clone(), reason: place.into(), queued }),
            Err(problem) => Err(VendorError::argument(problem.with_context(place))),
        };
        if let Some((name, place)) = requested {
            return named(&name, place, None);
        }
        match tenant.next_in_queue() {
            Some(ScenarioChoice::Named(name)) => return named(&name, QUEUE, Some(ScenarioChoice::Named(name.clone()))),
            Some(ScenarioChoice::Inline(scenario)) => {
                // The files may have changed since it was queued.
                catalogue.check_names(&scenario).map_err(VendorError::argument)?;
                let queued = Some(ScenarioChoice::Inline(scenario.clone()));
                return Ok(ScenarioSelection { scenario, reason: QUEUE.into(), queued });
            }
            None => {}
        }
        if saved.is_none()
            && let Some(scenario) = book.first_match(content)
        {
            let conditions = scenario.matches.as_ref().map(|matches| matches.conditions().join(", "));
            let reason = format!("its `match` on {}", conditions.unwrap_or_default()).into();
            return Ok(ScenarioSelection { scenario: scenario.clone(), reason, queued: None });
        }
        match (saved, default) {
            (Some(name), _) => named(name, "the configuration of `config_id`", None),
            (None, Some(name)) => named(name, "the company's default", None),
            (None, None) => named(&self.config.scenario, "the server's default", None),
        }
    }

    /// Checks that the scenario allows the session to begin, and applies its faults.
    fn check_begin_allowed(
        &self,
        tenant: &Tenant,
        scenario: &Scenario,
        reason: &str,
        meets_faults: bool,
    ) -> Result<AppliedFaults, CallError> {
        if let Some(code) = scenario.refuse_begin {
            let problem = format!("the scenario `{}` ({reason}) returns this error", scenario.name);
            return Err(VendorError::new(code, problem).into());
        }
        if !meets_faults {
            return Ok(AppliedFaults::default());
        }
        let mut faults = self.faults_for_begin(tenant, &scenario.name).map_err(CallError::Fault)?;
        if let Some(fault) = &scenario.begin_fault {
            faults.hits.extend(tenant.apply_begin_fault(&scenario.name, fault));
        }
        faults.into_result().map_err(CallError::Fault)
    }
}
