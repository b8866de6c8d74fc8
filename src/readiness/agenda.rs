//! The days ahead on which the chain needs a key, and which products are not
//! ready for it.

use jiff::civil::{Date, date};
use serde::Serialize;

use super::matrix::{Cell, Matrix, Row};
use crate::clock::Clock;
use crate::facts::{AdviceKind, Calendar};
use crate::finding::Verdict;
use crate::pack::Day;
use crate::report::readiness::State;
use crate::scenario::Key;

/// How far ahead is looked, in days.
const AHEAD: i32 = 366;

/// A day ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtRisk {
    /// The day.
    pub day: Day,
    /// What happens then, as a key of the texts (`readiness.day-<key>`).
    pub what: &'static str,
    /// The keys that it needs.
    pub keys: Vec<&'static str>,
    /// Products that are not ready for one of them, by supplier and product;
    /// also those of which a waiver ends before the day.
    pub products: Vec<String>,
    /// Products that are ready for all of them, for one on a reconstruction
    /// alone.
    pub on_reconstruction: Vec<String>,
    /// Products that offer none of them.
    pub not_offered: Vec<String>,
    /// Their schools, as far as they are known.
    pub schools: u64,
}

/// The days of the coming year, in order (30-bron-po.md: funding, advice,
/// school year).
pub fn agenda(matrix: &Matrix, calendar: &Calendar) -> Vec<AtRisk> {
    let today = Clock::at(matrix.at).today();
    let mut days: Vec<(Date, &'static str, &[Key])> = Vec::new();
    for year in [today.year(), today.year() + 1] {
        for day in calendar.teldata("regulier", year) {
            days.push((day, "teldatum", &[Key::PoInwinnen, Key::PoBekostigen]));
        }
        for (kind, what) in [
            (AdviceKind::Voorlopig, "advies-voorlopig"),
            (AdviceKind::Definitief, "advies-definitief"),
        ] {
            let window = calendar.advice_window(kind, year);
            days.extend(window.map(|window| (window.exchanged_by, what, &[Key::PoInwinnen][..])));
        }
        days.push((date(year, 8, 1), "schooljaar", Key::ALL));
    }
    days.retain(|(day, ..)| {
        let ahead = day.since(today).map_or(-1, |span| span.get_days());
        (0..=AHEAD).contains(&ahead)
    });
    days.sort_by_key(|(day, what, _)| (*day, *what));
    days.into_iter()
        .map(|(day, what, keys)| at_risk(matrix, day, what, keys))
        .collect()
}

/// How a product stands for a day.
#[derive(PartialEq)]
enum Standing {
    Behind,
    OnReconstruction,
    NotOffered,
    Ready,
}

/// How a product stands for keys on a day.
fn standing(row: &Row, keys: &[Key], day: Date) -> Standing {
    let needed = |cell: &&Cell| keys.iter().any(|key| key.name() == cell.key);
    let cells: Vec<&Cell> = row.cells.iter().filter(needed).collect();
    let ends_before = |cell: &Cell| {
        let waivers = cell.scenarios.iter().filter_map(|line| {
            let is_needed = line.mandatory && line.verdict != Some(Verdict::Pass);
            line.waiver.as_ref().filter(|_| is_needed)
        });
        cell.waived > 0 && waivers.into_iter().any(|waiver| waiver.until.0 < day)
    };
    let any = |holds: &dyn Fn(&Cell) -> bool| cells.iter().any(|cell| holds(cell));
    if any(&|cell| cell.state.is_behind() || ends_before(cell)) {
        Standing::Behind
    } else if !any(&|cell| cell.state.counts()) {
        Standing::NotOffered
    } else if any(&|cell| cell.state == State::OnReconstruction) {
        Standing::OnReconstruction
    } else {
        Standing::Ready
    }
}

fn at_risk(matrix: &Matrix, day: Date, what: &'static str, keys: &[Key]) -> AtRisk {
    let rows: Vec<(&Row, Standing)> = matrix
        .rows
        .iter()
        .map(|row| (row, standing(row, keys, day)))
        .collect();
    let products = |wanted: Standing| {
        let rows = rows.iter().filter(|(_, stands)| *stands == wanted);
        let names = rows.map(|(row, _)| format!("{} {}", row.supplier, row.product));
        names.collect()
    };
    let behind = rows
        .iter()
        .filter(|(_, stands)| *stands == Standing::Behind);
    let schools = behind.filter_map(|(row, _)| row.followed.as_ref()?.schools);
    AtRisk {
        day: Day(day),
        what,
        keys: keys.iter().map(|key| key.name()).collect(),
        products: products(Standing::Behind),
        on_reconstruction: products(Standing::OnReconstruction),
        not_offered: products(Standing::NotOffered),
        schools: schools.sum(),
    }
}
