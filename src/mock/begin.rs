//! Beginning a session, and choosing its scenario.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Mock, Refusal, not_found};
use crate::{
    catalogue::Catalogue,
    faults::Strike,
    foreign_text::{MOST_NAMED, shortened},
    scenario::{Content, Scenario},
    session::{Opening, Session},
    tenant::Tenant,
    vendor::{Flags, Steps, Token, VendorError},
};

/// The request header that asks for a scenario; the live service ignores it.
const SCENARIO_HEADER: &str = "x-identomat-mock-scenario";

/// Where a scenario came from that nobody asked for in the call.
const QUEUE: &str = "the company's queue";

/// What `begin/` was called with.
pub(crate) struct BeginRequest<'a> {
    pub(crate) flags: Map<String, Value>,
    pub(crate) steps: Vec<Value>,
    pub(crate) config_id: Option<String>,
    pub(crate) parent: Option<String>,
    /// The value of a request header; names are in lower case.
    pub(crate) header: &'a dyn Fn(&str) -> Option<String>,
}

/// A session that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) token: Token,
    /// Why it goes as it goes, and what is odd about its flags.
    pub(crate) hint: String,
    /// What the scenario does to the answer.
    pub(crate) strike: Option<Strike>,
}

impl Mock {
    /// Begins a session.
    ///
    /// # Errors
    ///
    /// `argumentError` for steps that are none, an unknown configuration or an unknown scenario, `SESSION_NOT_FOUND`
    /// for an unknown parent, and what the scenario says.
    pub(crate) fn begin(&self, tenant: &Arc<Tenant>, request: BeginRequest<'_>) -> Result<Begun, Refusal> {
        let BeginRequest { flags, steps, config_id, parent, header } = request;
        let mut steps = Steps::new(steps).map_err(VendorError::argument)?;
        let mut saved_flags = Map::new();
        let mut saved_scenario = None;
        if let Some(id) = &config_id {
            let saved = tenant.company.configurations.get(id).ok_or_else(|| {
                let known: Vec<_> = tenant.company.configurations.keys().map(String::as_str).collect();
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                VendorError::argument(format!("there is no configuration `{}`; known: {known}", shortened(id)))
            })?;
            saved_flags = saved.flags.clone();
            steps = steps.over(&saved.steps);
            saved_scenario = saved.scenario.as_deref();
        }
        let mut flags = Flags::new(saved_flags).with(flags);
        if let Some(parent) = &parent {
            // A parent that cannot be a token is an unknown one too.
            self.with_session(tenant, parent, |_| Ok(())).map_err(|_| not_found(tenant, parent))?;
        }

        let catalogue = self.catalogue();
        let (config_id_text, parent) = (config_id.as_deref(), parent.as_deref());
        let company = &tenant.company.key;
        let content = Content { company, flags: &flags, steps: &steps, config_id: config_id_text, parent, header };
        let (scenario, reason) = self.choose(tenant, &catalogue, &content, saved_scenario)?;
        let scenario = scenario.clone();
        if let Some(code) = scenario.refuse_begin {
            let problem = format!("the scenario `{}` ({reason}) says so", scenario.name);
            return Err(VendorError::new(code, problem).into());
        }
        let strike = scenario.begin_fault.as_ref().and_then(|fault| tenant.strike_begin(&scenario.name, fault));
        if let Some(strike) = strike.as_ref().filter(|strike| strike.comes_first()) {
            if reason == QUEUE {
                tenant.put_back(&scenario.name);
            }
            return Err(Refusal::Fault(strike.clone()));
        }

        let mut hint = format!("scenario `{}`, from {reason}", scenario.name);
        let odd_steps = steps.unknown_types().take(MOST_NAMED).map(|kind| {
            format!("the step type `{}` is not known: the step is kept and has no effect", shortened(&kind))
        });
        for oddity in flags.oddities().into_iter().chain(odd_steps) {
            tenant.tell(&oddity);
            hint.push_str("; ");
            hint.push_str(&oddity);
        }
        flags = flags.with(scenario.flags.clone());
        if !scenario.steps.is_empty() {
            steps = scenario.steps.clone().over_keys(&steps);
        }
        let now = tenant.clock.now();
        let token = tenant.tokens.next();
        let lifetime = scenario.session_lifetime.unwrap_or(self.config.session_lifetime);
        let opening = Opening { token, flags, steps, config_id, scenario, catalogue, lifetime };
        tenant.sessions.insert(Session::begin(opening, now));
        Ok(Begun { token, hint, strike })
    }

    /// The scenario of a new session, strongest wish first, and where the wish came from.
    fn choose<'a>(
        &self,
        tenant: &Tenant,
        catalogue: &'a Catalogue,
        content: &Content<'_>,
        saved: Option<&str>,
    ) -> Result<(&'a Arc<Scenario>, String), VendorError> {
        let book = &catalogue.scenarios;
        let wish = match (content.header)(SCENARIO_HEADER) {
            Some(name) => Some((name, "the request header `x-identomat-mock-scenario`")),
            None => content.flags.wished_scenario().map_err(VendorError::argument)?,
        };
        let wish = wish.or_else(|| Some((tenant.next_in_queue()?, QUEUE)));
        if let Some((name, place)) = wish {
            let scenario = book.get(&name);
            return scenario
                .map(|scenario| (scenario, place.to_owned()))
                .map_err(|problem| VendorError::argument(format!("{place}: {problem}")));
        }
        if saved.is_none()
            && let Some(scenario) = book.first_match(content)
        {
            let conditions = scenario.matches.as_ref().map(|matches| matches.conditions().join(", "));
            return Ok((scenario, format!("its `match` on {}", conditions.unwrap_or_default())));
        }
        let (name, place) = match (saved, &tenant.company.scenario) {
            (Some(name), _) => (name, "the configuration of `config_id`"),
            (None, Some(name)) => (name.as_str(), "the company's default"),
            (None, None) => (self.config.scenario.as_str(), "the server's default"),
        };
        let scenario = book.get(name).map_err(VendorError::argument)?;
        Ok((scenario, place.to_owned()))
    }
}
