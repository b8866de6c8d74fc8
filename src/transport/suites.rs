//! What NCSC says of cipher suites (TLS006, TLSCIPH001): "ICT-beveiligings-
//! richtlijnen voor Transport Layer Security (TLS)", version 2025-05, appendix
//! B. That edition rates CBC and keys over a finite field (DHE) "uit te
//! faseren", which version 2.1 of 2021 still called sufficient.

/// The suites of TLS 1.3 and 1.2 that are rated "goed" or "voldoende". Those
/// with RSA and CCM stand in no table, and meet every requirement in it.
const GOOD_OR_SUFFICIENT: &[&str] = &[
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_CCM",
    "TLS_ECDHE_RSA_WITH_AES_128_CCM",
];

/// Suites that the probe offers to see whether a server takes one: less than
/// sufficient, and still found in servers. The worst come first, so that a
/// server that follows the client names its worst. With the number of each
/// (IANA).
pub(super) const LESS: &[(u16, &str)] = &[
    (0x003B, "TLS_RSA_WITH_NULL_SHA256"),
    (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
    (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
    (0xC011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
    (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
    (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
    (0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    (0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    (0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
];

/// Suites that servers of old versions know: what is offered with TLS 1.1 and
/// before, besides those of [`LESS`] that go with them.
pub(super) const OLD: &[u16] = &[
    0xC00A, 0xC009, 0xC014, 0xC013, 0x0039, 0x0033, 0x0035, 0x002F, 0xC012, 0xC008, 0x0016, 0x000A,
    0xC011, 0x0005, 0x0004,
];

/// Whether NCSC rates the suite of that IANA name good or sufficient.
pub(super) fn good_or_sufficient(name: &str) -> bool {
    GOOD_OR_SUFFICIENT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::tls::provider;

    #[test]
    fn our_own_suites_are_allowed_and_what_the_probe_offers_is_not() {
        for suite in &provider().cipher_suites {
            let name = suite.suite().as_str().unwrap().replace("TLS13_", "TLS_");
            assert!(good_or_sufficient(&name), "{name}");
        }
        for (_, name) in LESS {
            assert!(!good_or_sufficient(name), "{name}");
        }
        assert!(!good_or_sufficient(""));
    }
}
