//! The security of one message, judged whole.

use jiff::{SignedDuration, Timestamp};

use super::certificate::{self, Certificate, CertificateContext, InMessage, Purpose, Trust};
use super::names::{DSIG, WSSE, WSU};
use super::said::{Said, TransportReport};
use super::security::{Envelope, Security};
use super::{signature, timestamp};
use crate::document::{Document, NodeId};
use crate::facts::Profile;
use crate::finding::{Args, Beyond, Code, Finding};

const NAMESPACE: &str = "KK-EK-WB001-NAAMRUIMTE";

/// What a message is judged with.
#[derive(Debug, Clone, Copy)]
pub struct SecurityContext<'a> {
    /// The message.
    pub document: &'a Document,
    /// The recorded moment of receipt, else the moment of judging.
    pub now: Timestamp,
    /// Production or test.
    pub profile: Profile,
    /// The roots that certificates may end at, and revocation lists.
    pub trust: &'a Trust,
    /// How far the clocks of two parties may differ.
    pub clock_skew: SignedDuration,
}

impl SecurityContext<'_> {
    /// How far clocks may differ unless the user says otherwise. WB002 leaves
    /// it to the parties; a minute is what the usual WS-Security software
    /// grants a message from the future.
    pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);
}

/// What the security of a message turned out to be.
#[derive(Debug, Default)]
pub struct SecurityReport {
    /// Violated rules and rules that could not be judged.
    pub findings: Vec<Finding>,
    /// The rules that were judged and hold.
    pub held: Vec<Code>,
    /// Findings that are only counted.
    pub beyond: Beyond,
    /// The certificate in the message, also when it is not trusted.
    pub signer: Option<Certificate>,
    /// The value of the signature in base64 without white space, for the
    /// `SignatureConfirmation` of an answer (WB014).
    pub signature_value: Option<String>,
    /// The elements that the signature was verified over. Empty when there is
    /// none, or it was refused.
    pub signed: Vec<NodeId>,
}

/// Judges the security header of a SOAP message. A document that is no SOAP
/// 1.1 envelope, or has no security header, gives an empty report: whether
/// there must be one, the profile of the service says (WB011).
pub fn judge_security(context: &SecurityContext<'_>) -> SecurityReport {
    let document = context.document;
    let Some(envelope) = Envelope::of(document) else {
        return SecurityReport::default();
    };
    let securities = envelope.security(document);
    let Some(&security) = securities.first() else {
        return SecurityReport::default();
    };
    let mut said = Said::new(document);
    judge_namespaces(document, security, &mut said);
    timestamp::judge(
        document,
        security,
        context.now,
        context.clock_skew,
        &mut said,
    );
    let signed = signature::judge(document, &envelope, &securities, &mut said);
    if let Some((token, certificate)) = &signed.signer {
        let of_signer = CertificateContext {
            now: context.now,
            profile: context.profile,
            trust: context.trust,
            purpose: Purpose::Signing,
            presented: &[],
        };
        let mut said = InMessage {
            said: &mut said,
            token: *token,
        };
        certificate::judge(&of_signer, certificate, &mut said);
    }
    let TransportReport {
        findings,
        held,
        beyond,
        ..
    } = said.finish();
    SecurityReport {
        findings,
        held,
        beyond,
        signer: signed.signer.map(|(_, certificate)| certificate),
        signature_value: signed.value,
        signed: signed.parts,
    }
}

/// The OIN of the certificate that a message says to be signed with, whatever is
/// wrong with it otherwise.
pub fn signer_of(document: &Document) -> Option<String> {
    let envelope = Envelope::of(document)?;
    let securities = envelope.security(document);
    let signed = signature::judge(document, &envelope, &securities, &mut Said::new(document));
    let (_, certificate) = signed.signer?;
    certificate.oin().map(str::to_string)
}

/// WB001: the security header and what it holds are of WS-Security 1.0 or 1.1.
fn judge_namespaces(document: &Document, security: Security<'_>, said: &mut Said<'_>) {
    said.judging(&[NAMESPACE]);
    let mut judge = |node: NodeId, namespace: &str| {
        if document.namespace(node) != namespace {
            let args = Args::new()
                .with("element", document.local_name(node))
                .with("namespace", namespace);
            said.broken(NAMESPACE, node, args);
        }
    };
    judge(security.node, WSSE);
    for node in document.elements(security.node) {
        match document.local_name(node) {
            "Timestamp" => judge(node, WSU),
            "BinarySecurityToken" => judge(node, WSSE),
            "Signature" => judge(node, DSIG),
            _ => {}
        }
    }
}
