//! What is found in the messages of the cases, and in the examples.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ketenkeur::check::{Judge, run};
use ketenkeur::event::{Event, Reported};
use ketenkeur::example::{Case, Cases, Examples, Variant};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::finding::Kind;
use ketenkeur::input::{BodyAt, Input, Inputs, Options};
use ketenkeur::pack::Store;

use crate::bench;

fn input(name: &str, text: &str) -> Input {
    Input {
        name: name.to_string(),
        content: Ok(Exchange::bare(text.as_bytes().to_vec())),
        body: BodyAt::Start,
    }
}

/// How a case is judged.
#[derive(Clone, Copy, Default)]
struct Judging<'a> {
    at: Option<Timestamp>,
    profile: Profile,
    rio: &'a [Variant],
}

impl<'a> Judging<'a> {
    fn of(case: &'a Case) -> Self {
        Self {
            at: case.at,
            profile: case.profile,
            rio: &case.rio,
        }
    }

    fn of_near_miss(case: &'a Case) -> Self {
        Self {
            profile: case.passes_profile,
            ..Self::of(case)
        }
    }
}

/// What a judge says of a variant, without the rules that cannot be judged
/// unless it is the one looked for: many wait for RIO data.
fn findings(variant: &Variant, judging: Judging<'_>, rule: &str) -> Vec<Reported> {
    let mut found = all_findings(variant, judging, rule);
    found.retain(|finding| finding.kind == Kind::Violation || finding.code == rule);
    found
}

fn all_findings(variant: &Variant, judging: Judging<'_>, rule: &str) -> Vec<Reported> {
    let store = Store::builtin();
    let example = store
        .example(&variant.base)
        .unwrap_or_else(|| panic!("example {}", variant.base));
    let at = judging.at.unwrap_or(example.at);
    let named =
        (example.format == ketenkeur::document::Format::Json).then_some(variant.base.as_str());
    let message = variant
        .message(&store)
        .unwrap_or_else(|error| panic!("{rule}: {error}"));
    let rio = judging.rio.iter();
    let rio: Vec<String> = rio.map(|answer| answer.message(&store).unwrap()).collect();
    let mut judge = Judge::new(bench(at, judging.profile, &rio, named));
    let judged = judge.judge(0, input(&variant.base, &message)).judged;
    judged.findings
}

/// What each breaking message of a case is told: where, and with which values;
/// and which other rules cannot be judged on it.
#[test]
fn each_finding_says_where_and_what() {
    let cases = Cases::builtin().unwrap();
    let mut told = String::new();
    for case in cases.cases() {
        let found = all_findings(&case.breaks, Judging::of(case), &case.rule);
        let (of_rule, others): (Vec<&Reported>, Vec<&Reported>) =
            found.iter().partition(|found| found.code == case.rule);
        for finding in of_rule {
            let path = &finding.path;
            let args = serde_json::to_string(&finding.args).unwrap();
            told.push_str(&format!("{} {path} {args}\n", case.rule));
        }
        let open = others.iter().filter(|found| found.kind == Kind::Undecided);
        let open: BTreeSet<&str> = open.map(|found| &*found.code).collect();
        for code in open {
            told.push_str(&format!("  {code}?\n"));
        }
    }
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false }, {
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
        let broken = findings(&case.breaks, Judging::of(case), &case.rule);
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
        let passing = findings(&case.passes, Judging::of_near_miss(case), &case.rule);
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
            let mut judge = Judge::new(bench(case.at, Profile::Production, &[], None));
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
        let found = findings(&variant, Judging::default(), "");
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
            let bench = bench(case.at.unwrap_or(last), Profile::Production, &[], None);
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
