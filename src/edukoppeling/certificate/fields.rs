//! The fields of a certificate that the rules speak of.

use jiff::Timestamp;
use x509_cert::Certificate as Parsed;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{AnyRef, Decode, Encode, Reader};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// The curves of the Koppelvlakstandaard's algorithms, with their size.
const CURVES: &[(ObjectIdentifier, u32)] = &[
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), 256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), 384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), 521),
];

/// Signature algorithms with MD2, MD5 or SHA-1.
const WEAK_SIGNATURES: &[ObjectIdentifier] = &[
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
    ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
];

/// The purposes of both ends of TLS, and any (RFC 5280, section 4.2.1.12).
const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// Purposes under which signing a message falls: TLS server and client (the
/// combined certificates of G1), e-mail, documents, and anything.
const PURPOSES: &[ObjectIdentifier] = &[
    SERVER,
    CLIENT,
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"),
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"),
    ANY,
];

/// Words by which an authority for tests goes. No root of PKIoverheid that
/// holds in production has one of them in its name.
const FOR_TESTS: [&str; 2] = ["TRIAL", "TEST"];

/// The fewest bits of an RSA key, and the most that the engine takes.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// Bytes that are no X.509 certificate. What the reader says of them stays
/// inside: it may quote the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no X.509 certificate in DER")]
pub struct CertificateError;

/// The kind and size of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa(u32),
    /// An elliptic curve of the NIST of so many bits.
    Ec(u32),
    /// Anything else.
    Other,
}

/// An X.509 certificate as it stood in a message or a file.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    spki: Vec<u8>,
    subject_serial_number: Option<String>,
    subject_words: Vec<String>,
    not_before: Timestamp,
    not_after: Timestamp,
    key: KeyKind,
    signs: bool,
    purposeful: bool,
    serves: bool,
    calls: bool,
    authority: bool,
    self_issued: bool,
    weakly_signed: bool,
    /// Where its issuer publishes revocation lists.
    lists: Vec<String>,
    /// The content of the serial number.
    pub(super) serial: Vec<u8>,
    /// The content of the issuer's name, as revocation lists are found by.
    pub(super) issuer: Vec<u8>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("not_after", &self.not_after)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate in DER.
    pub fn read(der: Vec<u8>) -> Result<Self, CertificateError> {
        let parsed = Parsed::from_der(&der).map_err(|_| CertificateError)?;
        Self::of(&parsed, der).ok_or(CertificateError)
    }

    fn of(parsed: &Parsed, der: Vec<u8>) -> Option<Self> {
        let tbs = &parsed.tbs_certificate;
        let key_usage = tbs.get::<KeyUsage>().ok()?;
        let purposes = tbs.get::<ExtendedKeyUsage>().ok()?;
        let constraints = tbs.get::<BasicConstraints>().ok()?;
        let points = tbs.get::<CrlDistributionPoints>().ok()?;
        let attributes = || tbs.subject.0.iter().flat_map(|name| name.0.iter());
        let text = |value: &x509_cert::der::Any| {
            std::str::from_utf8(value.value()).ok().map(str::to_string)
        };
        let fits = |these: &[ObjectIdentifier]| {
            let found = purposes.as_ref();
            found.is_none_or(|(_, found)| found.0.iter().any(|oid| these.contains(oid)))
        };
        Some(Self {
            spki: tbs.subject_public_key_info.to_der().ok()?,
            subject_serial_number: only_serial_number(
                attributes()
                    .filter(|attribute| attribute.oid == SERIAL_NUMBER)
                    .map(|attribute| text(&attribute.value).unwrap_or_default()),
            ),
            subject_words: attributes()
                .filter_map(|attribute| text(&attribute.value))
                .collect(),
            not_before: moment(&tbs.validity.not_before)?,
            not_after: moment(&tbs.validity.not_after)?,
            key: key_kind(&tbs.subject_public_key_info),
            signs: key_usage.is_none_or(|(_, usage)| usage.digital_signature()),
            purposeful: fits(PURPOSES),
            serves: fits(&[SERVER, ANY]),
            calls: fits(&[CLIENT, ANY]),
            authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
            self_issued: tbs.issuer == tbs.subject,
            weakly_signed: WEAK_SIGNATURES.contains(&parsed.signature_algorithm.oid),
            lists: points.map_or_else(Vec::new, |(_, points)| addresses(&points)),
            serial: tbs.serial_number.as_bytes().to_vec(),
            issuer: AnyRef::from_der(&tbs.issuer.to_der().ok()?)
                .ok()?
                .value()
                .to_vec(),
            der,
        })
    }

    /// Where its issuer publishes revocation lists.
    pub(super) fn lists(&self) -> &[String] {
        &self.lists
    }

    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `subject:serialNumber`, where the OIN belongs (PKI001).
    pub fn oin(&self) -> Option<&str> {
        self.subject_serial_number.as_deref()
    }

    /// The OIN in a certificate in DER; `None` where it cannot be read or has none.
    pub fn oin_of(der: &[u8]) -> Option<String> {
        Self::read(der.to_vec()).ok()?.subject_serial_number
    }

    /// The first moment of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether `moment` lies within its validity.
    pub fn is_valid_at(&self, moment: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&moment)
    }

    /// Kind and size of its key.
    pub fn key(&self) -> KeyKind {
        self.key
    }

    /// Whether its key may sign: `digitalSignature`, or no key usage at all.
    pub fn may_sign(&self) -> bool {
        self.signs
    }

    /// Whether its extended key usage, where it has one, leaves room for
    /// signing messages.
    pub fn has_fitting_purpose(&self) -> bool {
        self.purposeful
    }

    /// Whether its extended key usage, where it has one, leaves room for the
    /// server's end of TLS.
    pub fn may_serve(&self) -> bool {
        self.serves
    }

    /// The same for the client's end of TLS.
    pub fn may_call(&self) -> bool {
        self.calls
    }

    /// Whether it is the certificate of an authority.
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whether subject and issuer are the same: a root.
    pub fn is_self_issued(&self) -> bool {
        self.self_issued
    }

    /// Whether its issuer signed it with SHA-1 or older.
    pub fn is_weakly_signed(&self) -> bool {
        self.weakly_signed
    }

    /// Whether its subject says that it is for tests: the word TRIAL, as in
    /// `TRIAL PKIoverheid`, or TEST.
    pub fn is_for_tests(&self) -> bool {
        let mut words = self
            .subject_words
            .iter()
            .flat_map(|value| value.split(|c: char| !c.is_alphanumeric()));
        words.any(|word| {
            FOR_TESTS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        })
    }

    /// Whether the key is of a kind and size that may sign messages.
    pub fn has_strong_key(&self) -> bool {
        match self.key {
            KeyKind::Rsa(bits) => RSA_BITS.contains(&bits),
            KeyKind::Ec(_) => true,
            KeyKind::Other => false,
        }
    }

    /// Whether it is of the RSA key with that public half (`RSAPublicKey` in
    /// DER), which ends a `SubjectPublicKeyInfo`.
    pub fn is_of_key(&self, public: &[u8]) -> bool {
        matches!(self.key, KeyKind::Rsa(_)) && self.spki.ends_with(public)
    }

    /// The public key (`SubjectPublicKeyInfo` in DER) when a signature may be
    /// verified with it.
    pub fn usable_key(&self) -> Option<&[u8]> {
        self.has_strong_key().then_some(&self.spki)
    }
}

