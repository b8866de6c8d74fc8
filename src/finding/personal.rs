//! Values that came out of a message, and how they are shown.
//!
//! A message value has no `Display` and its `Debug` shows no content: the only
//! way to text is [`MessageValue::shown`] with a [`Redaction`].

use std::fmt;
use std::sync::Arc;

use super::addresses::mask_words;
use crate::limits::{MAX_QUOTED_CHARS, MAX_SAID_CHARS};

/// Whether personal data may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction {
    /// Personal data is masked (the default everywhere).
    Mask,
    /// The user asked for it with `--no-redact`.
    Show,
}

/// What kind of data a value is, decided by the element that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataClass {
    /// Codes, dates of enrolments, identifiers of institutions.
    Plain,
    /// Burgerservicenummer or onderwijsnummer: the last four digits stay.
    PersonNumber,
    /// Names, birth dates, addresses, telephone numbers, e-mail, free text
    /// about a person: nothing stays but the length.
    Personal,
    /// What a party says in words of its own: it may be about a person, but for
    /// the addresses of hosts in it.
    Words,
    /// The content of an element that no schema knows. It may be anything, so
    /// it is treated as personal.
    Unknown,
}

/// Local names whose values are person numbers, compared in lower case.
const PERSON_NUMBERS: &[&str] = &[
    "burgerservicenummer",
    "bsn",
    "onderwijsnummer",
    "huidigonderwijsnummer",
    "persoonsgebondennummer",
    "pgn",
    "sofinummer",
];

/// Parts of local names whose values are about a person, compared in lower
/// case. Parts rather than whole names: an official package may spell them
/// differently, and a mask too many does less harm than one too few.
const PERSONAL_PARTS: &[&str] = &[
    "achternaam",
    "voornaam",
    "voornamen",
    "voorvoegsel",
    "voorletter",
    "geslachtsnaam",
    "geboorte",
    "adresregel",
    "straat",
    "huisnummer",
    "huisletter",
    "postcode",
    "woonplaats",
    "plaatsnaam",
    "telefoon",
    "netnummer",
    "abonneenummer",
    "email",
    "e-mail",
    "contactpersoon",
    "behandelaar",
    "toelichting",
    "reden",
    "opmerking",
];

/// Names that contain a personal part without being about a person.
const NOT_PERSONAL: &[&str] = &["redenmeldingafgesloten", "redeningetrokken"];

/// Names that are personal as a whole word only.
const PERSONAL_NAMES: &[&str] = &["naam", "functie", "adres"];

impl DataClass {
    /// The class of the value of an element, attribute or JSON member called
    /// `local_name`, whose ancestors are `ancestors` (nearest first). `naam`
    /// and `functie` are personal only below a person: an institution's name
    /// or a register's key is not.
    pub fn of<'a>(local_name: &str, ancestors: impl IntoIterator<Item = &'a str>) -> Self {
        let name = local_name.to_lowercase();
        if PERSON_NUMBERS.contains(&name.as_str()) {
            return DataClass::PersonNumber;
        }
        if NOT_PERSONAL.contains(&name.as_str()) {
            return DataClass::Plain;
        }
        if PERSONAL_PARTS.iter().any(|part| name.contains(part)) {
            return DataClass::Personal;
        }
        if PERSONAL_NAMES.contains(&name.as_str()) {
            let below_person = ancestors.into_iter().take(3).any(|ancestor| {
                let ancestor = ancestor.to_lowercase();
                [
                    "persoon",
                    "pgn",
                    "contact",
                    "behandelaar",
                    "adres",
                    "leerling",
                ]
                .iter()
                .any(|part| ancestor.contains(part))
            });
            if below_person {
                return DataClass::Personal;
            }
        }
        DataClass::Plain
    }
}

/// Something that stood in a message.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageValue {
    text: Arc<str>,
    class: DataClass,
    /// How many characters of it are shown.
    most: usize,
    /// The character that must be among them.
    decisive: Option<usize>,
}

impl MessageValue {
    /// A value of the given class.
    pub fn new(text: impl Into<Arc<str>>, class: DataClass) -> Self {
        Self {
            text: text.into(),
            class,
            most: MAX_QUOTED_CHARS,
            decisive: None,
        }
    }

