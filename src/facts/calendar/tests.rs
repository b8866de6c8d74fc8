use super::super::dates::from_day_number;
use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const VAKANTIES: &str = r#"
[[vakantie]]
schooljaar = 2026
naam = "herfstvakantie"
regio = "noord"
van = 2026-10-10
tot = 2026-10-18
grade = "knowledge"
source = "s"
[[vakantie]]
schooljaar = 2026
naam = "herfstvakantie"
regio = "zuid"
van = 2026-10-17
tot = 2026-10-25
grade = "knowledge"
source = "s"
[[vakantie]]
schooljaar = 2026
naam = "kerstvakantie"
regio = "noord"
van = 2026-12-19
tot = 2027-01-03
grade = "knowledge"
source = "s"
"#;

const ADVIES: &str = r#"
[[window]]
kind = "voorlopig"
from-schoolyear = 2014
until-schoolyear = 2022
end = "02-29"
exchanged-by = "03-15"
grade = "published"
source = "s"
[[window]]
kind = "voorlopig"
from-schoolyear = 2023
begin = "01-10"
end = "01-31"
exchanged-by = "02-14"
grade = "published"
source = "s"
"#;

const BEKOSTIGING: &str = r#"
[[teldatum]]
kind = "regulier"
days = ["02-01"]
grade = "published"
source = "s"
title-nl = "n"
title-en = "e"
[[closing]]
year = 2023
sectors = ["bo"]
date = 2023-02-28
grade = "published"
source = "s"
[[closing]]
year = 2023
sectors = ["sbo", "so", "vso"]
date = 2023-04-12
grade = "published"
source = "s"
"#;

fn sources() -> CalendarSources {
    CalendarSources {
        schoolvakanties: SourceText::new("kalender/schoolvakanties.toml", VAKANTIES),
        advies: SourceText::new("kalender/advies.toml", ADVIES),
        bekostiging: SourceText::new("kalender/bekostiging.toml", BEKOSTIGING),
    }
}

fn calendar() -> Calendar {
    Calendar::from_toml(sources()).unwrap()
}

#[test]
fn school_weeks_leave_out_whole_holiday_weeks() {
    let calendar = calendar();
    let table = [
        // One day, one week; a Sunday belongs to the week before it.
        (date(2026, 9, 7), date(2026, 9, 7), 1),
        (date(2026, 9, 6), date(2026, 9, 7), 2),
        (date(2026, 9, 7), date(2026, 9, 13), 1),
        (date(2026, 9, 7), date(2026, 9, 24), 3),
        // Both autumn weeks go, one for each region.
        (date(2026, 10, 5), date(2026, 10, 30), 2),
        // Wholly in a holiday.
        (date(2026, 10, 12), date(2026, 10, 14), 0),
        // Over the turn of the year: weeks 52 and 53.
        (date(2026, 12, 18), date(2027, 1, 4), 2),
        (date(2026, 9, 8), date(2026, 9, 7), 0),
    ];
    for (from, to, expected) in table {
        assert_eq!(calendar.school_weeks(from, to), expected, "{from} {to}");
    }
}

#[test]
fn a_holiday_that_is_no_whole_week_leaves_the_week() {
    let holiday = |from, until| {
        Vacation {
            school_year: 2026,
            from,
            until,
        }
        .whole_weeks()
        .len()
    };
    // Monday 12 to Friday 16 October 2026.
    assert_eq!(holiday(date(2026, 10, 12), date(2026, 10, 16)), 1);
    assert_eq!(holiday(date(2026, 10, 10), date(2026, 10, 18)), 1);
    assert_eq!(holiday(date(2026, 10, 12), date(2026, 10, 15)), 0);
    assert_eq!(holiday(date(2026, 10, 13), date(2026, 10, 18)), 0);
    assert_eq!(holiday(date(2026, 10, 13), date(2026, 10, 13)), 0);
    assert_eq!(holiday(date(2026, 12, 19), date(2027, 1, 3)), 2);
}

#[test]
fn years_without_holidays_are_known_as_such() {
    let calendar = calendar();
    for (from, to, unknown) in [
        (date(2026, 8, 1), date(2027, 7, 31), None),
        (date(2026, 7, 31), date(2026, 9, 1), Some(2025)),
        (date(2027, 7, 31), date(2027, 8, 1), Some(2027)),
    ] {
        assert_eq!(calendar.without_holidays(from, to), unknown, "{from}");
    }
}

