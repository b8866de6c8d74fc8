//! The door of a party that machines call over TLS: who may come in at all.

use crate::edukoppeling::Certificate;
use crate::exchange::Exchange;
use crate::facts::oin;

/// Whether the certificate of the connection says who calls: it has an OIN, and
/// the OIN is one (20-edukoppeling.md, PKI001). TLS cannot refuse for that:
/// the certificate holds, and names nobody. Whether there must be one, whom it
/// ends at and whether it is valid, the connection has decided.
pub fn names_a_party(request: &Exchange) -> bool {
    let shown = request.tls.as_ref().and_then(|tls| tls.peer.first());
    shown.is_none_or(|der| {
        let certificate = Certificate::read(der.to_vec());
        certificate
            .is_ok_and(|certificate| certificate.oin().is_some_and(|known| oin(known).is_ok()))
    })
}
