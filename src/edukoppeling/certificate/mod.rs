//! The certificate of a signer: what it says, whether it is trusted, and
//! whether it was revoked.

mod distribution;
mod fields;
mod known;
mod material;
mod revocation;
mod rules;
mod trust;

pub use distribution::Distribution;
pub use fields::{Certificate, CertificateError, KeyKind};
pub use material::{MaterialError, MaterialProblem};
pub use revocation::Revocation;
pub(super) use rules::InMessage;
pub(crate) use rules::{CertificateContext, Purpose, Verdicts, judge};
pub use trust::{Trust, TrustStore};
