//! `ketenkeur report`: what was recorded of runs, told again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::{Global, Report};
use super::failure::Failure;
use super::files::Files;
use super::reports::{Outlet, Wanted, reports, write_reports};
use super::runs::{said, unreadable as unreadable_evidence};
use super::settings::Settings;
use super::{output, setup};
use crate::check::RulesOfPacks;
use crate::clock::Clock;
use crate::event::{Event, Grounds, RecordingError, Spool, Started, Tally};
use crate::exit::Exit;
use crate::finding::{Disputed, Language};
use crate::pack::Store;
use crate::recorded::{Recorded, RecordedError, known};
use crate::report::{Known, Proof, Run, Voice, visible};

/// Runs the command. It ends well when the reports were written, whatever they
/// say; evidence that was touched, or a recording that breaks off, is told by
/// the exit code as well.
pub fn run_report(
    report: &Report,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    // What the settings say is for runs that are made now.
    let html = report.html.as_deref();
    let read = report.runs.iter().chain(&report.disputes);
    let files = Files {
        written: html,
        evidence: None,
        read: read.map(PathBuf::as_path).collect(),
    };
    let mut wanted = reports(&report.report, html.is_some(), &Settings::default(), &files)?;
    wanted.extend(html.map(Wanted::page));
    let recorded: Vec<Recorded> = report
        .runs
        .iter()
        .map(|path| Recorded::read(path, report.no_redact).map_err(|error| unreadable(path, error)))
        .collect::<Result<_, _>>()?;
    let store = setup::store(global, settings)?;
    let rules = every_rule(&store);
    let disputes = setup::disputes(report.disputes.as_deref(), &store, Clock::system())?;
    let book = Disputed {
        book: &rules,
        disputes: &disputes,
    };
    let at = match &report.at {
        Some(at) => Some(setup::clock(Some(at))?.now()),
        None => recorded.iter().filter_map(|one| one.began).max(),
    };
    let known = known_for(&wanted)?;
    let each: Vec<Run<'_>> = recorded
        .iter()
        .map(|recorded| Run {
            origin: Some(&recorded.origin),
            known: known.as_ref(),
            moment: at,
            ..Run::new(&recorded.events, &book, language, recorded.exit)
        })
        .collect();
    let together;
    let whole = match recorded.as_slice() {
        [_] => each[0],
        several if wanted.iter().all(Wanted::is_page) => {
            Run::new(&several[0].events, &book, language, Exit::Conforms)
        }
        several => {
            together = in_one(several)?;
            Run {
                moment: at,
                ..Run::new(&together.0, &book, language, together.1)
            }
        }
    };
    let mut outlet = Outlet::new(&wanted, &book, language, true);
    for event in whole.events.replay() {
        outlet.show(&event?)?;
    }
    outlet.finish(whole.exit)?;
    write_reports(&wanted, &whole, &each)?;
    let pages_alone = wanted.iter().all(Wanted::is_page);
    for one in &recorded {
        tell_of_changes(one, language);
        // A page says it at its head.
        if let Some(words) = of_no_product(one, Voice::new(&book, language))?
            && !pages_alone
        {
            output::tell(&format!("{}: {words}", one.origin.name));
        }
    }
    let touched =
        |one: &Recorded| !one.origin.differences.is_empty() || one.origin.proof == Proof::Broken;
    Ok(if recorded.iter().any(touched) {
        Exit::Findings
    } else if recorded.iter().any(|one| !one.finished) {
        Exit::Undecided
    } else {
        Exit::Conforms
    })
}

/// What of a run's evidence is not as it was written: the report holds it, and
/// who asked for the report should not have to look for it there.
fn tell_of_changes(run: &Recorded, language: Language) {
    let tell = |key: &str, name: &str| {
        let said = said(language, key, &[("name", &visible(name))]);
        output::tell(&format!("{}: {}", run.origin.name, said.trim_end()));
    };
    for (key, name) in &run.origin.differences {
        tell(key, name);
    }
    if run.origin.proof == Proof::Broken {
        tell("signature-broken", "");
    }
}

