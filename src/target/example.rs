//! The annotated example of a target file.

use crate::finding::Language;

/// The example, with its notes in `language`.
pub fn example(language: Language) -> &'static str {
    match language {
        Language::Nl => include_str!("../../docs/target.nl.yaml"),
        Language::En => include_str!("../../docs/target.en.yaml"),
    }
}
