//! What is wrong with a call, in the user's language. Clap knows one language;
//! what it found out is put in words of our own, and what was meant is looked
//! for as everywhere else.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::document::nearest;
use crate::text::{Texts, fill};

/// The mistake in the call `args` of `command`, in words; `None` for a mistake
/// that has none here.
pub fn worded(
    error: &clap::Error,
    command: &Command,
    args: &[OsString],
    texts: &Texts,
) -> Option<String> {
    let of = |kind| context(error, kind);
    let asked = of(ContextKind::InvalidArg).join(", ");
    let value = of(ContextKind::InvalidValue).join("");
    let values = of(ContextKind::ValidValue);
    let below = || command_of(command, args);
    let subcommands = || -> Vec<String> {
        let below = below().get_subcommands();
        below.map(|one| one.get_name().to_string()).collect()
    };
    let (key, written, known) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let written = of(ContextKind::InvalidSubcommand).join("");
            ("command", written, subcommands())
        }
        ErrorKind::MissingSubcommand => ("no-command", String::new(), subcommands()),
        ErrorKind::UnknownArgument if !asked.starts_with('-') => ("surplus", asked, Vec::new()),
        ErrorKind::UnknownArgument => {
            let options = below().get_arguments();
            let options = options.filter_map(|option| option.get_long());
            let known = options.map(|name| format!("--{name}")).collect();
            ("argument", asked, known)
        }
        ErrorKind::MissingRequiredArgument => ("missing", asked, Vec::new()),
        ErrorKind::InvalidValue if value.is_empty() => ("empty", asked, values),
        ErrorKind::InvalidValue => ("choice", asked, values),
        ErrorKind::ValueValidation => ("value", asked, Vec::new()),
        ErrorKind::ArgumentConflict if of(ContextKind::PriorArg) == [asked.as_str()] => {
            ("twice", asked, Vec::new())
        }
        ErrorKind::ArgumentConflict => ("conflict", asked, Vec::new()),
        _ => return None,
    };
    let meant = if key == "choice" { &value } else { &written };
    let said = fill(
        texts.usage.get(key)?,
        &[
            ("written", &written),
            ("value", &value),
            ("known", &known.join(", ")),
            ("other", &of(ContextKind::PriorArg).join(", ")),
            (
                "nearest",
                nearest(meant, known.iter().map(String::as_str)).unwrap_or_default(),
            ),
        ],
    );
    let more = texts.usage.get("more")?;
    Some(format!("{said} {more}"))
}

/// The command at which a call went wrong: the last one that it names.
fn command_of<'c>(command: &'c Command, args: &[OsString]) -> &'c Command {
    let names = args.iter().skip(1).filter_map(|arg| arg.to_str());
    names.fold(command, |at, name| at.find_subcommand(name).unwrap_or(at))
}

/// What clap knows of a mistake, as texts.
fn context(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
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
            (
                "chek a",
                "«chek». Bedoelt u «check»?",
                "\"chek\". Do you mean \"check\"?",
            ),
            (
                "rnu",
                "«rnu». Bedoelt u «run»?",
                "\"rnu\". Do you mean \"run\"?",
            ),
            (
                "counterpart dou",
                "Bedoelt u «duo»?",
                "Do you mean \"duo\"?",
            ),
            (
                "runs --lang nl",
                "ontbreekt de opdracht; kies uit diff, ",
                "a command is missing; choose from diff, ",
            ),
            (
                "run --ot x",
                "«--ot». Bedoelt u «--out»?",
                "\"--ot\". Do you mean \"--out\"?",
            ),
            (
                "check --lagn nl a",
                "Bedoelt u «--lang»?",
                "Do you mean \"--lang\"?",
            ),
            (
                "check --sector bo a",
                "«--sector». Met",
                "\"--sector\". --help",
            ),
            (
                "rules list a b",
                "«b» is hier te veel",
                "\"b\" is too much here",
            ),
            ("check", "<PATH>...", "<PATH>..."),
            (
                "check --fail-on fout a",
                "Bedoelt u «foutmelding»?",
                "Do you mean \"foutmelding\"?",
            ),
            ("check --fail-on erg a", "«erg»", "\"erg\""),
            ("check --jobs veel a", "«veel»", "\"veel\""),
            (
                "run --jobs 1 --jobs 2",
                "--jobs <N> kan maar één keer",
                "--jobs <N> can be given once",
            ),
            ("check --lang", "--lang", "--lang"),
        ] {
            let args: Vec<OsString> = std::iter::once("ketenkeur")
                .chain(call.split(' '))
                .map(OsString::from)
                .collect();
            let mut command = Cli::command();
            let error = command.try_get_matches_from_mut(&args).unwrap_err();
            for (language, part) in [(Language::Nl, nl), (Language::En, en)] {
                let said = worded(&error, &command, &args, Texts::of(language)).unwrap();
                assert!(said.contains(part), "{call}: {said}");
                assert!(!said.contains('{'), "{call}: {said}");
            }
        }
    }
}
