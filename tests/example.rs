//! The shipped cases on the shipped examples.

mod support;

use std::collections::BTreeMap;

use ketenkeur::document::Format;
use ketenkeur::example::{Cases, Variant};
use support::{Packs, document};

/// Every edit of every case can be made, and what comes out still is what the
/// schema wants: a rule must not repeat what the schema refuses.
#[test]
fn every_case_makes_a_message_that_fits_its_schema() {
    let packs = Packs::shipped();
    let schemas: BTreeMap<_, _> = packs
        .contracts
        .iter()
        .filter(|(_, contract)| !contract.entries.is_empty())
        .map(|(name, contract)| (name.clone(), contract.compile()))
        .collect();
    let cases = Cases::builtin().unwrap();
    // The cases of the tool's own rules are meant to break the schema.
    let of_cases = cases
        .cases()
        .iter()
        .filter(|case| !case.place.contains("/ingebouwd/"))
        .flat_map(|case| {
            let answers = case.rio.iter();
            let variants = answers.chain([&case.breaks, &case.passes]);
            variants.map(|variant| (&case.place, variant))
        });
    let of_batches = cases.batches().iter().flat_map(|batch| {
        let variants = batch.breaks.iter().chain(&batch.passes);
        variants.map(|variant| (&batch.place, variant))
    });
    let variants: Vec<(&String, &Variant)> = of_cases.chain(of_batches).collect();
    let mut wrong = Vec::new();
    for (place, variant) in &variants {
        let message = match variant.message(&packs) {
            Ok(message) => message,
            Err(error) => {
                wrong.push(format!("{place}: {error}"));
                continue;
            }
        };
        let example = &packs.messages[&variant.base];
        if example.format == Format::Json {
            continue;
        }
        let document = document(&message);
        let diagnosis = schemas[&example.contract].validate(&document, document.root_element());
        for mistake in diagnosis.mistakes {
            wrong.push(format!(
                "{place}: {} at {}",
                mistake.code, mistake.place.path
            ));
        }
    }
    assert!(variants.len() > 300, "{}", variants.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
