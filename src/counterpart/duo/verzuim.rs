//! Absence reports and their life cycle (40-verzuim.md).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{SignedDuration, Timestamp, tz};
use serde::{Deserialize, Serialize};

use super::dagen::moment;
use crate::counterpart::{Part, PersoonsgebondenNummer, Reading};

/// The first number that is given out.
const EERSTE_MELDINGSNUMMER: u64 = 7_000_001;

/// The kinds of which a report is closed with an einddatum only.
const MET_EINDDATUM: [&str; 4] = ["V3", "V4", "LRV", "RMC"];

/// What stands around a report in a request, and is no part of it.
const OMSLAG: [&str; 9] = [
    "identificatiecodeBedrijfsdocument",
    "verzendendeInstantie",
    "ontvangendeInstantie",
    "datumTijdBedrijfsdocument",
    "burgerservicenummer",
    "onderwijsnummer",
    "onderwijsinstelling",
    "meldingsnummer",
    "procesverloop",
];

/// The status of a report (40-verzuim.md, statuses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Registered by the school.
    R,
    /// Taken up by the municipality.
    B,
    /// Closed by the municipality.
    G,
    /// Withdrawn by the school.
    I,
    /// Taken note of by the municipality.
    K,
}

impl Status {
    /// Whether `next` may follow (40-verzuim.md, allowed transitions).
    pub fn gaat_naar(self, next: Status) -> bool {
        use Status::{B, G, I, K, R};
        matches!(
            (self, next),
            (R, B) | (R, K) | (R, I) | (B, G) | (B, I) | (B, K)
        )
    }

    /// Whether the school may still change the report.
    pub fn is_open(self) -> bool {
        matches!(self, Status::R | Status::B)
    }

    /// The status as it is written.
    pub fn letter(self) -> &'static str {
        match self {
            Status::R => "R",
            Status::B => "B",
            Status::G => "G",
            Status::I => "I",
            Status::K => "K",
        }
    }
}

/// A case of absence as it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geval {
    /// Its number.
    pub meldingsnummer: String,
    /// The pupil.
    pub persoon: PersoonsgebondenNummer,
    /// The school, as it named itself.
    pub onderwijsinstelling: Part,
    /// What the school reported.
    pub melding: Vec<Part>,
    /// Where the case stands.
    pub status: Status,
    /// Why it was closed or withdrawn.
    #[serde(default)]
    pub reden: Option<String>,
    /// Who handles it for the municipality.
    #[serde(default)]
    pub behandelaar: Option<Part>,
    /// The last change; later with every change, also when the clock stands.
    #[serde(with = "moment")]
    pub mutatie: Timestamp,
}

impl Geval {
    /// The school's code.
    pub fn instelling(&self) -> &str {
        let code = self.onderwijsinstelling.text_at("instellingscode");
        code.unwrap_or_default()
    }

    fn veld(&self, name: &str) -> Option<&Part> {
        self.melding.iter().find(|part| part.name() == name)
    }

    /// The date of a field of the report.
    pub fn datum(&self, name: &str) -> Option<Date> {
        crate::facts::iso_date(self.veld(name)?.text())
    }

    /// Whether closing it needs an einddatum that is not there.
    pub fn mist_einddatum(&self) -> bool {
        let kind = self.veld("verzuimsoort").map(Part::text);
        kind.is_some_and(|kind| MET_EINDDATUM.contains(&kind)) && self.veld("einddatum").is_none()
    }

    /// When it was last changed, in a message.
    pub(super) fn procesverloop(&self) -> Part {
        let local = in_nederland(self.mutatie);
        Part::new("procesverloop")
            .with_text("datumLaatsteMutatie", local.date().to_string())
            .with_text("tijdstipLaatsteMutatie", tijdstip(local))
    }

    /// The report with the fields of a mutation in the place of its own.
    pub(super) fn gewijzigd(&self, body: Reading<'_>, now: Timestamp) -> Self {
        let mut changed = self.clone();
        let fields: Vec<Part> = velden(body);
        changed.melding.retain(|part| {
            let mut replaced = fields.iter();
            !replaced.any(|field| field.name() == part.name())
        });
        changed.melding.extend(fields);
        changed.mutatie = na(self.mutatie, now);
        changed
    }

    /// The case in another status.
    pub(super) fn in_status(&self, status: Status, reden: Option<String>, now: Timestamp) -> Self {
        Self {
            status,
            reden,
            mutatie: na(self.mutatie, now),
            ..self.clone()
        }
    }

    /// The case in an answer.
    pub(super) fn part(&self) -> Part {
        let mut melding =
            Part::new("melding").with_text("meldingsnummer", self.meldingsnummer.as_str());
        for field in &self.melding {
            if field.name() != "onderwijsdeelname" {
                melding.push(field.clone());
            }
        }
        let mut part = Part::new("verzuimgeval")
            .with_text(self.persoon.element(), self.persoon.digits())
            .with(self.onderwijsinstelling.clone())
            .with(melding)
            .with_text("status", self.status.letter());
        if let Some(deelname) = self.veld("onderwijsdeelname") {
            part.push(deelname.clone());
        }
        let reden = match self.status {
            Status::G => Some("redenMeldingAfgesloten"),
            Status::I => Some("redenIngetrokken"),
            _ => None,
        };
        if let (Some(name), Some(reden)) = (reden, &self.reden) {
            part.push(Part::of(name, reden.as_str()));
        }
        part.push(self.procesverloop());
        if let Some(behandelaar) = &self.behandelaar {
            part.push(behandelaar.clone());
        }
        part
    }
}

/// The fields of a report in a request.
fn velden(body: Reading<'_>) -> Vec<Part> {
    body.parts()
        .filter(|part| !OMSLAG.contains(&part.name()))
        .map(Part::read)
        .collect()
}

