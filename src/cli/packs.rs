//! `ketenkeur packs`: which packs are in force, and official ones in their
//! place.

use std::path::Path;

use serde_json::json;

use super::args::{Global, Packs, Shape};
use super::failure::Failure;
use super::output::{print, print_json};
use super::settings::Settings;
use super::setup;
use crate::document::nearest;
use crate::exit::Exit;
use crate::finding::Language;
use crate::pack::{
    Binding, Change, ImportOptions, ImportSource, ImportedPack, Pack, Project, ProjectError, Store,
    notice,
};
use crate::text::{Texts, fill};

/// Runs the command.
pub fn run_packs(
    command: &Packs,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    match command {
        Packs::List { report } => list_packs(&setup::store(global, settings)?, *report, language),
        Packs::Show { contract, report } => show_pack(
            &setup::store(global, settings)?,
            contract,
            *report,
            language,
        ),
        Packs::Import { source, replaces } => {
            import(source, replaces.as_deref(), global, settings, language)
        }
        Packs::Diff {
            old,
            new,
            messages,
            at,
            report,
        } => {
            let wanted = super::packs_diff::Wanted {
                sides: [old, new],
                messages,
                at: at.as_deref(),
                shape: *report,
            };
            super::packs_diff::run_diff(&wanted, global, settings, language)
        }
        Packs::Remove { contract } => remove(contract, global, settings, language),
        Packs::Lock => {
            let project = project(global)?;
            let store = setup::store(global, settings)?;
            project
                .lock(&store)
                .map_err(|error| Failure::from(error.problem()))?;
            let texts = &Texts::of(language).packs;
            print(&format!(
                "{} {}\n",
                texts.locked,
                project.lock_file().display()
            ))
        }
    }
}

fn list_packs(store: &Store, shape: Shape, language: Language) -> Result<Exit, Failure> {
    if shape == Shape::Json {
        let packs = store.packs().map(|pack| summary_json(pack));
        return print_json(&packs.collect::<Vec<_>>());
    }
    let texts = Texts::of(language);
    let mut out = String::new();
    let width = store.packs().map(|pack| pack.manifest.contract.len()).max();
    let width = width.unwrap_or(0);
    let mut row = |[contract, family, version, kind, grade]: [&str; 5]| {
        out.push_str(&format!(
            "{contract:width$}  {family:8}  {version:6}  {kind:18}  {grade}\n"
        ));
    };
    let words = &texts.packs;
    row([
        &words.contract,
        &words.family,
        &words.version,
        &words.kind,
        &words.weakest,
    ]);
    for pack in store.packs() {
        let manifest = &pack.manifest;
        row([
            &manifest.contract,
            &manifest.family,
            &manifest.version,
            texts.pack(manifest.kind),
            texts.grade(manifest.weakest_grade()),
        ]);
    }
    out.push_str(&format!("\n{}\n", texts.summary.reconstruction_note));
    print(&out)
}

fn show_pack(
    store: &Store,
    contract: &str,
    shape: Shape,
    language: Language,
) -> Result<Exit, Failure> {
    let Some(pack) = store.pack(contract) else {
        let names = store.packs().map(|pack| &*pack.manifest.contract);
        return Err(Failure::usage("no-contract")
            .with("contract", contract)
            .with("nearest", nearest(contract, names).unwrap_or_default()));
    };
    if shape == Shape::Json {
        return print_json(&details_json(pack, language));
    }
    print(&details_text(pack, language))
}

fn import(
    path: &Path,
    replaces: Option<&str>,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let project = project(global)?;
    let user_packs = setup::user_packs(global, settings)?;
    let builtin = Store::builtin();
    let source = if path.is_dir() {
        ImportSource::Folder(path.to_path_buf())
    } else {
        ImportSource::Zip(std::fs::read(path).map_err(|error| setup::unreadable(path, &error))?)
    };
    let options = ImportOptions {
        builtin: &builtin,
        replaces,
    };
    let imported = project
        .import(&source, options, user_packs.as_deref())
        .map_err(|error| Failure::from(error.problem()))?;
    let mut out = String::new();
    for pack in &imported.packs {
        out.push_str(&imported_text(pack, language));
    }
    let words = &Texts::of(language).packs;
    for file in &imported.ignored {
        out.push_str(&format!("{}: {file}\n", words.ignored));
    }
    let folder = project.packs_folder();
    let place = fill(&words.imported, &[("path", &folder.display().to_string())]);
    out.push_str(&format!("{place}\n"));
    print(&out)
}

fn remove(
    contract: &str,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let project = project(global)?;
    let user_packs = setup::user_packs(global, settings)?;
    let failed = |error: ProjectError| Failure::from(error.problem());
    if !project
        .remove(contract, user_packs.as_deref())
        .map_err(failed)?
    {
        let imported = project.imported().map_err(failed)?;
        return Err(Failure::usage("packs-not-imported")
            .with("contract", contract)
            .with("path", project.packs_folder().display())
            .with("known", imported.join(", ")));
    }
    let words = &Texts::of(language).packs;
    print(&format!(
        "{}\n",
        fill(&words.removed, &[("contract", contract)])
    ))
}

