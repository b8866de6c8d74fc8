//! Edukoppeling: what the transport rules say of one message
//! (20-edukoppeling.md).
//!
//! Profile 2W-be-S: a SOAP 1.1 envelope whose body, addressing headers and
//! timestamp are signed with the key of a PKIoverheid certificate that travels
//! in the message. [`judge_security`] judges the security header of an
//! envelope: its timestamp, its signature and the certificate behind it.
//!
//! The signature is verified on the bytes that the other checks read: every
//! signed part is compared by its byte range with the element that is judged.

mod addressing;
mod certificate;
mod encryption;
mod envelope;
mod http;
mod judge;
mod message;
mod names;
mod oin;
mod pairing;
mod said;
mod security;
mod sign;
mod signature;
mod soap;
mod timestamp;
mod wsdl;

pub use addressing::action_of;
pub use certificate::{
    Certificate, CertificateError, Distribution, KeyKind, MaterialError, MaterialProblem,
    Revocation, Trust, TrustStore,
};
pub(crate) use certificate::{CertificateContext, Purpose, Verdicts, judge as judge_certificate};
pub use encryption::encrypted_content;
pub use envelope::{Contract, EnvelopeContext, judge_envelope};
pub use http::judge_without_envelope;
pub use judge::{SecurityContext, SecurityReport, judge_security, signer_of};
pub use message::{RequestFacts, Sender, Way};
pub use oin::{institution_of, is_of_test, is_school, oin_of, school_oin};
pub use said::TransportReport;
pub use security::{Envelope, Security};
pub(crate) use sign::KeyFile;
pub use sign::{
    Breakable, KeyError, Passphrase, Shown, SignError, SignRequest, SigningKey, StandIn,
    address_of, breakable, message_id, shown, sign,
};
pub use wsdl::judge_wsdl;
