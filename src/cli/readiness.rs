//! `ketenkeur readiness`: who is ready for what, from many runs.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::args::{EditionArg, Global, Readiness};
use super::failure::Failure;
use super::files::Files;
use super::output::{print, tell};
use super::settings::Settings;
use super::setup;
use crate::check::shipped_facts;
use crate::clock::{Clock, to_the_second};
use crate::evidence::{all_below, few};
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::Language;
use crate::readiness::{
    AnswerMistake, Edition, ImportError, Imported, Matrix, Remark, RunStore, StoreError, Team,
    TeamError, TeamFile, agenda, csv, doubts, human, matrix, page, remark,
};
use crate::report::visible;
use crate::text::{Texts, say, word};

/// Runs the command.
pub fn run_readiness(
    wanted: &Readiness,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let reports = reports(&wanted.report)?;
    let named = wanted.paths.iter().chain(&wanted.team);
    let named = named.chain(&wanted.disputes);
    let files = Files {
        written: wanted.store.as_deref(),
        evidence: None,
        read: named.map(PathBuf::as_path).collect(),
    };
    files.allow(reports.iter().map(|(_, file)| file.as_deref()))?;
    let at = setup::clock(wanted.at.as_deref())?.now();
    let since = wanted.since.as_deref().map(since).transpose()?;
    let team = match &wanted.team {
        Some(path) => {
            let read = TeamFile::read(path, Clock::at(at).today());
            read.team.map_err(|error| team_failure(path, error))?
        }
        None => Team::default(),
    };
    let mut disputes = match &wanted.disputes {
        Some(path) => {
            let packs = setup::store(global, settings)?;
            setup::disputes(Some(path), &packs, Clock::at(at))?
        }
        None => Vec::new(),
    };
    let (mut runs, refused) = read(&wanted.paths, &team, texts)?;
    if let Some(path) = &wanted.store {
        let failure = |error| store_failure(path, error);
        let adds = !wanted.paths.is_empty() || wanted.disputes.is_some();
        let store = if adds {
            let mut store = store_to_write(path, texts)?;
            store.add(&runs).map_err(failure)?;
            store.dispute(&disputes).map_err(failure)?;
            store
        } else {
            RunStore::open_to_read(path).map_err(failure)?
        };
        runs = store.runs().map_err(failure)?;
        disputes = store.disputes().map_err(failure)?;
    }
    // Of a run with and without its signature, the signed one stays.
    runs.sort_by(|one, other| {
        (&one.id, one.signed.is_none()).cmp(&(&other.id, other.signed.is_none()))
    });
    runs.dedup_by(|one, other| one.id == other.id);
    if runs.is_empty() && team.supplier.is_empty() {
        // Why each was refused is told above.
        if refused {
            tell(word(&texts.readiness, "none-counts"));
            return Ok(Exit::Findings);
        }
        return Err(Failure::usage("readiness-nothing"));
    }
    let later = runs.iter().filter(|run| run.began > at).count();
    if later > 0 {
        let args = [("count", later.to_string()), ("at", to_the_second(at))];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        let key = if later == 1 { "later-one" } else { "later" };
        tell(&say(&texts.readiness, key, &args));
    }
    if let Some(since) = since.filter(|since| *since > at) {
        let (since, at) = (to_the_second(since), to_the_second(at));
        let args = [("since", since.as_str()), ("at", &at)];
        tell(&say(&texts.readiness, "since-later", &args));
    }
    let mut made = matrix(&runs, &team, at, since).disputed(&disputes);
    for one in doubts(&team, &runs, &made, Clock::at(at).today()) {
        tell(&remark(&one, texts));
    }
    let edition = match wanted.edition {
        EditionArg::Confidential => Edition::Confidential,
        EditionArg::Public => Edition::Public,
    };
    if let Some(oin) = &wanted.supplier {
        made = made.of_supplier(oin);
        if made.rows.is_empty() {
            return Err(Failure::usage("readiness-supplier").with("oin", oin));
        }
    }
    let made = made.edition(edition);
    let calendar = shipped_facts(Clock::at(at), Profile::Production).calendar;
    let ahead = agenda(&made, &calendar);
    for (format, path) in &reports {
        let content = match format {
            Format::Human => human(&made, &ahead, texts),
            Format::Csv => csv(&made),
            Format::Html => page(&made, &ahead, edition, language, None),
            Format::Json => json(&made, &ahead)?,
        };
        match path {
            None => drop(print(&content)?),
            Some(path) => std::fs::write(path, content).map_err(|error| {
                Failure::usage("not-written")
                    .with("path", path.display())
                    .because(error.kind())
            })?,
        }
    }
    Ok(if refused {
        Exit::Findings
    } else {
        Exit::Conforms
    })
}

/// A form of the matrix.
#[derive(Clone, Copy)]
enum Format {
    Human,
    Json,
    Csv,
    Html,
}

const FORMATS: [(&str, Format); 4] = [
    ("human", Format::Human),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("html", Format::Html),
];

/// `FORMAT[=FILE]`, more than once; for a terminal without any.
fn reports(wanted: &[String]) -> Result<Vec<(Format, Option<PathBuf>)>, Failure> {
    if wanted.is_empty() {
        return Ok(vec![(Format::Human, None)]);
    }
    let read = |text: &String| {
        let (name, path) = match text.split_once('=') {
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text.as_str(), None),
        };
        let format = FORMATS.iter().find(|(known, _)| *known == name);
        format.map(|(_, format)| (*format, path)).ok_or_else(|| {
            Failure::usage("readiness-format")
                .with("value", name)
                .with("known", FORMATS.map(|(name, _)| name).join(", "))
        })
    };
    wanted.iter().map(read).collect()
}

