//! What is wrong with a call, in the user's language. Clap knows one language;
//! what it found out is put in words of our own.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::text::{Texts, fill};

/// The mistake in words; `None` for a mistake that has none here.
pub fn worded(error: &clap::Error, texts: &Texts) -> Option<String> {
    let key = match error.kind() {
        ErrorKind::InvalidSubcommand => "command",
        ErrorKind::UnknownArgument => "argument",
        ErrorKind::MissingRequiredArgument => "missing",
        ErrorKind::InvalidValue if context(error, ContextKind::InvalidValue).is_empty() => "empty",
        ErrorKind::InvalidValue => "choice",
        ErrorKind::ValueValidation => "value",
        ErrorKind::ArgumentConflict => "conflict",
        _ => return None,
    };
    let of = |kinds: &[ContextKind]| {
        let mut found = kinds.iter().map(|&kind| context(error, kind));
        found.find(|text| !text.is_empty()).unwrap_or_default()
    };
    let written = of(&[ContextKind::InvalidSubcommand, ContextKind::InvalidArg]);
    let nearest = of(&[
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]);
    let said = fill(
        texts.usage.get(key)?,
        &[
            ("written", &written),
            ("value", &of(&[ContextKind::InvalidValue])),
            ("known", &of(&[ContextKind::ValidValue])),
            ("other", &of(&[ContextKind::PriorArg])),
            ("nearest", &nearest),
        ],
    );
    let more = texts.usage.get("more")?;
    Some(format!("{said} {more}"))
}

/// What clap knows of a mistake, as text.
fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;
    use crate::finding::Language;

    #[test]
    fn mistakes_in_a_call_have_words_in_both_languages() {
        for (call, nl, en) in [
            ("chek a", "«chek»", "\"chek\""),
            ("check --lagn nl a", "«--lagn»", "\"--lagn\""),
            ("check", "<PATH>...", "<PATH>..."),
            ("check --fail-on erg a", "«erg»", "\"erg\""),
            ("check --jobs veel a", "«veel»", "\"veel\""),
            ("check --lang", "--lang", "--lang"),
        ] {
            let args = std::iter::once("ketenkeur").chain(call.split(' '));
            let error = Cli::command().try_get_matches_from(args).unwrap_err();
            for (language, part) in [(Language::Nl, nl), (Language::En, en)] {
                let said = worded(&error, Texts::of(language)).unwrap();
                assert!(said.contains(part), "{call}: {said}");
                assert!(!said.contains('{'), "{call}: {said}");
            }
        }
    }
}
