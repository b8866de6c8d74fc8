//! The examples of docs/scenarios.md are scripts that can be read.

use std::collections::BTreeSet;

use ketenkeur::scenario::{read_script, step_keys};

use crate::reading::{Written, script};

/// The YAML of the page: the text after the fence's language, and the block.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("```yaml")
        .skip(1)
        .map(|part| {
            let (kind, rest) = part.split_once('\n').unwrap();
            (kind.trim(), rest.split("```").next().unwrap())
        })
        .collect()
}

#[test]
fn every_example_of_the_page_is_read_and_every_step_has_one() {
    let page = std::fs::read_to_string("docs/scenarios.md").unwrap();
    // A target file is no script; tests/play plays under it.
    let blocks: Vec<_> = blocks(&page)
        .into_iter()
        .filter(|(kind, _)| *kind != "target")
        .collect();
    let shared = blocks
        .iter()
        .find(|(kind, _)| *kind == "shared")
        .map(|(_, block)| *block)
        .unwrap();
    let mut all = String::new();
    for (_, block) in &blocks {
        let text = match block.starts_with("- ") {
            true => script(&format!("steps:\n{block}")),
            false => (*block).to_string(),
        };
        let files = [
            ("x.yaml", text.as_str()),
            ("gedeeld.yaml", shared),
            ("afgekapt.xml", "<half"),
        ];
        if let Err(mistakes) = read_script("x.yaml", &Written(&files)) {
            panic!("{mistakes:#?}\n{text}");
        }
        all += &text;
    }
    let missing: BTreeSet<&str> = step_keys()
        .filter(|key| !all.contains(&format!("{key}:")))
        .collect();
    assert_eq!(missing, BTreeSet::new());
}