#[test]
fn advice_windows_by_adviesjaar() {
    let calendar = calendar();
    let window = calendar.advice_window(AdviceKind::Voorlopig, 2024).unwrap();
    assert_eq!(window.begin, Some(date(2024, 1, 10)));
    assert_eq!(window.end, date(2024, 1, 31));
    assert_eq!(window.exchanged_by, date(2024, 2, 14));
    // The last day of February, in a leap year and in another.
    let end = |year| {
        calendar
            .advice_window(AdviceKind::Voorlopig, year)
            .unwrap()
            .end
    };
    assert_eq!(end(2020), date(2020, 2, 29));
    assert_eq!(end(2023), date(2023, 2, 28));
    assert_eq!(calendar.advice_window(AdviceKind::Voorlopig, 2014), None);
    assert_eq!(calendar.advice_window(AdviceKind::Definitief, 2026), None);
    assert_eq!(
        calendar.advice_window(AdviceKind::Voorlopig, i16::MIN),
        None
    );
    assert_eq!(
        calendar.advice_window(AdviceKind::Voorlopig, i16::MAX),
        None
    );
}

#[test]
fn counting_and_closing_dates() {
    let calendar = calendar();
    assert_eq!(calendar.teldata("regulier", 2027), [date(2027, 2, 1)]);
    assert!(calendar.teldata("anders", 2027).is_empty());
    assert_eq!(calendar.closing_date("bo", 2023), Some(date(2023, 2, 28)));
    assert_eq!(calendar.closing_date("so", 2023), Some(date(2023, 4, 12)));
    assert_eq!(calendar.closing_date("bo", 2024), None);
}

#[test]
fn an_unusable_calendar_names_file_and_key() {
    type Change = fn(&mut CalendarSources);
    let table: [(Change, &str); 7] = [
        (
            |s| s.schoolvakanties.text = VAKANTIES.replace("\"zuid\"", "\"west\"").into(),
            "kalender/schoolvakanties.toml, vakantie[2].regio: \"west\" is not known here; known are noord, midden, zuid",
        ),
        (
            |s| s.schoolvakanties.text = VAKANTIES.replace("2026-10-25", "2026-10-05").into(),
            "kalender/schoolvakanties.toml, vakantie[2].tot: the end lies before the begin",
        ),
        (
            |s| s.advies.text = ADVIES.replace("01-31", "31-01").into(),
            "kalender/advies.toml, window[2].end: \"31-01\" is not a date; write YYYY-MM-DD, or MM-DD for a day of every year",
        ),
        (
            |s| s.advies.text = ADVIES.replace("until-schoolyear = 2022", "").into(),
            "kalender/advies.toml, window[2].from-schoolyear: overlaps with window[1]; a day may have one only",
        ),
        (
            |s| s.bekostiging.text = BEKOSTIGING.replace("[\"sbo\"", "[\"bo\"").into(),
            "kalender/bekostiging.toml, closing[2].sectors: overlaps with closing[1]; a day may have one only",
        ),
        (
            |s| s.bekostiging.text = BEKOSTIGING.replace("02-01", "februari").into(),
            "kalender/bekostiging.toml, teldatum[1].days: \"februari\" is not a date; write YYYY-MM-DD, or MM-DD for a day of every year",
        ),
        (
            |s| s.bekostiging.text = BEKOSTIGING.replace("year = 2023", "").into(),
            "kalender/bekostiging.toml:9: missing field `year`",
        ),
    ];
    for (change, expected) in table {
        let mut sources = sources();
        change(&mut sources);
        let error = Calendar::from_toml(sources).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

proptest! {
    #[test]
    fn a_longer_period_has_no_fewer_weeks(
        from in super::super::dates::tests::any_date(),
        days in 0..400i32,
        more in 0..60i32,
    ) {
        let calendar = calendar();
        let at = |offset| from_day_number(day_number(from) + offset).unwrap();
        let short = calendar.school_weeks(from, at(days));
        let long = calendar.school_weeks(from, at(days + more));
        prop_assert!((0..=i64::from(days / 7) + 2).contains(&short));
        prop_assert!(short <= long);
    }
}
