//! The use cases; the only type that ties the parts together.

mod begin;
mod calls;
mod companies;
mod controls;
mod coverage;
mod events;
mod faults;
#[cfg(feature = "media")]
mod media;
#[cfg(feature = "metrics")]
mod metrics;
mod result;
mod scenarios;
mod screening;
mod screens;
mod session_info;
mod sessions;
mod setting_problems;
mod waiting;
mod widget;
mod widget_watch;
mod work;

use std::{
    sync::{Arc, RwLock},
    time::SystemTime,
};

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};

#[cfg(feature = "media")]
pub(crate) use self::media::Picture;
use self::scenarios::{CatalogueState, read_catalogue};
pub(crate) use self::{
    begin::BeginRequest,
    calls::{CallFilter, OwnedCall},
    controls::SwitchScenarioError,
    events::OwnedEvent,
    faults::{AppliedFaults, StagePosition},
    result::ResultResponse,
    screens::{AnswerResult, ScreenContext, ScreenError},
    waiting::{WaitCondition, WaitError},
    widget_watch::{WidgetSnapshot, WidgetState},
    work::{Cancellation, Workers},
};
pub(crate) use self::{
    companies::{CompanyError, CompanyPatch},
    sessions::{SessionFilter, SessionRange},
};
pub use self::{
    companies::{CompanyInfo, CompanyState},
    controls::{DueEvent, DueEventKind},
    scenarios::{ScenarioInfo, StageInfo},
    session_info::{
        BrowserInfo, CallSummary, FindingInfo, ReachedStep, SessionDetails, SessionInfo, UploadInfo, VerificationCode,
    },
    widget::FinishRequest,
};
#[cfg(feature = "cli")]
pub(crate) use self::{
    scenarios::sources,
    setting_problems::{setting_problems, setting_warnings},
};
#[cfg(feature = "metrics")]
use crate::metrics::Metrics;
use crate::{
    catalogue::Catalogue,
    clock::{Clock, uptime},
    company::{
        Company, HeldCalls, Journal, JournalSequence, OnDemandPolicy, RemovalReason, SessionLimit, Tenant,
        TenantRegistry, TenantSettings,
    },
    config::Config,
    coverage::CoverageCounters,
    data_file::LoadError,
    faults::SharedFaults,
    foreign_text::shortened,
    problem::{Problem, debug_as_display},
    session::{DecisionError, Session},
    vendor::{ErrorCode, Token, TokenSource, VendorError},
};
#[cfg(feature = "media")]
use crate::{media::SampleCache, session::UploadStorage};

/// The mock without its HTTP side.
#[derive(Debug)]
pub(crate) struct MockService {
    pub(crate) config: Config,
    pub(crate) tenants: TenantRegistry,
    /// The parts that all tenants share.
    settings: TenantSettings,
    /// The catalogue for new sessions; running sessions keep theirs.
    catalogue_state: RwLock<CatalogueState>,
    /// The clock of what belongs to no company.
    pub(crate) clock: Clock,
    pub(crate) faults: SharedFaults,
    /// The calls that delays of server-wide faults hold.
    pub(crate) holds: HeldCalls,
    /// The calls that belong to no company.
    pub(crate) journal: Arc<Journal>,
    /// Numbers calls and events, and notifies the waiters of all journals.
    pub(crate) numbers: Arc<JournalSequence>,
    draws: TokenSource,
    #[cfg(feature = "media")]
    pub(crate) specimens: SampleCache,
    #[cfg(feature = "media")]
    storage: Arc<UploadStorage>,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Metrics,
    /// The coverage of all companies, since the last reset and since the start.
    coverage: CoverageCounters,
    whole_coverage: CoverageCounters,
    /// Slots for waiting clients.
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) workers: Workers,
    /// Whether the server is stopping.
    stops: watch::Sender<bool>,
}

/// The reason a call gets another response than requested.
#[derive(Debug)]
pub(crate) enum CallError {
    /// A vendor error, with the faults applied on the way.
    Error(VendorError, AppliedFaults),
    /// A fault that short-circuits the call.
    Fault(AppliedFaults),
}

impl From<VendorError> for CallError {
    fn from(error: VendorError) -> Self {
        Self::Error(error, AppliedFaults::default())
    }
}

/// An invalid setting, or a combination of settings.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A scenario or fixture file is invalid.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Values are invalid, or conflict with others.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Setting(Vec<Problem>),
}

debug_as_display!(ConfigError);

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self::Setting(vec![problem])
    }
}

