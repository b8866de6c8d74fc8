//! The facts that are shipped: every file can be used, and says what the
//! dossier says.

use std::borrow::Cow;

use jiff::civil::{Date, date};
use ketenkeur::document::{Document, Gated};
use ketenkeur::facts::{
    AdviceKind, Calendar, CalendarSources, RioData, RioPaths, SourceText, ValueLists,
};

fn file(path: &str) -> SourceText {
    let full = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{full}: {error}"));
    SourceText::new(path.to_string(), text)
}

fn files(folder: &str) -> Vec<String> {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut files: Vec<String> = std::fs::read_dir(format!("{root}/{folder}"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| format!("{folder}/{name}"))
        .collect();
    files.sort();
    files
}

fn lists() -> ValueLists {
    let names = files("schemas/waardenlijsten");
    ValueLists::new(names.iter().map(|name| file(name)))
}

fn calendar() -> Calendar {
    Calendar::new(CalendarSources {
        schoolvakanties: file("schemas/kalender/schoolvakanties.toml"),
        advies: file("schemas/kalender/advies.toml"),
        bekostiging: file("schemas/kalender/bekostiging.toml"),
    })
}

#[test]
fn every_value_list_can_be_used() {
    let lists = lists();
    assert_eq!(lists.check(), Ok(()));
    assert!(lists.names().count() >= 20);
    let today = date(2026, 11, 1);
    for name in lists.names() {
        let list = lists.get(name).unwrap();
        let codes = list.codes(today);
        assert!(!codes.is_empty(), "{name} has no edition of today");
        for code in codes {
            assert_eq!(list.contains(code, today), Some(true), "{name} {code}");
        }
        assert!(
            list.provenance(today)
                .is_some_and(|(_, source)| !source.is_empty())
        );
    }
}

#[test]
fn advices_are_ordered_as_duo_orders_them() {
    let lists = lists();
    let advices = lists.get("schooladvies").unwrap();
    let ascending = [
        "PRAKTIJKONDERWIJS",
        "VMBO_BB",
        "VMBO_BB_TM_VMBO_KB",
        "VMBO_KB",
        "VMBO_KB_TM_VMBO_GL/TL",
        "VMBO_GL/TL",
        "VMBO_GL/TL_TM_HAVO",
        "HAVO",
        "HAVO_TM_VWO",
        "VWO",
    ];
    let orders: Vec<i64> = ascending
        .iter()
        .map(|code| advices.order(code, date(2026, 3, 1)).unwrap())
        .collect();
    assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    // gl and tl were two values before they became one.
    assert_eq!(advices.contains("VMBO_TL", date(2022, 3, 1)), Some(true));
    assert_eq!(advices.contains("VMBO_TL", date(2026, 3, 1)), Some(false));
}

#[test]
fn the_calendar_says_what_the_dossier_says() {
    let calendar = calendar();
    assert_eq!(calendar.check(), Ok(()));
    let window = calendar.advice_window(AdviceKind::Voorlopig, 2026).unwrap();
    assert_eq!(window.begin, Some(date(2026, 1, 10)));
    assert_eq!(window.end, date(2026, 1, 31));
    assert_eq!(window.exchanged_by, date(2026, 2, 14));
    let window = calendar
        .advice_window(AdviceKind::Definitief, 2026)
        .unwrap();
    assert_eq!((window.begin, window.end), (None, date(2026, 3, 24)));
    assert_eq!(window.exchanged_by, date(2026, 4, 7));
    assert_eq!(calendar.closing_date("bo", 2022), Some(date(2022, 4, 8)));
    assert_eq!(calendar.closing_date("bo", 2023), Some(date(2023, 2, 28)));
    assert_eq!(calendar.closing_date("vso", 2023), Some(date(2023, 4, 12)));
    assert_eq!(calendar.closing_date("bo", 2024), None);
    assert_eq!(calendar.closing_date("so", 2025), Some(date(2025, 3, 3)));
    assert_eq!(calendar.teldata("regulier", 2027), [date(2027, 2, 1)]);
    assert_eq!(calendar.teldata("groei", 2027).len(), 12);
    assert_eq!(calendar.teldata("nieuwkomers", 2027).len(), 4);
}

#[test]
fn the_holidays_of_the_years_in_use_are_known() {
    let calendar = calendar();
    for year in 2024..2027 {
        let (first, last) = (date(year, 8, 1), date(year + 1, 7, 31));
        assert_eq!(calendar.without_holidays(first, last), None);
        // A school year has some forty school weeks; counted over all regions
        // together a few less.
        let weeks = calendar.school_weeks(date(year, 9, 7), date(year + 1, 6, 30));
        assert!((30..=38).contains(&weeks), "{year}: {weeks}");
    }
    // Christmas 2026: two weeks off in all regions.
    let (before, after) = (date(2026, 12, 18), date(2027, 1, 4));
    assert_eq!(calendar.school_weeks(before, after), 2);
}

fn answer(name: &str) -> Document {
    let folder = "schemas/rio/DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4/voorbeelden";
    let text: Cow<'static, str> = file(&format!("{folder}/{name}.xml")).text;
    Document::from_xml(Gated::xml(text.as_bytes()).unwrap()).unwrap()
}

#[test]
fn rio_answers_are_understood() {
    let paths = RioPaths::from_toml(&file("schemas/rio/rio-gegevens.toml")).unwrap();
    let mut data = RioData::new();
    for (name, taken) in [
        ("opvragen_onderwijsaanbiedersVanOrganisatie_response", 2),
        ("opvragen_onderwijsaanbieder_response", 1),
        ("opvragen_onderwijslocatiegebruikVanOrganisatie_response", 2),
        ("opvragen_onderwijslocatie_response", 0),
        ("opvragen_onderwijsaanbieder_request", 0),
    ] {
        let document = answer(name);
        let added = data.add(&paths, &document, document.root_element());
        assert_eq!(added, taken, "{name}");
    }
    let (before, during): (Date, Date) = (date(2021, 12, 31), date(2026, 9, 1));
    assert_eq!(data.aanbieder_valid("100A001", before), Some(false));
    assert_eq!(data.aanbieder_valid("100A001", during), Some(true));
    assert_eq!(data.aanbieder_valid("100A999", during), None);
    let together = |location, on| data.locatie_bij_aanbieder("100A002", location, on);
    assert_eq!(together("100X001", during), Some(true));
    assert_eq!(together("100X002", before), Some(false));
    assert_eq!(together("100X999", during), None);
}
