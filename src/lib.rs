//! A mock of the Identomat identity-verification service, for tests.
//!
//! [`MockServer`] starts one inside a test. It listens on its own port, is ready when it has started, and stops when it
//! is dropped, so tests share nothing.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use identomat_mock::{MockServer, Outcome};
//! use serde_json::{Value, json};
//!
//! let mock = MockServer::start().await;
//! let client = reqwest::Client::new();
//! let call = async |method: &str, parameters: &Value| -> reqwest::Result<Value> {
//!     let url = format!("{}/external-api/{method}/", mock.url());
//!     client.post(url).json(parameters).send().await?.json().await
//! };
//!
//! // The company's backend begins a session …
//! let begun = call("begin", &json!({"company_key": mock.company_key()})).await?;
//! let token = begun.as_str().unwrap();
//! let session = json!({"company_key": mock.company_key(), "session_token": token});
//! assert_eq!(call("result", &session).await?["result"], "IN_PROGRESS");
//!
//! // … the person goes through the widget at `mock.widget_url(token)`, or the test does it for them …
//! mock.finish_as(token, Outcome::Rejected).await?;
//!
//! // … and the backend reads the outcome, and deletes the session.
//! let result = call("result", &session).await?;
//! assert_eq!(result["result"], "REJECTED");
//! assert_eq!(result["reject_reason"]["value"], "face_mismatch");
//! call("delete", &session).await?;
//! assert_eq!(call("result", &session).await?, "SESSION_NOT_FOUND");
//! # Ok(())
//! # }
//! ```
//!
//! [`blocking::MockServer`] is the same for tests without an async runtime. The README lists the scenarios and how a
//! test selects one; `identomat-mock --help` describes the command line.
#![forbid(unsafe_code)]

mod server;
#[cfg(feature = "client")]
pub use server::MockClient;
pub use server::{
    CallQuery, Control, ControlError, EventReader, ExpectationGuard, ExpectedCalls, MockEvent, MockServer,
    MockServerBuilder, SessionWait, StartError, blocking, expect,
};

mod condition;
pub use condition::ValueMatch;
mod config;
pub use config::{ClientLimits, Config, ControlApi, Cors, DEFAULT_COMPANY_KEY, ErrorStatus, RequestLimits, TlsConfig};

mod company;
pub use company::{Company, JournalSettings, SavedConfiguration};

mod mock;
pub use mock::{
    BrowserInfo, CallSummary, CompanyInfo, CompanyState, ConfigError, DueEvent, DueEventKind, FindingInfo,
    FinishRequest, ReachedStep, ScenarioInfo, SessionDetails, SessionInfo, StageInfo, UploadInfo, VerificationCode,
};

mod session;
pub use session::TimelineEntry;

mod embedding;
pub use embedding::Finding;

mod scenario;
pub use scenario::{Scenario, ScenarioChoice, ScenarioSource, ScreeningMatch, Stage, Trigger, Verdict};

mod faults;
pub use faults::{ClosePoint, Endpoint, Fault, FaultInfo};

mod vendor;
pub use vendor::{Dialect, ErrorCode, MediaKind, Outcome, ResultCase};

#[cfg(feature = "media")]
mod media;

mod data_file;
pub use data_file::LoadError;

mod built_in;
mod catalogue;
mod clock;
mod coverage;
pub use coverage::{Coverage, CoverageItem, CoverageKind};
mod flow;
mod foreign_text;
mod glob;
mod heap;
mod http;
pub use http::{ApiProblem, CallInfo, CallPattern, NearMiss, Times};

mod json_cursor;
mod json_text;
mod log_throttle;
#[cfg(feature = "metrics")]
mod metrics;
mod problem;
pub use problem::Problem;
mod result;
mod secret;
pub use secret::Secret;
mod settings;
mod signature;
mod tree;

#[cfg(doc)]
#[doc = include_str!("../FIDELITY.md")]
pub mod fidelity {}

#[cfg(feature = "cli")]
pub mod cli;

/// Compiles and runs the Rust examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles and runs the Rust examples of the page about scenarios.
#[cfg(doctest)]
#[doc = include_str!("../docs/scenarios.md")]
struct AboutScenarios;

/// Compiles and runs the Rust examples of the page about faults.
#[cfg(doctest)]
#[doc = include_str!("../docs/faults.md")]
struct AboutFaults;

/// Compiles and runs the Rust examples of the page about media.
#[cfg(all(doctest, feature = "media"))]
#[doc = include_str!("../docs/media.md")]
struct AboutMedia;

#[cfg(test)]
#[path = "../tests/it/thorough.rs"]
mod thorough;
