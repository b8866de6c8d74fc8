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
    /// The URL is none that can be called: not absolute, not `https`, no host;
    /// `http` is for loopback only.
    Url,
    /// The request is none that HTTP can carry: its method or a header.
    Request,
    /// The name of the host does not exist.
    UnknownHost,
    /// Nobody listens, or the network does not lead there.
    Unreachable,
    /// The proxy refused, or broke off.
    Proxy,
    /// No answer came in time.
    TimedOut,
    /// The other party's certificate is for another name, or it does not know
    /// the name that was asked for.
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
    /// One party asked for a certificate and the other had none.
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

impl TransportProblem {
    /// All of them.
    pub const ALL: [TransportProblem; 19] = [
        TransportProblem::Url,
        TransportProblem::Request,
        TransportProblem::UnknownHost,
        TransportProblem::Unreachable,
        TransportProblem::Proxy,
        TransportProblem::TimedOut,
        TransportProblem::WrongName,
        TransportProblem::UnknownIssuer,
        TransportProblem::Expired,
        TransportProblem::NotYetValid,
        TransportProblem::Revoked,
        TransportProblem::BadCertificate,
        TransportProblem::CertificateRefused,
        TransportProblem::CertificateRequired,
        TransportProblem::NothingInCommon,
        TransportProblem::NoTls,
        TransportProblem::NoHttp,
        TransportProblem::Broken,
        TransportProblem::TooLarge,
    ];

    /// Its name in scripts and results.
    pub fn name(self) -> &'static str {
        match self {
            TransportProblem::Url => "url",
            TransportProblem::Request => "request",
            TransportProblem::UnknownHost => "unknown-host",
            TransportProblem::Unreachable => "unreachable",
            TransportProblem::Proxy => "proxy",
            TransportProblem::TimedOut => "timed-out",
            TransportProblem::WrongName => "wrong-name",
            TransportProblem::UnknownIssuer => "unknown-issuer",
            TransportProblem::Expired => "expired",
            TransportProblem::NotYetValid => "not-yet-valid",
            TransportProblem::Revoked => "revoked",
            TransportProblem::BadCertificate => "bad-certificate",
            TransportProblem::CertificateRefused => "certificate-refused",
            TransportProblem::CertificateRequired => "certificate-required",
            TransportProblem::NothingInCommon => "nothing-in-common",
            TransportProblem::NoTls => "no-tls",
            TransportProblem::NoHttp => "no-http",
            TransportProblem::Broken => "broken",
            TransportProblem::TooLarge => "too-large",
        }
    }

    /// Whether a request that ends so was heard by a server that took the
    /// connection.
    pub fn reaches(self) -> bool {
        matches!(
            self,
            TransportProblem::Broken
                | TransportProblem::NoHttp
                | TransportProblem::TimedOut
                | TransportProblem::TooLarge
        )
    }

    /// Whether the other party itself ended it so, once it was reached: it refuses
    /// who calls, or how.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            TransportProblem::CertificateRefused
                | TransportProblem::CertificateRequired
                | TransportProblem::NothingInCommon
                | TransportProblem::Broken
        )
    }

    /// Whether the other party was not met: nothing that it did is known.
    pub fn is_absence(self) -> bool {
        matches!(
            self,
            TransportProblem::Url
                | TransportProblem::Request
                | TransportProblem::UnknownHost
                | TransportProblem::Unreachable
                | TransportProblem::Proxy
                | TransportProblem::TimedOut
        )
    }

    /// The one of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.name() == name)
    }
}

/// Why a client or server cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The system gives no threads.
    #[error("the system gives no threads")]
    Threads,
    /// A revocation list is none that TLS can use.
    #[error("a revocation list cannot be used")]
    RevocationLists,
    /// The address cannot be listened at; what the system said.
    #[error("the address cannot be listened at: {0}")]
    Listen(std::io::ErrorKind),
}
