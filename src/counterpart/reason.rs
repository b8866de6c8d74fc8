//! Why an action is refused or fails: words for programs beside the text of an
//! outcome (docs/trigger.md).

/// The OSR knows no mandate.
pub const NO_MANDATE: &str = "geen-mandaat";
/// The trigger makes no sense.
pub const TRIGGER: &str = "trigger";
/// Its clock stands at another moment than the trigger.
pub const CLOCK: &str = "klok";
/// What the trigger speaks of is not there.
pub const UNKNOWN: &str = "onbekend";
/// What it would make is there already.
pub const EXISTS: &str = "bestaat";
/// An earlier document about the pupil must go first.
pub const ORDER: &str = "volgorde";
/// The municipality or the school has closed the report.
pub const CLOSED: &str = "afgesloten";
/// RIO codes are not known.
pub const RIO: &str = "rio";
/// No answer came.
pub const CONNECTION: &str = "geen-antwoord";
/// A SOAP fault or an error of the OSR came.
pub const FAULT: &str = "fout";
/// What came cannot be believed.
pub const ANSWER: &str = "antwoord-onjuist";
/// The LAS itself is at fault.
pub const INTERNAL: &str = "intern";

/// All of them.
pub const ALL: [&str; 12] = [
    NO_MANDATE, TRIGGER, CLOCK, UNKNOWN, EXISTS, ORDER, CLOSED, RIO, CONNECTION, FAULT, ANSWER,
    INTERNAL,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counterpart::trigger::{Outcome, Status};
    use crate::finding::Language;
    use crate::text::Texts;

    /// Each word for programs stands in the contract and is told in words.
    #[test]
    fn every_reason_is_documented_and_told() {
        let page = include_str!("../../docs/trigger.md");
        for word in ALL {
            assert!(page.contains(&format!("| `{word}` |")), "{word}");
            for language in [Language::Nl, Language::En] {
                let told = &Texts::of(language).outcome;
                assert!(told.contains_key(word), "{word}");
                assert_eq!(told.len(), ALL.len());
            }
        }
        let mut outcome = Outcome::new(Status::Refused, "").with("reden", "bestaat");
        assert_eq!(outcome.reason(), Some("bestaat"));
        outcome = outcome.with("reden", "zomaar");
        assert_eq!(outcome.reason(), None);
    }
}
