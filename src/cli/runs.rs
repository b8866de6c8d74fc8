//! `ketenkeur runs`: what was kept of runs.

use std::io::{Cursor, Write};
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::args::{Global, KeyFiles, Runs};
use super::diff::diff;
use super::failure::Failure;
use super::join::{self, copying};
use super::output::print;
use super::report::every_rule;
use super::settings::Settings;
use super::setup;
use super::telling::unwritten;
use crate::check::Masker;
use crate::clock::Clock;
use crate::evidence::{
    Evidence, Folder, ReadError, SignatureState, Signer, kept_authorities, new_file, seal,
};
use crate::exit::Exit;
use crate::finding::{Disputed, Language};
use crate::pack::Store;
use crate::play::{Open, Rejudged, WhyOpen, rejudge, stage_for};
use crate::report::Voice;
use crate::text::{Texts, fill, say, word};

/// Runs the command.
pub fn run_runs(
    runs: &Runs,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    match runs {
        Runs::Diff {
            before,
            after,
            report,
            disputes,
            no_redact,
        } => {
            let store = setup::store(global, settings)?;
            let disputes = setup::disputes(disputes.as_deref(), &store, Clock::system())?;
            let rules = every_rule(&store);
            let book = Disputed {
                book: &rules,
                disputes: &disputes,
            };
            let runs = [before.as_path(), after.as_path()];
            diff(runs, *no_redact, *report, Voice::new(&book, language))
        }
        Runs::Verify { path } => verify(path, global, settings, language),
        Runs::Merge(merge) => join::merge(merge, global, settings, language),
        Runs::Sign {
            folder,
            key,
            cert,
            p12,
            passphrase_file,
        } => {
            let files = KeyFiles {
                key: key.clone(),
                cert: cert.clone(),
                p12: p12.clone(),
                passphrase_file: passphrase_file.clone(),
            };
            sign(folder, &files, language)
        }
        Runs::Pack {
            folder,
            out,
            recipient,
        } => pack(folder, out, recipient.as_deref(), language),
        Runs::Prune(wanted) => super::prune::prune(wanted, language),
        Runs::Share { path, out } => share(path, out, &setup::store(global, settings)?, language),
    }
}

/// Evidence that is as it was written.
fn whole(path: &Path) -> Result<Evidence, Failure> {
    let failed = |error: ReadError| unreadable(path, &error);
    let evidence = Evidence::open(path).map_err(failed)?;
    let differences = evidence.differences().map_err(failed)?;
    if differences.is_empty() {
        Ok(evidence)
    } else {
        Err(changed(path, &differences.few()))
    }
}

/// The failure to use evidence of which these files are not as they were
/// written.
pub fn changed(path: &Path, names: &str) -> Failure {
    Failure::usage("evidence-changed")
        .with("path", path.display())
        .with("name", crate::report::visible(names))
}

/// Signs the manifest of a run.
fn sign(folder: &Path, files: &KeyFiles, language: Language) -> Result<Exit, Failure> {
    let evidence = whole(folder)?;
    if !folder.is_dir() {
        return Err(Failure::usage("evidence-archive").with("path", folder.display()));
    }
    if evidence.signature() != SignatureState::Unsigned {
        return Err(Failure::usage("evidence-signed").with("path", folder.display()));
    }
    let key = files.read(&|_| None)?;
    let manifest = evidence.manifest_bytes();
    crate::evidence::sign(folder, &manifest, &key).map_err(|error| unwritten(&error, folder))?;
    let oin = key.oin().unwrap_or("-");
    print(&said(language, "signed", &[("oin", oin)]))
}

