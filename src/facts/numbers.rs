//! Numbers that carry their own check (10-landscape.md, identifiers).

use std::sync::OnceLock;

/// Weights of the first eight digits of a BSN and of an onderwijsnummer.
const WEIGHTS: [u32; 8] = [9, 8, 7, 6, 5, 4, 3, 2];

/// The nine digits of `text`, `None` when it is anything else.
fn nine_digits(text: &str) -> Option<[u32; 9]> {
    let bytes: &[u8; 9] = text.as_bytes().try_into().ok()?;
    bytes
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| bytes.map(|byte| u32::from(byte - b'0')))
}

/// The weighted sum of the first eight digits, modulo eleven.
fn weighted(digits: &[u32; 9]) -> u32 {
    WEIGHTS
        .iter()
        .zip(digits)
        .map(|(weight, digit)| weight * digit)
        .sum::<u32>()
        % 11
}

/// Whether `text` is nine digits that pass the eleven-test of the BSN:
/// 9a+8b+7c+6d+5e+4f+3g+2h-i is a multiple of eleven, and not all are zero.
pub fn is_bsn(text: &str) -> bool {
    nine_digits(text).is_some_and(|digits| {
        digits.iter().any(|&digit| digit != 0) && weighted(&digits) == digits[8]
    })
}

/// Whether `text` is nine digits that pass the test of the onderwijsnummer:
/// 9a+8b+7c+6d+5e+4f+3g+2h-i is five more than a multiple of eleven.
///
/// DUO prints the test as "(9a+...+2h) mod 11 = i + 5". Taken literally that
/// excludes every number that ends in 6 to 9, because a remainder is at most
/// ten. The congruence says the same without that accident; see
/// [`is_unusual_onderwijsnummer`] for the numbers in dispute.
pub fn is_onderwijsnummer(text: &str) -> bool {
    nine_digits(text).is_some_and(|digits| weighted(&digits) == (digits[8] + 5) % 11)
}

/// Whether `text` is an onderwijsnummer by the congruence but not by the
/// literal reading of DUO's formula: its last digit is 6 to 9. Worth a
/// warning, never a refusal.
pub fn is_unusual_onderwijsnummer(text: &str) -> bool {
    is_onderwijsnummer(text) && matches!(text.as_bytes().last(), Some(b'6'..=b'9'))
}

/// A BSN of the synthetic range 9999xxxxx that passes its test. Equal seeds
/// give equal numbers; the seeds below the size of the range (some nine
/// thousand) give different ones.
pub fn synthetic_bsn(seed: u32) -> String {
    static RANGE: OnceLock<Vec<u32>> = OnceLock::new();
    synthetic(RANGE.get_or_init(|| range(is_bsn)), seed)
}

/// A BSN of the part of the synthetic range (99995xxxx) that pupils in large
/// numbers come from, so that nobody else has theirs: the one of that number
/// among some nine hundred.
pub fn made_up_bsn(number: u32) -> String {
    static RANGE: OnceLock<Vec<u32>> = OnceLock::new();
    let range = RANGE.get_or_init(|| range(|text| is_bsn(text) && is_made_up(text)));
    range
        .get(number as usize % range.len().max(1))
        .map_or_else(String::new, u32::to_string)
}

/// Whether a number is of the part that [`made_up_bsn`] takes from.
pub fn is_made_up(number: &str) -> bool {
    number.starts_with("99995")
}

/// An onderwijsnummer of the synthetic range 9999xxxxx that passes its test
/// and does not end in 6 to 9. Seeds as for [`synthetic_bsn`]; the range holds
/// some five thousand.
pub fn synthetic_onderwijsnummer(seed: u32) -> String {
    static RANGE: OnceLock<Vec<u32>> = OnceLock::new();
    let literal = |text: &str| is_onderwijsnummer(text) && !is_unusual_onderwijsnummer(text);
    synthetic(RANGE.get_or_init(|| range(literal)), seed)
}

fn range(passes: impl Fn(&str) -> bool) -> Vec<u32> {
    (999_900_000..=999_999_999)
        .filter(|number: &u32| passes(&number.to_string()))
        .collect()
}

fn synthetic(range: &[u32], seed: u32) -> String {
    // Neighbouring seeds land far apart, so that numbers made one after the
    // other do not look alike; 7 919 is a prime that divides neither range.
    let index = u64::from(seed) * 7_919 % range.len().max(1) as u64;
    range
        .get(index as usize)
        .map_or_else(String::new, u32::to_string)
}

