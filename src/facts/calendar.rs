//! School holidays, the windows of the school advice, counting and closing
//! dates: data per year, from `schemas/kalender`.

use std::sync::OnceLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::dates::{day_number, school_year};
use super::error::{FactError, Problem, SourceText};
use crate::finding::Grade;

/// Why a calendar cannot be used.
pub type CalendarError = FactError;

/// The files of a calendar.
#[derive(Debug, Clone)]
pub struct CalendarSources {
    /// `[[vakantie]]`: school holidays per region.
    pub schoolvakanties: SourceText,
    /// `[[window]]`: when advices are given and exchanged.
    pub advies: SourceText,
    /// `[[teldatum]]` and `[[closing]]`: when pupils are counted.
    pub bekostiging: SourceText,
}

/// School holidays, windows and deadlines. Each file is read when a rule first
/// asks for what is in it.
#[derive(Debug)]
pub struct Calendar {
    sources: CalendarSources,
    vacations: Lazy<Vec<Vacation>>,
    windows: Lazy<Vec<Window>>,
    funding: Lazy<Funding>,
}

type Lazy<T> = OnceLock<Result<T, CalendarError>>;

/// Which of the two advices of a pupil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdviceKind {
    /// advies1, before the doorstroomtoets.
    Voorlopig,
    /// advies2, after it.
    Definitief,
}

impl AdviceKind {
    /// The kind of that name, as rules write it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "voorlopig" => Some(Self::Voorlopig),
            "definitief" => Some(Self::Definitief),
            _ => None,
        }
    }
}

/// When an advice is given and when DUO must have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdviceWindow {
    /// The first day, where there is one.
    pub begin: Option<Date>,
    /// The last day.
    pub end: Date,
    /// The last day on which it may be exchanged.
    pub exchanged_by: Date,
    /// How certain the window is.
    pub grade: Grade,
}

impl Calendar {
    /// The calendar of these files, each read on first use. For files that
    /// were checked before: the compiled-in ones, which a test reads.
    pub fn new(sources: CalendarSources) -> Self {
        Self {
            sources,
            vacations: OnceLock::new(),
            windows: OnceLock::new(),
            funding: OnceLock::new(),
        }
    }

    /// The calendar of these files, all read now: for files of the user.
    ///
    /// # Errors
    /// The first file that cannot be used, with the guilty key.
    pub fn from_toml(sources: CalendarSources) -> Result<Self, CalendarError> {
        let calendar = Self::new(sources);
        calendar.check()?;
        Ok(calendar)
    }

    /// Reads what was not read yet.
    ///
    /// # Errors
    /// As [`Calendar::from_toml`].
    pub fn check(&self) -> Result<(), CalendarError> {
        self.vacations().map_err(Clone::clone)?;
        self.windows().map_err(Clone::clone)?;
        self.funding().map_err(Clone::clone)?;
        Ok(())
    }

    /// School weeks that the period from `from` up to and including `to`
    /// touches: different ISO weeks (Monday to Sunday), without those that lie
    /// wholly in a school holiday. Zero when `to` lies before `from`.
    ///
    /// A week lies wholly in a holiday when its Monday to Friday do, in at
    /// least one region. The region of a school does not stand in a message,
    /// so the reading that accuses nobody is taken.
    pub fn school_weeks(&self, from: Date, to: Date) -> i64 {
        if to < from {
            return 0;
        }
        let (first, last) = (week_number(from), week_number(to));
        let mut holiday_weeks: Vec<i32> = self
            .vacation_list()
            .iter()
            .flat_map(|vacation| vacation.whole_weeks())
            .filter(|week| (first..=last).contains(week))
            .collect();
        holiday_weeks.sort_unstable();
        holiday_weeks.dedup();
        i64::from(last - first) + 1 - holiday_weeks.len() as i64
    }

    /// The first school year that the period touches whose school holidays
    /// are not known. Where there is one, [`Calendar::school_weeks`] counts
    /// holiday weeks as school weeks, and a rule that rests on the count is
    /// undecided.
    pub fn without_holidays(&self, from: Date, to: Date) -> Option<i16> {
        (school_year(from)..=school_year(to)).find(|&year| {
            let mut known = self.vacation_list().iter();
            !known.any(|vacation| vacation.school_year == year)
        })
    }

    /// When the advice of that kind is given in an adviesjaar, the calendar
    /// year in which the school year ends; `None` when that is not known.
    pub fn advice_window(&self, kind: AdviceKind, adviesjaar: i16) -> Option<AdviceWindow> {
        let school_year = adviesjaar.checked_sub(1)?;
        let window = self
            .windows()
            .ok()?
            .iter()
            .find(|window| window.kind == kind && window.holds(school_year))?;
        Some(AdviceWindow {
            begin: match window.begin {
                Some(begin) => Some(begin.in_year(adviesjaar)?),
                None => None,
            },
            end: window.end.in_year(adviesjaar)?,
            exchanged_by: window.exchanged_by.in_year(adviesjaar)?,
            grade: window.grade,
        })
    }

