//! The mutants that no case notices, and why.

use std::collections::BTreeMap;

/// Read when the test runs, as the cases are: nothing is built again for a
/// reason.
const EXPLAINED: &str = "tests/mutants/survivors.md";

/// The reason of each mutant in `survivors.md`: the text before the list it
/// stands in.
pub fn explained() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(EXPLAINED).unwrap();
    let mut explained = BTreeMap::new();
    let mut reason = String::new();
    let mut is_list = false;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let Some(id) = line.strip_prefix("- ") else {
            if is_list || line.starts_with('#') {
                reason.clear();
            }
            if !line.starts_with('#') {
                reason.push_str(line);
            }
            is_list = false;
            continue;
        };
        is_list = true;
        assert!(!reason.is_empty(), "without a reason: {id}");
        let twice = explained.insert(id.to_string(), reason.clone());
        assert!(twice.is_none(), "explained twice: {id}");
    }
    explained
}
