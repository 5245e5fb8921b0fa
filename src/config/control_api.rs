//! Settings of the control API.

use std::time::Duration;

use super::forms::HostNames;
use crate::{
    problem::Problem,
    secret::Secret,
    settings::{Off, Time, Token, settings},
};

settings! {
    /// Settings of the control API under `/__admin/`. Its health checks are always available.
    #[derive(Debug, Clone)]
    pub struct ControlApi {
        "Control API and journal" {
            /// Disable the control API under `/__admin/`, except its health checks
            enabled ("no-admin"): bool as Off = "false";

            /// Require this token for the control API, sent as `Authorization: Bearer TOKEN`
            token ("admin-token"): Option<Secret> as Token;

            /// Additional host name of the control API; addresses, `localhost`, names without a dot and the host of the
            /// public URL always work, others are refused against DNS rebinding; may be repeated, commas separate
            /// several
            hosts ("admin-host"): Vec<String> as HostNames;

            /// Time limit for the work of one control API request, without the time that it waits
            timeout ("admin-timeout"): Duration as Time = "10s";
        }
    }
}

impl ControlApi {
    /// Validates these settings.
    ///
    /// # Errors
    ///
    /// [`Problem`] of a setting.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let is_token = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if self.token.as_ref().is_some_and(|token| !is_token(token.expose())) {
            let message = "the token must be visible ASCII without spaces, at least one character";
            return Err(Problem::of_setting("admin-token", message));
        }
        if self.timeout.is_zero() {
            let message = "with 0 no request would be fast enough; give at least 1ms";
            return Err(Problem::of_setting("admin-timeout", message));
        }
        self.hosts.iter().try_for_each(|host| check_host_name(host).map_err(|problem| problem.in_setting("admin-host")))
    }
}

/// Checks that `name` is a host name, without scheme and port.
pub(crate) fn check_host_name(name: &str) -> Result<(), Problem> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        Ok(())
    } else {
        Err(Problem::malformed(name, "the name of a host such as mock.example.com, without a port"))
    }
}
