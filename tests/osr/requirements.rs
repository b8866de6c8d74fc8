//! The code names the requirements that its answers show, and no others.

use std::collections::BTreeSet;

use ketenkeur::requirement::{Judged, requirements};

/// The requirement ids that the source of the register names.
fn named() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for entry in walkdir::WalkDir::new("src/counterpart/osr") {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(entry.path()).unwrap();
        let part_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        for (at, _) in source.match_indices("OSR-") {
            let rest = &source[at..];
            let end = rest.find(|c| !part_of_name(c)).unwrap_or(rest.len());
            named.insert(rest[..end].trim_end_matches('-').to_string());
        }
    }
    // `OSR-toegang` is a role.
    named.remove("OSR");
    named
}

#[test]
fn every_behaviour_is_named_where_it_is_shown() {
    let all = requirements().unwrap();
    let known: Vec<_> = (all.iter())
        .filter(|requirement| requirement.id.starts_with("OSR-"))
        .collect();
    let named = named();
    let ids: BTreeSet<String> = known.iter().map(|r| r.id.to_string()).collect();
    let unknown: Vec<&String> = named.difference(&ids).collect();
    assert!(unknown.is_empty(), "named but not known: {unknown:?}");
    let silent: Vec<&str> = known
        .iter()
        .filter(|requirement| requirement.judged.contains(&Judged::Behaviour))
        .map(|requirement| &*requirement.id)
        .filter(|id| !named.contains(*id))
        .collect();
    assert!(silent.is_empty(), "shown by no answer: {silent:?}");
}
