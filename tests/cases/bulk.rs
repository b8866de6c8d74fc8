//! The messages of all cases in a folder, with their index.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ketenkeur::check::{PackRules, run};
use ketenkeur::event::{Event, Reported};
use ketenkeur::example::Entry;
use ketenkeur::finding::Kind;
use ketenkeur::input::{Inputs, Options};
use ketenkeur::pack::Store;
use ketenkeur::text::builtin_rules;

use crate::bench;

/// What `ketenkeur example --all` writes gives what its index says.
#[test]
fn the_messages_in_bulk_give_what_their_index_says() {
    let folder = tempfile::tempdir().unwrap();
    let written = std::process::Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(["example", "--all"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    let text = std::fs::read_to_string(folder.path().join("index.json")).unwrap();
    let schema = include_str!("../../docs/schemas/example-index.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    validator
        .validate(&serde_json::from_str(&text).unwrap())
        .unwrap();
    let index: Vec<Entry> = serde_json::from_str(&text).unwrap();
    let with = |breaks: bool| -> BTreeSet<&str> {
        let entries = index.iter().filter(|entry| entry.gives.is_some() == breaks);
        entries.map(|entry| entry.rule.as_str()).collect()
    };
    let (broken, nearly) = (with(true), with(false));
    let of_packs = Store::builtin()
        .packs()
        .flat_map(|pack| {
            let rules = PackRules::read(pack);
            rules
                .infos()
                .map(|info| info.code.to_string())
                .collect::<Vec<_>>()
        })
        .collect::<BTreeSet<_>>();
    let batch = builtin_rules().iter().map(|rule| rule.code.to_string());
    let batch = batch.filter(|code| code.starts_with("KK-BATCH-"));
    for code in of_packs.iter().cloned().chain(batch) {
        assert!(broken.contains(code.as_str()), "no message breaks {code}");
        assert!(
            nearly.contains(code.as_str()),
            "no message nearly breaks {code}"
        );
    }
    let wrong: Vec<String> = index
        .iter()
        .filter_map(|entry| {
            let found = given(folder.path(), entry);
            let is_right = |found: &Vec<String>| match &entry.gives {
                Some(rule) => !found.is_empty() && found.iter().all(|code| code == rule),
                None => found.is_empty(),
            };
            (!found.iter().any(is_right)).then(|| format!("{:?}: {found:?}", entry.files))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the files of an entry give, named themselves and, where it is the only
/// file there, by their folder.
fn given(folder: &Path, entry: &Entry) -> Vec<Vec<String>> {
    let rio: Vec<String> = (entry.rio.iter())
        .map(|file| std::fs::read_to_string(folder.join(file)).unwrap())
        .collect();
    let files: Vec<PathBuf> = entry.files.iter().map(|file| folder.join(file)).collect();
    let above = files[0].parent().unwrap();
    let is_alone = std::fs::read_dir(above).unwrap().count() == 1;
    let mut ways = vec![files.clone()];
    if is_alone {
        ways.push(vec![above.to_path_buf()]);
    }
    let counts = |found: &Reported| {
        let is_signature = found.code == "KK-EK-WB003-BEVEILIGING";
        !is_signature && (found.kind == Kind::Violation || found.code == entry.rule)
    };
    ways.iter()
        .map(|paths| {
            let bench = bench(entry.at, entry.profile, &rio, entry.named.as_deref());
            let inputs = Inputs::resolve(paths, Options::default()).unwrap();
            let mut codes = Vec::new();
            run(
                &bench,
                inputs,
                || 1,
                |event| {
                    let found: Vec<Reported> = match event {
                        Event::Judged(judged) => judged.findings,
                        Event::Batch(batch) => batch
                            .findings
                            .into_iter()
                            .map(|found| found.finding)
                            .collect(),
                        _ => Vec::new(),
                    };
                    codes.extend(found.into_iter().filter(counts).map(|found| found.code));
                },
            );
            codes
        })
        .collect()
}
