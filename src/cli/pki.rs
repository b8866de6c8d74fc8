//! `ketenkeur pki`: a test PKI in a folder.

use std::path::Path;

use super::args::Pki;
use super::failure::Failure;
use super::output::print;
use super::setup;
use super::sign::condition;
use crate::edukoppeling::Passphrase;
use crate::exit::Exit;
use crate::finding::Language;
use crate::pki::{FilesError, IDENTITIES, TestPki, make_folder, write_files};
use crate::text::{Texts, say, word};

/// What opens the PKCS#12 files unless the user chooses otherwise: the keys in
/// them are worth nothing.
const PASSPHRASE: &str = "ketenkeur";

/// Runs the command.
pub fn run_pki(command: &Pki, language: Language) -> Result<Exit, Failure> {
    let Pki::Init {
        folder,
        at,
        passphrase_file,
    } = command;
    let clock = setup::clock(at.as_deref())?;
    let passphrase = setup::passphrase(passphrase_file.as_deref())?
        .unwrap_or_else(|| Passphrase::new(PASSPHRASE));
    let texts = Texts::of(language);
    make_folder(folder).map_err(|error| failure(folder, error))?;
    let pki = TestPki::fresh(clock).map_err(|_| Failure::internal("internal"))?;
    write_files(folder, &pki, &passphrase, &readme(texts))
        .map_err(|error| failure(folder, error))?;
    let args = [
        ("path", &*folder.display().to_string()),
        ("count", &*IDENTITIES.len().to_string()),
    ];
    print(&format!("{}\n", say(&texts.pki, "made", &args)))
}

/// What stands in the folder: one line for each certificate.
fn readme(texts: &Texts) -> String {
    let text = |key: &str| word(&texts.pki, key);
    let mut readme = format!("{}\n", text("readme"));
    for identity in IDENTITIES {
        let meaning = match (identity.breaks, identity.name.starts_with("fout-")) {
            (Some(rule), true) => match condition(rule, texts) {
                Some(condition) => format!("{rule}; {condition}"),
                None => rule.to_string(),
            },
            (None, true) => text(identity.name).to_string(),
            (_, false) => text(identity.hierarchy.name()).to_string(),
        };
        readme.push_str(&format!("  {:30}  {meaning}\n", identity.name));
    }
    readme
}

fn failure(folder: &Path, error: FilesError) -> Failure {
    match error {
        FilesError::NotEmpty => Failure::usage("pki-not-empty").with("path", folder.display()),
        FilesError::Write { path, problem } => Failure::usage("not-written")
            .with("path", path.display())
            .because(problem.kind()),
        FilesError::Pki(_) => Failure::internal("internal"),
    }
}
