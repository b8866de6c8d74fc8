//! The report as a page: what stands on it.

use std::path::Path;

use ketenkeur::event::{Event, SaidBy, Stepped};
use ketenkeur::exit::Exit;
use ketenkeur::finding::Language;
use ketenkeur::report::{Run, write_html};
use ketenkeur::text::Texts;

use crate::scenes;
use crate::stream::{Book, LANGUAGES, Provenance, events, spool};

/// The page about the hand-made run of scenarios.
pub fn page(language: Language) -> String {
    let events = spool(&scenes::events());
    let (origin, known) = (scenes::origin(), scenes::known());
    let run = Run {
        origin: Some(&origin),
        known: Some(&known),
        ..Run::new(&events, &Book, language, Exit::Findings)
    };
    html(&[run])
}

pub fn html(runs: &[Run<'_>]) -> String {
    let mut out = Vec::new();
    write_html(runs, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A page without its style and script, which are the same on every page.
pub fn without_looks(page: &str) -> String {
    let cut = |page: &str, open: &str, close: &str| -> String {
        let (before, rest) = page.split_once(open).unwrap();
        let (_, after) = rest.split_once(close).unwrap();
        format!("{before}{after}")
    };
    let page = cut(page, "<style>", "</style>");
    let page = cut(&page, "<script>", "</script>");
    cut(&page, "<meta http-equiv", ">\n")
}

#[test]
fn the_page_of_a_run() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (language, name) in LANGUAGES.into_iter().zip(["nl", "en"]) {
            let page = without_looks(&page(language));
            insta::assert_snapshot!(format!("report-html-run-{name}"), page);
        }
    });
}

/// What a reader must not miss, each in words.
#[test]
fn the_page_says_what_it_rests_on_and_what_is_missing() {
    let page = page(Language::Nl);
    for part in [
        "Voorbeeldleverancier Voorbeeld-LAS 5.1",
        "Niet ondertekend",
        "gemaskeerde weergave",
        "Gewijzigd: run.json",
        "niet door DUO of Kennisnet gemaakt",
        "geslaagd in zelftest op reconstructie",
        "zelftest op reconstructie",
        "niet gespeeld: vraagt een virtuele klok",
        "po-bekostigen-terug",
        "Er is geen scenario voor: osr-h2m",
        "BRON-ANDERS",
        "gezakt</li>",
        "<td>12</td>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let state = |key: &str| {
        let row = page.split("<tr>").find(|row| row.contains(key)).unwrap();
        let class = row.split("class=\"k ").nth(1).unwrap();
        class.split('"').next().unwrap().to_string()
    };
    assert_eq!(state("<code>koppeling-bron</code>"), "on-reconstruction");
    assert_eq!(state("<code>po-inwinnen</code>"), "partly");
    assert_eq!(state("<code>rio-po</code>"), "not-tested");
    assert_eq!(state("<code>po-bekostigen</code>"), "not-tested");
}

/// Every text that a page asks for is there in both languages.
#[test]
fn no_text_of_the_page_is_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html/templates");
    let mut asked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let template = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for key in template.split("t[\"").skip(1) {
            let (key, rest) = key.split_once('"').unwrap();
            // What ends in a hyphen is put together with a name.
            let whole = rest.starts_with(']');
            for language in LANGUAGES {
                let mut known = Texts::of(language).report.keys();
                let found = known.any(|one| {
                    if whole {
                        one == key
                    } else {
                        one.starts_with(key)
                    }
                });
                assert!(found, "{key} in {language:?}");
            }
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked} texts");
}

/// Nothing is loaded from anywhere, and no id occurs twice, also with several
/// runs on a page.
#[test]
fn a_page_is_whole_by_itself() {
    let (one, other) = (spool(&events(Provenance::Any)), spool(&scenes::events()));
    let (origin, known) = (scenes::origin(), scenes::known());
    let about = |events| Run {
        origin: Some(&origin),
        known: Some(&known),
        ..Run::new(events, &Book, Language::En, Exit::Findings)
    };
    let page = html(&[about(&one), about(&other), about(&other)]);
    for outside in [
        " src=",
        "href=\"http",
        "url(",
        "@import",
        "<link",
        "<img",
        "<iframe",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).collect();
    for id in &mut ids {
        *id = id.split('"').next().unwrap();
    }
    for target in page.split("href=\"#").skip(1) {
        let target = target.split('"').next().unwrap();
        assert!(ids.contains(&target), "{target}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// A run that was held against recorded traffic says so at its head, and a step
/// that rests on a person's word where it stands.
#[test]
fn a_recorded_run_and_a_persons_word_are_marked_on_the_page() {
    let by = SaidBy {
        by: "De Linde, beheer".to_string(),
        on: "2026-09-28".to_string(),
    };
    let recorded = scenes::events().into_iter().map(|event| match event {
        Event::Scenario(mut about) => {
            about.recorded = true;
            Event::Scenario(about)
        }
        Event::Stepped(step) => Event::Stepped(Stepped { said: true, ..step }),
        Event::Played(mut played) => {
            played.about.recorded = true;
            (played.said, played.said_by) = (1, Some(by.clone()));
            Event::Played(played)
        }
        other => other,
    });
    let recorded: Vec<Event> = recorded.collect();
    let events = spool(&recorded);
    let (origin, known) = (scenes::origin(), scenes::known());
    for (language, told) in [
        (
            Language::Nl,
            [
                ", uit opgenomen verkeer</h",
                "Niets van deze run is gespeeld",
                "stappen berusten op het woord van wie antwoordde: De Linde, beheer (2026-09-28).",
                "voldoet, volgens wie antwoordde",
                "beoordeeld aan opgenomen verkeer",
                "; 1 van de stappen berust op wat iemand zei (De Linde, beheer, 2026-09-28)",
            ],
        ),
        (
            Language::En,
            [
                ", from recorded traffic</h",
                "Nothing of this run was played",
                "steps rest on the word of who answered: De Linde, beheer (2026-09-28).",
                "conforms, by who answered",
                "judged by recorded traffic",
                "; 1 of its steps rests on what a person said (De Linde, beheer, 2026-09-28)",
            ],
        ),
    ] {
        let run = Run {
            origin: Some(&origin),
            known: Some(&known),
            ..Run::new(&events, &Book, language, Exit::Findings)
        };
        let page = html(&[run]);
        for told in told {
            assert!(page.contains(told), "{told}");
        }
        let played = self::page(language);
        assert!(!played.contains("opgenomen verkeer") && !played.contains("recorded traffic"));
    }
}
