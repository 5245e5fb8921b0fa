//! The use cases; the only type that ties the parts together.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    company::Tenant,
    config::Config,
    data_file::LoadError,
    result::{People, ResultDocument, Wording},
    scenario::{Scenario, ScenarioBook, Verdict},
    session::{Answers, Browser, FinishError, Flags, Opening, Outcome, Session, Steps, Token},
    store::Store,
    vendor_error::{ErrorCode, MOST_NAMED, VendorError, shortened},
};

/// The stand-in without its HTTP side.
#[derive(Debug)]
pub(crate) struct Mock {
    pub(crate) config: Config,
    tenants: Vec<Arc<Tenant>>,
    pub(crate) scenarios: ScenarioBook,
    people: People,
    sessions: Store,
}

/// What `begin/` was called with.
#[derive(Debug, Default)]
pub(crate) struct BeginRequest {
    pub(crate) flags: Map<String, Value>,
    pub(crate) steps: Vec<Value>,
    pub(crate) config_id: Option<String>,
    pub(crate) parent: Option<String>,
    /// The scenario that a request header asks for.
    pub(crate) scenario: Option<String>,
}

/// A session that has begun.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) token: Token,
    /// Why it goes as it goes, and what is odd about its flags.
    pub(crate) hint: String,
}

/// How a session is finished.
#[derive(Debug, Default)]
pub(crate) struct FinishRequest {
    /// Instead of what the scenario says.
    pub(crate) outcome: Option<Outcome>,
    /// What the person filled in; without it the answers are invented.
    pub(crate) answers: Option<Map<String, Value>>,
}

/// Why a setting, or two together, cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file of scenarios or fixtures is broken.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A value is not allowed, or two do not go together.
    #[error("{0}")]
    Setting(String),
}

impl Mock {
    /// Reads scenarios and people, and checks all settings together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first problem.
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        config.check().map_err(ConfigError::Setting)?;
        let scenarios = ScenarioBook::load(config.builtin_scenarios, config.scenarios.as_deref(), &config.finish)?;
        let people = People::load(config.fixtures.as_deref())?;
        let known = |place: String, name: &str| match scenarios.get(name) {
            Ok(_) => Ok(()),
            Err(problem) => Err(ConfigError::Setting(format!("{place}: {problem}"))),
        };
        known("the default scenario (--scenario)".into(), &config.scenario)?;
        let frozen_at = config.frozen_at.map(Timestamp::try_from).transpose();
        let frozen_at =
            frozen_at.map_err(|error| ConfigError::Setting(format!("the clock cannot stand there: {error}")))?;

