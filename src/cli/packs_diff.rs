//! `ketenkeur packs diff`: what changed between two versions of a contract, and
//! what that does to recorded messages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::args::{Global, Shape};
use super::failure::Failure;
use super::output::{print, print_json};
use super::settings::Settings;
use super::setup;
use crate::check::{Bench, CheckOptions, Deviations, RulesOfPacks, run};
use crate::document::nearest;
use crate::event::Event;
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::{Kind, Language, Verdict};
use crate::input::{Inputs, Options};
use crate::pack::{Comparison, ImportOptions, ImportSource, Pack, Project, Store, in_force};
use crate::pki::Authorities;
use crate::report::visible;
use crate::text::Texts;

/// What the user wants to know.
pub struct Wanted<'a> {
    /// The older and the newer: contracts in force, `reconstructie:CONTRACT`,
    /// or packages as DUO sends them.
    pub sides: [&'a str; 2],
    /// Messages to judge by both.
    pub messages: &'a [PathBuf],
    /// The moment of judging.
    pub at: Option<&'a str>,
    /// For whom.
    pub shape: Shape,
}

/// Names the reconstruction of a contract, also where an official pack took
/// its place.
const RECONSTRUCTION: &str = "reconstructie:";

/// One of the two.
struct Side {
    /// The packs in force with it.
    store: Store,
    /// The contracts that are compared.
    packs: Vec<Arc<Pack>>,
}

/// A message that is judged otherwise by the newer version.
#[derive(Serialize)]
struct Turned {
    input: String,
    from: Verdict,
    to: Verdict,
    /// Codes that only the newer version gives.
    new: Vec<String>,
    /// Codes that only the older one gave.
    gone: Vec<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    contracts: &'a [Comparison],
    contracts_new: Vec<&'a str>,
    contracts_gone: Vec<&'a str>,
    messages: &'a [Turned],
    judged: usize,
}

/// Runs the command. Ends with 1 when a message that was right may be wrong.
pub fn run_diff(
    wanted: &Wanted<'_>,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let [older, newer] = wanted.sides;
    let older = side(older, global, settings)?;
    let newer = side(newer, global, settings)?;
    let compared = |was: &Pack, is: &Pack| {
        Comparison::of(was, is).map_err(|error| {
            Failure::usage("diff-schema")
                .with("contract", &is.manifest.contract)
                .with("reason", error.to_string())
        })
    };
    let mut comparisons = Vec::new();
    let mut unpaired: [Vec<&Arc<Pack>>; 2] = [Vec::new(), Vec::new()];
    if let ([was], [is]) = (&older.packs[..], &newer.packs[..]) {
        comparisons.push(compared(was, is)?);
    } else {
        let named = |packs: &'_ [Arc<Pack>], pack: &Pack| {
            let same = |one: &&Arc<Pack>| one.manifest.contract == pack.manifest.contract;
            packs.iter().find(same).cloned()
        };
        for is in &newer.packs {
            match named(&older.packs, is) {
                Some(was) => comparisons.push(compared(&was, is)?),
                None => unpaired[1].push(is),
            }
        }
        let gone = |was: &&Arc<Pack>| named(&newer.packs, was).is_none();
        unpaired[0] = older.packs.iter().filter(gone).collect();
    }
    let (turned, judged) = judged_by_both(wanted, &older, &newer)?;
    let names = |packs: &[&Arc<Pack>]| -> Vec<String> {
        let names = packs.iter().map(|pack| pack.manifest.contract.to_string());
        names.collect()
    };
    let (gone, new) = (names(&unpaired[0]), names(&unpaired[1]));
    let report = Report {
        version: 1,
        contracts: &comparisons,
        contracts_new: new.iter().map(String::as_str).collect(),
        contracts_gone: gone.iter().map(String::as_str).collect(),
        messages: &turned,
        judged,
    };
    match wanted.shape {
        Shape::Json => print_json(&report)?,
        Shape::Human => print(&human(&report, Texts::of(language), language))?,
    };
    let breaking = comparisons.iter().any(Comparison::is_breaking) || !gone.is_empty();
    Ok(if breaking {
        Exit::Findings
    } else {
        Exit::Conforms
    })
}

fn side(named: &str, global: &Global, settings: &Settings) -> Result<Side, Failure> {
    let path = Path::new(named);
    if path.exists() {
        return package(path);
    }
    let (store, contract) = match named.strip_prefix(RECONSTRUCTION) {
        Some(contract) => (Store::builtin(), contract),
        None => (setup::store(global, settings)?, named),
    };
    let Some(pack) = store.pack(contract).cloned() else {
        let names = store.packs().map(|pack| &*pack.manifest.contract);
        return Err(Failure::usage("diff-side")
            .with("value", named)
            .with("nearest", nearest(contract, names).unwrap_or_default()));
    };
    Ok(Side {
        store,
        packs: vec![pack],
    })
}

/// A package as DUO sends it, imported beside everything.
fn package(path: &Path) -> Result<Side, Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::usage("not-written")
            .with("path", std::env::temp_dir().display())
            .because(error.kind())
    })?;
    let source = if path.is_dir() {
        ImportSource::Folder(path.to_path_buf())
    } else {
        ImportSource::Zip(std::fs::read(path).map_err(|error| setup::unreadable(path, &error))?)
    };
    let project = Project::at(folder.path());
    let builtin = Store::builtin();
    let options = ImportOptions {
        builtin: &builtin,
        replaces: None,
    };
    let imported = project
        .import(&source, options, None)
        .map_err(|error| Failure::from(error.problem()))?;
    let store = in_force(Some(&project), None).map_err(|error| Failure::from(error.problem()))?;
    let packs = imported
        .packs
        .iter()
        .filter_map(|pack| store.pack(&pack.contract).cloned())
        .collect();
    Ok(Side { store, packs })
}

