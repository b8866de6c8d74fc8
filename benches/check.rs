//! What a check costs: `cargo bench --bench check`.
//!
//! The schema check is measured from bytes to verdict and set against the
//! engine's own driver, which reads the same bytes.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use ketenkeur::check::{
    Bench, CheckOptions, Deviations, Judge, RulesOfPacks, shipped_extractor, shipped_facts,
};
use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::Trust;
use ketenkeur::example::Examples;
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::Profile;
use ketenkeur::input::Input;
use ketenkeur::pack::Store;
use ketenkeur::schema::xsd::SchemaFiles;
use support::{Packs, document};
use xsd_schema::parser::resolver::{EmbeddedLoader, LoaderChain, SchemaLoader};
use xsd_schema::validation::{ErrorOnlySink, SchemaValidator, ValidationFlags, drive_quick_xml};
use xsd_schema::{SchemaError, SchemaSet, SchemaSetBuilder};

/// A message of about 3 KB.
const MESSAGE: &str = "opvragenRegistratieoverzicht_Response";

#[derive(Debug)]
struct Files(SchemaFiles);

impl SchemaLoader for Files {
    fn load(&self, location: &str) -> xsd_schema::SchemaResult<String> {
        let path = location.trim_start_matches("pack:///");
        let bytes = self.0.get(path);
        let bytes = bytes.ok_or_else(|| SchemaError::resolution(path.to_string()))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    fn can_load(&self, _location: &str) -> bool {
        true
    }
}

fn engines_own(files: &SchemaFiles, entry: &str) -> SchemaSet {
    let mut chain = LoaderChain::new();
    chain.add(Box::new(EmbeddedLoader));
    chain.add(Box::new(Files(files.clone())));
    let mut builder = SchemaSetBuilder::with_loader(Box::new(chain));
    builder.try_add(&format!("pack:///{entry}")).unwrap();
    builder.compile().unwrap().into_schema_set()
}

fn check(criterion: &mut Criterion) {
    let packs = Packs::shipped();
    let message = &packs.messages[MESSAGE];
    let xml = message.text.as_str();
    let contract = &packs.contracts[&message.contract];
    let schema = contract.compile();
    let set = engines_own(&contract.files, &contract.entries[0]);
    let validator = SchemaValidator::new(&set, ValidationFlags::empty());
    let parsed = document(xml);

    let ours = || {
        let document = document(black_box(xml));
        let diagnosis = schema.validate(&document, document.root_element());
        assert!(diagnosis.mistakes.is_empty());
    };
    let theirs = || {
        let mut errors = Vec::new();
        let mut run = validator.start_run(ErrorOnlySink {
            errors: &mut errors,
        });
        drive_quick_xml(black_box(xml).as_bytes(), &mut run, &set).unwrap();
        drop(run);
        assert!(errors.is_empty());
    };

    let mut group = criterion.benchmark_group(format!("{} bytes", xml.len()));
    group.bench_function("gate and tree", |b| b.iter(|| document(black_box(xml))));
    group.bench_function("schema, tree at hand", |b| {
        b.iter(|| schema.validate(black_box(&parsed), parsed.root_element()))
    });
    group.bench_function("schema, from bytes", |b| b.iter(ours));
    group.bench_function("the engine's own driver", |b| b.iter(theirs));
    group.finish();

    // Both in turn, so that a busy machine slows both alike.
    let (mut of_ours, mut of_theirs) = (f64::MAX, f64::MAX);
    for _ in 0..200 {
        of_ours = of_ours.min(seconds(20, ours));
        of_theirs = of_theirs.min(seconds(20, theirs));
    }
    println!(
        "speed of ours against the engine's own: {:.0} % ({:.1} against {:.1} us)",
        100.0 * of_theirs / of_ours,
        of_ours * 1e6,
        of_theirs * 1e6
    );

    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    for name in [
        "DUO_PO_InschrijvingBO_V1",
        "DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4",
    ] {
        group.bench_function(name, |b| b.iter(|| packs.contracts[name].compile()));
    }
    group.finish();
}

/// Seconds of one call, the mean of several.
fn seconds(calls: u32, work: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work());
    start.elapsed().as_secs_f64() / f64::from(calls)
}

/// Everything that is judged on one enrolment: gate, schema, rules, verdict.
fn whole(criterion: &mut Criterion) {
    let store = Store::builtin();
    let example = store.example("aanleverenInschrijvingBO_Request").unwrap();
    let text = example.text.as_bytes().to_vec();
    let bench = Bench {
        facts: shipped_facts(Clock::at(example.at), Profile::Production),
        store: store.clone(),
        options: CheckOptions::default(),
        deviations: Deviations::default(),
        trust: Trust::default(),
        request: None,
        rules: RulesOfPacks::default(),
    };
    let mut judge = Judge::new(Arc::new(bench)).for_batch(shipped_extractor());
    let mut group = criterion.benchmark_group(format!("{} bytes", text.len()));
    group.bench_function("schema and all rules", |b| {
        b.iter(|| {
            let input = Input {
                name: "bericht.xml".to_string(),
                content: Ok(Exchange::bare(text.clone())),
                body: ketenkeur::input::BodyAt::Start,
            };
            judge.judge(0, black_box(input))
        })
    });
    group.finish();
}

criterion_group!(benches, check, whole);
criterion_main!(benches);
