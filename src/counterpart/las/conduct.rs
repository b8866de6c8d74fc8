//! How a LAS behaves, one decision per function: as a conforming LAS does, but
//! for the decisions that a defect makes it take otherwise.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::data::{Inschrijving, Mandaat, Periode, Procesverloop};
use super::document::{Document, FOUTMELDING, Fout, Oordeel, Push, Signaal, Stand};
use super::state::Entry;
use crate::counterpart::PersoonsgebondenNummer;
use crate::counterpart::defect::Slip;
use crate::facts::iso_date;

/// How a LAS behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conduct {
    slips: BTreeSet<Slip>,
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

/// How often a mutation that met a lock conflict is tried again after
/// fetching. More would fight with the municipality.
const TRIES_AFTER_LOCK_CONFLICT: u32 = 1;

/// How far local time is ahead of UTC in summer.
const SUMMER_TIME: SignedDuration = SignedDuration::from_hours(2);

/// Whether nothing is known of what became of a document.
pub fn is_open(document: &Document) -> bool {
    matches!(document.stand, Stand::Wacht | Stand::Onbeantwoord)
}

impl Conduct {
    /// The conduct of a LAS that takes these decisions otherwise.
    pub fn with(slips: BTreeSet<Slip>) -> Self {
        Self { slips }
    }

    /// Whether a decision is taken otherwise.
    pub fn has(&self, slip: Slip) -> bool {
        self.slips.contains(&slip)
    }

    /// The volgnummer of an enrolment that is corrected: its own, never one
    /// that is `free` (30-bron-po.md, how the exchange behaves).
    pub fn number_of_correction(
        &self,
        existing: &Inschrijving,
        free: impl FnOnce() -> String,
    ) -> String {
        match self.has(Slip::NewNumberOnCorrection) {
            true => free(),
            false => existing.volgnummer.clone(),
        }
    }

    /// The datumUitschrijving of a pupil whose last day at school is
    /// `last_day`: that day, not the day after (30-bron-po.md, BASIS schema).
    pub fn date_of_leaving(&self, last_day: &str) -> String {
        let after = || iso_date(last_day)?.tomorrow().ok();
        let after = after().filter(|_| self.has(Slip::LeavesDayLater));
        after.map_or_else(|| last_day.to_string(), |day| day.to_string())
    }