/// Why a run of scenarios says nothing of a product, where that is so: as the run
/// itself ended with.
fn of_no_product(run: &Recorded, voice: Voice<'_>) -> Result<Option<String>, Failure> {
    let texts = &voice.words().run;
    for event in run.events.replay() {
        let Event::Played(played) = event? else {
            continue;
        };
        let about = &played.about;
        return Ok(match &about.defect {
            Some(wrong) => Some(voice.wrong_party(wrong)),
            None if about.no_target => Some(texts.no_target.clone()),
            None if about.own => Some(texts.own_parties.clone()),
            None => None,
        });
    }
    Ok(None)
}

/// The texts of every rule of the packs in force.
pub fn every_rule(store: &Store) -> RulesOfPacks {
    let book = RulesOfPacks::default();
    for pack in store.packs() {
        book.of(pack);
    }
    book
}

/// The events of several runs as those of one. They must have been judged by
/// the same measure and tell of different scenarios.
fn in_one(several: &[Recorded]) -> Result<(Spool, Exit), Failure> {
    let mut spool = Spool::new();
    let mut tally = Tally::new();
    let mut grounds = Grounds::default();
    let mut scenarios = BTreeSet::new();
    let first = &several[0].started;
    for one in several {
        let same = Started {
            tool: first.tool.clone(),
            at: first.at,
            ..one.started.clone()
        };
        if same != *first {
            return Err(Failure::usage("report-measures"));
        }
        for scenario in &one.scenarios {
            if !scenarios.insert(scenario) {
                return Err(Failure::usage("report-same").with("scenario", scenario));
            }
        }
    }
    let at = |one: &Recorded| one.started.at == first.at;
    spool.push(&Event::Started(Started {
        at: first.at.filter(|_| several.iter().all(at)),
        ..first.clone()
    }))?;
    for one in several {
        for event in one.events.replay() {
            match event? {
                Event::Started(_) | Event::Finished(_) => {}
                Event::Grounds(more) => {
                    for pack in more.packs {
                        if !grounds.packs.contains(&pack) {
                            grounds.packs.push(pack);
                        }
                    }
                    for (code, count) in more.held {
                        *grounds.held.entry(code).or_default() += count;
                    }
                }
                event => {
                    tally.count(&event);
                    spool.push(&event)?;
                }
            }
        }
    }
    spool.push(&Event::Grounds(grounds))?;
    spool.push(&Event::Finished(tally.summary().clone()))?;
    let exits = several.iter().map(|one| one.exit);
    let order = |exit: &Exit| Exit::PRECEDENCE.iter().position(|one| one == exit);
    Ok((spool, exits.min_by_key(order).unwrap_or(Exit::Undecided)))
}

/// What there is to test, when a page among the reports is to say what was not.
pub fn known_for(reports: &[Wanted]) -> Result<Option<Known>, Failure> {
    let wanted = reports.iter().any(Wanted::is_page);
    let known = wanted.then(known).transpose();
    known.map_err(|error| Failure::internal("pack").with("reason", error))
}

/// Why a run cannot be told again.
pub fn unreadable(path: &Path, error: RecordedError) -> Failure {
    let failure = match error {
        RecordedError::Evidence(error) => return unreadable_evidence(path, &error),
        RecordedError::File(kind) => return setup::unreadable(path, &kind.into()),
        RecordedError::Events(error) => return error.into(),
        RecordedError::Unmasked => Failure::usage("recording-unmasked"),
        RecordedError::Recording(RecordingError::Io(kind)) => {
            Failure::usage("unreadable").because(kind)
        }
        RecordedError::Recording(RecordingError::NoRecording) => Failure::usage("recording-none"),
        RecordedError::Recording(RecordingError::Version) => Failure::usage("recording-version"),
        RecordedError::Recording(RecordingError::Damaged(line)) => {
            Failure::usage("recording-damaged").with("line", line)
        }
    };
    failure.with("path", path.display())
}
