//! The builder of a mock for a test.

use std::{sync::Arc, time::SystemTime};

use super::{MockServer, StartError, runtime::MockRuntime};
use crate::{
    company::Company,
    config::Config,
    scenario::{Scenario, ScenarioChoice},
    secret::Secret,
    vendor::Dialect,
};

/// Settings of a [`MockServer`]. The defaults are a free port and one company.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), identomat_mock::StartError> {
/// use identomat_mock::{Dialect, MockServer};
///
/// let mock = MockServer::builder()
///     .company("my-company")
///     .secret("not-a-real-secret")
///     .scenario("rejected")
///     .dialect(Dialect::Live)
///     .settings(|config| config.return_url_token = true)
///     .start()
///     .await?;
/// assert_eq!(mock.company_key(), "my-company");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing runs before `start`"]
#[derive(Debug, Clone)]
pub struct MockServerBuilder {
    config: Config,
    secret: Option<Secret>,
}

impl MockServerBuilder {
    pub(super) fn new() -> Self {
        let config = Config { port: 0, ..Config::default() };
        Self { config, secret: None }
    }

    /// Adds a company: its key, or a [`Company`]. Without any, there is one company with the key of the vendor's
    /// manual.
    pub fn company(mut self, company: impl Into<Company>) -> Self {
        self.config.companies.push(company.into());
        self
    }

    /// Sets the HMAC secret of the first company: its calls must be signed, and its responses are.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sets the scenario of sessions that request none (default `approved`): a name, or a [`Scenario`], which sessions
    /// can also request by name.
    pub fn scenario(mut self, scenario: impl Into<ScenarioChoice>) -> Self {
        match scenario.into() {
            ScenarioChoice::Named(name) => self.config.scenario = name,
            ScenarioChoice::Inline(scenario) => {
                self.config.scenario = scenario.name.clone();
                self.config.own_scenarios.push(Arc::unwrap_or_clone(scenario));
            }
        }
        self
    }

    /// Adds a scenario that sessions can request by name, or that its `match` selects. It replaces one of a file of the
    /// same name.
    pub fn add_scenario(mut self, scenario: Scenario) -> Self {
        self.config.own_scenarios.push(scenario);
        self
    }

    /// Sets the wording of responses: as in the manual, the default, or as recorded.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.config.dialect = dialect;
        self
    }

    /// Makes tokens, people and numbers reproducible.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Freezes the clock at this time; [`crate::Control::advance`] advances it.
    pub fn frozen_at(mut self, moment: SystemTime) -> Self {
        self.config.frozen_at = Some(moment);
        self
    }

    /// Changes any other setting.
    pub fn settings(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Starts the mock; it is ready when this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`] if a setting or file is invalid, the address is in use, or no thread can be created.
    pub async fn start(self) -> Result<MockServer, StartError> {
        let (config, runtime) = (self.into_config(), MockRuntime::start_unless_paused().map_err(StartError::Runtime)?);
        runtime.run(MockServer::serve(config, runtime.clone())).await.map_err(|_| StartError::RuntimeEnded)?
    }

    /// Starts the mock for a test without an async runtime.
    ///
    /// # Errors
    ///
    /// As [`MockServerBuilder::start`].
    pub fn start_blocking(self) -> Result<super::blocking::MockServer, StartError> {
        super::blocking::MockServer::serve(self.into_config())
    }

    fn into_config(self) -> Config {
        let Self { mut config, secret } = self;
        if let Some(secret) = secret {
            config.companies = config.companies();
            config.companies[0].secret = Some(secret);
        }
        config
    }
}
