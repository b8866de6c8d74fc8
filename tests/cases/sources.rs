//! What rules and requirements rest on can be looked up and read.

use ketenkeur::finding::{Grade, Language, Source, SourcePart};
use ketenkeur::pack::Store;
use ketenkeur::requirement::requirements;

use crate::rules;

/// A user can look up what a published rule, requirement or declaration rests
/// on: a public document, not a file of the dossier that only we have.
#[test]
fn what_is_published_names_a_public_document() {
    let store = Store::builtin();
    let rules = rules();
    let requirements = requirements().unwrap();
    let of_packs = store.packs().flat_map(|pack| {
        pack.manifest.provenance.iter().map(|part| {
            let name = format!("{}, {}", pack.manifest.contract, part.declaration);
            (name, part.grade, part.source.clone())
        })
    });
    let unknown: Vec<String> = rules
        .values()
        .map(|rule| (rule.code.to_string(), rule.grade, rule.source.clone()))
        .chain(requirements.iter().map(|requirement| {
            let id = requirement.id.to_string();
            (id, requirement.grade, requirement.source.clone())
        }))
        .chain(of_packs)
        .filter(|(_, grade, source)| {
            *grade == Grade::Published && (source.is_empty() || names_the_dossier(source))
        })
        .map(|(name, _, source)| format!("{name}: {}", source.told(Language::Nl)))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Whether a source names the dossier, which no user has.
fn names_the_dossier(source: &Source) -> bool {
    let told = source.told(Language::Nl);
    let is_file =
        |word: &str| word.ends_with(".md") && word.starts_with(|c: char| c.is_ascii_digit());
    told.contains("dossier van ketenkeur") || told.split([' ', ',', ';', '(', ')']).any(is_file)
}

/// A document keeps its name in every language, and what we say of it is said
/// in both: whoever reads Dutch meets no English in a source, and the other
/// way round.
#[test]
fn a_source_speaks_the_language_of_its_reader() {
    // `of` and `is` are words of both languages.
    const ENGLISH: &str = "the and by shape with values are reading published reconstructed \
                           knowledge names rules messages";
    const DUTCH: &str = "de het een en van met niet zijn lezing gepubliceerd gereconstrueerd \
                         praktijkkennis namen regels";
    let speaks = |text: &str, telltale: &str| {
        let telltale: Vec<&str> = telltale.split_ascii_whitespace().collect();
        text.split(|letter: char| !letter.is_alphabetic())
            .any(|word| telltale.contains(&word))
    };
    let is_right = |part: &SourcePart<'_>| match *part {
        SourcePart::Citation(text) => {
            !speaks(text, ENGLISH) && !text.contains("dossier of") && !text.contains('|')
        }
        SourcePart::Remark { nl, en } => {
            let is_whole = |text: &str| !text.is_empty() && text == text.trim();
            is_whole(nl) && is_whole(en) && !speaks(nl, ENGLISH) && !speaks(en, DUTCH)
        }
    };
    let sources = written_sources();
    let wrong: Vec<String> = sources
        .iter()
        .flat_map(|(file, source)| source.parts().map(move |part| (file, part)))
        .filter(|(_, part)| !is_right(part))
        .map(|(file, part)| format!("{file}: {part:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(sources.len() > 1000, "{} sources", sources.len());
}

/// Every source in the files that come along, also where no check reads it,
/// with its file.
fn written_sources() -> Vec<(String, Source)> {
    let mut sources = Vec::new();
    for folder in ["schemas", "cases"] {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry.unwrap();
            let file = entry.path().to_string_lossy().into_owned();
            let end = entry.path().extension().and_then(|end| end.to_str());
            if !matches!(end, Some("toml" | "sch" | "yaml")) {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let quoted = |line: &str| {
                let (_, rest) = line
                    .split_once("source=\"")
                    .or_else(|| line.split_once("source = \""))?;
                rest.split('"').next().map(str::to_string)
            };
            let plain = |line: &str| {
                let rest = line.strip_prefix("source: ")?;
                Some(rest.trim_matches('"').to_string())
            };
            let found = text
                .lines()
                .filter_map(|line| quoted(line).or_else(|| plain(line)));
            sources.extend(found.map(|source| (file.clone(), source.into())));
        }
    }
    sources
}
