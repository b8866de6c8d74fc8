//! What the documentation tells users to type is understood.

use std::path::{Path, PathBuf};
use std::process::Command;

use ketenkeur::play::Witness;
use ketenkeur::scenario::Library;

/// Every command in a page: indented lines, and lines of pipelines, that call
/// ketenkeur. What follows `#`, `|`, `>` or `&` is not its business.
fn commands(page: &str) -> Vec<Vec<String>> {
    let calls = page.lines().filter_map(|line| {
        let is_code = line.starts_with("    ") || line.trim_start().starts_with("- ");
        let at = line.find("ketenkeur ")?;
        let before = line[..at].trim();
        let starts =
            ["", "-", "- run:", "- script:", "sh '"].contains(&before) || before.ends_with('=');
        (is_code && starts).then(|| &line[at + "ketenkeur ".len()..])
    });
    calls
        .map(|call| {
            let mut words = Vec::new();
            for word in call.trim_end_matches('\'').split_whitespace() {
                if ["#", "|", "||", ">", "&", "&&"].contains(&word) {
                    break;
                }
                words.push(word.trim_matches('"').to_string());
            }
            words
        })
        .filter(|words| !words.is_empty())
        .collect()
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let below = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path())
    };
    let mut pages: Vec<PathBuf> = below("docs")
        .chain(below("docs/ci"))
        .filter(|path| path.is_file())
        .chain([root.join("README.md")])
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_documented_command_is_understood() {
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for words in commands(&text) {
            // Help is given for what comes before it only when that is
            // understood, and nothing is done.
            let output = Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
                .args(&words)
                .arg("--help")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: ketenkeur {}: {said}",
                page.display(),
                words.join(" ")
            );
            seen += 1;
        }
    }
    assert!(seen >= 60, "{seen} commands");
}

/// The form in the documentation is one that can be given.
#[test]
fn the_documented_form_is_about_steps_that_are_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recorded.md");
    let page = std::fs::read_to_string(page).unwrap();
    let form = page.split("```yaml form\n").nth(1).unwrap();
    let form = form.split("```").next().unwrap();
    let witness = Witness::read(form.as_bytes(), true).unwrap();
    let strangers = witness.strangers(&Library::shipped().scenarios);
    assert!(strangers.is_empty(), "{strangers:?}");
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            assert!(folder.join(file).exists(), "{}: {target}", page.display());
        }
    }
}
