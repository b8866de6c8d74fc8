//! How strong the cases are: whatever is changed in a rule file or in the data
//! that rules go by, a case should fail. A measurement that names what survives.
//!
//! A sample by default; `KETENKEUR_MUTANTS=all` takes all of them, and
//! `KETENKEUR_MUTANTS_SEED` another sample.

mod expressions;
mod files;
mod holder;
mod probes;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use ketenkeur::check::run_ordered;

use files::{Mutant, mutants};
use holder::{Fate, Holder};
use probes::Probes;

const SAMPLE: usize = 500;

#[ignore = "a measurement of minutes"]
#[test]
fn mutants_of_the_rules_make_cases_fail() {
    let probes = Probes::of_cases();
    println!(
        "{} messages of cases, {} derived",
        probes.count().0,
        probes.count().1
    );
    let wrong = Holder::new(&probes).unmutated();
    assert!(wrong.is_empty(), "not as their cases say: {wrong:#?}");
    let all = mutants(&probes.store);
    let chosen = sample(all);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut killed = 0;
    let mut stillborn = 0;
    let mut survivors = BTreeSet::new();
    run_ordered(
        threads,
        chosen.iter(),
        || {
            let mut holder = Holder::new(&probes);
            move |mutant: &Mutant| (mutant.id.clone(), holder.fate(mutant))
        },
        |(id, fate)| match fate {
            Fate::Stillborn => stillborn += 1,
            Fate::Killed => killed += 1,
            Fate::Survived => {
                survivors.insert(id);
            }
        },
    );
    let judged = killed + survivors.len();
    let rate = 100.0 * killed as f64 / judged as f64;
    println!("{judged} mutants ({stillborn} more are no rules), {killed} killed: {rate:.1} %");
    for id in &survivors {
        println!("- {id}");
    }
    assert!(killed > 0, "nothing was measured");
}

/// Which mutants are taken: all, or a sample by a seed.
fn sample(mut all: Vec<Mutant>) -> Vec<Mutant> {
    if std::env::var("KETENKEUR_MUTANTS").is_ok_and(|wanted| wanted == "all") {
        return all;
    }
    let seed = std::env::var("KETENKEUR_MUTANTS_SEED").unwrap_or_default();
    all.sort_by_cached_key(|mutant| {
        let mut hasher = DefaultHasher::new();
        (&seed, &mutant.id).hash(&mut hasher);
        hasher.finish()
    });
    all.truncate(SAMPLE);
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}