    /// The days of a calendar year on which pupils are counted for a kind of
    /// funding (`regulier`, `groei`, `rijksbegroting`, `nieuwkomers`), in
    /// order; empty for a kind that is not known.
    pub fn teldata(&self, kind: &str, year: i16) -> Vec<Date> {
        let Ok(funding) = self.funding() else {
            return Vec::new();
        };
        let days = funding.teldata.iter().filter(|entry| entry.kind == kind);
        let mut dates: Vec<Date> = days
            .flat_map(|entry| &entry.days)
            .filter_map(|day| day.in_year(year))
            .collect();
        dates.sort_unstable();
        dates
    }

    /// The day on which the register closes for the count of a calendar year
    /// in a sector (`bo`, `sbo`, `so`, `vso`); `None` when it is not known. A
    /// fact of one year, never a formula.
    pub fn closing_date(&self, sector: &str, year: i16) -> Option<Date> {
        let funding = self.funding().ok()?;
        let closing = funding
            .closing
            .iter()
            .find(|entry| entry.year == year && entry.sectors.iter().any(|s| s == sector))?;
        Some(closing.date)
    }

    fn vacation_list(&self) -> &[Vacation] {
        self.vacations().map_or(&[], Vec::as_slice)
    }

    fn vacations(&self) -> Result<&Vec<Vacation>, &CalendarError> {
        self.vacations
            .get_or_init(|| read_vacations(&self.sources.schoolvakanties))
            .as_ref()
    }

    fn windows(&self) -> Result<&Vec<Window>, &CalendarError> {
        self.windows
            .get_or_init(|| read_windows(&self.sources.advies))
            .as_ref()
    }

    fn funding(&self) -> Result<&Funding, &CalendarError> {
        self.funding
            .get_or_init(|| read_funding(&self.sources.bekostiging))
            .as_ref()
    }
}

/// A number that the days of one ISO week share.
fn week_number(date: Date) -> i32 {
    // Day 4 of the count is a Monday.
    (day_number(date) - 4).div_euclid(7)
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct YearDay {
    month: i8,
    day: i8,
}

impl YearDay {
    /// Reads `MM-DD`; `02-29` is the last day of February.
    fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_once('-')?;
        let (month, day) = (month.parse().ok()?, day.parse().ok()?);
        // A leap year, in which all days exist.
        Date::new(2000, month, day).ok()?;
        Some(Self { month, day })
    }

    fn in_year(self, year: i16) -> Option<Date> {
        let last = Date::new(year, self.month, 1).ok()?.last_of_month();
        Date::new(year, self.month, self.day.min(last.day())).ok()
    }
}

#[derive(Debug)]
struct Vacation {
    school_year: i16,
    from: Date,
    until: Date,
}

impl Vacation {
    /// The weeks whose Monday to Friday lie in the holiday.
    fn whole_weeks(&self) -> std::ops::Range<i32> {
        let monday = match self.from.weekday() {
            Weekday::Monday => self.from,
            _ => self
                .from
                .nth_weekday(1, Weekday::Monday)
                .unwrap_or(self.from),
        };
        let first = week_number(monday);
        // The last week counts when its Friday does.
        let friday = self.until.saturating_add(3.days());
        first..week_number(friday).max(first)
    }
}

#[derive(Debug)]
struct Window {
    kind: AdviceKind,
    from_school_year: i16,
    until_school_year: Option<i16>,
    begin: Option<YearDay>,
    end: YearDay,
    exchanged_by: YearDay,
    grade: Grade,
}

impl Window {
    fn holds(&self, school_year: i16) -> bool {
        self.from_school_year <= school_year
            && self
                .until_school_year
                .is_none_or(|until| school_year <= until)
    }
}

#[derive(Debug)]
struct Funding {
    teldata: Vec<Teldatum>,
    closing: Vec<Closing>,
}

#[derive(Debug)]
struct Teldatum {
    kind: String,
    days: Vec<YearDay>,
}

