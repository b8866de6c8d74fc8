//! How a conforming LAS behaves, one decision per function. A LAS that is to
//! be wrong in one way changes one of them.

use super::data::{Inschrijving, Mandaat, Periode, Procesverloop};
use super::document::{Document, FOUTMELDING, Fout, Oordeel, Push, Signaal, Stand};
use crate::counterpart::PersoonsgebondenNummer;

/// The volgnummer of an enrolment that is corrected: its own
/// (30-bron-po.md, how the exchange behaves).
pub fn number_of_correction(existing: &Inschrijving) -> String {
    existing.volgnummer.clone()
}

/// The datumUitschrijving of a pupil whose last day at school is `last_day`:
/// that day, not the day after (30-bron-po.md, BASIS schema).
pub fn date_of_leaving(last_day: &str) -> String {
    last_day.to_string()
}

/// The periods of an enrolment that now begins on `begin`: the first begins
/// with it, and those that ended before it are gone (30-bron-po.md, "the
/// first begindatum periode always equals the inschrijfdatum").
pub fn periods_from(begin: &str, periods: Vec<Periode>) -> Vec<Periode> {
    let holds = periods
        .iter()
        .rposition(|periode| *periode.begin <= *begin)
        .unwrap_or(0);
    let mut left: Vec<Periode> = periods.into_iter().skip(holds).collect();
    if let Some(first) = left.first_mut() {
        first.begin = begin.to_string();
    }
    left
}

/// The periods that a message about an enrolment carries: all of them, because
/// what is left out is gone (30-bron-po.md, full replacement).
pub fn periods_to_send(enrolment: &Inschrijving) -> &[Periode] {
    &enrolment.perioden
}

/// A number as it goes out: nine digits, with the zeros in front.
pub fn written(number: &PersoonsgebondenNummer) -> String {
    format!("{:0>9}", number.digits())
}

/// Whether a document must wait for an earlier one about the same pupil: for
/// one whose fate is unknown or that waits itself (30-bron-po.md, order
/// matters per pupil).
pub fn waits_for(earlier: &Document) -> bool {
    matches!(earlier.stand, Stand::Wacht | Stand::Onbeantwoord)
}

/// Whether a fault leaves the document to be sent again: the receiver could not
/// take it in, and says nothing of the document (SOAP 1.1, section 4.4.1).
pub fn may_try_again(fault: &Fout) -> bool {
    fault.partij == "Server"
}

/// The number that a document about a pupil goes out with: the pupil's number
/// of today, and when it went out before, the same again, so that the receiver
/// knows it for the same document.
pub fn number_to_send(
    document: &Document,
    today: Option<PersoonsgebondenNummer>,
) -> Option<PersoonsgebondenNummer> {
    document.nummer.clone().or(today)
}

/// Whether DUO registered what it judged. A foutmelding means that it did not;
/// a melding or signaal does not matter to it (30-bron-po.md, signal classes).
pub fn is_registered(verdict: &Oordeel) -> bool {
    let refused = |signal: &Signaal| signal.soort == FOUTMELDING;
    verdict.goedgekeurd && !verdict.signalen.iter().any(refused)
}

/// Whether a foutmelding in verzuim says that the mutation was made on an
/// outdated copy (40-verzuim.md, rules). Its code is not public: the words of
/// both are looked at.
pub fn is_lock_conflict(signal: &Signaal) -> bool {
    let said = format!("{} {}", signal.code, signal.omschrijving).to_lowercase();
    ["verouderd", "intussen", "laatste mutatie", "procesverloop"]
        .iter()
        .any(|word| said.contains(word))
}

/// How often a mutation that met a lock conflict is tried again after
/// fetching. More would fight with the municipality.
pub const TRIES_AFTER_LOCK_CONFLICT: u32 = 1;

/// Whether a report may still be changed by the school (40-verzuim.md,
/// statuses: G, I and K are final).
pub fn may_change(status: &str) -> bool {
    !matches!(status, "G" | "I" | "K")
}

/// Whether what DUO fetched is newer than what the LAS has seen.
pub fn is_newer(fetched: &Procesverloop, seen: Option<&Procesverloop>) -> bool {
    seen.is_none_or(|seen| fetched >= seen)
}

/// Whether the LAS acts for a school, and takes messages for it: only while the
/// OSR says at this moment that it may (50-osr.md, flow, steps 4 and 6).
pub fn may_act(mandate: Option<&Mandaat>) -> bool {
    mandate.is_some()
}

/// What a push is to the LAS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// New: it is kept, then confirmed.
    New,
    /// Known: it is confirmed again and changes nothing.
    Again,
    /// Another document under an identificatiecode that was used: refused.
    Other,
}

/// What a push is, beside the one that came under its identificatiecode
/// before. When it was sent makes no difference.
pub fn arrival(push: &Push, known: Option<&Push>) -> Arrival {
    let said = |push: &Push| {
        let mut said = push.inhoud.clone();
        said.remove("datumTijdBedrijfsdocument");
        said
    };
    match known {
        None => Arrival::New,
        Some(known) if said(known) == said(push) => Arrival::Again,
        Some(_) => Arrival::Other,
    }
}

/// Whether a push takes the place of an earlier one about the same: by the
/// moment at which DUO made it, not by the order in which they came
/// (30-bron-po.md, a push may come late or twice).
pub fn supersedes(new: &Push, old: &Push) -> bool {
    (new.gemaakt, &new.id) > (old.gemaakt, &old.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(begins: &[&str]) -> Vec<Periode> {
        let periods = begins.iter().map(|begin| Periode {
            begin: (*begin).to_string(),
            gegevens: Vec::new(),
        });
        periods.collect()
    }

    #[test]
    fn the_first_period_moves_with_the_enrolment() {
        for (begin, before, after) in [
            ("2026-08-17", &["2026-08-01"][..], &["2026-08-17"][..]),
            ("2026-07-01", &["2026-08-01"], &["2026-07-01"]),
            (
                "2026-08-01",
                &["2026-08-01", "2027-08-01"],
                &["2026-08-01", "2027-08-01"],
            ),
            ("2027-08-01", &["2026-08-01", "2027-08-01"], &["2027-08-01"]),
            ("2027-09-01", &["2026-08-01", "2027-08-01"], &["2027-09-01"]),
        ] {
            assert_eq!(periods_from(begin, periods(before)), periods(after));
        }
    }

    #[test]
    fn numbers_keep_their_zeros() {
        let number = PersoonsgebondenNummer::Bsn("12".to_string());
        assert_eq!(written(&number), "000000012");
    }

    #[test]
    fn only_a_foutmelding_blocks() {
        for (goedgekeurd, soort, registered) in [
            (true, None, true),
            (true, Some("MELDING"), true),
            (true, Some("SIGNAAL"), true),
            (true, Some("FOUTMELDING"), false),
            (false, None, false),
        ] {
            let signal = |soort: &str| Signaal {
                code: "x".to_string(),
                soort: soort.to_string(),
                omschrijving: String::new(),
            };
            let verdict = Oordeel {
                goedgekeurd,
                signalen: soort.map(signal).into_iter().collect(),
                ..Oordeel::default()
            };
            assert_eq!(is_registered(&verdict), registered, "{soort:?}");
        }
    }
}
