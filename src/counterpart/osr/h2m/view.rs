//! What the templates show of the register.

use jiff::civil::Date;
use serde::Serialize;

use crate::counterpart::osr::data::{OsrData, ServiceData};
use crate::counterpart::osr::entry::{Mandate, Principal};
use crate::counterpart::osr::state::State;
use crate::finding::Language;

/// A line of the list of schools.
#[derive(Serialize)]
pub(super) struct SchoolLine {
    /// Its step in paths.
    key: String,
    name: String,
    code: String,
    /// Mandates in force today.
    in_force: usize,
}

/// A line of the overview of mandates.
#[derive(Serialize)]
pub(super) struct MandateLine {
    number: u64,
    service: String,
    system: String,
    start: String,
    start_iso: String,
    end: String,
    end_iso: String,
    /// The key of a text: `in-force`, `future`, `over`.
    status: &'static str,
    /// Whether it can be withdrawn here.
    can_end: bool,
    /// Whether the board gave it for all its schools.
    of_board: bool,
}

/// A choice in a list.
#[derive(Serialize)]
pub(super) struct Choice {
    value: String,
    label: String,
}

impl Choice {
    /// Whether it is the choice of that value.
    pub fn is(&self, value: &str) -> bool {
        self.value == value
    }
}

/// The step in paths of whoever gives mandates.
pub(super) fn key_of(principal: &Principal) -> &str {
    match principal {
        Principal::School(brin) => brin,
        Principal::Board(_) => BOARD,
    }
}

/// The step in paths of a board.
pub(super) const BOARD: &str = "bestuur";

/// The name of whoever gives mandates.
pub(super) fn name_of(state: &State, principal: &Principal) -> String {
    let name = match principal {
        Principal::School(brin) => state.school(brin).map(|school| &school.name),
        Principal::Board(code) => state.board(code).map(|board| &board.name),
    };
    name.cloned().unwrap_or_default()
}

pub(super) fn schools(state: &State, board: &str, today: Date) -> Vec<SchoolLine> {
    let count = |principal: &Principal| {
        let of = |mandate: &&Mandate| mandate.principal == *principal;
        let mandates = state.mandates.values().filter(of);
        mandates
            .filter(|mandate| mandate.is_in_force(today))
            .count()
    };
    let schools = state.data.schools.iter();
    let mut lines: Vec<SchoolLine> = schools
        .filter(|school| school.board == board)
        .map(|school| SchoolLine {
            key: school.brin.clone(),
            name: school.name.clone(),
            code: school.brin.clone(),
            in_force: count(&Principal::School(school.brin.clone())),
        })
        .collect();
    lines.sort_by(|one, other| one.name.cmp(&other.name));
    lines
}

/// The board itself, where there are services for boards.
pub(super) fn board_line(state: &State, board: &str, today: Date) -> Option<SchoolLine> {
    let has_services = state.data.services.iter().any(State::is_of_boards);
    let board = state.board(board).filter(|_| has_services)?;
    let principal = Principal::Board(board.bge_code.clone());
    let in_force = |mandate: &&Mandate| mandate.is_in_force(today);
    let mandates = state.mandates.values().filter(in_force);
    Some(SchoolLine {
        key: BOARD.to_string(),
        name: board.name.clone(),
        code: board.bge_code.clone(),
        in_force: mandates.filter(|m| m.principal == principal).count(),
    })
}

/// The mandates of a school or board, and those that its board gave for it.
pub(super) fn mandates(
    state: &State,
    principal: &Principal,
    today: Date,
    language: Language,
) -> Vec<MandateLine> {
    let school = match principal {
        Principal::School(brin) => state.school(brin),
        Principal::Board(_) => None,
    };
    let concerns = |mandate: &&Mandate| {
        mandate.principal == *principal || school.is_some_and(|s| state.covers(mandate, s))
    };
    let mut found: Vec<&Mandate> = state.mandates.values().filter(concerns).collect();
    found.retain(|mandate| !mandate.is_void());
    found.sort_by_key(|mandate| (mandate.end.is_some_and(|end| end < today), mandate.number));
    let lines = found.into_iter().map(|mandate| {
        let own = mandate.principal == *principal;
        line(&state.data, mandate, own, today, language)
    });
    lines.collect()
}

fn line(
    data: &OsrData,
    mandate: &Mandate,
    own: bool,
    today: Date,
    language: Language,
) -> MandateLine {
    let is_over = mandate.end.is_some_and(|end| end < today);
    let iso = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let written = |date: Option<Date>| date.map(|d| written(d, language)).unwrap_or_default();
    MandateLine {
        number: mandate.number,
        service: service_label(data, &mandate.service),
        system: system_label(data, &mandate.supplier),
        start: written(Some(mandate.start)),
        start_iso: iso(Some(mandate.start)),
        end: written(mandate.end),
        end_iso: iso(mandate.end),
        status: match (is_over, mandate.is_in_force(today)) {
            (true, _) => "over",
            (false, true) => "in-force",
            (false, false) => "future",
        },
        can_end: own && !is_over,
        of_board: matches!(mandate.principal, Principal::Board(_)),
    }
}

/// One mandate, to be withdrawn.
pub(super) fn mandate(
    state: &State,
    mandate: &Mandate,
    today: Date,
    language: Language,
) -> MandateLine {
    line(&state.data, mandate, true, today, language)
}

/// The services for which a school or a board can give mandates.
pub(super) fn services(state: &State, principal: &Principal) -> Vec<Choice> {
    let of_board = matches!(principal, Principal::Board(_));
    let services = state.data.services.iter();
    services
        .filter(|service| State::is_of_boards(service) == of_board)
        .map(|service| Choice {
            value: service.code.clone(),
            label: label(service),
        })
        .collect()
}

/// The systems that do a service.
pub(super) fn systems(state: &State, service: &str) -> Vec<Choice> {
    let suppliers = state.data.suppliers.iter();
    suppliers
        .filter(|supplier| supplier.offers(service))
        .map(|supplier| Choice {
            value: supplier.oin.clone(),
            label: format!("{} ({})", supplier.system, supplier.name),
        })
        .collect()
}

/// The employees who can log in.
pub(super) fn employees(state: &State) -> Vec<Choice> {
    let employees = state.data.employees.iter();
    employees
        .map(|employee| Choice {
            value: employee.id.clone(),
            label: employee.name.clone(),
        })
        .collect()
}

/// Code and name, as instructions for schools write them
/// (`DOORSTROOM – Logistiek proces Doorstroomtoets po`).
pub(super) fn label(service: &ServiceData) -> String {
    format!("{} – {}", service.code, service.name)
}

fn service_label(data: &OsrData, code: &str) -> String {
    let service = data.services.iter().find(|service| service.code == code);
    service.map_or_else(|| code.to_string(), label)
}

fn system_label(data: &OsrData, oin: &str) -> String {
    let supplier = data.suppliers.iter().find(|supplier| supplier.oin == oin);
    supplier.map_or_else(
        || oin.to_string(),
        |supplier| format!("{} ({})", supplier.system, supplier.name),
    )
}

/// A date as people write it.
fn written(date: Date, language: Language) -> String {
    match language {
        Language::Nl => format!("{}-{}-{}", date.day(), date.month(), date.year()),
        Language::En => date.to_string(),
    }
}
