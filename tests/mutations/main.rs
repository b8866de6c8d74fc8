//! One mistake gives one finding: 2,000 single random mutations of valid
//! messages, judged by our schema check and by Java's validator.

#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ketenkeur::document::Format;
use ketenkeur::example::mutate::{Mutation, mutate};
use ketenkeur::finding::Redaction;
use ketenkeur::schema::xsd::XsdSchema;
use support::{Contract, Packs, document, duos_vo};

const MUTATIONS: usize = 2000;

/// A mutated message and what our check finds in it.
struct Judged {
    mutation: Mutation,
    findings: Vec<String>,
    codes: Vec<&'static str>,
}

impl Judged {
    /// The kind of mutation with the codes found, as the list of reasons has it.
    fn class(&self) -> String {
        format!("`{}`: {}", self.mutation.kind, self.codes.join(" + "))
    }
}

#[test]
fn one_mistake_gives_one_finding() {
    let packs = Packs::shipped();
    let mut of_contract: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for message in packs.messages.values() {
        if message.format == Format::Xml {
            let texts = of_contract.entry(&message.contract).or_default();
            texts.push(&message.text);
        }
    }
    let vo = duos_vo();
    if vo.is_none() {
        println!("without DUO's vo contract: the reference files are absent");
    }
    let mut sets: Vec<(&Contract, Vec<&str>)> = of_contract
        .into_iter()
        .map(|(name, texts)| (&packs.contracts[name], texts))
        .collect();
    sets.extend(
        vo.iter()
            .map(|(contract, text)| (contract, vec![text.as_str()])),
    );
    let messages: usize = sets.iter().map(|(_, texts)| texts.len()).sum();
    let each = MUTATIONS.div_ceil(messages);

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutations");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut judged = Vec::new();
    let mut questions = String::new();
    for (contract, texts) in &sets {
        let schema = contract.compile();
        questions.push_str("schema");
        for entry in &contract.entries {
            write!(questions, "\t{}/{entry}", contract.folder).unwrap();
        }
        questions.push('\n');
        for text in texts {
            assert!(judge(&schema, text).0.is_empty(), "an example is not valid");
            for seed in 0..each as u64 {
                let mutation = mutate(text, Format::Xml, seed).unwrap();
                let file = folder.join(format!("{}.xml", judged.len()));
                std::fs::write(&file, &mutation.text).unwrap();
                writeln!(questions, "message\t{}", file.display()).unwrap();
                let (findings, codes) = judge(&schema, &mutation.text);
                judged.push(Judged {
                    mutation,
                    findings,
                    codes,
                });
            }
        }
    }

    let verdicts = ask_java(&questions);
    let mut list = String::new();
    let mut invalid = 0;
    let mut with_one = 0;
    let mut classes = BTreeSet::new();
    let mut disputed = String::new();
    for (number, one) in judged.iter().enumerate() {
        let verdict = verdicts.as_ref().map(|verdicts| verdicts[number].as_str());
        let is_invalid = verdict.map_or(!one.findings.is_empty(), |verdict| verdict != "valid");
        invalid += usize::from(is_invalid);
        with_one += usize::from(is_invalid && one.findings.len() == 1);
        if one.findings.len() > 1 {
            classes.insert(one.class());
        }
        let mut entry = format!(
            "{number}.xml {}: {}\n",
            one.mutation.kind, one.mutation.what
        );
        for finding in &one.findings {
            writeln!(entry, "    {finding}").unwrap();
        }
        if is_invalid == one.findings.is_empty() {
            writeln!(disputed, "{entry}    Java: {}", verdict.unwrap_or("")).unwrap();
        }
        list.push_str(&entry);
    }
    let listed = folder.join("list.txt");
    std::fs::write(&listed, list).unwrap();
    let share = 100.0 * with_one as f64 / invalid as f64;
    println!(
        "{} mutations, {invalid} of them invalid, {share:.1} % of those with exactly one finding; all in {}",
        judged.len(),
        listed.display()
    );
    let reasons = include_str!("with-more.md");
    let unexplained: Vec<String> = classes
        .into_iter()
        .filter(|class| !reasons.contains(class.as_str()))
        .collect();
    assert!(
        disputed.is_empty(),
        "accepted by one, refused by the other:\n{disputed}"
    );
    assert!(share >= 95.0, "{share:.1} %");
    assert!(
        unexplained.is_empty(),
        "not in tests/mutations/with-more.md:\n{}",
        unexplained.join("\n")
    );
}

fn judge(schema: &XsdSchema, xml: &str) -> (Vec<String>, Vec<&'static str>) {
    let document = document(xml);
    let diagnosis = schema.validate(&document, document.root_element());
    assert!(!diagnosis.gave_up);
    if diagnosis.more {
        eprintln!(
            "MORE {:?}",
            diagnosis
                .mistakes
                .iter()
                .map(|m| m.code)
                .collect::<Vec<_>>()
        );
    }
    let shown = diagnosis.mistakes.iter().map(|mistake| {
        let args: Vec<String> = mistake
            .args
            .iter()
            .map(|(name, arg)| format!("{name}={}", arg.shown(Redaction::Mask)))
            .collect();
        let (start, end) = (mistake.place.start.unwrap(), mistake.place.end.unwrap());
        format!(
            "{} {}:{}-{}:{} {} [{}]",
            mistake.code,
            start.line,
            start.column,
            end.line,
            end.column,
            mistake.place.path,
            args.join("; ")
        )
    });
    let codes = diagnosis.mistakes.iter().map(|mistake| mistake.code);
    (shown.collect(), codes.collect())
}

/// What Java's validator says of every message, in order; `None` where there
/// is no Java.
fn ask_java(questions: &str) -> Option<Vec<String>> {
    let program = PathBuf::from("tests/support/Oracle.java");
    let started = Command::new("java")
        .arg(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut java) = started else {
        println!("without a second opinion: there is no java here");
        return None;
    };
    let mut input = java.stdin.take().unwrap();
    let questions = questions.to_string();
    let asking = std::thread::spawn(move || input.write_all(questions.as_bytes()));
    let output = java.wait_with_output().unwrap();
    if asking.join().unwrap().is_err() || !output.status.success() {
        println!("without a second opinion: this java runs no source files");
        return None;
    }
    let answers = String::from_utf8(output.stdout).unwrap();
    Some(answers.lines().map(str::to_string).collect())
}