/// What is wrong with an OIN. Holds no part of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OinError {
    /// Not twenty characters.
    #[error("an OIN has 20 characters, not {0}")]
    Length(usize),
    /// Other characters than digits and capital letters.
    #[error("an OIN consists of digits and capital letters")]
    Characters,
    /// The first eight characters are no prefix of the Digikoppeling register.
    #[error("the first eight characters of the OIN are no known prefix")]
    Prefix,
    /// `00000001`: nine digits of the RSIN and `000`.
    #[error("after 00000001 an OIN has the nine digits of the RSIN and 000")]
    Rsin,
    /// `00000003`: eight digits of the KvK number and four digits.
    #[error("after 00000003 an OIN has the eight digits of the KvK number and four digits")]
    Kvk,
    /// `00000007`: `000`, the BRIN and `00000`.
    #[error("after 00000007 an OIN has 000, the BRIN (two digits, two letters) and 00000")]
    Brin,
    /// `00000004`, `00000006` or `00000009`: twelve digits.
    #[error("after this prefix an OIN has twelve digits")]
    Digits,
}

impl OinError {
    /// Its key among the reasons of the texts.
    pub fn key(self) -> &'static str {
        match self {
            Self::Length(_) => "oin-length",
            Self::Characters => "oin-characters",
            Self::Prefix => "oin-prefix",
            Self::Rsin => "oin-rsin",
            Self::Kvk => "oin-kvk",
            Self::Brin => "oin-brin",
            Self::Digits => "oin-digits",
        }
    }
}