/// `subject:serialNumber`. With two of them, readers would differ on whose the
/// certificate is: together they are no OIN.
fn only_serial_number(found: impl Iterator<Item = String>) -> Option<String> {
    let all: Vec<String> = found.collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The addresses in distribution points.
fn addresses(points: &CrlDistributionPoints) -> Vec<String> {
    let points = points.0.iter();
    let names = points.filter_map(|point| match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => Some(names),
        _ => None,
    });
    names
        .flatten()
        .filter_map(|name| match name {
            GeneralName::UniformResourceIdentifier(address) => Some(address.to_string()),
            _ => None,
        })
        .collect()
}

pub(super) fn moment(time: &x509_cert::time::Time) -> Option<Timestamp> {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

fn key_kind(key: &SubjectPublicKeyInfoOwned) -> KeyKind {
    let kind = match key.algorithm.oid {
        RSA => key
            .subject_public_key
            .as_bytes()
            .and_then(modulus_bits)
            .map(KeyKind::Rsa),
        EC => key
            .algorithm
            .parameters
            .as_ref()
            .and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok())
            .and_then(|curve| CURVES.iter().find(|(oid, _)| *oid == curve))
            .map(|&(_, bits)| KeyKind::Ec(bits)),
        _ => None,
    };
    kind.unwrap_or(KeyKind::Other)
}

/// The size of the modulus of an `RSAPublicKey`.
fn modulus_bits(der: &[u8]) -> Option<u32> {
    let modulus = AnyRef::from_der(der)
        .ok()?
        .sequence(|key| {
            let modulus = UintRef::decode(key)?;
            // The exponent ends the sequence; its value is the engine's to judge.
            let _ = key.read_slice(key.remaining_len())?;
            Ok(modulus)
        })
        .ok()?;
    let bytes = modulus.as_bytes();
    let first = bytes.first()?;
    u32::try_from(bytes.len())
        .ok()?
        .checked_mul(8)?
        .checked_sub(first.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    #[test]
    fn two_serial_numbers_are_no_oin() {
        let oin = "00000003999999990000";
        let found = |all: &[&str]| only_serial_number(all.iter().map(ToString::to_string));
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[oin]).as_deref(), Some(oin));
        let both = found(&[oin, oin]).unwrap();
        assert!(facts::oin(&both).is_err(), "{both}");
    }
}
