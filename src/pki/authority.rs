//! An authority: it issues certificates and revocation lists.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CustomExtension, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyIdMethod,
    KeyUsagePurpose, PublicKeyData, RevocationReason, RevokedCertParams, SanType, SerialNumber,
    date_time_ymd,
};

use super::identity::{Identity, Validity};
use super::keys::Key;
use super::test_pki::PkiError;

/// Where everything of the test PKI lives: a name that never resolves (RFC
/// 6761).
pub const TEST_DOMAIN: &str = "ketenkeur.invalid";

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// For how many days before and after the moment at which it is made a
/// certificate of the test PKI is valid.
const VALID_DAYS: [i32; 2] = [90, 3 * 365 - 90];

/// Whether a right certificate of the test PKI that was made at one moment is
/// valid at another.
pub fn holds_at(made: Timestamp, moment: Timestamp) -> bool {
    let [before, after] = VALID_DAYS;
    (made - DAY * before..=made + DAY * after).contains(&moment)
}

/// An authority with its certificate. The certificate is the same whenever it
/// is made, so that trust in it lasts.
pub(super) struct Authority {
    params: CertificateParams,
    key: Arc<Key>,
    file: String,
    pub(super) certificate: Vec<u8>,
}

impl Authority {
    /// A root, which signs itself. `mark` ends the names of its PKI.
    pub(super) fn root(name: &str, mark: &str, key: Arc<Key>) -> Result<Self, PkiError> {
        Self::make(name, mark, "Root", "root", key, |params, key| {
            params.self_signed(key)
        })
    }

    /// An authority below this one.
    pub(super) fn below(&self, name: &str, mark: &str, key: Arc<Key>) -> Result<Self, PkiError> {
        Self::make(name, mark, "Services CA", "uitgever", key, |params, key| {
            params.signed_by(key, &self.issuer())
        })
    }

    fn make(
        name: &str,
        mark: &str,
        role: &str,
        file: &str,
        key: Arc<Key>,
        sign: impl FnOnce(&CertificateParams, &Key) -> Result<rcgen::Certificate, rcgen::Error>,
    ) -> Result<Self, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(
            "ketenkeur (test)",
            &format!("ketenkeur TEST {role} - {}{mark}", name.to_uppercase()),
            None,
        );
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2015, 1, 1);
        params.not_after = date_time_ymd(2049, 12, 31);
        let certificate = sign(&params, &key).map_err(|_| PkiError::Certificate)?;
        Ok(Self {
            params,
            key,
            file: format!("{file}-{name}"),
            certificate: certificate.der().to_vec(),
        })
    }

    /// Its name in file names.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    fn issuer(&self) -> Issuer<'_, &Key> {
        Issuer::from_params(&self.params, &*self.key)
    }

    /// Issues the certificate of `identity` with `oin` over `key`, at `now`.
    pub(super) fn issue(
        &self,
        identity: &Identity,
        serial: u64,
        oin: Option<&str>,
        key: &impl PublicKeyData,
        now: Timestamp,
    ) -> Result<Vec<u8>, PkiError> {
        let (from, until) = match identity.validity {
            Validity::Current => {
                let [before, after] = VALID_DAYS;
                (now - DAY * before, now + DAY * after)
            }
            Validity::Expired => (now - DAY * (3 * 365 + 30), now - DAY * 30),
            Validity::NotYet => (now + DAY * 30, now + DAY * (3 * 365 + 30)),
        };
        let at = |moment| date_time_ymd(1970, 1, 1) + since_1970(moment);
        let host = format!("{}.{TEST_DOMAIN}", identity.name);
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(identity.organisation, &host, oin);
        let also = identity.also.iter();
        let also = also.map(|name| format!("{name}.{TEST_DOMAIN}"));
        let names = std::iter::once(host).chain(also).map(|host| {
            let host = host.try_into().map_err(|_| PkiError::Certificate)?;
            Ok(SanType::DnsName(host))
        });
        params.subject_alt_names = names.collect::<Result<_, PkiError>>()?;
        params.serial_number = Some(serial_number(serial));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = identity.usage.key_usages();
        params.extended_key_usages = identity.usage.purposes();
        params.not_before = at(from);
        params.not_after = at(until);
        params.use_authority_key_identifier_extension = true;
        params.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![format!("http://crl.{TEST_DOMAIN}/{}.crl", self.file)],
        }];
        params.custom_extensions = vec![issuers_address(&format!(
            "http://cert.{TEST_DOMAIN}/{}.cer",
            self.file
        ))];
        let certificate = params
            .signed_by(key, &self.issuer())
            .map_err(|_| PkiError::Certificate)?;
        Ok(certificate.der().to_vec())
    }

    /// The list, made a day before `now` and good for a year, that revokes
    /// these serial numbers since ten days.
    pub(super) fn revocation_list(
        &self,
        revoked: impl Iterator<Item = u64>,
        now: Timestamp,
    ) -> Result<Vec<u8>, PkiError> {
        let at = |moment| date_time_ymd(1970, 1, 1) + since_1970(moment);
        let list = CertificateRevocationListParams {
            this_update: at(now - DAY),
            next_update: at(now + DAY * 365),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .map(|serial| RevokedCertParams {
                    serial_number: serial_number(serial),
                    revocation_time: at(now - DAY * 10),
                    reason_code: Some(RevocationReason::KeyCompromise),
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list
            .signed_by(&self.issuer())
            .map_err(|_| PkiError::Certificate)?;
        Ok(list.der().to_vec())
    }
}

fn subject(organisation: &str, common_name: &str, oin: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "NL");
    name.push(DnType::OrganizationName, organisation);
    if let Some(oin) = oin.and_then(|oin| oin.try_into().ok()) {
        // subject:serialNumber is a PrintableString (RFC 5280, appendix A).
        let value = DnValue::PrintableString(oin);
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), value);
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// Sixteen octets of which the last tell certificates apart.
fn serial_number(serial: u64) -> SerialNumber {
    let mut octets = *b"kk-test-00000000";
    octets[8..].copy_from_slice(&serial.to_be_bytes());
    SerialNumber::from_slice(&octets)
}

fn since_1970(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or_default())
}

/// The extension that says where the issuer's certificate is (RFC 5280,
/// section 4.2.2.1).
fn issuers_address(uri: &str) -> CustomExtension {
    const CA_ISSUERS: [u8; 10] = [6, 8, 0x2B, 6, 1, 5, 5, 7, 0x30, 2];
    // Every length is below 128, so that one octet tells it: the addresses
    // are ours and short.
    let with_length = |tag: u8, content: &[u8]| {
        let mut der = vec![tag, content.len() as u8];
        der.extend_from_slice(content);
        der
    };
    let mut access = CA_ISSUERS.to_vec();
    access.extend(with_length(0x86, uri.as_bytes()));
    let content = with_length(0x30, &with_length(0x30, &access));
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}
