//! A certificate authority that is created on first use, and discarded with its folder.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Span, Timestamp, civil::Date, tz::Offset};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

/// The file of the CA in its folder: its certificate, followed by its key.
const FILE: &str = "authority.pem";

/// Names in every certificate, besides the given ones.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The CA that signs the server's certificates.
#[derive(Debug)]
pub(crate) struct CertificateAuthority {
    /// Its certificate, in PEM.
    pub(crate) certificate: String,
    key: String,
}

impl CertificateAuthority {
    /// Loads the CA of a folder; creates it if there is none.
    ///
    /// # Errors
    ///
    /// A message with the folder that cannot be read or written.
    pub(crate) fn load_or_create(folder: &Path, now: Timestamp) -> Result<Self, String> {
        let (file, shown) = (folder.join(FILE), folder.display());
        let read = || {
            Self::read(&file).map_err(|error| format!("cannot read the certificate authority in `{shown}`: {error}"))
        };
        if let Some(existing) = read()? {
            return Ok(existing);
        }
        let made = Self::make(now).map_err(|error| format!("cannot make a certificate authority: {error}"))?;
        let written = fs::create_dir_all(folder).and_then(|()| made.write(folder, &file));
        written.map_err(|error| {
            format!(
                "cannot write the certificate authority to `{shown}`: {error}; name another folder with --tls-folder"
            )
        })?;
        tracing::info!(folder = %shown, "created a certificate authority; `identomat-mock ca export` prints it");
        // If several processes create one at once, the first counts.
        Ok(read()?.unwrap_or(made))
    }

    fn read(file: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let (certificate, key) = text.split_at(text.find("-----BEGIN PRIVATE KEY-----").unwrap_or(text.len()));
        KeyPair::from_pem(key).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{FILE} is invalid ({error}); remove it to create a new one"),
            )
        })?;
        Ok(Some(Self { certificate: certificate.to_owned(), key: key.to_owned() }))
    }

    /// Writes the CA atomically, unless there is one already.
    fn write(&self, folder: &Path, file: &Path) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        // The key and the name are unique.
        let own = folder.join(format!("{FILE}.{:x}", hasher.finish()));
        private_file(&own)?.write_all(format!("{}{}", self.certificate, self.key).as_bytes())?;
        let linked = fs::hard_link(&own, file);
        fs::remove_file(&own)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    fn make(now: Timestamp) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = authority(now).self_signed(&key)?.pem();
        Ok(Self { certificate, key: key.serialize_pem() })
    }

    /// Returns a TLS acceptor with a certificate for these names, which are host names and addresses.
    ///
    /// # Errors
    ///
    /// A message if the CA's files or a name are invalid.
    pub(super) fn acceptor(&self, names: &[String], now: Timestamp) -> Result<TlsAcceptor, String> {
        self.try_acceptor(names, now).map_err(|error| format!("cannot serve TLS: {error}"))
    }

    fn try_acceptor(&self, names: &[String], now: Timestamp) -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
        let issuer = Issuer::new(authority(now), KeyPair::from_pem(&self.key)?);
        let key = KeyPair::generate()?;
        let mut params = params("identomat-mock", now, Span::new().days(397));
        let names = OWN_NAMES.iter().copied().chain(names.iter().map(String::as_str));
        for name in names {
            let name = match name.parse::<IpAddr>() {
                Ok(address) => rcgen::SanType::IpAddress(address),
                Err(_) => rcgen::SanType::DnsName(name.try_into()?),
            };
            if !params.subject_alt_names.contains(&name) {
                params.subject_alt_names.push(name);
            }
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Returns the default folder of the CA, in the user's data folder.
pub(crate) fn usual_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| set("LOCALAPPDATA"));
    let data = data.or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.unwrap_or_else(std::env::temp_dir).join("identomat-mock")
}

/// Returns the parameters of the CA's certificate, or of a certificate that it signs.
fn authority(now: Timestamp) -> CertificateParams {
    let mut params = params("identomat-mock throw-away CA", now, Span::new().years(10));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Returns parameters of a certificate that is valid from yesterday on.
fn params(name: &str, now: Timestamp, long: Span) -> CertificateParams {
    let today = Offset::UTC.to_datetime(now).date();
    let at = |date: Date| date_time_ymd(date.year().into(), date.month() as u8, date.day() as u8);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = at(today.saturating_sub(Span::new().days(1)));
    params.not_after = at(today.saturating_add(long));
    params
}

/// Creates a file that other users cannot read.
fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