    /// What a party says in words: quoted at greater length.
    pub fn said(text: impl Into<Arc<str>>, class: DataClass) -> Self {
        Self {
            most: MAX_SAID_CHARS,
            ..Self::new(text, class)
        }
    }

    /// The same where it is told beside `other`: where they begin to differ is
    /// shown.
    pub fn beside(self, other: &str) -> Self {
        let same = self.text.chars().zip(other.chars());
        let same = same.take_while(|(one, other)| one == other).count();
        Self {
            decisive: (same > 0).then_some(same),
            ..self
        }
    }

    /// A value that is public, such as an OIN, an address or an algorithm. A
    /// number of a person in it is masked all the same.
    pub fn plain(text: impl Into<Arc<str>>) -> Self {
        Self::new(text, DataClass::Plain)
    }

    /// The class of the value.
    pub fn class(&self) -> DataClass {
        self.class
    }

    /// The value as it may be shown: masked unless plain or asked for, control
    /// characters made visible, at most [`MAX_QUOTED_CHARS`] characters, or
    /// [`MAX_SAID_CHARS`] of words. A longer one shows its beginning and its
    /// end, or where it differs from what it is told beside.
    pub fn shown(&self, redaction: Redaction) -> String {
        let text = match redaction {
            Redaction::Show => self.text.to_string(),
            Redaction::Mask => mask(&self.text, self.class),
        };
        let visible = |ch: char| if ch.is_control() { '\u{FFFD}' } else { ch };
        let chars: Vec<char> = text.chars().map(visible).collect();
        let count = chars.len();
        if count <= self.most {
            return chars.into_iter().collect();
        }
        let part = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
        match self.decisive.filter(|&at| at > self.most / 2) {
            Some(at) => {
                let from = at
                    .saturating_sub(self.most / 4)
                    .min(count.saturating_sub(self.most));
                let to = from + self.most;
                let more = if to < count { "…" } else { "" };
                format!("…{}{more}", part(from, to))
            }
            None => {
                let end = self.most / 3;
                let (head, tail) = (part(0, self.most - end), part(count - end, count));
                format!("{head}…{tail}")
            }
        }
    }
}

impl fmt::Debug for MessageValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MessageValue({:?}, {} bytes)",
            self.class,
            self.text.len()
        )
    }
}

/// Whether `digits` is a number of the synthetic range: nine digits of the
/// form 9999xxxxx (10-landscape.md, test data).
pub fn is_synthetic_number(digits: &str) -> bool {
    digits.len() == 9 && digits.starts_with("9999") && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Masks `text` by its class. The number of characters stays the same, so that
/// columns of excerpts stay true.
pub(crate) fn mask(text: &str, class: DataClass) -> String {
    match class {
        DataClass::Plain => mask_numbers(text),
        DataClass::PersonNumber => mask_person_number(text),
        DataClass::Words => mask_words(text),
        DataClass::Personal | DataClass::Unknown => text
            .chars()
            .map(|ch| if ch.is_whitespace() { ch } else { '*' })
            .collect(),
    }
}

/// Masks a person number but for its last four digits. What is not a number at
/// all (a slip of the keyboard, a name in the wrong element) is masked whole.
fn mask_person_number(text: &str) -> String {
    let trimmed = text.trim();
    // A mask is what it was: masking twice masks once.
    let unmasked = trimmed.trim_start_matches('*');
    let is_mask = unmasked.len() < trimmed.len()
        && unmasked.len() <= 4
        && unmasked.bytes().all(|byte| byte.is_ascii_digit());
    if is_mask || is_synthetic_number(trimmed) {
        return text.to_string();
    }
    let digits = trimmed.bytes().filter(u8::is_ascii_digit).count();
    let visible = if digits == trimmed.len() && digits > 4 {
        4
    } else {
        0
    };
    let total = text.trim_end().chars().count();
    text.chars()
        .enumerate()
        .map(|(index, ch)| {
            if ch.is_whitespace() || index >= total - visible.min(total) {
                ch
            } else {
                '*'
            }
        })
        .collect()
}

/// Masks runs of eight or nine digits that could be a BSN or onderwijsnummer,
/// wherever they stand: a number in the wrong element is still a number. A run
/// inside a longer word (a UUID, an OIN) is left alone.
fn mask_numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut index = 0;
    while index < chars.len() {
        if !chars[index].is_ascii_alphanumeric() {
            out.push(chars[index]);
            index += 1;
            continue;
        }
        let start = index;
        while index < chars.len()
            && (chars[index].is_ascii_alphanumeric() || is_joint(&chars, index))
        {
            index += 1;
        }
        let word: String = chars[start..index].iter().collect();
        if word.len() == 9 && word.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(&mask_person_number(&word));
        } else {
            out.push_str(&word);
        }
    }
    out
}

