//! Every rule has a message that breaks only it and a near miss that passes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use ketenkeur::check::{
    Bench, CheckOptions, Deviations, Judge, PackRules, Recognition, RulesOfPacks, recognise_xml,
    run, shipped_facts, shipped_rio_paths,
};
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::Trust;
use ketenkeur::event::{Event, Reported};
use ketenkeur::example::{Cases, Entry, Examples, Variant};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::{Profile, RioData};
use ketenkeur::finding::{Grade, Kind, Language, RuleInfo, Source, SourcePart};
use ketenkeur::input::{BodyAt, Input, Inputs, Options};
use ketenkeur::pack::Store;
use ketenkeur::requirement::requirements;
use ketenkeur::text::builtin_rules;

/// A bench at a moment, with the RIO examples of these names known.
fn bench(at: Timestamp, rio: &[String], named: Option<&str>) -> Arc<Bench> {
    let store = Store::builtin();
    let mut facts = shipped_facts(Clock::at(at), Profile::Production);
    if !rio.is_empty() {
        let paths = shipped_rio_paths().unwrap();
        let mut data = RioData::new();
        for name in rio {
            let text = store
                .example(name)
                .unwrap_or_else(|| panic!("RIO example {name}"))
                .text;
            let document = Document::from_xml(Gated::xml(text.as_bytes()).unwrap()).unwrap();
            let Recognition::Known(known) = recognise_xml(&store, &document) else {
                panic!("{name}")
            };
            data.add(&paths, &document, known.root);
        }
        facts.rio = Some(Arc::new(data));
    }
    Arc::new(Bench {
        store,
        facts,
        options: CheckOptions {
            named: named.map(str::to_string),
            ..CheckOptions::default()
        },
        deviations: Deviations::default(),
        trust: Trust::default(),
        request: None,
        rules: RulesOfPacks::default(),
    })
}

fn input(name: &str, text: &str) -> Input {
    Input {
        name: name.to_string(),
        content: Ok(Exchange::bare(text.as_bytes().to_vec())),
        body: BodyAt::Start,
    }
}

/// What a judge says of a variant. Undecided rules are left out unless they
/// are the one looked for: many wait for RIO data.
fn findings(variant: &Variant, at: Option<Timestamp>, rio: &[String], rule: &str) -> Vec<Reported> {
    let store = Store::builtin();
    let example = store
        .example(&variant.base)
        .unwrap_or_else(|| panic!("example {}", variant.base));
    let at = at.unwrap_or(example.at);
    let named =
        (example.format == ketenkeur::document::Format::Json).then_some(variant.base.as_str());
    let message = variant
        .message(&store)
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    let mut judge = Judge::new(bench(at, rio, named));
    judge
        .judge(0, input(&variant.base, &message))
        .judged
        .findings
        .into_iter()
        .filter(|finding| finding.kind == Kind::Violation || finding.code == rule)
        .collect()
}

/// What each breaking message of a case is told: where, and with which values.
#[test]
fn each_finding_says_where_and_what() {
    let cases = Cases::builtin().unwrap();
    let mut told = String::new();
    for case in cases.cases() {
        let found = findings(&case.breaks, case.at, &case.rio, &case.rule);
        for finding in found.iter().filter(|found| found.code == case.rule) {
            let path = &finding.path;
            let args = serde_json::to_string(&finding.args).unwrap();
            told.push_str(&format!("{} {path} {args}\n", case.rule));
        }
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("findings-of-cases", told);
    });
}

fn shown(findings: &[Reported]) -> String {
    findings
        .iter()
        .map(|finding| {
            format!(
                "\n      {} {:?} {} {:?}",
                finding.code, finding.kind, finding.path, finding.args
            )
        })
        .collect()
}

