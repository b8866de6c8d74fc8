//! The days ahead on which the chain needs a key, and which products are not
//! ready for it.

use jiff::civil::{Date, date};
use serde::Serialize;

use super::matrix::Matrix;
use crate::clock::Clock;
use crate::facts::{AdviceKind, Calendar};
use crate::pack::Day;
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
    /// Products that are not ready for one of them, by supplier and product.
    pub products: Vec<String>,
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

fn at_risk(matrix: &Matrix, day: Date, what: &'static str, keys: &[Key]) -> AtRisk {
    let behind = matrix.rows.iter().filter(|row| {
        let mut cells = row.cells.iter();
        cells.any(|cell| keys.iter().any(|key| key.name() == cell.key) && cell.state.is_behind())
    });
    let schools = behind
        .clone()
        .filter_map(|row| row.followed.as_ref()?.schools)
        .sum();
    AtRisk {
        day: Day(day),
        what,
        keys: keys.iter().map(|key| key.name()).collect(),
        products: behind
            .map(|row| format!("{} {}", row.supplier, row.product))
            .collect(),
        schools,
    }
}
