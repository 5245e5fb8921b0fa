//! Who may use the control API.

use std::{fmt, time::Duration};

/// Who may use the control API below `/__admin/`. Its health checks answer everybody, always.
#[derive(Clone)]
#[non_exhaustive]
pub struct ControlApi {
    /// Whether it is there: yes.
    pub enabled: bool,
    /// What its callers send as `Authorization: Bearer …`, where they have to.
    pub token: Option<String>,
    /// Names by which it can be called besides addresses, `localhost`, `*.localhost`, names without a dot, and the
    /// public URL: a page of a foreign name must not get to it by letting that name lead here.
    pub hosts: Vec<String>,
    /// How long the work of one request may take, in real time: 10 seconds. What it waits for does not count.
    pub timeout: Duration,
}

impl Default for ControlApi {
    fn default() -> Self {
        Self { enabled: true, token: None, hosts: Vec::new(), timeout: Duration::from_secs(10) }
    }
}

impl ControlApi {
    /// Says which of these settings cannot be.
    ///
    /// # Errors
    ///
    /// A message that names the flag, and says what is allowed.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_token = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if self.token.as_deref().is_some_and(|token| !is_token(token)) {
            return Err("--admin-token: the token must be visible ASCII without spaces, at least one character".into());
        }
        if self.timeout.is_zero() {
            return Err("--admin-timeout: with 0 no request would be fast enough; give at least 1ms".into());
        }
        self.hosts
            .iter()
            .try_for_each(|host| check_host_name(host).map_err(|problem| format!("--admin-host: {problem}")))
    }
}

/// Checks that `name` is that of a host, without scheme and port.
pub(crate) fn check_host_name(name: &str) -> Result<(), String> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
        Ok(())
    } else {
        Err(format!("`{name}` is not the name of a host such as mock.example.com, without a port"))
    }
}

/// Shows that there is a token, not which.
impl fmt::Debug for ControlApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlApi")
            .field("enabled", &self.enabled)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("hosts", &self.hosts)
            .field("timeout", &self.timeout)
            .finish()
    }
}