    /// The periods of an enrolment that now begins on `begin`: the first begins
    /// with it, and those that ended before it are gone (30-bron-po.md, "the
    /// first begindatum periode always equals the inschrijfdatum").
    pub fn periods_from(&self, begin: &str, periods: Vec<Periode>) -> Vec<Periode> {
        if self.has(Slip::FirstPeriodStays) {
            return periods;
        }
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

    /// The periods that a message about an enrolment carries: all of them,
    /// because what is left out is gone (30-bron-po.md, full replacement).
    pub fn periods_to_send<'a>(&self, enrolment: &'a Inschrijving) -> &'a [Periode] {
        let periods = &enrolment.perioden;
        match self.has(Slip::LatestPeriodOnly) {
            true => &periods[periods.len().saturating_sub(1)..],
            false => periods,
        }
    }

    /// The begindatum of a report of an absence that began on `begin`: that day,
    /// whenever it is reported, and never within a report that `ends` before it
    /// (40-verzuim.md).
    pub fn begin_of_absence<'a>(
        &self,
        begin: &str,
        today: &str,
        mut ends: impl Iterator<Item = &'a str>,
    ) -> String {
        if self.has(Slip::ReportsFromToday) {
            return today.to_string();
        }
        let before = iso_date(begin).and_then(|day| day.yesterday().ok());
        let before = before.map(|day| day.to_string());
        let before = before.filter(|_| self.has(Slip::FollowsOnLastDay));
        let follows = before.filter(|before| ends.any(|end| end == before));
        follows.unwrap_or_else(|| begin.to_string())
    }

    /// A lot that goes out by pages: all of it, each once.
    pub fn pages<T: Clone>(&self, lot: Vec<T>, page: usize) -> Vec<T> {
        if self.has(Slip::LotIsOnePage) {
            return lot.into_iter().take(page).collect();
        }
        if self.has(Slip::LotPagesOverlap) {
            let last = |page: &[T]| page.last().cloned();
            let pages = lot.chunks(page);
            return pages
                .flat_map(|page| page.iter().cloned().chain(last(page)))
                .collect();
        }
        lot
    }

    /// A number as it goes out: nine digits, with the zeros in front.
    pub fn written(&self, number: &PersoonsgebondenNummer) -> String {
        match self.has(Slip::LosesZeros) {
            true => number.digits().trim_start_matches('0').to_string(),
            false => format!("{:0>9}", number.digits()),
        }
    }

    /// The moment that stands in a document made at `moment`: that, in UTC.
    pub fn stamped(&self, moment: Timestamp) -> Timestamp {
        let local = moment.checked_add(SUMMER_TIME);
        let local = local.ok().filter(|_| self.has(Slip::LocalTime));
        local.unwrap_or(moment)
    }

    /// The place of a document among all that were made, which its
    /// identificatiecode follows from: the same however often it is sent.
    pub fn place_of(&self, document: &Document) -> u64 {
        let tries = match self.has(Slip::NewDocumentOnResend) {
            true => u64::from(document.pogingen),
            false => 0,
        };
        document.volgorde + (tries << 32)
    }

    /// Whether a document must wait for an earlier one about the same pupil:
    /// for one whose fate is unknown or that waits itself (30-bron-po.md, order
    /// matters per pupil).
    pub fn waits_for(&self, earlier: &Document) -> bool {
        is_open(earlier) && !self.has(Slip::Overtakes)
    }

    /// The number that a document about a pupil goes out with: the pupil's
    /// number of today, and when it went out before, the same again, so that
    /// the receiver knows it for the same document.
    pub fn number_to_send(
        &self,
        document: &Document,
        today: Option<PersoonsgebondenNummer>,
    ) -> Option<PersoonsgebondenNummer> {
        document.nummer.clone().or(today)
    }

    /// Whether DUO registered what it judged. A foutmelding means that it did
    /// not; a melding or signaal does not matter to it (30-bron-po.md, signal
    /// classes).
    pub fn is_registered(&self, verdict: &Oordeel) -> bool {
        let has = |soort: &str| {
            let mut signals = verdict.signalen.iter();
            signals.any(|signal| signal.soort == soort)
        };
        if self.has(Slip::FoutmeldingIgnored) {
            return true;
        }
        let blocks = self.has(Slip::MeldingBlocks) && has("MELDING");
        verdict.goedgekeurd && !has(FOUTMELDING) && !blocks
    }

    /// Where a document stands by an answer: received is not judged.
    pub fn stand_of(&self, answered: Stand) -> Stand {
        match answered {
            Stand::Ontvangen if self.has(Slip::ReceiptIsVerdict) => Stand::Beoordeeld(Oordeel {
                goedgekeurd: true,
                ..Oordeel::default()
            }),
            answered => answered,
        }
    }

    /// Whether a verdict that is pushed counts for a document that stands
    /// there: always, for it may come before the answer to the document
    /// (30-bron-po.md, how the exchange behaves).
    pub fn takes_verdict(&self, stand: &Stand) -> bool {
        !self.has(Slip::VerdictNeedsReceipt) || matches!(stand, Stand::Ontvangen)
    }

    /// Whether a funding status counts for an enrolment that the LAS delivered
    /// or did not: always, for it can change without that (30-bron-po.md, how
    /// the exchange behaves).
    pub fn takes_funding(&self, delivered: bool) -> bool {
        delivered || !self.has(Slip::FundingNeedsDelivery)
    }

    /// Pushes about the same in the order in which they count: the last made
    /// is the last, and of those made at one moment the last received.
    pub fn in_order<'a>(&self, mut pushes: Vec<&'a Push>) -> Vec<&'a Push> {
        pushes.sort_by_key(|push| (push.gemaakt, push.eerder));
        if self.has(Slip::FirstStatusStays) {
            pushes.reverse();
        }
        pushes
    }

    /// Whether a part of a funding status is shown: all are.
    pub fn shows(&self, name: &str) -> bool {
        name != "bekostigingssignaal" || !self.has(Slip::HidesFundingSignals)
    }

    /// How often a mutation of an absence report that met a lock conflict is
    /// made again on what DUO has now (40-verzuim.md, rules).
    pub fn tries_after_lock_conflict(&self) -> u32 {
        match self.has(Slip::IgnoresLock) {
            true => 0,
            false => TRIES_AFTER_LOCK_CONFLICT,
        }
    }

    /// Whether a report may still be changed by the school (40-verzuim.md,
    /// statuses: G, I and K are final).
    pub fn may_change(&self, status: &str) -> bool {
        !matches!(status, "G" | "I" | "K") || self.has(Slip::ChangesClosedReports)
    }

    /// Whether a mandate holds on a day: the OSR may answer with one that is
    /// yet to begin.
    pub fn holds_on(&self, mandate: &Mandaat, day: &str) -> bool {
        let begun = mandate.begin.as_deref().is_none_or(|begin| begin <= day);
        let lasts = mandate.einde.as_deref().is_none_or(|einde| day <= einde);
        (begun && lasts) || self.has(Slip::IgnoresMandatePeriod)
    }

    /// Whether the LAS acts for a school, and takes messages for it: only while
    /// the OSR says at this moment that it may (50-osr.md, flow, steps 4 and 6).
    pub fn may_act(&self, mandate: Option<&Mandaat>) -> bool {
        mandate.is_some() || self.has(Slip::IgnoresMandate)
    }

    /// What a push is, beside the one that came under its identificatiecode
    /// before. When it was sent makes no difference.
    pub fn arrival(&self, push: &Push, known: Option<&Push>) -> Arrival {
        let said = |push: &Push| {
            let mut said = push.inhoud.clone();
            said.remove("datumTijdBedrijfsdocument");
            said
        };
        match known {
            None => Arrival::New,
            Some(_) if self.has(Slip::KeepsTwice) => Arrival::New,
            Some(known) if said(known) == said(push) => Arrival::Again,
            Some(_) => Arrival::Other,
        }
    }

    /// Whether entries go into the journal before they count.
    pub fn writes_down(&self, entries: &[Entry]) -> bool {
        let is_push = |entry: &Entry| matches!(entry, Entry::Ontvangen(_));
        !(self.has(Slip::ForgetsPushes) && entries.iter().any(is_push))
    }

    /// When a push was made, for whatever it may supersede: when DUO made it,
    /// not as the `nth` to arrive.
    pub fn made(&self, made: i128, nth: usize) -> i128 {
        match self.has(Slip::LatestArrivalWins) {
            true => i128::try_from(nth).unwrap_or(made),
            false => made,
        }
    }
}

