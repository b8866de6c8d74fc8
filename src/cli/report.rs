//! `ketenkeur report`: what was recorded of runs, told again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::{Timestamp, Unit};

use super::args::{Global, Report};
use super::failure::Failure;
use super::reports::{Outlet, Wanted, reports, write_reports};
use super::runs::unreadable as unreadable_evidence;
use super::settings::Settings;
use super::setup;
use crate::check::RulesOfPacks;
use crate::event::{Event, Grounds, Recording, RecordingError, Spool, Started, Tally};
use crate::evidence::{
    Differences, EVENTS, Evidence, ReadError, RunRecord, SignatureState, is_archive, sha256,
};
use crate::exit::{Exit, Trouble};
use crate::finding::Language;
use crate::play::info_of;
use crate::report::{Known, KnownRequirement, Origin, Proof, Run, Time};
use crate::requirement::requirements;
use crate::scenario::{Key, Library};

/// A run that was read back.
pub struct Recorded {
    /// Where it comes from.
    pub origin: Origin,
    /// Its events.
    pub events: Spool,
    /// With what it judged.
    pub started: Started,
    /// Its scenarios.
    scenarios: BTreeSet<String>,
    exit: Exit,
    /// When it began, where that was recorded.
    began: Option<Timestamp>,
    /// Whether its last event came.
    finished: bool,
}

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
    let mut wanted = reports(&report.report, report.html.is_some(), &Settings::default())?;
    wanted.extend(report.html.as_deref().map(Wanted::page));
    let recorded: Vec<Recorded> = report
        .runs
        .iter()
        .map(|path| Recorded::read(path, report.no_redact))
        .collect::<Result<_, _>>()?;
    let book = every_rule(global, settings)?;
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

/// The texts of every rule of the packs in force.
pub fn every_rule(global: &Global, settings: &Settings) -> Result<RulesOfPacks, Failure> {
    let store = setup::store(global, settings)?;
    let book = RulesOfPacks::default();
    for pack in store.packs() {
        book.of(pack);
    }
    Ok(book)
}

impl Recorded {
    /// Reads the run that the user named: a folder of evidence, or a file that
    /// `check --record` wrote. An unmasked one only when that is asked for.
    pub fn read(path: &Path, unmasked: bool) -> Result<Self, Failure> {
        let recorded = if path.is_dir() || is_archive(path) {
            let unreadable = |error: ReadError| unreadable_evidence(path, &error);
            let evidence = Evidence::open(path).map_err(unreadable)?;
            let events = evidence.read(EVENTS).map_err(unreadable)?;
            let (origin, began) = origin(path, &evidence).map_err(unreadable)?;
            Self::of(origin, events.as_slice(), path).map(|recorded| Self {
                began: Some(began),
                ..recorded
            })
        } else {
            let file = File::open(path).map_err(|error| setup::unreadable(path, &error))?;
            let origin = Origin {
                name: path.display().to_string(),
                ..Origin::default()
            };
            Self::of(origin, BufReader::new(file), path)
        }?;
        if !recorded.started.redacted && !unmasked {
            return Err(Failure::usage("recording-unmasked").with("path", path.display()));
        }
        Ok(recorded)
    }

