//! `ketenkeur runs prune`: removes old runs from a folder.

use std::path::{Path, PathBuf};

use super::args::Prune;
use super::failure::Failure;
use super::output::print;
use super::runs::said;
use super::setup;
use crate::clock::to_the_second;
use crate::evidence::{Evidence, Keep, Kept, NotKept, ReadError, remove, runs_below};
use crate::exit::Exit;
use crate::finding::Language;

/// A run below the folder.
struct Found {
    path: PathBuf,
    run: Kept,
}

/// Tells which runs go and which stay, and removes those that go when that is
/// confirmed.
pub fn prune(wanted: &Prune, language: Language) -> Result<Exit, Failure> {
    let folder = &wanted.folder;
    std::fs::read_dir(folder).map_err(|error| setup::unreadable(folder, &error))?;
    let keep = Keep {
        now: setup::clock(wanted.at.as_deref())?.now(),
        newest: wanted.keep,
        days: wanted.older_than,
        broken: !wanted.broken,
    };
    let say = |key: &str, args: &[(&str, &str)]| print(&said(language, key, args));
    let paths = runs_below(folder)
        .map_err(|_| Failure::usage("scenarios-many").with("path", folder.display()))?;
    let mut found = Vec::new();
    for path in paths {
        let shown = path.display().to_string();
        let path_only = [("path", shown.as_str())];
        let looked = Evidence::open(&path)
            .map_err(NotKept::from)
            .and_then(|evidence| Kept::of(&evidence));
        match looked {
            Ok(run) => found.push(Found { path, run }),
            // Of an archive that holds something else nothing is said.
            Err(NotKept::Read(ReadError::NoRun | ReadError::NoManifest | ReadError::Archive)) => {}
            Err(NotKept::Relayed) => {
                say("prune-recording", &path_only)?;
            }
            Err(NotKept::Read(_)) => {
                say("prune-unknown", &path_only)?;
            }
        }
    }
    found.sort_by(|one, other| {
        let order = |found: &Found| (found.run.began, found.path.clone());
        order(one).cmp(&order(other))
    });
    let runs: Vec<Kept> = found.iter().map(|found| found.run.clone()).collect();
    let stay = keep.stay(&runs);
    let (mut gone, mut kept) = (0usize, 0usize);
    for (found, stays) in found.iter().zip(stay) {
        let key = match (stays, found.run.whole) {
            (false, _) => "prune-goes",
            (true, true) => "prune-stays",
            (true, false) => "prune-broken",
        };
        say(
            key,
            &arguments(found)
                .each_ref()
                .map(|(name, text)| (*name, &**text)),
        )?;
        if stays {
            kept += 1;
            continue;
        }
        gone += 1;
        if wanted.yes {
            let removed = remove(&found.path, &found.run);
            removed.map_err(|error| not_removed(&found.path, &error))?;
        }
    }
    let key = match (gone, wanted.yes) {
        (0, _) => "prune-nothing",
        (_, true) => "pruned",
        (_, false) => "prune-dry",
    };
    say(
        key,
        &[("count", &gone.to_string()), ("kept", &kept.to_string())],
    )
}

/// What is told of a run.
fn arguments(found: &Found) -> [(&'static str, String); 5] {
    let run = &found.run;
    let keys: Vec<&str> = run.keys.iter().map(String::as_str).collect();
    [
        ("path", found.path.display().to_string()),
        ("began", to_the_second(run.began)),
        ("product", crate::report::visible(&run.product)),
        ("version", crate::report::visible(&run.version)),
        ("keys", crate::report::visible(&keys.join(", "))),
    ]
}

fn not_removed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage("not-removed")
        .with("path", path.display())
        .because(error.kind())
}
