//! What errors of sockets, TLS and HTTP mean, in our own words. What other
//! crates say stays inside: it may quote what a party sent.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError, PeerMisbehaved};

use super::error::TransportProblem;

/// What is known of a handshake when it ends, to read an alert with.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// The other party asked for our certificate.
    pub(super) for_certificate: bool,
    /// We showed one.
    pub(super) shown: bool,
}

/// What an error of TLS means.
pub(super) fn of_tls(error: &TlsError, asked: Asked) -> TransportProblem {
    use TransportProblem as Problem;
    match error {
        TlsError::InvalidCertificate(error) => of_certificate(error),
        TlsError::InvalidCertRevocationList(_) => Problem::BadCertificate,
        TlsError::NoCertificatesPresented => Problem::CertificateRequired,
        TlsError::AlertReceived(alert) => of_alert(*alert, asked),
        TlsError::PeerIncompatible(_) => Problem::NothingInCommon,
        TlsError::PeerMisbehaved(
            PeerMisbehaved::SelectedUnofferedCipherSuite
            | PeerMisbehaved::SelectedUnusableCipherSuiteForVersion,
        ) => Problem::NothingInCommon,
        _ => Problem::NoTls,
    }
}

fn of_certificate(error: &CertificateError) -> TransportProblem {
    use TransportProblem as Problem;
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Problem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Problem::NotYetValid
        }
        CertificateError::Revoked => Problem::Revoked,
        CertificateError::UnknownIssuer => Problem::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Problem::WrongName
        }
        _ => Problem::BadCertificate,
    }
}

/// What an alert means depends on what came before it: a server says
/// `handshake_failure` both when there is no suite in common and, before TLS
/// 1.3, when a certificate is missing (RFC 5246, section 7.4.6).
fn of_alert(alert: AlertDescription, asked: Asked) -> TransportProblem {
    use AlertDescription as Alert;
    use TransportProblem as Problem;
    let missing = asked.for_certificate && !asked.shown;
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => Problem::CertificateRequired,
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied
        | Alert::DecryptError => {
            if missing {
                Problem::CertificateRequired
            } else {
                Problem::CertificateRefused
            }
        }
        Alert::HandshakeFailure if missing => Problem::CertificateRequired,
        Alert::HandshakeFailure if asked.for_certificate => Problem::CertificateRefused,
        Alert::HandshakeFailure | Alert::ProtocolVersion | Alert::InsufficientSecurity => {
            Problem::NothingInCommon
        }
        Alert::UnrecognisedName => Problem::WrongName,
        _ => Problem::NoTls,
    }
}

/// The error of TLS inside another error.
pub(super) fn tls_in<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<TlsError>() {
            return Some(tls);
        }
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// What an error of a connection means that was there already.
pub(super) fn of_io(error: &io::Error, asked: Asked) -> TransportProblem {
    if let Some(tls) = tls_in(error) {
        return of_tls(tls, asked);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => TransportProblem::TimedOut,
        _ => TransportProblem::Broken,
    }
}

/// What an error of HTTP means, on the side that reads a response.
pub(super) fn of_http(error: &hyper::Error, asked: Asked) -> TransportProblem {
    if let Some(tls) = tls_in(error) {
        return of_tls(tls, asked);
    }
    if error.is_parse_too_large() {
        return TransportProblem::TooLarge;
    }
    if error.is_parse() {
        return TransportProblem::NoHttp;
    }
    if error.is_user() {
        return TransportProblem::Request;
    }
    TransportProblem::Broken
}
