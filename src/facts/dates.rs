//! Civil dates as the rules count them.

use jiff::civil::Date;

/// The day from which days are counted.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The calendar year in which the school year of `date` begins. A school year
/// runs from 1 August to 31 July (30-bron-po.md, business rules: dates).
pub fn school_year(date: Date) -> i16 {
    if date.month() >= 8 {
        date.year()
    } else {
        date.year() - 1
    }
}

/// The number of days since 1 January 1970.
pub fn day_number(date: Date) -> i32 {
    // The whole calendar spans some seven million days.
    (date.duration_since(EPOCH).as_hours() / 24) as i32
}

/// The date of a [`day_number`], `None` outside the calendar.
pub fn from_day_number(day: i32) -> Option<Date> {
    EPOCH
        .checked_add(jiff::SignedDuration::from_hours(i64::from(day) * 24))
        .ok()
}

/// The date that `text` writes as `YYYY-MM-DD`, white space around it allowed
/// as XML Schema allows it. A date with a time zone or a partly unknown date
/// is none.
pub fn iso_date(text: &str) -> Option<Date> {
    let bytes: &[u8; 10] = text.trim_ascii().as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *bytes else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    let year = digit(y1)? * 1000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    let month = digit(m1)? * 10 + digit(m2)?;
    let day = digit(d1)? * 10 + digit(d2)?;
    Date::new(year, month as i8, day as i8).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any date of the years in which messages can be dated.
    pub fn any_date() -> impl Strategy<Value = Date> {
        (day_number(Date::constant(1900, 1, 1))..day_number(Date::constant(2200, 1, 1)))
            .prop_map(|day| from_day_number(day).unwrap())
    }

    proptest! {
        #[test]
        fn a_day_number_names_one_date(date in any_date()) {
            prop_assert_eq!(from_day_number(day_number(date)), Some(date));
            let next = date.tomorrow().unwrap();
            prop_assert_eq!(day_number(next), day_number(date) + 1);
        }

        #[test]
        fn a_written_date_is_read_back(date in any_date()) {
            prop_assert_eq!(iso_date(&date.to_string()), Some(date));
            prop_assert_eq!(iso_date(&format!("\n {date}\t")), Some(date));
        }

        #[test]
        fn no_text_makes_the_date_reader_fail(text in "\\PC{0,14}") {
            if let Some(date) = iso_date(&text) {
                prop_assert_eq!(date.to_string(), text.trim_ascii());
            }
        }

        #[test]
        fn a_school_year_changes_on_the_first_of_august_only(date in any_date()) {
            let next = date.tomorrow().unwrap();
            let step = school_year(next) - school_year(date);
            prop_assert_eq!(step, i16::from(next.month() == 8 && next.day() == 1));
        }

        #[test]
        fn a_school_year_holds_its_dates(date in any_date()) {
            let year = school_year(date);
            prop_assert!(Date::new(year, 8, 1).unwrap() <= date);
            prop_assert!(date <= Date::new(year + 1, 7, 31).unwrap());
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trap() {
        assert_eq!(from_day_number(i32::MAX), None);
        assert_eq!(from_day_number(i32::MIN), None);
        for date in [Date::MIN, Date::MAX] {
            assert_eq!(from_day_number(day_number(date)), Some(date));
        }
        assert_eq!(school_year(Date::MIN), -10000);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "26-01-01",
            "2026-01-01Z",
            "20260101",
            "2026-00-00",
            "2026/01/01",
            "２０２６-01-01",
            "+026-01-01",
        ] {
            assert_eq!(iso_date(text), None, "{text}");
        }
    }
}
