//! What output may never say.

use ketenkeur::event::{Event, PackKind};
use ketenkeur::report::Format;

use crate::stream::{LANGUAGES, Provenance, events, report};

/// To conform to a reconstruction is not to conform to DUO, in no format, in
/// no language, whatever stands between the words.
#[test]
fn a_reconstruction_is_never_called_conform_duo() {
    for provenance in [Provenance::Any, Provenance::Strict] {
        let events = events(provenance);
        let reconstruction = events.iter().any(|event| match event {
            Event::Judged(judged) => judged
                .message
                .as_ref()
                .is_some_and(|message| message.kind == PackKind::Reconstruction),
            _ => false,
        });
        assert!(reconstruction, "the stream shows a reconstruction");
        for format in Format::ALL {
            for language in LANGUAGES {
                let output = report(&events, format, language).to_lowercase();
                let words: Vec<&str> = output
                    .split(|ch: char| !ch.is_alphanumeric())
                    .filter(|word| !word.is_empty())
                    .collect();
                for (at, word) in words.iter().enumerate() {
                    if word.starts_with("conform") {
                        let next = &words[at + 1..(at + 4).min(words.len())];
                        let duo = next.iter().position(|word| *word == "duo");
                        let to = next.first() == Some(&"to") || duo == Some(0);
                        assert!(duo.is_none() || !to, "{format:?}: {next:?}");
                    }
                }
            }
        }
    }
}

/// Text as it was before it was wrapped.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn people_read_what_a_pass_rests_on() {
    let events = events(Provenance::Any);
    let dutch = on_one_line(&report(&events, Format::Human, LANGUAGES[0]));
    assert!(dutch.contains("berichten/goed.xml: conform reconstructie"));
    assert!(dutch.contains("conform officieel pakket"));
    assert!(dutch.contains("niet door DUO of Kennisnet gemaakt"));
    let english = on_one_line(&report(&events, Format::Human, LANGUAGES[1]));
    assert!(english.contains("berichten/goed.xml: conforms to reconstruction"));
}

#[test]
fn strict_provenance_says_why_a_verdict_is_open() {
    let events = events(Provenance::Strict);
    let english = on_one_line(&report(&events, Format::Human, LANGUAGES[1]));
    assert!(english.contains("berichten/goed.xml: undecided"));
    assert!(english.contains("rests on is reconstructed from DUO house style"));
}

/// Controls, escape sequences and marks of writing direction come from names
/// and messages; none reaches a terminal as it is.
#[test]
fn nothing_hidden_reaches_a_terminal() {
    let events = events(Provenance::Any);
    for format in Format::ALL {
        for language in LANGUAGES {
            let output = report(&events, format, language);
            let hidden = output.chars().find(|ch| {
                (ch.is_control() && *ch != '\n')
                    || matches!(ch, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(hidden, None, "{format:?}");
        }
    }
}
