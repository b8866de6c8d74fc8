//! The identity of a finding over runs.

use sha2::{Digest, Sha256};

use super::Finding;

/// What makes a finding the same finding in a later run: rule, contract and
/// keyed path. No line number, no value and no file name, so that it holds no
/// personal data and survives edits elsewhere.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of `finding`: 16 hexadecimal digits.
    pub fn of(finding: &Finding) -> Self {
        let mut hash = Sha256::new();
        for part in [
            &*finding.code,
            finding.contract.as_deref().unwrap_or(""),
            &finding.place.keyed,
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        Self(
            digest[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// The sixteen hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
