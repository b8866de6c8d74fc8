//! Rule sets of others, unchanged.

use super::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Runs CEN's rules for EN 16931 as they are published. They are not part
/// of this repository; `KETENKEUR_EN16931` names a folder with the `.sch`,
/// invoices `*.xml`, and `expected.tsv`: per line an invoice and, for each
/// rule that another processor finds broken in it, `CODE=count`.
#[test]
fn en16931_runs_unchanged() {
    let Some(folder) = std::env::var_os("KETENKEUR_EN16931") else {
        println!("skipped: KETENKEUR_EN16931 names no folder with the EN 16931 rules");
        return;
    };
    let folder = Path::new(&folder);
    let file = folder.join("EN16931-UBL-validation-preprocessed.sch");
    let schema = std::fs::read(file).unwrap();
    let start = Instant::now();
    let set = RuleSet::read(&schema, &origin(), &|_| None).unwrap();
    let read = start.elapsed();
    let rules = CompiledRules::new(Arc::new(set));
    let contexts = start.elapsed();
    assert_eq!(rules.refusals(), []);
    println!(
        "read {read:?}, contexts {contexts:?}, all compiled {:?}",
        start.elapsed()
    );
    let paths = rules.rule_set().paths();
    assert!(paths.len() > 900 && paths.iter().all(|rule| !rule.context.paths.is_empty()));

    let expected = std::fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let mut invoices = 0;
    for line in expected.lines() {
        let mut columns = line.split('\t');
        let name = columns.next().unwrap();
        let broken: BTreeMap<String, usize> = columns
            .filter_map(|column| column.split_once('='))
            .map(|(code, count)| (code.to_string(), count.parse().unwrap()))
            .collect();
        let document = document(&std::fs::read_to_string(folder.join(name)).unwrap());
        let start = Instant::now();
        let outcomes = rules.judge(&document, document.root_element(), &facts());
        if invoices < 2 {
            println!(
                "{name}: {:?}, {:?}, {} held",
                start.elapsed(),
                describe(&outcomes),
                outcomes.held.len()
            );
        }
        invoices += 1;
        let mut found = BTreeMap::new();
        let mut undecided = Vec::new();
        for finding in &outcomes.findings {
            match finding.kind {
                Kind::Violation => *found.entry(finding.code.to_string()).or_insert(0) += 1,
                Kind::Undecided => undecided.push(finding.code.to_string()),
            }
        }
        // A rule that stops the other processor with a dynamic error is
        // undecided here.
        if line.ends_with("\terror") {
            assert_ne!(undecided, Vec::<String>::new(), "{name}");
        } else {
            assert_eq!((found, undecided), (broken, vec![]), "{name}");
        }
    }
    assert!(invoices > 0);
    println!("{invoices} invoices");
}