impl MockService {
    /// Loads scenarios and fixtures, and validates all settings together.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first problem.
    pub(crate) fn new(config: Config) -> Result<Self, ConfigError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(ConfigError::Setting(problems));
        }
        let catalogue = read_catalogue(&config, &config.companies())?;
        let frozen_at = config.frozen_at.map(moment).transpose()?;
        let ceiling = SessionLimit { max_sessions: config.max_sessions, refuses: config.refuse_at_max_sessions };
        let numbers = Arc::new(JournalSequence::default());
        let settings = TenantSettings {
            seed: config.seed,
            frozen_at,
            session_limit: ceiling,
            journal: config.journal,
            sequence: numbers.clone(),
        };
        let configured = pair_with_settings(&settings, config.companies())?;
        let policy = |company: Company| {
            let settings = settings_of(&settings, &company)?;
            Ok::<_, ConfigError>(OnDemandPolicy {
                company,
                idle_timeout: config.company_idle,
                max_companies: config.max_companies,
                settings,
            })
        };
        let policy = config.any_company_key.clone().map(policy).transpose()?;
        let (clock, faults) = (Clock::new(frozen_at), SharedFaults::default());
        faults.replace(&config.faults, clock.now());
        Ok(Self {
            tenants: TenantRegistry::new(configured, policy),
            settings,
            catalogue_state: RwLock::new(CatalogueState::new(catalogue)),
            clock,
            faults,
            holds: HeldCalls::default(),
            journal: Journal::new(config.journal, numbers.clone()),
            numbers,
            draws: TokenSource::new(config.seed, ""),
            #[cfg(feature = "media")]
            specimens: SampleCache::new(config.media_cache),
            #[cfg(feature = "media")]
            storage: UploadStorage::new(config.limits.uploads),
            #[cfg(feature = "metrics")]
            metrics: Metrics::new(),
            coverage: CoverageCounters::default(),
            whole_coverage: CoverageCounters::default(),
            stops: watch::Sender::new(false),
            workers: Workers::new(config.control_api.timeout),
            waiting: Arc::new(Semaphore::new(config.clients.waiting().min(Semaphore::MAX_PERMITS))),
            config,
        })
    }

    /// Releases waiting and delayed calls, because the server stops.
    pub(crate) fn stop(&self) {
        self.stops.send_replace(true);
    }

    /// Waits until the server stops.
    pub(crate) async fn stopping(&self) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.stops.subscribe().wait_for(|stops| *stops).await;
    }

    /// Returns the company with this key.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::CompanyKeyInvalid`], with a hint that lists the keys.
    pub(crate) fn tenant(&self, key: &str) -> Result<Arc<Tenant>, VendorError> {
        let unknown = || VendorError::new(ErrorCode::CompanyKeyInvalid, self.tenants.unknown_key(key));
        self.tenants.get_or_create(key, uptime).ok_or_else(unknown)
    }

    fn with_session<T>(
        &self,
        tenant: &Tenant,
        token: &str,
        action: impl Fn(&mut Session, &Catalogue) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let known = read_token(token)?;
        tenant.sessions.update(&known, action).unwrap_or_else(|| Err(not_found(tenant, token).into()))
    }

    /// Returns the company of a session.
    pub(crate) fn tenant_of(&self, token: &str) -> Option<Arc<Tenant>> {
        self.tenants.of_session(&Token::parse(token)?)
    }

    /// Returns the child sessions, in the order in which they began.
    pub(crate) fn children(&self, token: &str) -> Vec<Token> {
        let mut parts = self.in_session(token, |session, _| session.children().to_vec()).unwrap_or_default();
        parts.retain(|part| self.in_session(part.as_str(), |_, _| ()).is_some());
        parts
    }

    /// Changes a session of any company; `None` if there is none with this token.
    fn in_session<T>(&self, token: &str, action: impl Fn(&mut Session, Timestamp) -> T) -> Option<T> {
        let known = Token::parse(token)?;
        self.tenants.update_session(&known, uptime(), action)
    }
}

/// Pairs companies with the settings of their tenants.
fn pair_with_settings(
    settings: &TenantSettings,
    companies: Vec<Company>,
) -> Result<Vec<(Company, TenantSettings)>, ConfigError> {
    let with_its = |company: Company| settings_of(settings, &company).map(|settings| (company, settings));
    Ok(companies.into_iter().map(with_its).collect::<Result<_, _>>()?)
}

/// Returns the settings of a tenant, derived from those of all.
fn settings_of(settings: &TenantSettings, company: &Company) -> Result<TenantSettings, Problem> {
    let frozen_at = company.frozen_at.map(moment).transpose()?.or(settings.frozen_at);
    Ok(TenantSettings { frozen_at, ..settings.clone() })
}

/// Returns a time that a clock can be set to.
fn moment(at: SystemTime) -> Result<Timestamp, Problem> {
    let problem = |error| Problem::of_key("frozen_at", format!("the clock cannot be set to that time: {error}"));
    Timestamp::try_from(at).map_err(problem)
}

fn read_token(token: &str) -> Result<Token, VendorError> {
    Token::parse(token).ok_or_else(|| {
        VendorError::new(
            ErrorCode::SessionInvalid,
            format!("`{}` cannot be a session token: one has 40 characters of a-z and 0-9", shortened(token)),
        )
    })
}

fn not_found(tenant: &Tenant, token: &str) -> VendorError {
    VendorError::new(
        ErrorCode::SessionNotFound,
        format!(
            "the company `{}` has no session `{}`: {}",
            tenant.key,
            shortened(token),
            match Token::parse(token).and_then(|token| tenant.sessions.removal_reason(&token)) {
                Some(RemovalReason::Evicted) => {
                    "it was evicted for a new one, because the company reached its maximum (--max-sessions)"
                }
                Some(RemovalReason::Deleted) => "it was deleted",
                None if tenant.was_evicted() => {
                    "it was never begun, belongs to another company, or was removed with its company, which was idle \
                     too long or evicted (--company-idle, --max-companies)"
                }
                None => {
                    "it was never begun, was deleted long ago, belongs to another company, or the mock has restarted \
                     since"
                }
            }
        ),
    )
}

#[cfg(test)]
mod model_tests;