    fn of(origin: Origin, events: impl BufRead, path: &Path) -> Result<Self, Failure> {
        let mut spool = Spool::new();
        let mut tally = Tally::new();
        let mut trouble = Trouble::default();
        let mut scenarios = BTreeSet::new();
        let (mut started, mut finished) = (None, false);
        for event in Recording::new(events) {
            let event = event.map_err(|error| broken(path, error))?;
            tally.count(&event);
            match &event {
                Event::Started(begun) => started = Some(begun.clone()),
                Event::Judged(judged) => {
                    let mut findings = judged.findings.iter();
                    trouble.internal |= findings.any(|finding| finding.code == "KK-INTERN");
                }
                Event::Played(played) => {
                    trouble.unreachable |= played.unreachable;
                    scenarios.insert(played.about.scenario.clone());
                }
                Event::Finished(_) => finished = true,
                _ => {}
            }
            spool.push(&event)?;
        }
        let nothing = || broken(path, RecordingError::NoRecording);
        Ok(Self {
            origin,
            events: spool,
            started: started.ok_or_else(nothing)?,
            scenarios,
            exit: Exit::of(tally.summary(), trouble),
            began: None,
            finished,
        })
    }
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

/// Where evidence comes from, what is to be said of it, and when it began.
fn origin(path: &Path, evidence: &Evidence) -> Result<(Origin, Timestamp), ReadError> {
    let run = evidence.run()?;
    let Differences {
        changed,
        missing,
        strange,
    } = evidence.differences()?;
    let differences = [
        ("file-changed", changed),
        ("file-missing", missing),
        ("file-strange", strange),
    ];
    let mut times = BTreeMap::new();
    for name in evidence.manifest().files.keys() {
        if name.starts_with("exchanges/") && name.ends_with(".json") {
            // What cannot be read is told among the differences.
            if let Ok(record) = evidence.record(name) {
                let time = Time {
                    at: moment(record.at),
                    took: record.took,
                };
                times.insert((record.scenario, record.number), time);
            }
        }
    }
    let began = run.began;
    let origin = Origin {
        name: path.display().to_string(),
        proof: match evidence.signature() {
            SignatureState::Unsigned => Proof::Unsigned,
            SignatureState::Signed(oin) => Proof::Signed(oin),
            SignatureState::Broken => Proof::Broken,
        },
        masked: evidence.manifest().masked,
        manifest: sha256(&evidence.manifest_bytes()),
        differences: differences
            .into_iter()
            .flat_map(|(key, names)| names.into_iter().map(move |name| (key, name)))
            .collect(),
        times,
        ..described(run)
    };
    Ok((origin, began))
}

/// What the record of a run says of it.
pub fn described(run: RunRecord) -> Origin {
    Origin {
        supplier: run.target.supplier,
        oin: run.target.oin,
        product: run.target.product,
        version: run.target.version,
        roles: run.target.roles,
        began: moment(run.began),
        now: moment(run.now),
        virtual_clock: run.virtual_clock,
        profile: run.profile,
        seed: run.seed,
        shard: run.shard,
        ..Origin::default()
    }
}

/// A moment to the second, as reports have it.
fn moment(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

/// What there is to test, when a page among the reports is to say what was not.
pub fn known_for(reports: &[Wanted]) -> Result<Option<Known>, Failure> {
    let wanted = reports.iter().any(Wanted::is_page);
    wanted.then(known).transpose()
}

/// What there is to test.
fn known() -> Result<Known, Failure> {
    let requirements =
        requirements().map_err(|error| Failure::internal("pack").with("reason", error))?;
    Ok(Known {
        keys: Key::NAMES.to_vec(),
        scenarios: Library::shipped()
            .scenarios
            .iter()
            .map(|scenario| info_of(scenario))
            .collect(),
        requirements: requirements
            .into_iter()
            .map(|requirement| KnownRequirement {
                id: requirement.id,
                title_nl: requirement.title_nl,
                title_en: requirement.title_en,
                source: requirement.source,
                grade: requirement.grade,
                rules: requirement.rules,
            })
            .collect(),
    })
}

/// Why a recording cannot be used.
fn broken(path: &Path, error: RecordingError) -> Failure {
    let failure = match error {
        RecordingError::Io(kind) => Failure::usage("unreadable").because(kind),
        RecordingError::NoRecording => Failure::usage("recording-none"),
        RecordingError::Version => Failure::usage("recording-version"),
        RecordingError::Damaged(line) => Failure::usage("recording-damaged").with("line", line),
    };
    failure.with("path", path.display())
}
