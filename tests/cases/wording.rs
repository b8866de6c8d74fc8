//! What users read has one kind of quotation mark in each language, and names
//! commands in one way.

use std::path::{Path, PathBuf};

/// Texts in which a straight mark in Dutch is part of what is typed or sent.
const CODE: [&str; 6] = ["=\"", "= \"", ": \"", "[\"", ", \"", " \"5\""];

fn texts_of(path: &Path) -> Vec<(String, String)> {
    fn collect(name: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
        match value {
            toml::Value::String(text) => found.push((name.to_string(), text.clone())),
            toml::Value::Array(all) => all.iter().for_each(|one| collect(name, one, found)),
            toml::Value::Table(all) => all.iter().for_each(|(name, one)| collect(name, one, found)),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    collect("", &toml::from_str(&text).unwrap(), &mut found);
    found
}

/// The text without what is quoted because it is code.
fn without_code(text: &str) -> String {
    let mut rest = text.replace("\"\"", "");
    for begin in CODE {
        while let Some(at) = rest.find(begin) {
            let end = rest[at + begin.len()..].find('"');
            let end = end.map_or(rest.len(), |end| at + begin.len() + end + 1);
            rest.replace_range(at..end, "");
        }
    }
    rest
}

/// Everything that users read, with its language and its key.
fn all_texts() -> Vec<(&'static str, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of_rules = std::fs::read_dir(root.join("schemas/ingebouwd")).unwrap();
    let of_rules = of_rules.map(|entry| entry.unwrap().path());
    let of_rules = of_rules.chain([root.join("schemas/batch/regels.toml")]);
    let of_rules = of_rules.filter(|path| path.extension().is_some_and(|kind| kind == "toml"));
    let of_rules: Vec<PathBuf> = of_rules.collect();
    let mut texts = Vec::new();
    for language in ["nl", "en"] {
        let own = texts_of(&root.join(format!("src/text/texts/{language}.toml")));
        texts.extend(own.into_iter().map(|(name, text)| (language, name, text)));
        let ends = format!("-{language}");
        for path in &of_rules {
            let all = texts_of(path).into_iter();
            let of_language = all.filter(|(name, _)| name.ends_with(&ends));
            texts.extend(of_language.map(|(name, text)| (language, name, text)));
        }
    }
    assert!(texts.len() > 2000, "{}", texts.len());
    texts
}

/// Commands stand as they are typed, between no marks.
#[test]
fn commands_are_named_in_one_way() {
    let is_marked = |text: &str| {
        let marked = ["«", "\"", "'"].map(|mark| format!("{mark}ketenkeur "));
        text.contains('`') || marked.iter().any(|mark| text.contains(mark))
    };
    let all = all_texts();
    let wrong: Vec<_> = all.iter().filter(|(_, _, text)| is_marked(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn quotation_marks_are_those_of_the_language() {
    let texts = all_texts();
    let is_wrong = |language: &str, text: &str| match language {
        "nl" => without_code(text).contains(['"', '“', '”', '„']),
        _ => text.contains(['«', '»', '“', '”']),
    };
    let wrong = texts
        .iter()
        .filter(|(language, _, text)| is_wrong(language, text));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
