//! TLS from files: what is wrong with a certificate or its key is said before the server listens.

use anyhow::{Context, bail};
use rustls::CertificateError;
use rustls::client::danger::ServerCertVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A certificate that ends within this time is named at the start.
const SOON: Duration = Duration::from_secs(30 * 86_400);

/// What listens with these files. Errors: a file that cannot be read, no certificate or key in it, a key of another
/// certificate. A certificate that is over is served nevertheless, and said: a station must not stand still for it.
pub fn acceptor(cert: &Path, key: &Path) -> anyhow::Result<tokio_rustls::TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("证书 {} 读不出来。请核对路径和权限；要 PEM 格式（-----BEGIN CERTIFICATE-----）", cert.display()))?;
    let Some(first) = chain.first().cloned() else {
        bail!("{} 里没有证书。请给出 PEM 格式的证书链（-----BEGIN CERTIFICATE-----），站点证书在最前。", cert.display());
    };
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("{} 里没有读出私钥。请核对路径和权限；要 PEM 格式、没有口令的私钥（-----BEGIN PRIVATE KEY-----）", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => {
                anyhow::anyhow!("私钥 {} 不是证书 {} 的。请换上与证书同时签发的那把私钥。", key.display(), cert.display())
            }
            e => anyhow::anyhow!("证书 {} 或私钥 {} 不能用：{e}。请向签发单位重新索取。", cert.display(), key.display()),
        })?;
    if let Some(line) = worries(&first, provider) {
        eprintln!("注意：证书 {} {line}", cert.display());
    }
    Ok(tokio_rustls::TlsAcceptor::from(Arc::new(config)))
}

/// Whether the certificate is over, not yet good, or over soon.
fn worries(cert: &CertificateDer<'static>, provider: Arc<rustls::crypto::CryptoProvider>) -> Option<&'static str> {
    // Taken as its own root: of what the verifier says only the dates count here.
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.clone()).ok()?;
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    let at = |time: UnixTime| match verifier.verify_server_cert(cert, &[], &name, &[], time) {
        Err(rustls::Error::InvalidCertificate(e)) => Some(e),
        _ => None,
    };
    let over = |e: &Option<CertificateError>| matches!(e, Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }));
    let now = UnixTime::now();
    let found = at(now);
    if over(&found) {
        return Some("已经过期，浏览器会拒绝连接。请换上新证书后重新启动。");
    }
    if matches!(found, Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })) {
        return Some("还没有到生效日期。请核对证书，也请核对这台机器的时钟。");
    }
    let later = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + SOON);
    over(&at(later)).then_some("将在 30 天内过期。请及早换上新证书。")
}
