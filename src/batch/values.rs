//! Small values that records are made of. All are plain bytes: equal values
//! compare equal without a table to look them up in.

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::facts::from_day_number;

/// A burgerservicenummer or onderwijsnummer in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person(u32);

impl Person {
    /// Set for an onderwijsnummer. Nine digits need thirty bits.
    const ONDERWIJSNUMMER: u32 = 1 << 31;

    /// The person with that burgerservicenummer, `None` when it is not nine
    /// digits.
    pub fn bsn(text: &str) -> Option<Self> {
        nine_digits(text).map(Self)
    }

    /// The person with that onderwijsnummer, `None` when it is not nine
    /// digits. Never equal to one with a burgerservicenummer.
    pub fn onderwijsnummer(text: &str) -> Option<Self> {
        nine_digits(text).map(|number| Self(number | Self::ONDERWIJSNUMMER))
    }

    /// The nine digits.
    pub fn text(self) -> String {
        format!("{:09}", self.0 & !Self::ONDERWIJSNUMMER)
    }
}

fn nine_digits(text: &str) -> Option<u32> {
    let text = text.trim_ascii();
    let digits = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// An instellingscode, four characters.
pub type Institution = [u8; 4];

/// Text in `N` bytes: as it is when shorter than that, else as a cryptographic
/// digest, so that different texts never compare equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Short<const N: usize>([u8; N]);

impl<const N: usize> Short<N> {
    /// First byte of a digest; otherwise it is the length.
    const DIGEST: u8 = u8::MAX;

    /// Takes over `text` without white space around it; `None` when nothing is
    /// left.
    pub fn new(text: &str) -> Option<Self> {
        const {
            assert!(
                N > 8 && N <= 32,
                "room for a digest, and no more than it has"
            )
        };
        let text = text.trim().as_bytes();
        if text.is_empty() {
            return None;
        }
        let mut bytes = [0; N];
        if text.len() < N {
            bytes[0] = text.len() as u8;
            bytes[1..=text.len()].copy_from_slice(text);
        } else {
            bytes[0] = Self::DIGEST;
            bytes[1..].copy_from_slice(&Sha256::digest(text)[..N - 1]);
        }
        Some(Self(bytes))
    }

    /// The text, `None` where only its digest was kept.
    pub fn text(&self) -> Option<&str> {
        let length = usize::from(self.0[0]);
        std::str::from_utf8(self.0.get(1..=length)?).ok()
    }
}

/// The identificatiecode of a bedrijfsdocument in sixteen bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId {
    /// Whether `bytes` are a UUID; else they are a digest.
    uuid: bool,
    bytes: [u8; 16],
}

impl DocumentId {
    /// Reads a UUID of 36 characters, in whatever case; any other text by its
    /// digest. `None` for no text.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(bytes) = uuid(text) {
            return Some(Self { uuid: true, bytes });
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
        Some(Self { uuid: false, bytes })
    }

    /// The UUID in lower case, `None` when it was none.
    pub fn text(&self) -> Option<String> {
        if !self.uuid {
            return None;
        }
        let mut text = String::with_capacity(36);
        for (index, byte) in self.bytes.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        Some(text)
    }
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let written: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    let mut half = 0;
    for (index, &ch) in written.iter().enumerate() {
        if matches!(index, 8 | 13 | 18 | 23) {
            if ch != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(ch).to_digit(16)? as u8;
        bytes[half / 2] = bytes[half / 2] << 4 | digit;
        half += 1;
    }
    Some(bytes)
}

/// A date as the number of days since 1970, as [`crate::facts::day_number`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// Later than every date: an end that is still open.
    pub const OPEN: Self = Self(i32::MAX);

    /// The day of a date.
    pub fn of(date: Date) -> Self {
        Self(crate::facts::day_number(date))
    }

    /// The date, `None` for an open end.
    pub fn date(self) -> Option<Date> {
        from_day_number(self.0)
    }

    /// The day after; an open end stays open.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day before; an open end stays open.
    pub fn previous(self) -> Self {
        if self == Self::OPEN {
            self
        } else {
            Self(self.0.saturating_sub(1))
        }
    }
}

/// Where a value stands in its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Spot {
    /// Offset of its first byte in the input.
    pub offset: u32,
    /// Bytes; no value of a rule over a batch is longer.
    pub length: u16,
    /// Column of the first byte, at most what fits.
    pub column: u16,
    /// Line of the first byte; 0 when the value is not there at all.
    pub line: u32,
    /// Number of the repeated element it stands in, from 1; 0 when it does
    /// not repeat.
    pub number: u16,
    /// Which of the field's paths it was found by.
    pub path: u8,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_two_kinds_of_number_never_meet() {
        let bsn = Person::bsn(" 999901102\n").unwrap();
        assert_eq!(Some(bsn), Person::bsn("999901102"));
        assert_ne!(Some(bsn), Person::onderwijsnummer("999901102"));
        for text in ["", "99990110", "9999011023", "99990110x", "+99990110"] {
            assert_eq!(Person::bsn(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_document_is_the_same_in_either_case() {
        let text = "5b0f3f0e-6a54-4b5e-9d0c-2c6f6e0d7a11";
        let id = DocumentId::new(text).unwrap();
        assert_eq!(DocumentId::new(&text.to_uppercase()), Some(id));
        assert_eq!(id.text().as_deref(), Some(text));
        let other = DocumentId::new("5b0f3f0e-6a54-4b5e-9d0c-2c6f6e0d7a1x").unwrap();
        assert_eq!(other.text(), None);
        assert_ne!(other, id);
        assert_eq!(DocumentId::new("  "), None);
    }

    proptest! {
        #[test]
        fn short_texts_compare_as_texts_do(a in "\\PC{0,30}", b in "\\PC{0,30}") {
            let (short_a, short_b) = (Short::<16>::new(&a), Short::<16>::new(&b));
            prop_assert_eq!(short_a == short_b, a.trim() == b.trim());
            if let Some(text) = short_a.as_ref().and_then(Short::text) {
                prop_assert_eq!(text, a.trim());
            }
        }

        #[test]
        fn a_uuid_is_read_back(text in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}") {
            prop_assert_eq!(DocumentId::new(&text).unwrap().text(), Some(text));
        }
    }
}
