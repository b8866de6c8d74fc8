//! `ketenkeur example`: a synthetic message, right or with one rule broken.

use std::path::Path;
use std::sync::Arc;

use super::args::Example;
use super::failure::Failure;
use super::output::{print, tell};
use super::rules::codes;
use crate::document::{Format, nearest};
use crate::edukoppeling::breakable;
use crate::example::{BulkFile, Case, CaseError, Cases, Examples, bulk};
use crate::exit::Exit;
use crate::finding::Language;
use crate::pack::{Pack, Part, Store};
use crate::text::{Texts, fill};

/// Runs the command; without an operation it lists what there is.
pub fn run_example(store: &Store, wanted: &Example, language: Language) -> Result<Exit, Failure> {
    if let Some(folder) = &wanted.all {
        return write_all(store, folder, language);
    }
    if let Some(rule) = &wanted.breaks {
        return broken(store, rule, wanted, language);
    }
    let Some(operation) = &wanted.operation else {
        return list(store, language);
    };
    let part = if wanted.response {
        Part::Response
    } else {
        Part::Request
    };
    let found = store
        .messages()
        .find(|(_, message)| {
            let named = **message.id() == **operation;
            named || (*message.operation == **operation && message.part == part)
        })
        .and_then(|(_, message)| store.example(message.id()));
    match found {
        Some(example) => {
            let contract = example.contract;
            note_of_origin(store, contract, language);
            print(example.text)
        }
        None => Err(unknown(store, operation)),
    }
}

/// Writes the messages of every case into a new folder, with their index.
fn write_all(store: &Store, folder: &Path, language: Language) -> Result<Exit, Failure> {
    let internal = |error: CaseError| Failure::internal("pack").with("reason", error);
    let cases =
        Cases::builtin().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let made = bulk(cases, store).map_err(internal)?;
    let not_written = |path: &Path, error: std::io::Error| {
        Failure::usage("not-written")
            .with("path", path.display())
            .because(error.kind())
    };
    std::fs::create_dir_all(folder).map_err(|error| not_written(folder, error))?;
    let mut there = std::fs::read_dir(folder).map_err(|error| not_written(folder, error))?;
    if there.next().is_some() {
        return Err(Failure::usage("folder-full").with("path", folder.display()));
    }
    let index =
        serde_json::to_vec_pretty(&made.index).map_err(|_| Failure::internal("internal"))?;
    let index = BulkFile {
        path: "index.json".to_string(),
        bytes: [index, vec![b'\n']].concat(),
    };
    for file in made.files.iter().chain([&index]) {
        let path = folder.join(&file.path);
        let above = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(above)
            .and_then(|()| std::fs::write(&path, &file.bytes))
            .map_err(|error| not_written(&path, error))?;
    }
    let args = [
        ("count", &*made.files.len().to_string()),
        ("path", &*folder.join(&index.path).display().to_string()),
    ];
    print(&format!(
        "{}\n",
        fill(&Texts::of(language).rules.examples_written, &args)
    ))
}

fn list(store: &Store, language: Language) -> Result<Exit, Failure> {
    let mut out = format!("{}\n\n", Texts::of(language).rules.examples);
    for (pack, message) in store.messages() {
        out.push_str(&format!(
            "{:44}  {}  ({})\n",
            message.id(),
            message.title(language),
            pack.manifest.contract
        ));
    }
    print(&out)
}

/// The message of a case in which exactly `rule` is broken.
fn broken(
    store: &Store,
    rule: &str,
    wanted: &Example,
    language: Language,
) -> Result<Exit, Failure> {
    let operation = wanted.operation.as_deref();
    let cases =
        Cases::builtin().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let code = rule.to_uppercase();
    let mut of_rule = cases.shown_of(&code).peekable();
    if of_rule.peek().is_none() {
        let codes = codes(store);
        if breakable().any(|(known, _)| known == code) {
            return Err(Failure::usage("example-transport").with("rule", &code));
        }
        if cases.batches_of(&code).next().is_some() {
            return Err(Failure::usage("example-batch").with("rule", &code));
        }
        if codes.contains(&code) {
            return Err(Failure::usage("example-never").with("rule", &code));
        }
        let codes = codes.iter().map(String::as_str);
        return Err(Failure::usage("no-rule")
            .with("rule", rule)
            .with("nearest", nearest(&code, codes).unwrap_or_default()));
    }
    let case = of_rule.find(|case| {
        operation.is_none_or(|operation| {
            case.breaks.base == operation
                || store
                    .example(&case.breaks.base)
                    .is_some_and(|example| example.operation == operation)
        })
    });
    let Some(case) = case else {
        let operation = operation.unwrap_or("");
        return Err(Failure::usage("no-case")
            .with("rule", rule)
            .with("operation", operation));
    };
    let message = case
        .breaks
        .message(store)
        .map_err(|error| Failure::internal("pack").with("reason", error))?;
    if let Some(example) = store.example(&case.breaks.base) {
        note_of_origin(store, example.contract, language);
    }
    if wanted.response {
        tell(&Texts::of(language).rules.response_ignored);
    }
    let shown = &Texts::of(language).rules.shown_with;
    tell(&format!("{code}: {shown} {}", shown_with(store, case)));
    print(&message)
}

/// The call of `check` that shows the break of a case, in a file named as in the
/// README, and nothing else that is broken.
pub(super) fn shown_with(store: &Store, case: &Case) -> String {
    let example = store.example(&case.breaks.base);
    let at = case.at.or(example.as_ref().map(|example| example.at));
    let mut call = String::from("ketenkeur check ");
    call += match example.as_ref().map(|example| example.format) {
        Some(Format::Json) => "fout.json",
        _ => "fout.xml",
    };
    if let Some(at) = at {
        call += &format!(" --at {at}");
    }
    call += &format!(" --profile {}", case.profile.name());
    if example.is_some_and(|example| example.format == Format::Json) {
        call += &format!(" --as {}", case.breaks.base);
    }
    for answer in &case.rio {
        // What `example` prints under that name.
        call += &format!(" --rio {}.xml", answer.base);
    }
    call
}

/// Says beside the message, where an official pack is in force, that it comes
/// from the reconstruction: it may differ from what the pack asks for.
fn note_of_origin(store: &Store, contract: &str, language: Language) {
    let replaced = |pack: &&Arc<Pack>| {
        let reconstruction = pack.reconstruction();
        reconstruction.is_some_and(|pack| *pack.manifest.contract == *contract)
    };
    if let Some(official) = store.packs().find(replaced) {
        let args = [("contract", &*official.manifest.contract)];
        let note = &Texts::of(language).rules.of_reconstruction;
        tell(&fill(note, &args));
    }
}

fn unknown(store: &Store, operation: &str) -> Failure {
    let names = store
        .messages()
        .flat_map(|(_, message)| [&*message.operation, &**message.id()]);
    Failure::usage("no-operation")
        .with("operation", operation)
        .with("nearest", nearest(operation, names).unwrap_or_default())
}
