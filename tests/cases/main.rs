//! Every rule has a message that breaks only it and a near miss that passes.

mod bulk;
mod judged;
mod proven;
mod sources;
mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use ketenkeur::check::{
    Bench, CheckOptions, Deviations, PackRules, Recognition, RulesOfPacks, recognise_xml,
    shipped_facts, shipped_rio_paths,
};
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::Trust;
use ketenkeur::facts::{Profile, RioData};
use ketenkeur::finding::RuleInfo;
use ketenkeur::pack::Store;
use ketenkeur::text::builtin_rules;

/// A bench at a moment, with these RIO answers known.
fn bench(at: Timestamp, profile: Profile, rio: &[String], named: Option<&str>) -> Arc<Bench> {
    let store = Store::builtin();
    let mut facts = shipped_facts(Clock::at(at), profile);
    if !rio.is_empty() {
        let paths = shipped_rio_paths().unwrap();
        let mut data = RioData::new();
        for text in rio {
            let document = Document::from_xml(Gated::xml(text.as_bytes()).unwrap()).unwrap();
            let Recognition::Known(known) = recognise_xml(&store, &document) else {
                panic!("no RIO answer: {text}")
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
