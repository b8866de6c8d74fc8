//! A small party that signs messages, and the authorities above it.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra::DsigContext;
use bergshamra::keys::{KeyUsage, KeysManager, loader};
use ketenkeur::edukoppeling::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RevokedCertParams, RsaKeySize, SerialNumber,
    date_time_ymd,
};

/// A moment at which everything made here is valid, and messages are fresh.
pub const NOW: &str = "2026-10-01T12:00:00Z";

/// The OIN of an invented supplier.
pub const OIN: &str = "00000003999999990000";

/// An authority with its certificate.
pub struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub certificate: Vec<u8>,
}

impl Authority {
    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "NL");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        params
    }

    pub fn root(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = Self::params(name);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            params,
            key,
            certificate,
        }
    }

    pub fn below(&self, name: &str, until: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = Self::params(name);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params
            .signed_by(&key, &self.issuer())
            .unwrap()
            .der()
            .to_vec();
        Self {
            params,
            key,
            certificate,
        }
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    pub fn read(&self) -> Certificate {
        Certificate::read(self.certificate.clone()).unwrap()
    }

    /// A revocation list made on 1 September 2026, with the serial numbers and
    /// the years of revocation.
    pub fn revocation_list(&self, until: (i32, u8), revoked: &[(&[u8], i32)]) -> Vec<u8> {
        CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 9, 1),
            next_update: date_time_ymd(until.0, until.1, 1),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .iter()
                .map(|&(serial, year)| RevokedCertParams {
                    serial_number: SerialNumber::from_slice(serial),
                    revocation_time: date_time_ymd(year, 1, 1),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        }
        .signed_by(&self.issuer())
        .unwrap()
        .der()
        .to_vec()
    }
}

/// Root and intermediate that all tests share.
pub static AUTHORITIES: LazyLock<(Authority, Authority)> = LazyLock::new(|| {
    let root = Authority::root("Testroot");
    let intermediate = root.below("Testuitgever", 2035);
    (root, intermediate)
});

/// RSA keys take a moment to make: two for all tests.
static KEYS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [(), ()].map(|()| {
        KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
            .unwrap()
            .serialize_der()
    })
});

/// The party that messages are signed by.
pub struct Party {
    pkcs8: Vec<u8>,
    pub certificate: Vec<u8>,
}

impl Party {
    /// A supplier with a combined certificate in the style of G1.
    pub fn supplier() -> Self {
        Self::with(&AUTHORITIES.1, |_| {})
    }

    /// A supplier whose certificate is changed before it is issued.
    pub fn with(issuer: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Self {
        Self::with_key(KEYS[0].clone(), issuer, change)
    }

    /// Another supplier: another key and certificate.
    pub fn other() -> Self {
        Self::with_key(KEYS[1].clone(), &AUTHORITIES.1, |_| {})
    }

    /// A supplier with a key on a curve.
    pub fn on_a_curve() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        Self::with_key(key.serialize_der(), &AUTHORITIES.1, |_| {})
    }

    fn with_key(
        pkcs8: Vec<u8>,
        issuer: &Authority,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let key = KeyPair::try_from(pkcs8.as_slice()).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = name(Some(OIN));
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2028, 1, 1);
        // With the highest bit set, so that its DER has a leading zero.
        params.serial_number = Some(SerialNumber::from_slice(&SERIAL));
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        change(&mut params);
        let certificate = params.signed_by(&key, &issuer.issuer()).unwrap();
        Self {
            pkcs8,
            certificate: certificate.der().to_vec(),
        }
    }

    /// The certificate as a token holds it.
    pub fn token(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The private key in PEM.
    pub fn private_key(&self) -> String {
        pem(&self.pkcs8)
    }

    /// Fills the digests and the value of an empty signature.
    pub fn sign(&self, template: &str) -> String {
        let mut key = loader::load_pem_auto(self.private_key().as_bytes(), None).unwrap();
        key.usage = KeyUsage::Sign;
        let mut keys = KeysManager::new();
        keys.add_key(key);
        bergshamra::sign(&DsigContext::new(keys), template).unwrap()
    }
}

