//! The register at one moment: the data it began with and what happened since.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::data::{BoardData, Level, OsrData, SchoolData, ServiceData, ServiceVersionData};
use super::entry::{Endpoint, Entry, Mandate, Principal};
use crate::edukoppeling::school_oin;

/// The state of the register.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub data: OsrData,
    pub mandates: BTreeMap<u64, Mandate>,
    pub endpoints: BTreeMap<u64, Endpoint>,
    /// The key of the last endpoint, deleted ones included: keys do not return.
    last_endpoint: u64,
}

/// The days on which something is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub start: Date,
    pub end: Option<Date>,
}

impl Period {
    pub fn contains(self, day: Date) -> bool {
        self.start <= day && self.end.is_none_or(|end| day <= end)
    }

    /// Whether it has no day at all.
    pub fn is_void(self) -> bool {
        self.end.is_some_and(|end| end < self.start)
    }

    pub fn overlaps(self, other: Self) -> bool {
        let begins_in_time = |a: Self, b: Self| b.end.is_none_or(|end| a.start <= end);
        !self.is_void()
            && !other.is_void()
            && begins_in_time(self, other)
            && begins_in_time(other, self)
    }
}

impl State {
    /// The register before anything happened.
    pub fn new(data: OsrData) -> Self {
        Self {
            data,
            mandates: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            last_endpoint: 4710,
        }
    }

    /// Takes in what happened.
    pub fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Started(_) => {}
            Entry::MandateGiven(mandate) => {
                self.mandates.insert(mandate.number, mandate);
            }
            Entry::MandateEnded { number, last_day } => {
                if let Some(mandate) = self.mandates.get_mut(&number) {
                    mandate.end = Some(last_day);
                }
            }
            Entry::EndpointRegistered(endpoint) | Entry::EndpointChanged(endpoint) => {
                self.last_endpoint = self.last_endpoint.max(endpoint.id);
                self.endpoints.insert(endpoint.id, endpoint);
            }
            Entry::EndpointDeleted(id) => {
                self.endpoints.remove(&id);
            }
        }
    }

    pub fn next_mandate(&self) -> u64 {
        self.mandates
            .last_key_value()
            .map_or(1, |(last, _)| last + 1)
    }

    pub fn next_endpoint(&self) -> u64 {
        self.last_endpoint + 1
    }

    pub fn school(&self, brin: &str) -> Option<&SchoolData> {
        self.data.schools.iter().find(|school| school.brin == brin)
    }

    pub fn school_by_oin(&self, oin: &str) -> Option<&SchoolData> {
        self.school(oin.get(11..15)?)
            .filter(|school| school_oin(&school.brin).as_deref() == Some(oin))
    }

    pub fn board(&self, bge_code: &str) -> Option<&BoardData> {
        let mut boards = self.data.boards.iter();
        boards.find(|board| board.bge_code == bge_code)
    }

    pub fn service(&self, code: &str) -> Option<&ServiceData> {
        self.data
            .services
            .iter()
            .find(|service| service.code == code)
    }

    /// The service version with that namespace, and its service.
    pub fn version(&self, namespace: &str) -> Option<(&ServiceData, &ServiceVersionData)> {
        self.data.services.iter().find_map(|service| {
            let mut versions = service.versions.iter();
            let version = versions.find(|version| version.namespace == namespace)?;
            Some((service, version))
        })
    }

    pub fn mandate_by_token(&self, token: &str) -> Option<&Mandate> {
        self.mandates
            .values()
            .find(|mandate| mandate.token == token)
    }

    /// Whether a mandate covers a school.
    pub fn covers(&self, mandate: &Mandate, school: &SchoolData) -> bool {
        match &mandate.principal {
            Principal::School(brin) => *brin == school.brin,
            Principal::Board(code) => *code == school.board,
        }
    }

    /// The mandate of a supplier for a school in a service on a day.
    pub fn mandate(
        &self,
        supplier: &str,
        school: &SchoolData,
        service: &str,
        on: Date,
    ) -> Option<&Mandate> {
        self.mandates.values().find(|mandate| {
            mandate.supplier == supplier
                && mandate.service == service
                && mandate.is_in_force(on)
                && self.covers(mandate, school)
        })
    }

    /// When an endpoint is in force: never longer than its mandate.
    pub fn period(&self, endpoint: &Endpoint) -> Period {
        let of_mandate = self.mandates.get(&endpoint.mandate).and_then(|m| m.end);
        let end = match (endpoint.end, of_mandate) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Period {
            start: endpoint.start,
            end,
        }
    }

    /// The endpoints in force on a day, or also those that will be later.
    pub fn endpoints_on(
        &self,
        day: Date,
        future_too: bool,
    ) -> impl Iterator<Item = (&Endpoint, Period)> {
        let with_period = |endpoint| (endpoint, self.period(endpoint));
        let all = self.endpoints.values().map(with_period);
        all.filter(move |(_, period)| {
            period.contains(day) || (future_too && period.start > day && !period.is_void())
        })
    }

    /// An endpoint that would be in force at the same time as `candidate` for
    /// the same administration or routing id and service version.
    pub fn rival(&self, candidate: &Endpoint) -> Option<(&Endpoint, Rivalry)> {
        let period = self.period(candidate);
        self.endpoints.values().find_map(|other| {
            let same = if other.administration_id == candidate.administration_id {
                Rivalry::Administration
            } else if other.routing_id == candidate.routing_id {
                Rivalry::Routing
            } else {
                return None;
            };
            let rivals = other.id != candidate.id
                && other.namespace == candidate.namespace
                && self.period(other).overlaps(period);
            rivals.then_some((other, same))
        })
    }

    /// The first routing id of a school that no endpoint uses.
    pub fn available_routing_id(&self, school: &SchoolData) -> Option<String> {
        let stem = stem(&school.brin)?;
        (1..=99_999)
            .map(|number| format!("{stem}{number:05}"))
            .find(|id| {
                let mut endpoints = self.endpoints.values();
                !endpoints.any(|e| e.routing_id == *id || e.administration_id == *id)
            })
    }

    /// Whether a service takes mandates of boards only.
    pub fn is_of_boards(service: &ServiceData) -> bool {
        service.level == Level::Board
    }
}