/// Checks the shape of an OIN: twenty characters, a known prefix, and after it
/// what belongs to that prefix (10-landscape.md, OIN prefixes). The shape
/// only: whether the number was ever issued is not to be seen from it.
pub fn oin(text: &str) -> Result<(), OinError> {
    let length = text.chars().count();
    if length != 20 {
        return Err(OinError::Length(length));
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    {
        return Err(OinError::Characters);
    }
    let (prefix, rest) = text.split_at(8);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (holds, error) = match prefix {
        "00000001" => (digits(rest) && rest.ends_with("000"), OinError::Rsin),
        "00000003" => (digits(rest), OinError::Kvk),
        "00000004" | "00000006" | "00000009" => (digits(rest), OinError::Digits),
        "00000007" => {
            let (brin_digits, brin_letters) = (&rest[3..5], &rest[5..7]);
            let brin =
                digits(brin_digits) && brin_letters.bytes().all(|byte| byte.is_ascii_uppercase());
            (
                rest.starts_with("000") && brin && rest.ends_with("00000"),
                OinError::Brin,
            )
        }
        // A foreign register or a test environment chooses its own shape.
        "00000008" | "00000099" => (true, OinError::Prefix),
        _ => (false, OinError::Prefix),
    };
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::is_synthetic_number;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn known_numbers() {
        // The BSNs of the public test sets, and what must never pass.
        for bsn in ["123456782", "111222333", "999901102", "000000012"] {
            assert!(is_bsn(bsn), "{bsn}");
        }
        for text in [
            "000000000",
            "123456789",
            "12345678",
            "1234567820",
            "",
            "12345678a",
            " 123456782",
            "１２３４５６７８２",
            "-23456782",
        ] {
            assert!(!is_bsn(text), "{text}");
            assert!(!is_onderwijsnummer(text), "{text}");
        }
        assert!(is_onderwijsnummer("999942184"));
        assert!(!is_bsn("999942184"));
    }

    #[test]
    fn a_last_digit_of_6_to_9_passes_with_a_warning() {
        let ends: HashSet<u8> = (100_000_000..100_002_000u32)
            .map(|number| number.to_string())
            .filter(|text| is_unusual_onderwijsnummer(text))
            .map(|text| text.as_bytes()[8])
            .collect();
        assert_eq!(ends, HashSet::from([b'6', b'7', b'8', b'9']));
        assert!(!is_unusual_onderwijsnummer("999942184"));
        // Not a number at all is not unusual, just wrong.
        assert!(!is_unusual_onderwijsnummer("999942189"));
    }

    #[test]
    fn synthetic_numbers_differ_by_seed() {
        let bsns: HashSet<String> = (0..9_000).map(synthetic_bsn).collect();
        assert_eq!(bsns.len(), 9_000);
        let others: HashSet<String> = (0..5_000).map(synthetic_onderwijsnummer).collect();
        assert_eq!(others.len(), 5_000);
        assert!(bsns.is_disjoint(&others));
    }

    fn nine_digit_text() -> impl Strategy<Value = String> {
        "[0-9]{9}"
    }

    proptest! {
        #[test]
        fn synthetic_numbers_are_synthetic_and_pass(seed in any::<u32>()) {
            let bsn = synthetic_bsn(seed);
            prop_assert!(is_synthetic_number(&bsn) && is_bsn(&bsn));
            let number = synthetic_onderwijsnummer(seed);
            prop_assert!(is_synthetic_number(&number) && is_onderwijsnummer(&number));
            prop_assert!(!is_unusual_onderwijsnummer(&number));
        }

        #[test]
        fn no_number_is_both(text in nine_digit_text()) {
            prop_assert!(!(is_bsn(&text) && is_onderwijsnummer(&text)));
        }

        /// The eleven-tests find every slip in one digit.
        #[test]
        fn one_wrong_digit_is_found(seed in any::<u32>(), at in 0..9usize, by in 1..10u8) {
            for (text, passes) in [
                (synthetic_bsn(seed), is_bsn as fn(&str) -> bool),
                (synthetic_onderwijsnummer(seed), is_onderwijsnummer),
            ] {
                let mut bytes = text.into_bytes();
                bytes[at] = (bytes[at] - b'0' + by) % 10 + b'0';
                prop_assert!(!passes(std::str::from_utf8(&bytes).unwrap()));
            }
        }

        /// ... and every exchange of two neighbours.
        #[test]
        fn swapped_neighbours_are_found(seed in any::<u32>(), at in 0..8usize) {
            for (text, passes) in [
                (synthetic_bsn(seed), is_bsn as fn(&str) -> bool),
                (synthetic_onderwijsnummer(seed), is_onderwijsnummer),
            ] {
                let mut bytes = text.into_bytes();
                prop_assume!(bytes[at] != bytes[at + 1]);
                bytes.swap(at, at + 1);
                // The last two weigh 2 and -1: an exchange shifts the sum by
                // three times their difference, never by a multiple of eleven.
                prop_assert!(!passes(std::str::from_utf8(&bytes).unwrap()));
            }
        }

        /// The first eight digits leave at most one last digit.
        #[test]
        fn a_stem_has_at_most_one_last_digit(stem in "[0-9]{8}") {
            let count = |passes: fn(&str) -> bool| {
                (0..10).filter(|last| passes(&format!("{stem}{last}"))).count()
            };
            prop_assert!(count(is_bsn) <= 1);
            prop_assert!(count(is_onderwijsnummer) <= 1);
        }

        #[test]
        fn no_text_makes_a_test_fail(text in "\\PC{0,24}") {
            prop_assert!(!is_bsn(&text) || text.len() == 9);
            prop_assert!(oin(&text).is_err() || text.len() == 20);
        }
    }

    #[test]
    fn oin_shapes() {
        let table = [
            ("00000001800866472000", Ok(())),
            ("00000099800866472000", Ok(())),
            ("0000000700025BE00000", Ok(())),
            ("00000003123456780000", Ok(())),
            ("00000004123456789000", Ok(())),
            ("00000006123456789000", Ok(())),
            ("00000008DE1234567890", Ok(())),
            ("00000009123456780000", Ok(())),
            ("", Err(OinError::Length(0))),
            ("0000000180086647200", Err(OinError::Length(19))),
            ("00000001800866472éé0", Err(OinError::Characters)),
            ("0000000700025be00000", Err(OinError::Characters)),
            ("00000002800866472000", Err(OinError::Prefix)),
            ("00000001800866472001", Err(OinError::Rsin)),
            ("0000000180086647A000", Err(OinError::Rsin)),
            ("0000000312345678000A", Err(OinError::Kvk)),
            ("0000000412345678900A", Err(OinError::Digits)),
            ("0000000725BE00000000", Err(OinError::Brin)),
            ("00000007000252E00000", Err(OinError::Brin)),
            ("0000000700025BE00001", Err(OinError::Brin)),
        ];
        for (text, expected) in table {
            assert_eq!(oin(text), expected, "{text}");
        }
    }
}
