//! Identifying numbers.

/// Why a text is no OIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OinError {
    /// Not twenty characters of the right kind.
    Shape,
}

/// Whether `text` is a burgerservicenummer.
pub fn is_bsn(text: &str) -> bool {
    weighted(text) == Some(0) && text != "000000000"
}

/// Whether `text` is an onderwijsnummer.
pub fn is_onderwijsnummer(text: &str) -> bool {
    weighted(text) == Some(5)
}

fn weighted(text: &str) -> Option<i32> {
    let digits: Vec<i32> = text
        .bytes()
        .map(|b| b.is_ascii_digit().then(|| i32::from(b - b'0')))
        .collect::<Option<_>>()?;
    let [head @ .., last] = &digits[..] else {
        return None;
    };
    (digits.len() == 9).then(|| {
        let sum: i32 = head.iter().zip((2..=9).rev()).map(|(d, w)| d * w).sum();
        (sum - last).rem_euclid(11)
    })
}

/// Checks an OIN.
pub fn oin(text: &str) -> Result<(), OinError> {
    (text.len() == 20 && text.bytes().all(|b| b.is_ascii_alphanumeric()))
        .then_some(())
        .ok_or(OinError::Shape)
}
