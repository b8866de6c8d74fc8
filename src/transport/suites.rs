//! What NCSC says of cipher suites (TLS006, TLSCIPH001): "ICT-beveiligings-
//! richtlijnen voor Transport Layer Security (TLS)", version 2.1 of January
//! 2021, the tables of algorithm selections.

/// How secure NCSC calls a cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rating {
    /// "Goed".
    Good,
    /// "Voldoende".
    Sufficient,
    /// "Uit te faseren", or not named at all.
    Less,
}

/// Ephemeral keys on a curve, and encryption that authenticates; all of TLS
/// 1.3.
const GOOD: &[&str] = &[
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
];

/// Ephemeral keys, with older encryption or over a finite field.
const SUFFICIENT: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
];

/// Suites that the probe offers to see whether a server takes one: less than
/// sufficient, and still found in servers. With the number of each (IANA).
pub(super) const LESS: &[(u16, &str)] = &[
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
    (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
    (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
    (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
    (0x003B, "TLS_RSA_WITH_NULL_SHA256"),
];

/// Suites that servers of old versions know: what is offered with TLS 1.1 and
/// before, besides those of [`LESS`] that go with them.
pub(super) const OLD: &[u16] = &[
    0xC00A, 0xC009, 0xC014, 0xC013, 0x0039, 0x0033, 0x0035, 0x002F, 0xC012, 0xC008, 0x0016, 0x000A,
    0xC011, 0x0005, 0x0004,
];

/// What NCSC says of the suite of that IANA name.
pub(super) fn rating(name: &str) -> Rating {
    if GOOD.contains(&name) {
        Rating::Good
    } else if SUFFICIENT.contains(&name) {
        Rating::Sufficient
    } else {
        Rating::Less
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tls::provider;

    #[test]
    fn our_own_suites_are_good_and_what_the_probe_offers_is_not() {
        for suite in &provider().cipher_suites {
            let name = suite.suite().as_str().unwrap().replace("TLS13_", "TLS_");
            assert_eq!(rating(&name), Rating::Good, "{name}");
        }
        for (_, name) in LESS {
            assert_eq!(rating(name), Rating::Less, "{name}");
        }
        assert_eq!(
            rating("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
            Rating::Sufficient
        );
        assert_eq!(rating(""), Rating::Less);
    }
}
