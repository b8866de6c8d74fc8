//! What commands need before they start: settings, packs, facts.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Check, Global};
use super::failure::Failure;
use super::rules::codes;
use super::settings::{self, Settings};
use crate::check::{
    Recognition, read_disputes, recognise_xml, request_facts, shipped_facts, shipped_rio_paths,
};
use crate::clock::Clock;
use crate::document::{Document, Gated};
use crate::edukoppeling::{
    Distribution, MaterialError, MaterialProblem, Passphrase, RequestFacts, Revocation, Trust,
    TrustStore,
};
use crate::facts::{Facts, Profile, RioData};
use crate::finding::Dispute;
use crate::input::{Inputs, Options, UsageError};
use crate::limits::MAX_KEY_BYTES;
use crate::pack::{Project, Store, in_force, user_packs_folder};
use crate::pki::Authorities;

/// The variable of the environment that may hold a passphrase.
pub const PASSPHRASE: &str = "KETENKEUR_PASSPHRASE";

/// Reads the settings file: the one named, else the nearest one above the
/// working folder, else none.
pub fn settings(global: &Global) -> Result<Settings, Failure> {
    let path = match &global.config {
        Some(path) => Some(path.clone()),
        None => std::env::current_dir()
            .ok()
            .and_then(|folder| settings::find(&folder)),
    };
    let Some(path) = path else {
        return Ok(Settings::default());
    };
    let text = read(&path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Settings::parse(&text, folder).map_err(|error| Failure::of_user_file(&path, error))
}

/// Reads a text file that the user named.
pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// The failure to read a file.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = match error.kind() {
        std::io::ErrorKind::NotFound => Failure::usage("not-found"),
        std::io::ErrorKind::PermissionDenied => Failure::usage("permission"),
        kind => Failure::usage("unreadable").because(kind),
    };
    failure.with("path", path.display())
}

/// The project: the folder named, else the nearest one above the working
/// folder that has packs of its own.
pub fn project(global: &Global) -> Option<Project> {
    match &global.project {
        Some(folder) => Some(Project::at(folder)),
        None => Project::find(&std::env::current_dir().ok()?),
    }
}

/// The user's own packs, when they are asked for.
pub fn user_packs(global: &Global, settings: &Settings) -> Result<Option<PathBuf>, Failure> {
    if !(global.user_packs || settings.user_packs) {
        return Ok(None);
    }
    user_packs_folder(|name| std::env::var_os(name))
        .map(Some)
        .ok_or_else(|| Failure::usage("no-user-packs"))
}

/// The packs in force, those that the lock names when it must be kept.
pub fn store(global: &Global, settings: &Settings) -> Result<Store, Failure> {
    let project = project(global);
    let user_packs = user_packs(global, settings)?;
    let store = in_force(project.as_ref(), user_packs.as_deref())
        .map_err(|error| Failure::from(error.problem()))?;
    if global.locked || settings.locked {
        let project = project.ok_or_else(|| Failure::usage("no-lock"))?;
        project
            .verify_lock(&store)
            .map_err(|error| Failure::from(error.problem()))?;
    }
    Ok(store)
}

/// What is held against rules, in the file that the user named.
///
/// Nothing in it lies after the day of `clock`.
pub fn disputes(path: Option<&Path>, store: &Store, clock: Clock) -> Result<Vec<Dispute>, Failure> {
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    read_disputes(&read(path)?, &codes(store), clock.today())
        .map_err(|error| Failure::of_user_file(path, error))
}

/// The facts of a run.
pub fn facts(
    clock: Clock,
    profile: Profile,
    rio: &[PathBuf],
    store: &Store,
) -> Result<Facts, Failure> {
    let mut facts = shipped_facts(clock, profile);
    if !rio.is_empty() {
        facts.rio = Some(Arc::new(rio_data(rio, store)?));
    }
    Ok(facts)
}

/// The moment that `--at` names, else now.
pub fn clock(at: Option<&str>) -> Result<Clock, Failure> {
    let Some(at) = at else {
        return Ok(Clock::system());
    };
    let moment = at
        .parse()
        .or_else(|_| format!("{at}T00:00:00Z").parse())
        .map_err(|_| Failure::usage("moment").with("value", at))?;
    Ok(Clock::at(moment))
}

/// Reads a text file that is no larger than a key.
fn short(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MAX_KEY_BYTES).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| unreadable(path, &error))
}