/// The serial number of every supplier's certificate.
pub const SERIAL: [u8; 4] = [0xCA, 0xFE, 0x00, 0x01];

/// A subject with or without OIN.
pub fn name(oin: Option<&str>) -> rcgen::DistinguishedName {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CountryName, "NL");
    name.push(DnType::OrganizationName, "Voorbeeldleverancier");
    if let Some(oin) = oin {
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), oin);
    }
    name.push(DnType::CommonName, "las.voorbeeld.example");
    name
}

/// The engine takes lines of 64 characters only.
fn pem(pkcs8: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in STANDARD.encode(pkcs8).as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap());
        pem.push('\n');
    }
    pem + "-----END PRIVATE KEY-----\n"
}

/// How a message is signed.
pub struct Shape {
    pub parts: Vec<&'static str>,
    pub transform: &'static str,
    pub method: &'static str,
    pub digest: &'static str,
    pub body: &'static str,
}

/// The parts that must be signed, by their Id.
pub const PARTS: [&str; 6] = ["To", "Action", "MessageID", "From", "Timestamp", "Body"];

impl Default for Shape {
    fn default() -> Self {
        Self {
            parts: PARTS.to_vec(),
            transform: "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            method: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            digest: "http://www.w3.org/2001/04/xmlenc#sha256",
            body: "<v:vraag xmlns:v=\"urn:voorbeeld\"><v:bedrag>1000</v:bedrag><v:naam/></v:vraag>",
        }
    }
}

impl Shape {
    /// A message of this shape before it is signed.
    pub fn template(&self, party: &Party) -> String {
        let references: String = self
            .parts
            .iter()
            .map(|part| {
                format!(
                    "<ds:Reference URI=\"#{part}\"><ds:Transforms>{}</ds:Transforms>\
                     <ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue></ds:DigestValue></ds:Reference>",
                    self.transform, self.digest
                )
            })
            .collect();
        let wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
        let anonymous = "http://www.w3.org/2005/08/addressing/anonymous";
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" \
             xmlns:wsu=\"{wss}-wssecurity-utility-1.0.xsd\"><s:Header>\
             <wsa:To wsu:Id=\"To\">{anonymous}?oin=00000001800866472000</wsa:To>\
             <wsa:Action wsu:Id=\"Action\">http://duo.nl/contract/X/y</wsa:Action>\
             <wsa:MessageID wsu:Id=\"MessageID\">urn:uuid:6f0f</wsa:MessageID>\
             <wsa:From wsu:Id=\"From\"><wsa:Address>{anonymous}?oin=0000000700025BE00000</wsa:Address></wsa:From>\
             <wsse:Security xmlns:wsse=\"{wss}-wssecurity-secext-1.0.xsd\">\
             <wsu:Timestamp wsu:Id=\"Timestamp\"><wsu:Created>2026-10-01T11:59:00Z</wsu:Created>\
             <wsu:Expires>2026-10-01T12:04:00Z</wsu:Expires></wsu:Timestamp>\
             <wsse:BinarySecurityToken wsu:Id=\"Token\" EncodingType=\"{wss}-soap-message-security-1.0#Base64Binary\" \
             ValueType=\"{wss}-x509-token-profile-1.0#X509v3\">{}</wsse:BinarySecurityToken>\
             <ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
             <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
             <ds:SignatureMethod Algorithm=\"{}\"/>{references}</ds:SignedInfo>\
             <ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference>\
             <wsse:Reference URI=\"#Token\" ValueType=\"{wss}-x509-token-profile-1.0#X509v3\"/>\
             </wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security></s:Header>\
             <s:Body wsu:Id=\"Body\">{}</s:Body></s:Envelope>",
            party.token(),
            self.method,
            self.body,
        )
    }

    /// A signed message of this shape.
    pub fn signed(&self, party: &Party) -> String {
        party.sign(&self.template(party))
    }
}
