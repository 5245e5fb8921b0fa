//! HTTPS on the port of HTTP, where the settings name whom for.

use jiff::Timestamp;

#[cfg(feature = "tls")]
pub(crate) use super::authority::{CertificateAuthority, usual_folder};
use crate::config::Config;

/// What takes connections over TLS.
#[cfg(feature = "tls")]
pub(super) type TlsAcceptor = tokio_rustls::TlsAcceptor;

/// There is none in this build.
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
pub(super) enum TlsAcceptor {}

/// What takes connections over TLS, with the authority that is kept, or made at `now`.
///
/// # Errors
///
/// A message, where a file or a name is wrong.
#[cfg(feature = "tls")]
pub(super) fn acceptor(config: &Config, now: Timestamp) -> Result<Option<TlsAcceptor>, String> {
    let Some(wanted) = &config.tls else { return Ok(None) };
    let folder = wanted.folder.clone().unwrap_or_else(usual_folder);
    CertificateAuthority::load_or_create(&folder, now)?.acceptor(&wanted.names, now).map(Some)
}

/// Nothing takes them in this build.
///
/// # Errors
///
/// A message, where something should.
#[cfg(not(feature = "tls"))]
pub(super) fn acceptor(config: &Config, _now: Timestamp) -> Result<Option<TlsAcceptor>, String> {
    if config.tls.is_some() { Err("TLS needs the feature `tls` of this crate".to_owned()) } else { Ok(None) }
}