/// What two endpoints have in common that only one may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rivalry {
    Administration,
    Routing,
}

/// What the administration and routing ids of a school begin with.
fn stem(brin: &str) -> Option<String> {
    Some(school_oin(brin)?.get(..15)?.to_string())
}

/// Whether `id` is an administration or routing id of a school: its OIN with
/// a tail of its own, which need not be zeros.
pub(super) fn is_of_school(id: &str, brin: &str) -> bool {
    stem(brin).is_some_and(|stem| {
        id.strip_prefix(stem.as_str()).is_some_and(|tail| {
            tail.len() == 5
                && (tail.bytes()).all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(start: &str, end: Option<&str>) -> Period {
        Period {
            start: start.parse().unwrap(),
            end: end.map(|end| end.parse().unwrap()),
        }
    }

    #[test]
    fn periods_overlap_on_a_common_day() {
        let first = period("2026-08-01", Some("2026-08-31"));
        for (start, end, overlaps) in [
            ("2026-08-31", None, true),
            ("2026-09-01", None, false),
            ("2026-07-01", Some("2026-07-31"), false),
            ("2026-07-01", Some("2026-08-01"), true),
            ("2026-07-01", None, true),
            ("2026-08-10", Some("2026-08-09"), false),
        ] {
            let other = period(start, end);
            assert_eq!(first.overlaps(other), overlaps, "{start} {end:?}");
            assert_eq!(other.overlaps(first), overlaps, "{start} {end:?}");
        }
    }

    #[test]
    fn an_administration_id_is_a_school_oin_with_its_own_tail() {
        for (id, expected) in [
            ("0000000700004HR77707", true),
            ("0000000700004HR00000", true),
            ("0000000700004HR7A002", true),
            ("0000000700004HR7a002", false),
            ("0000000700004HR7770", false),
            ("0000000700025BE77707", false),
            ("", false),
        ] {
            assert_eq!(is_of_school(id, "04HR"), expected, "{id}");
        }
    }
}
