//! National holidays by formula, and working days.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::dates::day_number;

/// A national holiday. Easter Sunday and Whit Sunday are no entries: they are
/// Sundays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// The day after Easter.
    EasterMonday,
    /// 27 April, or the 26th when the 27th is a Sunday; before 2014
    /// Koninginnedag on 30 April, or the 29th.
    Koningsdag,
    /// 5 May in the years divisible by five.
    Liberation,
    /// The Thursday forty days into Easter.
    Ascension,
    /// The day after Whit Sunday.
    WhitMonday,
    /// 25 December.
    Christmas,
    /// 26 December.
    SecondChristmas,
}

/// The national holidays of a year with their dates; empty for a year that is
/// not in the calendar.
///
/// These are the days on which government offices and schools are closed
/// everywhere. Good Friday is a working day: the office of a municipality or
/// of DUO is open on it. 5 May is a holiday in lustrum years only, for the
/// same reason. (The Algemene termijnenwet, article 3, is wider: for terms set
/// by law it equals Good Friday and every 5 May to a holiday. The term of five
/// working days in which absence is reported stands in no law.)
pub fn national_holidays(year: i16) -> Vec<(Holiday, Date)> {
    let Some(easter) = easter_sunday(year) else {
        return Vec::new();
    };
    let fixed = |month, day| Date::new(year, month, day).ok();
    let after_easter = |days: i64| easter.checked_add(days.days()).ok();
    let koningsdag = if year < 2014 {
        fixed(4, 30)
    } else {
        fixed(4, 27)
    };
    let koningsdag = koningsdag.and_then(|date| {
        if date.weekday() == Weekday::Sunday {
            date.yesterday().ok()
        } else {
            Some(date)
        }
    });
    let mut holidays = vec![
        (Holiday::NewYear, fixed(1, 1)),
        (Holiday::EasterMonday, after_easter(1)),
        (Holiday::Koningsdag, koningsdag),
        (Holiday::Ascension, after_easter(39)),
        (Holiday::WhitMonday, after_easter(50)),
        (Holiday::Christmas, fixed(12, 25)),
        (Holiday::SecondChristmas, fixed(12, 26)),
    ];
    if year % 5 == 0 {
        holidays.push((Holiday::Liberation, fixed(5, 5)));
    }
    let mut holidays: Vec<_> = holidays
        .into_iter()
        .filter_map(|(holiday, date)| Some((holiday, date?)))
        .collect();
    holidays.sort_by_key(|&(holiday, date)| (date, holiday));
    holidays
}

/// Working days after `from` up to and including `to`: no Saturdays, no
/// Sundays, no national holidays. Zero when `to` is not after `from`.
pub fn working_days(from: Date, to: Date) -> i64 {
    if to <= from {
        return 0;
    }
    let weekdays = weekdays_until(day_number(to)) - weekdays_until(day_number(from));
    let mut dates: Vec<Date> = (from.year()..=to.year())
        .flat_map(national_holidays)
        .map(|(_, date)| date)
        .filter(|&date| from < date && date <= to && !is_weekend(date))
        .collect();
    // Ascension may fall on 5 May; a day off is off once.
    dates.dedup();
    weekdays - dates.len() as i64
}

pub(super) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Mondays to Fridays up to and including that day, counted from a Monday long
/// ago.
fn weekdays_until(day: i32) -> i64 {
    // Day 4 is Monday 5 January 1970; moved back by whole weeks so that the
    // count stays positive over the whole calendar.
    let since_monday = i64::from(day) - 4 + 7 * 1_000_000;
    let whole_weeks = since_monday.div_euclid(7);
    whole_weeks * 5 + (since_monday.rem_euclid(7) + 1).min(5)
}

/// Easter Sunday by the anonymous Gregorian algorithm (Meeus, Jones, Butcher).
fn easter_sunday(year: i16) -> Option<Date> {
    if year < 1583 {
        return None;
    }
    let y = i32::from(year);
    let a = y % 19;
    let (b, c) = (y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, (n / 31) as i8, (n % 31 + 1) as i8).ok()
}

