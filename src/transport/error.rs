//! Why an exchange did not come about.

/// Why a request got no answer that can be judged. Says nothing of what other
/// crates report: that may quote what a party sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the exchange with {host} did not come about: {problem:?}")]
pub struct TransportError {
    /// Host and port of the other party, as the URL has them.
    pub host: String,
    /// What went wrong.
    pub problem: TransportProblem,
}

/// What went wrong in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransportProblem {
    /// The URL is none that can be called: not absolute, not `https`, no host.
    Url,
    /// The name of the host does not exist.
    UnknownHost,
    /// Nobody listens, or the network does not lead there.
    Unreachable,
    /// The proxy refused, or broke off.
    Proxy,
    /// No answer came in time.
    TimedOut,
    /// The other party's certificate is for another name.
    WrongName,
    /// The other party's certificate does not end at a trusted root.
    UnknownIssuer,
    /// The other party's certificate is expired.
    Expired,
    /// The other party's certificate is not valid yet.
    NotYetValid,
    /// The other party's certificate was revoked.
    Revoked,
    /// The other party's certificate is not usable for another reason.
    BadCertificate,
    /// The other party refused our certificate.
    CertificateRefused,
    /// The other party asked for a certificate and we had none.
    CertificateRequired,
    /// No TLS version or cipher suite in common.
    NothingInCommon,
    /// The other end does not speak TLS, or breaks it.
    NoTls,
    /// The answer is no HTTP response.
    NoHttp,
    /// The connection was closed before the answer was whole.
    Broken,
    /// The answer is larger than the limit, or does not end.
    TooLarge,
}