/// The register of absence reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verzuim {
    gevallen: BTreeMap<u64, Geval>,
}

impl Verzuim {
    /// The case of that number.
    pub fn get(&self, meldingsnummer: &str) -> Option<&Geval> {
        self.gevallen.get(&meldingsnummer.parse().ok()?)
    }

    /// All cases, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Geval> {
        self.gevallen.values()
    }

    /// The cases of a school, perhaps of one vestiging, that changed last in a
    /// period.
    pub fn gewijzigd_in<'s>(
        &'s self,
        instelling: &'s str,
        vestiging: Option<&'s str>,
        period: RangeInclusive<Timestamp>,
    ) -> impl Iterator<Item = &'s Geval> {
        self.iter().filter(move |geval| {
            let own = geval.onderwijsinstelling.text_at("vestigingscode");
            let same = match (vestiging, own) {
                (Some(wanted), Some(own)) => wanted == own,
                _ => true,
            };
            geval.instelling() == instelling && same && period.contains(&geval.mutatie)
        })
    }

    /// A new case from a request; `None` when something is missing that the
    /// schema asks for.
    pub(super) fn nieuw(
        &self,
        body: Reading<'_>,
        persoon: PersoonsgebondenNummer,
        now: Timestamp,
    ) -> Option<Geval> {
        let last = self.gevallen.keys().next_back();
        let number = last.map_or(EERSTE_MELDINGSNUMMER, |last| last + 1);
        Some(Geval {
            meldingsnummer: number.to_string(),
            persoon,
            onderwijsinstelling: Part::read(body.first("onderwijsinstelling")?),
            melding: velden(body),
            status: Status::R,
            reden: None,
            behandelaar: None,
            mutatie: milliseconds(now),
        })
    }

    pub(super) fn registreer(&mut self, geval: &Geval) {
        if let Ok(number) = geval.meldingsnummer.parse() {
            self.gevallen.insert(number, geval.clone());
        }
    }

    pub(super) fn vervang(&mut self, oud: &PersoonsgebondenNummer, nieuw: &PersoonsgebondenNummer) {
        for geval in self.gevallen.values_mut() {
            if geval.persoon == *oud {
                geval.persoon = nieuw.clone();
            }
        }
    }
}

/// The beginning of a selection in an answer: nothing that changes from now on
/// is missed.
pub(super) fn selectieperiode(now: Timestamp) -> Part {
    let local = in_nederland(milliseconds(now));
    Part::new("selectieperiode")
        .with_text("datumBeginSelectieperiode", local.date().to_string())
        .with_text("tijdstipBeginSelectieperiode", tijdstip(local))
}

/// The moment that a date and a time of day mean, both local.
pub(super) fn tijdstip_van(date: Option<String>, time: Option<String>) -> Option<Timestamp> {
    let local: DateTime = format!("{}T{}", date?, time?).parse().ok()?;
    // In the hour that comes twice, the earlier one: nothing is missed.
    [2, 1].into_iter().find_map(|hours| {
        let utc = tz::TimeZone::UTC.to_timestamp(local).ok()?;
        let moment = utc.checked_sub(SignedDuration::from_hours(hours)).ok()?;
        (in_nederland(moment) == local).then_some(moment)
    })
}

fn tijdstip(local: DateTime) -> String {
    local.strftime("%H:%M:%S%.3f").to_string()
}

/// Later than the last change, whatever the clock says.
fn na(last: Timestamp, now: Timestamp) -> Timestamp {
    let next = last
        .checked_add(SignedDuration::from_millis(1))
        .unwrap_or(last);
    milliseconds(now).max(next)
}

fn milliseconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(moment.as_millisecond()).unwrap_or(moment)
}

/// Dutch local time: the messages of verzuim carry no zone, and their examples
/// are local. Summer time runs from the last Sunday of March to that of
/// October, at one o'clock UTC (directive 2000/84/EC).
fn in_nederland(moment: Timestamp) -> DateTime {
    let utc = tz::TimeZone::UTC.to_datetime(moment);
    let last_sunday = |month| {
        let first = Date::constant(utc.year(), month, 1);
        let sunday = first.nth_weekday_of_month(-1, Weekday::Sunday);
        sunday.unwrap_or(first).at(1, 0, 0, 0)
    };
    let summer = last_sunday(3) <= utc && utc < last_sunday(10);
    let hours = SignedDuration::from_hours(if summer { 2 } else { 1 });
    utc.checked_add(hours).unwrap_or(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_time_follows_the_summer() {
        for (utc, local) in [
            ("2026-10-06T05:00:01.744Z", "2026-10-06T07:00:01.744"),
            ("2026-10-25T00:59:59Z", "2026-10-25T02:59:59"),
            ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00"),
            ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00"),
            ("2027-03-28T01:00:00Z", "2027-03-28T03:00:00"),
        ] {
            let moment: Timestamp = utc.parse().unwrap();
            let expected: DateTime = local.parse().unwrap();
            assert_eq!(in_nederland(moment), expected, "{utc}");
            let written = (
                expected.date().to_string(),
                expected.strftime("%H:%M:%S%.3f").to_string(),
            );
            let back = tijdstip_van(Some(written.0), Some(written.1)).unwrap();
            assert!(back <= moment, "{utc}");
        }
    }

    #[test]
    fn final_statuses_lead_nowhere() {
        use Status::{B, G, I, K, R};
        for from in [G, I, K] {
            for to in [R, B, G, I, K] {
                assert!(!from.gaat_naar(to));
            }
        }
        assert!(R.gaat_naar(B) && B.gaat_naar(G) && !R.gaat_naar(G));
    }
}
