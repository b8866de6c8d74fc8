//! How strong the cases are: whatever is changed in a rule file or in the data
//! that rules go by, a case must fail. Those that no case can notice stand in
//! `survivors.md`, each with the reason.
//!
//! A sample by default; `KETENKEUR_MUTANTS=all` takes all of them,
//! `KETENKEUR_MUTANTS_SEED` another sample, and `KETENKEUR_MUTANTS_OF` those with
//! a text in their name: a rule, a file.

mod expressions;
mod files;
mod holder;
mod probes;
mod survivors;

use std::collections::BTreeMap;

use ketenkeur::check::run_ordered;
use sha2::{Digest, Sha256};

use files::{Mutant, mutants};
use holder::{Fate, Holder};
use probes::Probes;
use survivors::explained;

const SAMPLE: usize = 100;

/// How many of all mutants must be killed; the others are explained.
const KILLED_PER_CENT: f64 = 95.0;

#[test]
fn mutants_of_the_rules_make_cases_fail() {
    let probes = Probes::of_cases();
    let (of_cases, derived) = probes.count();
    println!("{of_cases} messages of cases, {derived} derived");
    let wrong = Holder::new(&probes).unmutated();
    assert!(wrong.is_empty(), "not as their cases say: {wrong:#?}");
    let all = mutants(&probes.store);
    let explained = explained();
    let is_mutant = |id: &&String| all.iter().any(|mutant| mutant.id == **id);
    let gone: Vec<&String> = explained.keys().filter(|id| !is_mutant(id)).collect();
    assert!(
        gone.is_empty(),
        "survivors.md names what is no mutant: {gone:#?}"
    );

    let takes_all = std::env::var("KETENKEUR_MUTANTS").is_ok_and(|wanted| wanted == "all");
    let chosen = match std::env::var("KETENKEUR_MUTANTS_OF") {
        Ok(part) => with_part(all, &part),
        Err(_) if takes_all => all,
        Err(_) => sample(all),
    };
    let fates = fates(&probes, &chosen);
    let with = |wanted: Fate| {
        let of = fates.iter().filter(move |(_, fate)| **fate == wanted);
        of.map(|(mutant, _)| *mutant)
    };
    let stillborn = with(Fate::Stillborn).count();
    let (killed, survived) = (with(Fate::Killed).count(), with(Fate::Survived).count());
    let rate = 100.0 * killed as f64 / (killed + survived) as f64;
    println!(
        "{} mutants ({stillborn} more are no rules), {killed} killed ({rate:.1} %), {survived} survive",
        killed + survived
    );
    let reasons = with(Fate::Survived).filter(|id| explained.contains_key(*id));
    println!("{} of the survivors are explained", reasons.count());

    let unexplained: Vec<&str> = with(Fate::Survived)
        .filter(|id| !explained.contains_key(*id))
        .collect();
    let stale: Vec<&str> = fates
        .iter()
        .filter(|(id, fate)| **fate != Fate::Survived && explained.contains_key(**id))
        .map(|(id, _)| *id)
        .collect();
    for id in &unexplained {
        println!("- {id}");
    }
    assert!(
        stale.is_empty(),
        "survivors.md explains what a case kills, or is no rule: {stale:#?}"
    );
    assert!(
        unexplained.is_empty(),
        "no case notices {} mutants (above): add a case, or a reason to survivors.md",
        unexplained.len()
    );
    assert!(!takes_all || rate >= KILLED_PER_CENT, "{rate:.1} % killed");
}

/// What became of each mutant, by its name.
fn fates<'m>(probes: &Probes, mutants: &'m [Mutant]) -> BTreeMap<&'m str, Fate> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut fates = BTreeMap::new();
    run_ordered(
        threads,
        mutants.iter(),
        || {
            let mut holder = Holder::new(probes);
            move |mutant: &'m Mutant| (&*mutant.id, holder.fate(mutant))
        },
        |(id, fate)| {
            fates.insert(id, fate);
        },
    );
    fates
}

/// The mutants with a part in their name, or with one of several, with `;`
/// between them.
fn with_part(mut all: Vec<Mutant>, part: &str) -> Vec<Mutant> {
    all.retain(|mutant| part.split(';').any(|part| mutant.id.contains(part)));
    assert!(!all.is_empty(), "no mutant has {part} in its name");
    all
}

/// A sample of the mutants by a seed, the same each time.
fn sample(mut all: Vec<Mutant>) -> Vec<Mutant> {
    let seed = std::env::var("KETENKEUR_MUTANTS_SEED").unwrap_or_default();
    all.sort_by_cached_key(|mutant| Sha256::digest(format!("{seed} {}", mutant.id)));
    all.truncate(SAMPLE);
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}