#[cfg(test)]
mod tests {
    use super::super::dates::tests::any_date;
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn holidays_of_2022_to_2030() {
        // Easter Monday, Koningsdag, Ascension, Whit Monday, as month and day.
        let table = [
            (2022, (4, 18), (4, 27), (5, 26), (6, 6)),
            (2023, (4, 10), (4, 27), (5, 18), (5, 29)),
            (2024, (4, 1), (4, 27), (5, 9), (5, 20)),
            (2025, (4, 21), (4, 26), (5, 29), (6, 9)),
            (2026, (4, 6), (4, 27), (5, 14), (5, 25)),
            (2027, (3, 29), (4, 27), (5, 6), (5, 17)),
            (2028, (4, 17), (4, 27), (5, 25), (6, 5)),
            (2029, (4, 2), (4, 27), (5, 10), (5, 21)),
            (2030, (4, 22), (4, 27), (5, 30), (6, 10)),
        ];
        for (year, easter, koningsdag, ascension, whit) in table {
            let mut expected = vec![
                (Holiday::NewYear, date(year, 1, 1)),
                (Holiday::EasterMonday, date(year, easter.0, easter.1)),
                (Holiday::Koningsdag, date(year, koningsdag.0, koningsdag.1)),
                (Holiday::Ascension, date(year, ascension.0, ascension.1)),
                (Holiday::WhitMonday, date(year, whit.0, whit.1)),
                (Holiday::Christmas, date(year, 12, 25)),
                (Holiday::SecondChristmas, date(year, 12, 26)),
            ];
            if matches!(year, 2025 | 2030) {
                expected.push((Holiday::Liberation, date(year, 5, 5)));
            }
            expected.sort_by_key(|&(_, date)| date);
            assert_eq!(national_holidays(year), expected, "{year}");
        }
    }

    #[test]
    fn koningsdag_moves_from_a_sunday_and_was_koninginnedag() {
        let koningsdag = |year| {
            national_holidays(year)
                .into_iter()
                .find(|&(holiday, _)| holiday == Holiday::Koningsdag)
                .map(|(_, date)| date)
        };
        assert_eq!(koningsdag(2014), Some(date(2014, 4, 26)));
        assert_eq!(koningsdag(2031), Some(date(2031, 4, 26)));
        assert_eq!(koningsdag(2013), Some(date(2013, 4, 30)));
        assert_eq!(koningsdag(2006), Some(date(2006, 4, 29)));
    }

    #[test]
    fn working_days_between_dates() {
        let table = [
            // Wednesday to Wednesday.
            (date(2026, 9, 23), date(2026, 9, 30), 5),
            // Friday to Monday.
            (date(2026, 9, 25), date(2026, 9, 28), 1),
            // Good Friday 3 April counts, Easter Monday does not.
            (date(2026, 4, 2), date(2026, 4, 7), 2),
            // Koningsdag 2026 is a Monday.
            (date(2026, 4, 24), date(2026, 4, 28), 1),
            // 5 May: a Tuesday in 2026, a Monday off in 2025.
            (date(2026, 5, 4), date(2026, 5, 5), 1),
            (date(2025, 5, 2), date(2025, 5, 5), 0),
            // Christmas 2026 falls on a Friday and a Saturday.
            (date(2026, 12, 23), date(2027, 1, 4), 6),
            (date(2026, 9, 23), date(2026, 9, 23), 0),
            (date(2026, 9, 23), date(2026, 9, 1), 0),
        ];
        for (from, to, expected) in table {
            assert_eq!(working_days(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn ascension_on_5_may_is_one_day_off() {
        let holidays = national_holidays(2005);
        assert!(holidays.contains(&(Holiday::Ascension, date(2005, 5, 5))));
        assert!(holidays.contains(&(Holiday::Liberation, date(2005, 5, 5))));
        assert_eq!(working_days(date(2005, 5, 4), date(2005, 5, 6)), 1);
    }

    #[test]
    fn the_whole_calendar_is_counted_at_once() {
        assert!(working_days(Date::MIN, Date::MAX) > 5_000_000);
    }

    proptest! {
        #[test]
        fn working_days_add_up(a in any_date(), b in any_date(), c in any_date()) {
            let mut dates = [a, b, c];
            dates.sort();
            let [a, b, c] = dates;
            prop_assert_eq!(working_days(a, b) + working_days(b, c), working_days(a, c));
        }

        #[test]
        fn one_day_is_one_working_day_or_none(day in any_date()) {
            let eve = day.yesterday().unwrap();
            let off = is_weekend(day)
                || national_holidays(day.year()).iter().any(|&(_, date)| date == day);
            prop_assert_eq!(working_days(eve, day), i64::from(!off));
        }
    }
}
