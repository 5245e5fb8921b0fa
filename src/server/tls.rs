//! HTTPS on the port of HTTP, if the settings name host names.

use jiff::Timestamp;

#[cfg(feature = "tls")]
pub(crate) use super::authority::{CertificateAuthority, usual_folder};
use crate::config::Config;

/// The acceptor of TLS connections.
#[cfg(feature = "tls")]
pub(super) type TlsAcceptor = tokio_rustls::TlsAcceptor;

/// The acceptor of a build without TLS, which has no value.
#[cfg(not(feature = "tls"))]
#[derive(Clone)]
pub(super) enum TlsAcceptor {}

/// Creates the acceptor, with the stored CA, or one created at `now`.
///
/// # Errors
///
/// A message about an invalid file or name.
#[cfg(feature = "tls")]
pub(super) fn acceptor(config: &Config, now: Timestamp) -> Result<Option<TlsAcceptor>, String> {
    let Some(names) = &config.tls.names else { return Ok(None) };
    let folder = config.tls.folder.clone().unwrap_or_else(usual_folder);
    CertificateAuthority::load_or_create(&folder, now)?.acceptor(names, now).map(Some)
}

/// Returns no acceptor in a build without TLS.
///
/// # Errors
///
/// A message if the settings require TLS.
#[cfg(not(feature = "tls"))]
pub(super) fn acceptor(config: &Config, _now: Timestamp) -> Result<Option<TlsAcceptor>, String> {
    if config.tls.names.is_some() { Err("TLS needs the feature `tls` of this crate".to_owned()) } else { Ok(None) }
}