/// What each message comes to, by its name.
type Outcomes = BTreeMap<String, (Verdict, Vec<String>)>;

fn judged_by_both(
    wanted: &Wanted<'_>,
    older: &Side,
    newer: &Side,
) -> Result<(Vec<Turned>, usize), Failure> {
    if wanted.messages.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let before = judged(wanted, older)?;
    let after = judged(wanted, newer)?;
    let only = |of: &[String], other: &[String]| -> Vec<String> {
        of.iter()
            .filter(|code| !other.contains(code))
            .cloned()
            .collect()
    };
    let turned = after.iter().filter_map(|(input, is)| {
        let was = before.get(input)?;
        (was != is).then(|| Turned {
            input: input.clone(),
            from: was.0,
            to: is.0,
            new: only(&is.1, &was.1),
            gone: only(&was.1, &is.1),
        })
    });
    Ok((turned.collect(), after.len()))
}

fn judged(wanted: &Wanted<'_>, side: &Side) -> Result<Outcomes, Failure> {
    let clock = setup::clock(wanted.at)?;
    let bench = Arc::new(Bench {
        store: side.store.clone(),
        facts: setup::facts(clock, Profile::Test, &[], &side.store)?,
        options: CheckOptions {
            batch: false,
            ..CheckOptions::default()
        },
        deviations: Deviations::default(),
        trust: Authorities::built_in().trust(),
        request: None,
        rules: RulesOfPacks::default(),
    });
    let inputs = Inputs::resolve(wanted.messages, Options::default())
        .map_err(|error| super::setup::no_input(&error))?;
    let mut outcomes = Outcomes::new();
    run(&bench, inputs, super::run::cores, |event| {
        let Event::Judged(judged) = event else { return };
        let violations = judged
            .findings
            .iter()
            .filter(|one| one.kind == Kind::Violation);
        let mut codes: Vec<String> = violations.map(|one| one.code.to_string()).collect();
        codes.sort();
        codes.dedup();
        outcomes.insert(judged.input.clone(), (judged.judgement.verdict, codes));
    });
    Ok(outcomes)
}

fn human(report: &Report<'_>, texts: &Texts, language: Language) -> String {
    let word = |key: &str| crate::text::word(&texts.diff, key);
    let say = |key: &str, args: &[(&str, &str)]| crate::text::say(&texts.diff, key, args);
    let mut out = String::new();
    for one in report.contracts {
        let args = [
            ("contract", one.contract.as_str()),
            ("old", &one.versions.0),
            ("new", &one.versions.1),
        ];
        out += &format!("{}\n", say("contract", &args));
        if one.is_empty() {
            out += &format!("  {}\n", word("nothing"));
        }
        if let Some((old, new)) = &one.namespaces {
            out += &format!("  {}\n", say("namespace", &[("old", old), ("new", new)]));
        }
        for (key, messages) in [
            ("message-new", &one.messages_new),
            ("message-gone", &one.messages_gone),
        ] {
            for message in messages {
                out += &format!("  {}\n", say(key, &[("message", message)]));
            }
        }
        for place in &one.places {
            let what = match place.facet {
                None => word(place.change.name()).to_string(),
                Some(facet) => {
                    let none = word("no-demand");
                    let args = [
                        ("facet", word(&format!("facet-{facet}"))),
                        ("old", place.from.as_deref().unwrap_or(none)),
                        ("new", place.to.as_deref().unwrap_or(none)),
                    ];
                    say(&format!("{}-value", place.change.name()), &args)
                }
            };
            let mark = mark(place.change.is_breaking());
            out += &format!("  {mark} {}: {what}\n", place.path);
        }
        for rule in &one.rules {
            let mark = mark(rule.change.is_breaking());
            let what = word(rule.change.name());
            out += &format!(
                "  {mark} {}: {what} ({})\n",
                rule.code,
                rule.title(language)
            );
        }
        out.push('\n');
    }
    for (key, names) in [
        ("contract-new", &report.contracts_new),
        ("contract-gone", &report.contracts_gone),
    ] {
        for name in names {
            out += &format!("{}\n", say(key, &[("contract", name)]));
        }
    }
    for turned in report.messages {
        let args = [
            ("input", &*visible(&turned.input)),
            ("old", texts.verdict(turned.from, None)),
            ("new", texts.verdict(turned.to, None)),
        ];
        out += &format!("{}\n", say("turned", &args));
        for (sign, codes) in [("+", &turned.new), ("-", &turned.gone)] {
            for code in codes {
                out += &format!("  {sign} {code}\n");
            }
        }
    }
    if report.judged > 0 {
        let args = [
            ("count", &*report.messages.len().to_string()),
            ("all", &*report.judged.to_string()),
        ];
        out += &format!("{}\n", say("judged", &args));
    }
    out += &format!("{}\n", word("legend"));
    out
}

/// What may break a message that was right stands out.
fn mark(breaking: bool) -> char {
    if breaking { '!' } else { ' ' }
}