/// A hyphen between two alphanumerics joins them into one word (UUIDs, dates).
fn is_joint(chars: &[char], index: usize) -> bool {
    chars[index] == '-'
        && index > 0
        && chars[index - 1].is_ascii_alphanumeric()
        && chars
            .get(index + 1)
            .is_some_and(char::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_numbers_keep_their_last_four_digits() {
        assert_eq!(mask("123456782", DataClass::PersonNumber), "*****6782");
        assert_eq!(mask(" 123456782 ", DataClass::PersonNumber), " *****6782 ");
        assert_eq!(mask("Jansen", DataClass::PersonNumber), "******");
        assert_eq!(mask("999912345", DataClass::PersonNumber), "999912345");
        assert_eq!(mask("*****6782", DataClass::PersonNumber), "*****6782");
        assert_eq!(mask("****56782", DataClass::PersonNumber), "*********");
    }

    #[test]
    fn of_a_long_value_what_decides_is_shown() {
        let long = |end: &str| format!("https://las.example/{}/{end}", "a".repeat(200));
        let shown = |value: MessageValue| value.shown(Redaction::Mask);
        let whole = shown(MessageValue::plain(long("bron")));
        assert!(whole.starts_with("https://las.example/aaa") && whole.ends_with("a/bron"));
        assert_eq!(whole.chars().count(), MAX_QUOTED_CHARS + 1);
        // Where two differ, in the middle too.
        for (tail, cut) in [("", false), ("/verder".repeat(40).as_str(), true)] {
            let (one, other) = (long(&format!("een{tail}")), long(&format!("twee{tail}")));
            let one_shown = shown(MessageValue::plain(one.as_str()).beside(&other));
            let other_shown = shown(MessageValue::plain(other.as_str()).beside(&one));
            assert!(one_shown.contains("/een"), "{one_shown}");
            assert!(other_shown.contains("/twee"), "{other_shown}");
            assert_eq!(one_shown.ends_with('…'), cut, "{one_shown}");
        }
        // What is masked stays masked, whatever it stands beside.
        let name = MessageValue::new("Jansen".repeat(40), DataClass::Personal);
        let name = shown(name.beside(&"Jansen".repeat(30)));
        assert!(name.chars().all(|ch| "*…".contains(ch)), "{name}");
        let said = "reden ".repeat(30);
        assert_eq!(
            shown(MessageValue::said(said.as_str(), DataClass::Plain)),
            said
        );
    }

    #[test]
    fn a_number_in_a_plain_value_is_masked_too() {
        assert_eq!(mask("bsn 123456782!", DataClass::Plain), "bsn *****6782!");
        assert_eq!(
            mask("00000001-2222-3333-4444-123456782999", DataClass::Plain),
            "00000001-2222-3333-4444-123456782999"
        );
    }

    #[test]
    fn names_are_personal_only_below_a_person() {
        assert_eq!(DataClass::of("naam", ["sleutelgegeven"]), DataClass::Plain);
        assert_eq!(
            DataClass::of("naam", ["contactpersoon"]),
            DataClass::Personal
        );
        assert_eq!(DataClass::of("Achternaam", []), DataClass::Personal);
        assert_eq!(
            DataClass::of("onderwijsnummer", []),
            DataClass::PersonNumber
        );
    }

    #[test]
    fn debug_shows_no_content() {
        let value = MessageValue::new("123456782", DataClass::PersonNumber);
        assert!(!format!("{value:?}").contains("6782"));
    }
}