/// Puts evidence into one archive, for everybody or for one recipient.
fn pack(
    folder: &Path,
    out: &Path,
    recipient: Option<&Path>,
    language: Language,
) -> Result<Exit, Failure> {
    let evidence = whole(folder)?;
    let certificate = recipient.map(certificate).transpose()?;
    let unwritten = |error: std::io::Error| unwritten(&error.into(), out);
    let failed = |error| copying(&error, folder, out, language);
    let path = out.display().to_string();
    let Some(certificate) = certificate else {
        let file = new_file(out).map_err(unwritten)?;
        crate::evidence::pack(&evidence, file).map_err(failed)?;
        return print(&said(language, "packed", &[("path", &path)]));
    };
    let archive = Cursor::new(Vec::new());
    let archive = crate::evidence::pack(&evidence, archive).map_err(failed)?;
    let sealed = seal(archive.into_inner(), &certificate).map_err(|_| {
        let path = recipient.unwrap_or(Path::new("")).display();
        Failure::usage("evidence-recipient").with("path", path)
    })?;
    let mut file = new_file(out).map_err(unwritten)?;
    file.write_all(&sealed).map_err(unwritten)?;
    print(&said(language, "sealed", &[("path", &path)]))
}

/// A certificate in PEM or DER.
fn certificate(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| setup::unreadable(path, &error))?;
    Ok(match CertificateDer::from_pem_slice(&bytes) {
        Ok(certificate) => certificate.to_vec(),
        Err(_) => bytes,
    })
}

/// Makes the masked view of evidence.
fn share(path: &Path, out: &Path, store: &Store, language: Language) -> Result<Exit, Failure> {
    let evidence = whole(path)?;
    if evidence.manifest().masked {
        return Err(Failure::usage("evidence-masked").with("path", path.display()));
    }
    let folder = Folder::create(out).map_err(|error| unwritten(&error, out))?;
    let shared = crate::evidence::share(&evidence, &mut Masker::new(store.clone()), &folder);
    shared.map_err(|error| copying(&error, path, out, language))?;
    let out = out.display().to_string();
    print(&said(language, "shared", &[("path", &out)]))
}

pub fn said(language: Language, key: &str, args: &[(&str, &str)]) -> String {
    format!("{}\n", say(&Texts::of(language).runs, key, args))
}

/// Holds every file against the manifest, checks the signature, and judges the
/// recorded messages again.
fn verify(
    path: &Path,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let unreadable = |error: ReadError| unreadable(path, &error);
    let evidence = Evidence::open(path).map_err(unreadable)?;
    let say = |key: &str, args: &[(&str, &str)]| said(language, key, args);
    let mut out = String::new();
    let mut exit = Exit::Conforms;
    let differences = evidence.differences().map_err(unreadable)?;
    if differences.is_empty() {
        let count = evidence.manifest().files.len().to_string();
        out += &say("files-same", &[("count", &count)]);
    } else {
        exit = Exit::Findings;
        for (key, name) in differences.told() {
            out += &say(key, &[("name", &crate::report::visible(name))]);
        }
    }
    let run = evidence.run().map_err(unreadable)?;
    let masked = evidence.manifest().masked;
    if masked {
        out += &say("masked", &[]);
    }
    match evidence.signature() {
        SignatureState::Unsigned => out += &say("unsigned", &[]),
        SignatureState::Signed(Signer { oin, .. }) => {
            out += &say(
                "signed",
                &[("oin", if oin.is_empty() { "-" } else { &oin })],
            );
            if !run.target.oin.is_empty() && run.target.oin != oin {
                out += &say("signed-other", &[("oin", &run.target.oin)]);
            }
        }
        SignatureState::Broken => {
            exit = Exit::Findings;
            out += &say("signature-broken", &[]);
        }
    }
    if run.relayed.is_some() {
        out += &say("recording", &[]);
        print(&out)?;
        return Ok(match exit {
            Exit::Conforms => Exit::Undecided,
            exit => exit,
        });
    }
    let (authorities, own) = kept_authorities(&evidence, &run).map_err(unreadable)?;
    if own > 0 {
        out += &say("trusted", &[("count", &own.to_string())]);
    }
    let stage = stage_for(&run, authorities, setup::store(global, settings)?);
    let rejudged = match rejudge(&evidence, &stage) {
        Ok(rejudged) => rejudged,
        // What was found out so far is told.
        Err(_) if !differences.is_empty() => {
            out += &say("not-judged-again", &[]);
            print(&out)?;
            return Ok(Exit::Findings);
        }
        Err(error) => return Err(unreadable(error)),
    };
    out += &told(&rejudged, language);
    if rejudged.not_compared {
        out += &say("scripts-not-compared", &[("tool", &run.tool)]);
    }
    let otherwise = !rejudged.different.is_empty() && rejudged.packs.is_empty();
    let untrue = !rejudged.embellished.is_empty()
        || !rejudged.strange.is_empty()
        || !rejudged.other_scripts.is_empty();
    if otherwise || untrue {
        exit = Exit::Findings;
    }
    // A view is no original: whether it shows what was exchanged, it cannot say.
    let open = masked || !rejudged.open.is_empty() || !rejudged.packs.is_empty();
    if open && exit == Exit::Conforms {
        exit = Exit::Undecided;
    }
    print(&out)?;
    Ok(exit)
}

