//! An archive of evidence for the eyes of one recipient: CMS (RFC 5652, 5083,
//! 5084) with AES-256-GCM, its key under RSA-OAEP for the recipient's
//! certificate. Whoever has the private key opens it with openssl.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand::fill;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

/// Object identifiers in DER.
const AUTH_ENVELOPED_DATA: &[u8] = b"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17";
const DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01";
const AES_256_GCM_ID: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2E";
const RSA_OAEP: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x07";
const MGF1: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08";
const SHA_256: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";

/// Tags.
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const FIRST: u8 = 0xA0;
const SECOND: u8 = 0xA1;
/// An octet string whose tag is replaced by the first of its context.
const FIRST_OCTETS: u8 = 0x80;

/// Version 0 of whatever it begins.
const VERSION: &[u8] = b"\x02\x01\x00";
const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

/// Why something cannot be sealed: the certificate is none, or none with an RSA
/// key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be encrypted to")]
pub struct NoRecipient;

/// Whether a file begins as what [`seal`] makes.
pub fn is_sealed(beginning: &[u8]) -> bool {
    let head = &beginning[..beginning.len().min(32)];
    head.first() == Some(&SEQUENCE)
        && head
            .windows(AUTH_ENVELOPED_DATA.len())
            .any(|part| part == AUTH_ENVELOPED_DATA)
}

/// Encrypts `content` to the holder of a certificate in DER.
///
/// # Errors
///
/// The certificate is none, or none with an RSA key.
pub fn seal(mut content: Vec<u8>, certificate: &[u8]) -> Result<Vec<u8>, NoRecipient> {
    let fail = |_| NoRecipient;
    let parsed = Certificate::from_der(certificate).map_err(|_| NoRecipient)?;
    let tbs = &parsed.tbs_certificate;
    let public = tbs
        .subject_public_key_info
        .to_der()
        .map_err(|_| NoRecipient)?;
    let public = PublicEncryptingKey::from_der(&public).map_err(|_| NoRecipient)?;
    let public = OaepPublicEncryptingKey::new(public).map_err(fail)?;
    let mut key = [0; KEY_BYTES];
    let mut nonce = [0; NONCE_BYTES];
    fill(&mut key).map_err(fail)?;
    fill(&mut nonce).map_err(fail)?;

    let mut locked = vec![0; public.ciphertext_size()];
    let locked = public
        .encrypt(&OAEP_SHA256_MGF1SHA256, &key, &mut locked, None)
        .map_err(fail)?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(fail)?);
    let nonce_of_content = Nonce::assume_unique_for_key(nonce);
    let mac = cipher
        .seal_in_place_separate_tag(nonce_of_content, Aad::empty(), &mut content)
        .map_err(fail)?;

    let issuer = tbs.issuer.to_der().map_err(|_| NoRecipient)?;
    let serial = tbs.serial_number.to_der().map_err(|_| NoRecipient)?;
    let hash = tlv(SEQUENCE, &[SHA_256]);
    let mask = tlv(SEQUENCE, &[MGF1, &hash]);
    let how = tlv(SEQUENCE, &[&tlv(FIRST, &[&hash]), &tlv(SECOND, &[&mask])]);
    let recipient = [
        VERSION,
        &tlv(SEQUENCE, &[&issuer, &serial]),
        &tlv(SEQUENCE, &[RSA_OAEP, &how]),
        &tlv(OCTETS, &[locked]),
    ];
    let mac_bytes = tlv(INTEGER, &[&[16]]);
    let cipher = tlv(SEQUENCE, &[&tlv(OCTETS, &[&nonce]), &mac_bytes]);
    let cipher = tlv(SEQUENCE, &[AES_256_GCM_ID, &cipher]);
    let encrypted = tlv(FIRST_OCTETS, &[&content]);
    drop(content);
    let enveloped = [
        VERSION,
        &tlv(SET, &[&tlv(SEQUENCE, &recipient)]),
        &tlv(SEQUENCE, &[DATA, &cipher, &encrypted]),
        &tlv(OCTETS, &[mac.as_ref()]),
    ];
    let enveloped = tlv(FIRST, &[&tlv(SEQUENCE, &enveloped)]);
    Ok(tlv(SEQUENCE, &[AUTH_ENVELOPED_DATA, &enveloped]))
}

/// A value of DER: tag, length, and its parts one after the other.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = &bytes[skipped..];
    let mut out = Vec::with_capacity(length + 10);
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x80 | significant.len() as u8);
            out.extend_from_slice(significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}