#[test]
fn each_case_breaks_only_its_rule_and_its_near_miss_passes() {
    let cases = Cases::builtin().unwrap();
    let mut wrong = Vec::new();
    for case in cases.cases() {
        let broken = findings(&case.breaks, case.at, &case.rio, &case.rule);
        let kind = match case.undecided {
            true => Kind::Undecided,
            false => Kind::Violation,
        };
        let of_pack = !case.rule.starts_with("KK-HERKEN-");
        let right = |found: &Reported| found.code == case.rule && (!of_pack || found.kind == kind);
        if broken.len() != 1 || !right(&broken[0]) {
            wrong.push(format!(
                "{} {} breaks:{}",
                case.place,
                case.rule,
                shown(&broken)
            ));
        }
        let passing = findings(&case.passes, case.at, &case.rio, &case.rule);
        if !passing.is_empty() {
            wrong.push(format!(
                "{} {} passes:{}",
                case.place,
                case.rule,
                shown(&passing)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.cases().len(),
        wrong.join("\n")
    );
}

#[test]
fn each_raw_case_breaks_only_its_rule() {
    let cases = Cases::builtin().unwrap();
    let mut wrong = Vec::new();
    for case in cases.raws() {
        for (raw, breaks) in [(&case.breaks, true), (&case.passes, false)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(raw.name());
            std::fs::write(&path, raw.bytes()).unwrap();
            let mut judge = Judge::new(bench(case.at, &[], None));
            let mut found = Vec::new();
            // In a folder, so that what is no message is not applicable.
            for input in
                Inputs::resolve(&[folder.path().to_path_buf()], Options::default()).unwrap()
            {
                found.extend(judge.judge(0, input).judged.findings);
            }
            let named = Inputs::resolve(&[path], Options::default()).unwrap();
            let of_named: Vec<Reported> = named
                .flat_map(|input| judge.judge(0, input).judged.findings)
                .collect();
            // Files are not signed: tests/edukoppeling signs what it judges.
            let signed = |found: &Reported| found.code != "KK-EK-WB003-BEVEILIGING";
            found.retain(signed);
            let of_named: Vec<Reported> = of_named.into_iter().filter(signed).collect();
            let right = match breaks {
                true => [&found, &of_named].iter().any(|found| {
                    !found.is_empty() && found.iter().all(|one| one.code == case.rule)
                }),
                false => found.is_empty(),
            };
            if !right {
                let side = if breaks { "breaks" } else { "passes" };
                wrong.push(format!(
                    "{} {} {side}:{}{}",
                    case.place,
                    case.rule,
                    shown(&found),
                    shown(&of_named)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.raws().len(),
        wrong.join("\n")
    );
}

#[test]
fn each_example_is_clean() {
    let store = Store::builtin();
    let mut wrong = Vec::new();
    for (_, message) in store.messages() {
        let variant = Variant {
            base: message.id().to_string(),
            edits: Vec::new(),
        };
        let found = findings(&variant, None, &[], "");
        if !found.is_empty() {
            wrong.push(format!("{}:{}", message.id(), shown(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_batch_case_breaks_only_its_rule() {
    let cases = Cases::builtin().unwrap();
    let store = Store::builtin();
    let mut wrong = Vec::new();
    for case in cases.batches() {
        for (variants, breaks) in [(&case.breaks, true), (&case.passes, false)] {
            let last = variants
                .iter()
                .map(|variant| {
                    store
                        .example(&variant.base)
                        .unwrap_or_else(|| panic!("{}", variant.base))
                        .at
                })
                .max()
                .unwrap();
            let bench = bench(case.at.unwrap_or(last), &[], None);
            let inputs: Vec<Input> = variants
                .iter()
                .enumerate()
                .map(|(number, variant)| {
                    input(&number.to_string(), &variant.message(&store).unwrap())
                })
                .collect();
            let mut found = Vec::new();
            run(
                &bench,
                inputs.into_iter(),
                || 1,
                |event| match event {
                    Event::Judged(judged) => found.extend(
                        judged
                            .findings
                            .iter()
                            .filter(|f| f.kind == Kind::Violation)
                            .cloned(),
                    ),
                    Event::Batch(batch) => {
                        found.extend(batch.findings.iter().map(|found| found.finding.clone()))
                    }
                    _ => {}
                },
            );
            let right = if breaks {
                !found.is_empty() && found.iter().all(|finding| finding.code == case.rule)
            } else {
                found.is_empty()
            };
            if !right {
                let side = if breaks { "breaks" } else { "passes" };
                wrong.push(format!(
                    "{} {} {side}:{}",
                    case.place,
                    case.rule,
                    shown(&found)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every rule there is, by code.
fn rules() -> BTreeMap<String, Arc<RuleInfo>> {
    let store = Store::builtin();
    let of_packs = store.packs().flat_map(|pack| {
        PackRules::read(pack)
            .infos()
            .map(Arc::clone)
            .collect::<Vec<_>>()
    });
    builtin_rules()
        .iter()
        .map(|rule| Arc::new(rule.clone()))
        .chain(of_packs)
        .map(|rule| (rule.code.to_string(), rule))
        .collect()
}

/// Codes of every rule there is.
fn codes() -> BTreeSet<String> {
    rules().into_keys().collect()
}

/// Rules that no message can show by itself, with where they are proven.
const PROVEN_ELSEWHERE: &[(&str, &str)] = &[
    (
        "KK-AFWIJKING-ONGEBRUIKT",
        "needs a deviations file: tests/command/user_files.rs",
    ),
    (
        "KK-AFWIJKING-VERLOPEN",
        "needs a deviations file: tests/command/user_files.rs",
    ),
    ("KK-INTERN", "a defect of ours, of which none is known"),
    (
        "KK-INVOER-ARCHIEF-AANTAL",
        "a million entries are too many to write in a test; the claim of a directory: tests/input.rs",
    ),
    (
        "KK-INVOER-ARCHIEF-TE-GROOT",
        "two gigabytes are too many to write in a test",
    ),
    ("KK-INVOER-LUS", "needs a file system: tests/input.rs"),
    (
        "KK-INVOER-ONLEESBAAR",
        "needs a file system: tests/input.rs",
    ),
    (
        "KK-INVOER-VERZOEK",
        "needs --request: tests/edukoppeling/commands.rs",
    ),
    (
        "KK-INVOER-VERZOEK-ONGEBRUIKT",
        "needs --request: tests/edukoppeling/commands.rs",
    ),
    (
        "KK-JSON-KEUZE",
        "no shipped schema has a choice: tests/json_schema.rs",
    ),
    (
        "KK-JSON-OVERIG",
        "what no other rule names: tests/json_schema.rs",
    ),
    (
        "KK-PACK-REGELS",
        "a pack that does not compile: tests/rules",
    ),
    (
        "KK-XML-OMVANG",
        "larger inputs are refused before they are read: src/document/gate.rs",
    ),
    (
        "KK-XSD-ATTRIBUUT-ONTBREEKT",
        "no shipped schema has attributes: tests/xsd.rs",
    ),
    (
        "KK-XSD-ATTRIBUUTWAARDE",
        "no shipped schema has attributes: tests/xsd.rs",
    ),
    (
        "KK-XSD-INHOUD",
        "no shipped schema has empty content: tests/xsd.rs",
    ),
    ("KK-XSD-OVERIG", "what no other rule names"),
    ("KK-XSD-UNIEK", "no shipped schema has keys: tests/xsd.rs"),
];

#[test]
fn every_rule_has_a_case() {
    let cases = Cases::builtin().unwrap();
    let covered: BTreeSet<&str> = cases
        .cases()
        .iter()
        .map(|case| case.rule.as_str())
        .chain(cases.batches().iter().map(|case| case.rule.as_str()))
        .chain(cases.raws().iter().map(|case| case.rule.as_str()))
        .chain(PROVEN_ELSEWHERE.iter().map(|(code, _)| *code))
        .collect();
    // Signatures, connections and scenarios are made when the tests run:
    // tests/edukoppeling, tests/transport and tests/scenarios prove these.
    let elsewhere = ["KK-EK-", "KK-VERBINDING-", "KK-SC-"];
    let without: Vec<String> = codes()
        .into_iter()
        .filter(|code| {
            let proven = elsewhere.iter().any(|prefix| code.starts_with(prefix));
            !covered.contains(code.as_str()) && !proven
        })
        .collect();
    assert!(without.is_empty(), "rules without a case: {without:#?}");
}

#[test]
fn every_rule_traces_to_a_requirement() {
    let mut traced: BTreeMap<String, usize> = codes().into_iter().map(|code| (code, 0)).collect();
    for requirement in requirements().unwrap() {
        for rule in &requirement.rules {
            match traced.get_mut(&**rule) {
                Some(count) => *count += 1,
                None => panic!("{} names {rule}, which does not exist", requirement.id),
            }
        }
    }
    let untraced: Vec<&String> = traced
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(code, _)| code)
        .collect();
    assert!(untraced.is_empty(), "{untraced:#?}");
}

/// A user can look up what a published rule, requirement or declaration rests
/// on: a public document, not a file of the dossier that only we have.
#[test]
fn what_is_published_names_a_public_document() {
    let store = Store::builtin();
    let rules = rules();
    let requirements = requirements().unwrap();
    let of_packs = store.packs().flat_map(|pack| {
        pack.manifest.provenance.iter().map(|part| {
            let name = format!("{}, {}", pack.manifest.contract, part.declaration);
            (name, part.grade, part.source.clone())
        })
    });
    let unknown: Vec<String> = rules
        .values()
        .map(|rule| (rule.code.to_string(), rule.grade, rule.source.clone()))
        .chain(requirements.iter().map(|requirement| {
            let id = requirement.id.to_string();
            (id, requirement.grade, requirement.source.clone())
        }))
        .chain(of_packs)
        .filter(|(_, grade, source)| {
            *grade == Grade::Published && (source.is_empty() || names_the_dossier(source))
        })
        .map(|(name, _, source)| format!("{name}: {}", source.told(Language::Nl)))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Whether a source names the dossier, which no user has.
fn names_the_dossier(source: &Source) -> bool {
    let told = source.told(Language::Nl);
    let is_file =
        |word: &str| word.ends_with(".md") && word.starts_with(|c: char| c.is_ascii_digit());
    told.contains("dossier van ketenkeur") || told.split([' ', ',', ';', '(', ')']).any(is_file)
}

/// A document keeps its name in every language, and what we say of it is said
/// in both: whoever reads Dutch meets no English in a source, and the other
/// way round.
#[test]
fn a_source_speaks_the_language_of_its_reader() {
    // `of` and `is` are words of both languages.
    const ENGLISH: &str = "the and by shape with values are reading published reconstructed \
                           knowledge names rules messages";
    const DUTCH: &str = "de het een en van met niet zijn lezing gepubliceerd gereconstrueerd \
                         praktijkkennis namen regels";
    let speaks = |text: &str, telltale: &str| {
        let telltale: Vec<&str> = telltale.split_ascii_whitespace().collect();
        text.split(|letter: char| !letter.is_alphabetic())
            .any(|word| telltale.contains(&word))
    };
    let is_right = |part: &SourcePart<'_>| match *part {
        SourcePart::Citation(text) => {
            !speaks(text, ENGLISH) && !text.contains("dossier of") && !text.contains('|')
        }
        SourcePart::Remark { nl, en } => {
            let is_whole = |text: &str| !text.is_empty() && text == text.trim();
            is_whole(nl) && is_whole(en) && !speaks(nl, ENGLISH) && !speaks(en, DUTCH)
        }
    };
    let sources = written_sources();
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(file, source)| source.parts().map(move |part| (file, part)))
        .filter(|(_, part)| !is_right(part))
        .map(|(file, part)| format!("{file}: {part:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(sources.len() > 1000, "{} sources", sources.len());
}

/// Every source in the files that come along, also where no check reads it,
/// with its file.
fn written_sources() -> Vec<(String, Source)> {
    let mut sources = Vec::new();
    for folder in ["schemas", "cases"] {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.unwrap();
            let file = entry.path().to_string_lossy().into_owned();
            let end = entry.path().extension().and_then(|end| end.to_str());
            if !matches!(end, Some("toml" | "sch" | "yaml")) {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let quoted = |line: &str| {
                let (_, rest) = line
                    .split_once("source=\"")
                    .or_else(|| line.split_once("source = \""))?;
                rest.split('"').next().map(str::to_string)
            };
            let plain = |line: &str| {
                let rest = line.strip_prefix("source: ")?;
                Some(rest.trim_matches('"').to_string())
            };
            let found = text
                .lines()
                .filter_map(|line| quoted(line).or_else(|| plain(line)));
            sources.extend(found.map(|source| (file.clone(), source.into())));
        }
    }
    sources
}

#[test]
fn every_rule_set_of_ours_compiles_completely() {
    let store = Store::builtin();
    for pack in store.packs() {
        let rules = PackRules::read(pack);
        assert!(rules.refused().is_empty(), "{:?}", rules.refused());
        for set in rules.sets() {
            let refusals = ketenkeur::rules::CompiledRules::new(Arc::clone(set)).refusals();
            assert!(
                refusals.is_empty(),
                "{}: {refusals:?}",
                pack.manifest.contract
            );
        }
    }
}

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
    let schema = include_str!("../docs/schemas/example-index.schema.json");
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
        .map(|file| {
            file.trim_start_matches("rio/")
                .trim_end_matches(".xml")
                .to_string()
        })
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
            let bench = bench(entry.at, &rio, entry.named.as_deref());
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