        let mut tenants = Vec::new();
        for company in config.companies() {
            let place = format!("the company key `{}`", company.key);
            for (id, saved) in &company.configurations {
                if let Some(name) = &saved.scenario {
                    known(format!("the configuration `{id}` of {place}"), name)?;
                }
            }
            if let Some(name) = &company.scenario {
                known(place, name)?;
            }
            tenants.push(Arc::new(Tenant::new(company, config.seed, frozen_at)));
        }
        Ok(Self { config, tenants, scenarios, people, sessions: Store::default() })
    }

    /// The companies, in the order in which they were given.
    pub(crate) fn tenants(&self) -> &[Arc<Tenant>] {
        &self.tenants
    }

    /// The company of that key.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CompanyKeyInvalid`], with a hint that lists the keys.
    pub(crate) fn tenant(&self, key: &str) -> Result<&Arc<Tenant>, VendorError> {
        self.tenants.iter().find(|tenant| tenant.company.key == key).ok_or_else(|| {
            let known: Vec<_> = self.tenants.iter().map(|tenant| format!("`{}`", tenant.company.key)).collect();
            VendorError::new(
                ErrorCode::CompanyKeyInvalid,
                format!("there is no company key `{}`; the keys are: {}", shortened(key), known.join(", ")),
            )
        })
    }

    /// Begins a session.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::ArgumentError`] for steps that are none, an unknown configuration or an unknown scenario,
    /// [`ErrorCode::SessionNotFound`] for an unknown parent, and what the scenario says.
    pub(crate) fn begin(&self, tenant: &Arc<Tenant>, request: BeginRequest) -> Result<Begun, VendorError> {
        let BeginRequest { flags, steps, config_id, parent, scenario } = request;
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
        if let Some(parent) = parent {
            // A parent that cannot be a token is an unknown one too.
            self.with_session(tenant, &parent, |_| Ok(())).map_err(|_| not_found(tenant, &parent))?;
        }

        let (scenario, reason) = self.choose(tenant, scenario, &flags, saved_scenario)?;
        if let Some(code) = scenario.refuse_begin {
            return Err(VendorError::new(code, format!("the scenario `{}` ({reason}) says so", scenario.name)));
        }
        let mut hint = format!("scenario `{}`, from {reason}", scenario.name);
        let odd_steps = steps.unknown_types().take(MOST_NAMED).map(|kind| {
            format!("the step type `{}` is not known: the step is kept and has no effect", shortened(&kind))
        });
        for oddity in flags.oddities().into_iter().chain(odd_steps) {
            hint.push_str("; ");
            hint.push_str(&oddity);
        }
        flags = flags.with(scenario.flags.clone());
        let scenario = scenario.clone();
        if !scenario.steps.is_empty() {
            steps = scenario.steps.clone().over_keys(&steps);
        }
        let now = tenant.clock.now();
        let token = tenant.tokens.next();
        let lifetime = self.config.session_lifetime;
        let opening = Opening { token, tenant: tenant.clone(), flags, steps, config_id, scenario, lifetime };
        self.sessions.insert(Session::begin(opening, now));
        Ok(Begun { token, hint })
    }

    /// The scenario of a new session, strongest wish first, and where the wish came from.
    fn choose(
        &self,
        tenant: &Tenant,
        header: Option<String>,
        flags: &Flags,
        saved: Option<&str>,
    ) -> Result<(&Arc<Scenario>, &'static str), VendorError> {
        let wish = match header {
            Some(name) => Some((name, "the request header `x-identomat-mock-scenario`")),
            None => flags.wished_scenario().map_err(VendorError::argument)?,
        };
        if let Some((name, place)) = wish {
            let scenario = self.scenarios.get(&name);
            return scenario
                .map(|scenario| (scenario, place))
                .map_err(|problem| VendorError::argument(format!("{place}: {problem}")));
        }
        let (name, place) = match (saved, &tenant.company.scenario) {
            (Some(name), _) => (name, "the configuration of `config_id`"),
            (None, Some(name)) => (name.as_str(), "the company's default"),
            (None, None) => (self.config.scenario.as_str(), "the server's default"),
        };
        let scenario = self.scenarios.get(name).map_err(VendorError::argument)?;
        Ok((scenario, place))
    }

    /// The result document of a session. The call counts as a poll.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::SessionInvalid`], [`ErrorCode::SessionNotFound`], and what the scenario says.
    pub(crate) fn result(&self, tenant: &Arc<Tenant>, token: &str) -> Result<Bytes, VendorError> {
        self.with_session(tenant, token, |session| {
            session.poll(tenant.clock.now());
            self.answer(session)
        })
    }

    /// Deletes a session and hands out its result document.
    ///
    /// # Errors
    ///
    /// As [`Mock::result`]; the session stays then.
    pub(crate) fn delete(&self, tenant: &Arc<Tenant>, token: &str) -> Result<Bytes, VendorError> {
        let known = read_token(token)?;
        let last_look = |session: &mut Session| {
            check_owner(tenant, session)?;
            session.settle(tenant.clock.now());
            self.answer(session)
        };
        self.sessions.remove(&known, last_look).unwrap_or_else(|| Err(not_found(tenant, token)))
    }

    fn answer(&self, session: &mut Session) -> Result<Bytes, VendorError> {
        let render = |session: &Session, verdict: &Verdict| {
            let wording = Wording {
                result_case: session.tenant.company.result_case.unwrap_or(self.config.result_case),
                null_reject_reason: self.config.null_reject_reason,
            };
            let document = ResultDocument::build(session, verdict, &self.people, wording);
            serde_json::to_vec(&document).expect("a result document has no key that is not text").into()
        };
        session
            .answer(render)
            .map_err(|code| VendorError::new(code, format!("the scenario `{}` says so", session.scenario.name)))
    }

    fn with_session<T>(
        &self,
        tenant: &Arc<Tenant>,
        token: &str,
        action: impl FnOnce(&mut Session) -> Result<T, VendorError>,
    ) -> Result<T, VendorError> {
        let known = read_token(token)?;
        let found = self.sessions.update(&known, |session| {
            check_owner(tenant, session)?;
            action(session)
        });
        found.unwrap_or_else(|| Err(not_found(tenant, token)))
    }

    /// Opens the widget of a session for a browser.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing to do for a person.
    pub(crate) fn open(&self, token: &str, browser: Browser) -> Result<(), FinishError> {
        self.in_widget(token, |session, now| session.open(browser, now))
    }

    /// Looks at a session that a person has open.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing to do for a person.
    pub(crate) fn view<T>(&self, token: &str, view: impl FnOnce(&Session) -> T) -> Result<T, FinishError> {
        self.in_widget(token, |session, now| {
            session.check_open(now)?;
            Ok(view(session))
        })
    }

    /// Lets the person of a session get through; answers the `return_url` that the browser goes to.
    ///
    /// # Errors
    ///
    /// [`FinishError`]; the session is as it was then.
    pub(crate) fn finish(&self, token: &str, request: FinishRequest) -> Result<Option<String>, FinishError> {
        let outcome = request.outcome;
        let return_url = self.in_widget(token, |session, now| {
            let disagrees = outcome == Some(Outcome::DisagreedWithTerms);
            let answers = match request.answers.filter(|_| !disagrees) {
                Some(answers) => Some(Answers::new(answers, &session.steps).map_err(FinishError::Answers)?),
                None => None,
            };
            let forced = outcome.map(|outcome| Verdict::forced(outcome, session.has_face_step()));
            session.finish(forced, answers, now)?;
            Ok(session.flags.return_url().map(str::to_owned))
        })?;
        let outcome = outcome.map_or("as the scenario says", Outcome::as_str);
        tracing::debug!(session = token, outcome, "the person finished the widget");
        Ok(return_url)
    }

    fn in_widget<T>(
        &self,
        token: &str,
        action: impl FnOnce(&mut Session, Timestamp) -> Result<T, FinishError>,
    ) -> Result<T, FinishError> {
        let known = Token::parse(token).ok_or(FinishError::NoSuchSession)?;
        let found = self.sessions.update(&known, |session| {
            let now = session.tenant.clock.now();
            action(session, now)
        });
        found.unwrap_or(Err(FinishError::NoSuchSession))
    }
}

fn read_token(token: &str) -> Result<Token, VendorError> {
    Token::parse(token).ok_or_else(|| {
        VendorError::new(
            ErrorCode::SessionInvalid,
            format!("`{}` cannot be a session token: one has 40 characters of a-z and 0-9", shortened(token)),
        )
    })
}

fn check_owner(tenant: &Arc<Tenant>, session: &Session) -> Result<(), VendorError> {
    if Arc::ptr_eq(tenant, &session.tenant) { Ok(()) } else { Err(not_found(tenant, session.token.as_str())) }
}

fn not_found(tenant: &Tenant, token: &str) -> VendorError {
    VendorError::new(
        ErrorCode::SessionNotFound,
        format!(
            "the company `{}` has no session `{}`: it was never begun, was deleted, or is another company's",
            tenant.company.key,
            shortened(token)
        ),
    )
}
