//! Tokens and keys, derived from a seed: the same seed gives the same ones.

use sha2::{Digest, Sha256};

/// The seed of an OSR and what is derived from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed(pub u64);

impl Seed {
    /// A digest of the seed and `parts`, which cannot run into each other.
    pub(super) fn digest(self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.to_be_bytes());
        for part in [purpose.as_bytes()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// A UUID of version 8 (RFC 9562: made from data of one's own).
    pub(super) fn uuid(self, purpose: &str, number: u64) -> String {
        let digest = self.digest(purpose, &[&number.to_be_bytes()]);
        let mut bytes: [u8; 16] = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex(&bytes);
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_uuids_and_others_differ() {
        let uuid = Seed(1).uuid("endpoint", 1);
        assert_eq!(uuid, Seed(1).uuid("endpoint", 1));
        assert_ne!(uuid, Seed(2).uuid("endpoint", 1));
        assert_ne!(uuid, Seed(1).uuid("endpoint", 2));
        assert_ne!(uuid, Seed(1).uuid("mandate", 1));
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "8"));
        assert_ne!(
            Seed(1).digest("a", &[b"bc", b"d"]),
            Seed(1).digest("a", &[b"b", b"cd"])
        );
    }
}