#[derive(Debug)]
struct Closing {
    year: i16,
    sectors: Vec<String>,
    date: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VacationFile {
    vakantie: Vec<VacationEntry>,
}

// `grade` and `source` must be there in every entry, also where nothing reads
// them: a fact without provenance is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, not yet shown")]
struct VacationEntry {
    schooljaar: i16,
    naam: String,
    regio: String,
    van: toml::value::Datetime,
    tot: toml::value::Datetime,
    grade: Grade,
    source: String,
}

fn read_vacations(source: &SourceText) -> Result<Vec<Vacation>, CalendarError> {
    let file: VacationFile = source.read()?;
    let mut vacations = Vec::with_capacity(file.vakantie.len());
    for (index, entry) in file.vakantie.into_iter().enumerate() {
        let key = |field: &str| format!("vakantie[{}].{field}", index + 1);
        if !matches!(entry.regio.as_str(), "noord" | "midden" | "zuid") {
            let problem = Problem::Unknown(entry.regio, "noord, midden, zuid");
            return Err(source.error(key("regio"), problem));
        }
        let from = source.date(entry.van, || key("van"))?;
        let until = source.date(entry.tot, || key("tot"))?;
        if until < from {
            return Err(source.error(key("tot"), Problem::Reversed));
        }
        vacations.push(Vacation {
            school_year: entry.schooljaar,
            from,
            until,
        });
    }
    Ok(vacations)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowFile {
    window: Vec<WindowEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, not yet shown")]
struct WindowEntry {
    kind: AdviceKind,
    from_schoolyear: i16,
    until_schoolyear: Option<i16>,
    begin: Option<String>,
    end: String,
    exchanged_by: String,
    grade: Grade,
    source: String,
}

fn read_windows(source: &SourceText) -> Result<Vec<Window>, CalendarError> {
    let file: WindowFile = source.read()?;
    let mut windows: Vec<Window> = Vec::with_capacity(file.window.len());
    for (index, entry) in file.window.into_iter().enumerate() {
        let key = |field: &str| format!("window[{}].{field}", index + 1);
        let day = |text: String, field: &str| year_day(source, text, || key(field));
        let window = Window {
            kind: entry.kind,
            from_school_year: entry.from_schoolyear,
            until_school_year: entry.until_schoolyear,
            begin: entry.begin.map(|text| day(text, "begin")).transpose()?,
            end: day(entry.end, "end")?,
            exchanged_by: day(entry.exchanged_by, "exchanged-by")?,
            grade: entry.grade,
        };
        if window
            .until_school_year
            .is_some_and(|until| until < window.from_school_year)
        {
            return Err(source.error(key("until-schoolyear"), Problem::Reversed));
        }
        let overlapped = windows.iter().position(|other| {
            let (from, until) = (window.from_school_year, window.until_school_year);
            other.kind == window.kind
                && (other.holds(from)
                    || until.is_none_or(|until| other.from_school_year <= until)
                        && window.holds(other.from_school_year))
        });
        if let Some(other) = overlapped {
            let problem = Problem::Overlap(format!("window[{}]", other + 1));
            return Err(source.error(key("from-schoolyear"), problem));
        }
        windows.push(window);
    }
    Ok(windows)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FundingFile {
    teldatum: Vec<TeldatumEntry>,
    closing: Vec<ClosingEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, not yet shown")]
struct TeldatumEntry {
    kind: String,
    days: Vec<String>,
    grade: Grade,
    source: String,
    title_nl: String,
    title_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, not yet shown")]
struct ClosingEntry {
    year: i16,
    sectors: Vec<String>,
    date: toml::value::Datetime,
    grade: Grade,
    source: String,
}

fn read_funding(source: &SourceText) -> Result<Funding, CalendarError> {
    let file: FundingFile = source.read()?;
    let mut teldata: Vec<Teldatum> = Vec::new();
    for (index, entry) in file.teldatum.into_iter().enumerate() {
        let key = |field: &str| format!("teldatum[{}].{field}", index + 1);
        if teldata.iter().any(|other| other.kind == entry.kind) {
            return Err(source.error(key("kind"), Problem::Double(entry.kind)));
        }
        let days = entry.days.into_iter();
        teldata.push(Teldatum {
            kind: entry.kind,
            days: days
                .map(|text| year_day(source, text, || key("days")))
                .collect::<Result<_, _>>()?,
        });
    }
    let mut closing: Vec<Closing> = Vec::new();
    for (index, entry) in file.closing.into_iter().enumerate() {
        let key = |field: &str| format!("closing[{}].{field}", index + 1);
        for sector in &entry.sectors {
            if !matches!(sector.as_str(), "bo" | "sbo" | "so" | "vso") {
                let problem = Problem::Unknown(sector.clone(), "bo, sbo, so, vso");
                return Err(source.error(key("sectors"), problem));
            }
        }
        let date = source.date(entry.date, || key("date"))?;
        let same = closing.iter().position(|other| {
            other.year == entry.year && other.sectors.iter().any(|s| entry.sectors.contains(s))
        });
        if let Some(other) = same {
            let problem = Problem::Overlap(format!("closing[{}]", other + 1));
            return Err(source.error(key("sectors"), problem));
        }
        closing.push(Closing {
            year: entry.year,
            sectors: entry.sectors,
            date,
        });
    }
    Ok(Funding { teldata, closing })
}

fn year_day(
    source: &SourceText,
    text: String,
    key: impl FnOnce() -> String,
) -> Result<YearDay, CalendarError> {
    YearDay::parse(&text).ok_or_else(|| source.error(key(), Problem::NoDate(text)))
}

#[cfg(test)]
mod tests;