fn json(matrix: &Matrix, ahead: &[crate::readiness::AtRisk]) -> Result<String, Failure> {
    let all = serde_json::json!({ "version": 1, "matrix": matrix, "agenda": ahead });
    serde_json::to_string_pretty(&all)
        .map(|text| text + "\n")
        .map_err(|_| Failure::internal("internal"))
}

/// A day is its beginning.
fn since(text: &str) -> Result<Timestamp, Failure> {
    let moment = text
        .parse()
        .or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
    moment.map_err(|_| Failure::usage("readiness-since").with("value", text))
}

/// Why a team file is refused.
pub fn team_failure(path: &Path, error: TeamError) -> Failure {
    let (oin, file, mistake) = match error {
        TeamError::Unreadable(kind) => return setup::unreadable(path, &kind.into()),
        TeamError::Mistake(error) => return Failure::of_user_file(path, error),
        TeamError::Twice { oin, key } => {
            return Failure::usage("team-twice")
                .with("path", path.display())
                .with("oin", visible(&oin))
                .with("key", key);
        }
        TeamError::Answer { oin, file, mistake } => (oin, file, mistake),
    };
    let failure = match mistake {
        AnswerMistake::Unreadable(kind) => return setup::unreadable(&file, &kind.into()),
        AnswerMistake::TooLarge => Failure::usage("osr-large"),
        AnswerMistake::NoJson(line) => Failure::usage("osr-json").with("line", line),
        AnswerMistake::Message => Failure::usage("osr-message"),
        AnswerMistake::NoSchool => Failure::usage("osr-school"),
        AnswerMistake::Entry(number) => Failure::usage("osr-entry").with("number", number),
        AnswerMistake::OtherSupplier => Failure::usage("osr-other"),
        AnswerMistake::Several => Failure::usage("osr-several"),
    };
    failure
        .with("path", file.display())
        .with("oin", visible(&oin))
}

/// The runs under the paths, and whether one of them was refused. Every run
/// that does not count is told of.
fn read(paths: &[PathBuf], team: &Team, texts: &Texts) -> Result<(Vec<Imported>, bool), Failure> {
    let mut runs = Vec::new();
    let mut refused = false;
    for path in paths {
        if !path.exists() {
            return Err(Failure::usage("not-found").with("path", path.display()));
        }
        let found = all_below(path)
            .map_err(|_| Failure::usage("readiness-many").with("path", path.display()))?;
        if found.runs.is_empty() && found.unfinished.is_empty() {
            return Err(Failure::usage("evidence-none").with("path", path.display()));
        }
        for folder in &found.unfinished {
            refused = true;
            let path = visible(&folder.display().to_string());
            tell(&say(
                &texts.readiness,
                "skip-unfinished",
                &[("path", &path)],
            ));
        }
        for folder in found.runs {
            let why = match Imported::read(&folder) {
                Ok(run) if team.accepts(&run) => {
                    runs.push(run);
                    continue;
                }
                Ok(run) => {
                    let signer = run.signed.as_ref().map_or("", |signer| signer.name());
                    let args = vec![("signer", signer.to_string()), ("oin", run.oin)];
                    ("skip-signer", args)
                }
                Err(error) => why_not(error),
            };
            let (key, mut args) = why;
            refused |= ![NO_TARGET, DEFECT].contains(&key);
            args.push(("path", folder.display().to_string()));
            tell(&remark(&(key, args), texts));
        }
    }
    Ok((runs, refused))
}

/// A run without a target is no evidence, and nobody's mistake.
const NO_TARGET: &str = "skip-no-target";

/// Neither is one in which a party was wrong on purpose.
const DEFECT: &str = "skip-defect";

/// Why a run does not count.
fn why_not(error: ImportError) -> Remark {
    let names = |names: &[String]| few(names.iter().map(String::as_str));
    match error {
        ImportError::Unreadable(_) => ("skip-unreadable", Vec::new()),
        ImportError::Tampered(files) => {
            let args = vec![
                ("changed", names(&files.changed)),
                ("missing", names(&files.missing)),
                ("strange", names(&files.strange)),
            ];
            ("skip-tampered", args)
        }
        ImportError::Signature => ("skip-signature", Vec::new()),
        ImportError::Defect => (DEFECT, Vec::new()),
        ImportError::NoTarget => (NO_TARGET, Vec::new()),
        ImportError::OtherLas(_) => ("skip-other-las", Vec::new()),
        ImportError::CutOff => ("skip-cut-off", Vec::new()),
        ImportError::Embellished(scenario) => ("skip-embellished", vec![("scenario", scenario)]),
        ImportError::Stranger(scenario, whose) => {
            let args = vec![
                ("scenario", scenario),
                ("expected", whose.expected),
                ("found", whose.found),
            ];
            ("skip-stranger", args)
        }
    }
}

/// The store in a file, to write to. One that is not there is made, and whoever
/// mistyped its name is told.
pub fn store_to_write(path: &Path, texts: &Texts) -> Result<RunStore, Failure> {
    let is_new = !path.exists();
    let store = RunStore::open(path).map_err(|error| store_failure(path, error))?;
    if is_new {
        let path = visible(&path.display().to_string());
        tell(&say(&texts.readiness, "store-made", &[("path", &path)]));
    }
    Ok(store)
}

/// Why a store cannot be used.
pub fn store_failure(path: &Path, error: StoreError) -> Failure {
    let key = match error {
        StoreError::Absent => "store-absent",
        StoreError::Open => "store-open",
        StoreError::Foreign => "store-foreign",
        StoreError::Version => "store-version",
        StoreError::Use => "store-use",
    };
    Failure::usage(key).with("path", path.display())
}