/// What an import did for one contract, and what of our rules is lost by it.
fn imported_text(pack: &ImportedPack, language: Language) -> String {
    let words = &Texts::of(language).packs;
    let change = match &pack.change {
        Change::New => words.new.clone(),
        Change::Unchanged => words.unchanged.clone(),
        Change::Replaced { version, .. } => format!("{} {version}", words.replaced),
        Change::Repaired => words.repaired.clone(),
    };
    let mut out = format!("{} {}: {change}\n", pack.contract, pack.version);
    if let Some(replaced) = &pack.replaces {
        out.push_str(&format!("  {}: {}\n", words.in_place_of, replaced.contract));
        for lost in &replaced.lost {
            out.push_str(&format!("  {}: {lost}\n", words.lost));
        }
    }
    if let Some(similar) = &pack.similar {
        out.push_str(&format!("  {}: --replaces {similar}\n", words.similar));
    }
    if let Some(binding) = &pack.binding {
        out.push_str(&binding_text(binding, language));
    }
    out
}

/// The rules that cannot match, by message.
fn binding_text(binding: &Binding, language: Language) -> String {
    let words = &Texts::of(language).packs;
    let affected = binding.rules_affected();
    let mut out = format!("  {}: {affected}\n", words.unbound);
    for (root, unbound) in binding.messages() {
        for rule in unbound {
            out.push_str(&format!("    {root}  {}  {}\n", rule.code, rule.path));
        }
    }
    out
}

fn details_text(pack: &Pack, language: Language) -> String {
    let texts = Texts::of(language);
    let words = &texts.packs;
    let manifest = &pack.manifest;
    let mut out = format!(
        "{} {} ({})\n",
        manifest.contract,
        manifest.version,
        texts.pack(manifest.kind)
    );
    if let Some(notice) = notice(manifest.kind, language) {
        out.push_str(&format!("{notice}\n"));
    }
    out.push('\n');
    for entry in pack.provenance() {
        out.push_str(&format!(
            "{:32} {}; {}\n",
            entry.declaration,
            texts.grade(entry.grade),
            entry.source.told(language)
        ));
    }
    out.push_str(&format!("\n{}\n", words.messages));
    for message in &manifest.messages {
        let title = match language {
            Language::Nl => &message.title_nl,
            Language::En => &message.title_en,
        };
        out.push_str(&format!("  {:44} {title}\n", message.id()));
    }
    out.push_str(&format!("\n{}\n", texts.rules.rules));
    for file in pack.rule_files() {
        out.push_str(&format!("  {:4}  {}\n", file.rules, file.path));
    }
    if let Some(binding) = pack.binding() {
        out.push_str(&binding_text(binding, language));
    }
    out.push_str(&format!("\n{}  sha256 {}\n", words.files, pack.hash()));
    for (path, bytes, _) in pack.hashed_files() {
        out.push_str(&format!("  {bytes:8}  {path}\n"));
    }
    out
}

fn summary_json(pack: &Pack) -> serde_json::Value {
    let manifest = &pack.manifest;
    let replaces = pack.reconstruction().map(|other| &other.manifest.contract);
    let rules: usize = pack.rule_files().iter().map(|file| file.rules).sum();
    json!({
        "contract": manifest.contract,
        "family": manifest.family,
        "kind": manifest.kind,
        "version": manifest.version,
        "valid-from": manifest.valid_from.map(|day| day.0.to_string()),
        "valid-until": manifest.valid_until.map(|day| day.0.to_string()),
        "grade": manifest.weakest_grade(),
        "sha256": pack.hash(),
        "messages": manifest.messages.len(),
        "rules": rules,
        "undecided-rules": pack.rules_affected(),
        "replaces": replaces,
    })
}

fn details_json(pack: &Pack, language: Language) -> serde_json::Value {
    let manifest = &pack.manifest;
    let provenance: Vec<_> = pack
        .provenance()
        .iter()
        .map(|entry| json!({"declaration": entry.declaration, "grade": entry.grade, "source": entry.source.told(language)}))
        .collect();
    let messages: Vec<_> = manifest
        .messages
        .iter()
        .map(|message| {
            json!({
                "name": message.id(),
                "operation": message.operation,
                "action": message.action,
                "direction": message.direction,
                "title-nl": message.title_nl,
                "title-en": message.title_en,
                "undecided-rules": pack.rules_affected_of(message.id()),
            })
        })
        .collect();
    let rules: Vec<_> = pack
        .rule_files()
        .iter()
        .map(|file| json!({"contract": file.contract, "path": file.path, "rules": file.rules}))
        .collect();
    let files: Vec<_> = pack
        .hashed_files()
        .map(|(path, bytes, sha256)| json!({"path": path, "bytes": bytes, "sha256": sha256}))
        .collect();
    let unbound: Vec<_> = pack
        .binding()
        .into_iter()
        .flat_map(|binding| binding.messages())
        .flat_map(|(root, unbound)| unbound.iter().map(move |rule| (root, rule)))
        .map(|(root, rule)| json!({"message": root, "rule": rule.code, "path": rule.path}))
        .collect();
    json!({
        "pack": summary_json(pack),
        "schema-namespace": manifest.schema_namespace,
        "contract-namespace": manifest.contract_namespace,
        "provenance": provenance,
        "messages": messages,
        "rule-files": rules,
        "files": files,
        "undecided": unbound,
    })
}

fn project(global: &Global) -> Result<Project, Failure> {
    match setup::project(global) {
        Some(project) => Ok(project),
        None => std::env::current_dir().map(Project::at).map_err(|error| {
            Failure::usage("unreadable")
                .with("path", ".")
                .because(error.kind())
        }),
    }
}