fn told(rejudged: &Rejudged, language: Language) -> String {
    let texts = Texts::of(language);
    let say = |key: &str, args: &[(&str, &str)]| said(language, key, args);
    let mut out = match rejudged.same {
        1 => say("same-one", &[]),
        same => say("same", &[("count", &same.to_string())]),
    };
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
    for scenario in &rejudged.embellished {
        out += &say("embellished", &[("scenario", scenario)]);
    }
    for scenario in &rejudged.other_scripts {
        out += &say("other-script", &[("scenario", scenario)]);
    }
    for scenario in &rejudged.own_scripts {
        out += &say("own-script", &[("scenario", scenario)]);
    }
    for (scenario, stranger) in &rejudged.strange {
        let (expected, found) = (stranger.expected.as_str(), stranger.found.as_str());
        let args = [
            ("scenario", scenario.as_str()),
            ("expected", expected),
            ("found", found),
        ];
        out += &say("strange", &args);
    }
    let alike = |one: &Open, other: &Open| one.scenario == other.scenario && one.why == other.why;
    for steps in rejudged.open.chunk_by(alike) {
        let why = match &steps[0].why {
            WhyOpen::Script(script) => texts.mistake(&script.file, &script.mistake),
            _ => String::new(),
        };
        let why = fill(word(&texts.runs, steps[0].why.key()), &[("mistake", &why)]);
        let named: Vec<&str> = steps.iter().map(|one| one.step.as_str()).collect();
        let args = [
            ("scenario", steps[0].scenario.as_str()),
            ("step", &named.join(", ")),
            ("reason", &why),
        ];
        out += &say(
            if steps.len() == 1 {
                "open"
            } else {
                "open-many"
            },
            &args,
        );
    }
    out
}

/// Whether a run that was cut off played nothing: what is recorded is judged in
/// one go.
fn is_recorded(path: &Path) -> bool {
    let run = Evidence::cut_off(path).and_then(|evidence| evidence.run());
    run.is_ok_and(|run| run.is_recorded())
}

/// The failure to read evidence.
pub fn unreadable(path: &Path, error: &ReadError) -> Failure {
    let (key, name) = match error {
        ReadError::NotFound => ("evidence-absent", ""),
        ReadError::NoRun => ("evidence-none", ""),
        ReadError::NoManifest if is_recorded(path) => ("evidence-cut-off-recorded", ""),
        ReadError::NoManifest => ("evidence-cut-off", ""),
        ReadError::BadManifest => ("evidence-manifest", ""),
        ReadError::Version => ("evidence-version", ""),
        ReadError::Archive => ("evidence-no-archive", ""),
        ReadError::Sealed => ("evidence-sealed", ""),
        ReadError::TooLarge => ("evidence-too-large", ""),
        ReadError::Unreadable(name) => ("evidence-unreadable", name.as_str()),
        ReadError::Damaged(name) => ("evidence-damaged", name.as_str()),
    };
    Failure::usage(key)
        .with("path", path.display())
        .with("name", crate::report::visible(name))
}