/// The passphrase of key files: in the file named, else in the environment.
pub fn passphrase(file: Option<&Path>) -> Result<Option<Passphrase>, Failure> {
    let text = match file {
        Some(path) => Some(short(path)?),
        None => std::env::var(PASSPHRASE).ok(),
    };
    Ok(text.map(|text| Passphrase::new(text.trim_end_matches(['\r', '\n']))))
}

/// What the call names, else what the settings do.
pub fn named<'p>(call: &'p [PathBuf], settings: &'p [PathBuf]) -> &'p [PathBuf] {
    match call.is_empty() {
        true => settings,
        false => call,
    }
}

/// The roots and lists that were named, else those of the settings; with
/// `built_in` those of the built-in test PKI as well.
pub fn trust(
    roots: &[PathBuf],
    lists: &[PathBuf],
    settings: &Settings,
    built_in: bool,
) -> Result<Trust, Failure> {
    let fail = |error| material(&error);
    let own = Authorities {
        store: TrustStore::load(named(roots, &settings.trust)).map_err(fail)?,
        lists: Revocation::load(named(lists, &settings.crl)).map_err(fail)?,
    };
    Ok(match built_in {
        true => own.with_built_in().trust(),
        false => own.trust(),
    })
}

/// What the certificates of signers are judged with. A test environment trusts
/// the built-in test PKI as well.
pub fn signers(check: &Check, settings: &Settings, profile: Profile) -> Result<Trust, Failure> {
    let built_in = profile == Profile::Test;
    let trust = trust(&check.trust, &check.crl, settings, built_in)?;
    let folder = check.fetch_crl.as_ref().or(settings.fetch_crl.as_ref());
    Ok(match folder {
        None => trust,
        Some(folder) => trust.fetching(Distribution::new(folder).map_err(|error| {
            Failure::usage("not-written")
                .with("path", folder.display())
                .because(error.kind())
        })?),
    })
}

/// The failure to use certificates or revocation lists.
pub fn material(error: &MaterialError) -> Failure {
    match &error.problem {
        MaterialProblem::Unreadable(problem) => return unreadable(&error.path, problem),
        MaterialProblem::TooLarge => Failure::usage("material-large"),
        MaterialProblem::TooManyFiles => Failure::usage("material-many"),
        MaterialProblem::NoCertificate => Failure::usage("material-none"),
        MaterialProblem::NoList => Failure::usage("crl-none"),
    }
    .with("path", error.path.display())
}

/// The request that answers belong to.
pub fn request(path: &Path) -> Result<RequestFacts, Failure> {
    let paths = [path.to_path_buf()];
    let none = || Failure::usage("request-none").with("path", path.display());
    let mut inputs =
        Inputs::resolve(&paths, Options::default()).map_err(|error| no_input(&error))?;
    inputs
        .find_map(|input| request_facts(&input.content.ok()?))
        .ok_or_else(none)
}

/// The failure to find what arguments name.
pub fn no_input(error: &UsageError) -> Failure {
    match error {
        UsageError::NothingNamed => Failure::usage("input-none"),
        UsageError::NotFound(path) => Failure::usage("not-found").with("path", path),
        UsageError::EmptyFolder(path) => Failure::usage("input-empty-folder").with("path", path),
        UsageError::NothingMatches(path) => Failure::usage("input-no-match").with("path", path),
        UsageError::BadPattern(path) => Failure::usage("input-pattern").with("path", path),
        UsageError::StandardInputTwice => Failure::usage("input-stdin-twice"),
    }
}

/// Reads RIO answers into data for the rules.
fn rio_data(paths: &[PathBuf], store: &Store) -> Result<RioData, Failure> {
    let rio_paths =
        shipped_rio_paths().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let inputs = Inputs::resolve(paths, Options::default()).map_err(|error| match error {
        UsageError::NotFound(path) => Failure::usage("rio-not-found").with("path", path),
        other => no_input(&other),
    })?;
    let mut data = RioData::new();
    let mut answers = 0;
    for input in inputs {
        let Ok(exchange) = input.content else {
            continue;
        };
        let Ok(gated) = Gated::xml(&exchange.body) else {
            continue;
        };
        let Ok(document) = Document::from_xml(gated) else {
            continue;
        };
        if let Recognition::Known(known) = recognise_xml(store, &document)
            && &*known.pack.manifest.family == "rio"
        {
            data.add(&rio_paths, &document, known.root);
            answers += 1;
        }
    }
    if answers == 0 {
        return Err(Failure::usage("rio-none").with("path", shown(paths)));
    }
    Ok(data)
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    paths.join(", ")
}
