//! `ketenkeur runs`: what was kept of runs.

use std::path::Path;
use std::sync::Arc;

use super::args::{Global, Runs};
use super::failure::Failure;
use super::output::print;
use super::settings::Settings;
use super::setup;
use crate::evidence::{Evidence, ReadError, SignatureState};
use crate::exit::Exit;
use crate::finding::{Language, Redaction};
use crate::play::{Interrupt, Rejudged, Stage, StageOptions, Unmade, rejudge};
use crate::text::{Texts, fill};

/// Runs the command.
pub fn run_runs(
    runs: &Runs,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    match runs {
        Runs::Verify { folder } => verify(folder, global, settings, language),
    }
}

/// Holds every file against the manifest, checks the signature, and judges the
/// recorded messages again.
fn verify(
    folder: &Path,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let unreadable = |error: ReadError| unreadable(folder, &error);
    let evidence = Evidence::open(folder).map_err(unreadable)?;
    let texts = &Texts::of(language).runs;
    let say = |key: &str, args: &[(&str, &str)]| {
        let text = texts.get(key).map_or("", String::as_str);
        format!("{}\n", fill(text, args))
    };
    let mut out = String::new();
    let mut exit = Exit::Conforms;
    let differences = evidence.differences().map_err(unreadable)?;
    if differences.is_empty() {
        let count = evidence.manifest().files.len().to_string();
        out += &say("files-same", &[("count", &count)]);
    } else {
        exit = Exit::Findings;
        for (key, names) in [
            ("file-changed", &differences.changed),
            ("file-missing", &differences.missing),
            ("file-strange", &differences.strange),
        ] {
            for name in names {
                out += &say(key, &[("name", &crate::report::visible(name))]);
            }
        }
    }
    match evidence.signature() {
        SignatureState::Unsigned => out += &say("unsigned", &[]),
        SignatureState::Signed(oin) => out += &say("signed", &[("oin", &oin)]),
        SignatureState::Broken => {
            exit = Exit::Findings;
            out += &say("signature-broken", &[]);
        }
    }
    let run = evidence.run().map_err(unreadable)?;
    let stage = Stage::new(
        StageOptions {
            store: setup::store(global, settings)?,
            profile: match run.profile.as_str() {
                "production" => crate::facts::Profile::Production,
                _ => crate::facts::Profile::Test,
            },
            tested: None,
            seed: run.seed.as_str().into(),
            now: run.now,
            redaction: Redaction::Mask,
            strict_provenance: run.strict_provenance,
            fail_on: run.fail_on,
            judges: 1,
        },
        None,
        Interrupt::default(),
    )
    .map_err(|Unmade(part)| Failure::internal("play").with("part", part))?;
    let rejudged = rejudge(&evidence, &Arc::new(stage)).map_err(unreadable)?;
    out += &told(&rejudged, say);
    if !rejudged.different.is_empty() && rejudged.packs.is_empty() {
        exit = Exit::Findings;
    }
    let open = !rejudged.open.is_empty() || !rejudged.packs.is_empty();
    if open && exit == Exit::Conforms {
        exit = Exit::Undecided;
    }
    print(&out)?;
    Ok(exit)
}

fn told(rejudged: &Rejudged, say: impl Fn(&str, &[(&str, &str)]) -> String) -> String {
    let mut out = say("same", &[("count", &rejudged.same.to_string())]);
    for pack in &rejudged.packs {
        out += &say("other-pack", &[("contract", pack)]);
    }
    for different in &rejudged.different {
        out += &say(
            "different",
            &[
                ("scenario", &different.scenario),
                ("step", &different.step),
                ("recorded", &different.recorded),
                ("now", &different.now),
            ],
        );
    }
    for (scenario, step) in &rejudged.open {
        out += &say("open", &[("scenario", scenario), ("step", step)]);
    }
    out
}

pub fn unreadable(folder: &Path, error: &ReadError) -> Failure {
    let (key, name) = match error {
        ReadError::NoManifest => ("evidence-none", ""),
        ReadError::BadManifest => ("evidence-manifest", ""),
        ReadError::Version => ("evidence-version", ""),
        ReadError::Unreadable(name) => ("evidence-unreadable", name.as_str()),
        ReadError::Damaged(name) => ("evidence-damaged", name.as_str()),
    };
    Failure::usage(key)
        .with("path", folder.display())
        .with("name", crate::report::visible(name))
}
