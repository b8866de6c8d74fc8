//! School years, working days and windows.

use jiff::civil::Date;

/// Why calendar data could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarError {}

/// The window of an advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdviceWindow {
    /// First day.
    pub begin: Date,
    /// Last day.
    pub end: Date,
    /// Exchanged by.
    pub exchanged_by: Date,
}

/// School holidays and windows.
#[derive(Debug, Default)]
pub struct Calendar {}

impl Calendar {
    /// School weeks touched by the period.
    pub fn school_weeks(&self, from: Date, to: Date) -> i64 {
        (i64::from((to - from).get_days()) / 7).max(0)
    }

    /// The window of an advice.
    pub fn advice_window(&self, _kind: &str, _adviesjaar: i16) -> Option<AdviceWindow> {
        None
    }
}

/// The calendar year in which the school year of the date begins.
pub fn school_year(date: Date) -> i16 {
    if date.month() >= 8 {
        date.year()
    } else {
        date.year() - 1
    }
}

/// Working days after `from` up to and including `to`.
pub fn working_days(from: Date, to: Date) -> i64 {
    let mut day = from;
    let mut count = 0;
    while day < to {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        if day.weekday().to_monday_zero_offset() < 5 {
            count += 1;
        }
    }
    count
}