/// Whether a fault leaves the document to be sent again: the receiver could not
/// take it in, and says nothing of the document (SOAP 1.1, section 4.4.1).
pub fn may_try_again(fault: &Fout) -> bool {
    fault.partij == "Server"
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

/// Whether what DUO fetched is newer than what the LAS has seen.
pub fn is_newer(fetched: &Procesverloop, seen: Option<&Procesverloop>) -> bool {
    seen.is_none_or(|seen| fetched >= seen)
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
            assert_eq!(
                Conduct::default().periods_from(begin, periods(before)),
                periods(after)
            );
        }
    }

    #[test]
    fn a_report_begins_on_the_first_day_of_the_absence() {
        let slip = |slip| Conduct::with([slip].into());
        for (conduct, begin, sent) in [
            (Conduct::default(), "2026-09-21", "2026-09-21"),
            (slip(Slip::ReportsFromToday), "2026-09-21", "2026-09-25"),
            (slip(Slip::FollowsOnLastDay), "2026-09-21", "2026-09-20"),
            // It follows nothing.
            (slip(Slip::FollowsOnLastDay), "2026-09-20", "2026-09-20"),
            (slip(Slip::FollowsOnLastDay), "2026-09-22", "2026-09-22"),
        ] {
            let ends = ["2026-06-01", "2026-09-20"].into_iter();
            let begins = conduct.begin_of_absence(begin, "2026-09-25", ends);
            assert_eq!(begins, sent, "{conduct:?}");
        }
    }

    #[test]
    fn numbers_keep_their_zeros() {
        let number = PersoonsgebondenNummer::Bsn("12".to_string());
        assert_eq!(Conduct::default().written(&number), "000000012");
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
            assert_eq!(
                Conduct::default().is_registered(&verdict),
                registered,
                "{soort:?}"
            );
        }
    }
}
