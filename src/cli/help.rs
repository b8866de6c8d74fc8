//! Help in the user's language: the texts stand with the others
//! (`[help]`), by the path of the argument.

use clap::{Arg, ArgAction, Command};

use crate::text::Texts;

/// Gives a command and everything below it the help of `texts`.
pub fn localized(command: Command, texts: &'static Texts) -> Command {
    let command = named(command, texts);
    // Only a command that was built knows how it is called.
    let mut built = command.clone();
    built.build();
    walk(command, "", &mut built, texts)
}

/// The same with the user's words for the values of arguments.
fn named(command: Command, texts: &'static Texts) -> Command {
    let in_words = |argument: Arg| {
        let names = argument.get_value_names().unwrap_or_default().iter();
        let names: Option<Vec<&'static str>> = names
            .map(|name| texts.value_name.get(name.as_str()).map(String::as_str))
            .collect();
        match names.filter(|names| !names.is_empty()) {
            Some(names) => argument.value_names(names),
            None => argument,
        }
    };
    let command = command.mut_args(in_words);
    command.mut_subcommands(|below| named(below, texts))
}

fn walk(command: Command, path: &str, built: &mut Command, texts: &'static Texts) -> Command {
    let arguments: Vec<String> = command
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .collect();
    let below: Vec<String> = command
        .get_subcommands()
        .map(|below| below.get_name().to_string())
        .collect();
    let mut command = command;
    if let Some(about) = texts.help.get(&about_key(path)) {
        command = command.about(about.as_str());
    }
    for id in arguments {
        let help = texts.help.get(&argument_key(path, &id));
        command = command.mut_arg(id, |argument| worded(argument, help, texts));
    }
    command = with_own_words(command, texts).override_usage(usage(built, texts));
    for name in below {
        let Some(built) = built.find_subcommand_mut(&name) else {
            continue;
        };
        let path = join(path, &name);
        command = command.mut_subcommand(name, |below| walk(below, &path, built, texts));
    }
    command
}

/// How a command is called, in the user's words; clap has English ones.
fn usage(built: &mut Command, texts: &'static Texts) -> String {
    let usage = built.render_usage().to_string();
    let call = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    call.replace("[OPTIONS]", word(texts, "some-options"))
        .replace("<COMMAND>", word(texts, "some-command"))
}

/// An argument with its help and the values that it can have.
fn worded(argument: Arg, help: Option<&String>, texts: &'static Texts) -> Arg {
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_string())
        .collect();
    let mut help = help.cloned().unwrap_or_default();
    let takes_values = argument.get_action().takes_values();
    if takes_values && !values.is_empty() {
        help.push_str(&format!(" [{}]", values.join(", ")));
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    if takes_values && !defaults.is_empty() {
        help.push_str(&format!(
            " [{}: {}]",
            word(texts, "default"),
            defaults.join(", ")
        ));
    }
    let heading = if argument.is_positional() {
        "arguments"
    } else {
        "options"
    };
    argument
        .help(help)
        .hide_possible_values(takes_values)
        .hide_default_value(takes_values)
        .help_heading(word(texts, heading))
}

/// The place in the list of options after all others.
const LAST: usize = 999;

/// What clap itself would say in English.
fn with_own_words(command: Command, texts: &'static Texts) -> Command {
    let options = word(texts, "options");
    let own = |name: &'static str, short: char, action| {
        Arg::new(name)
            .short(short)
            .long(name)
            .action(action)
            .help(word(texts, name))
            .help_heading(options)
            .display_order(LAST)
    };
    let is_root = command.get_version().is_some();
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(own("help", 'h', ArgAction::Help))
        .subcommand_help_heading(word(texts, "commands"))
        .help_template(format!(
            "{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}",
            word(texts, "call")
        ));
    if !is_root {
        return command;
    }
    command
        .disable_version_flag(true)
        .arg(own("version", 'V', ArgAction::Version))
}

fn word(texts: &'static Texts, key: &str) -> &'static str {
    crate::text::word(&texts.usage, key)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_string()
    } else {
        format!("{path}-{name}")
    }
}

fn about_key(path: &str) -> String {
    if path.is_empty() {
        "ketenkeur".to_string()
    } else {
        path.to_string()
    }
}

/// Global options have one help wherever they are shown.
fn argument_key(path: &str, id: &str) -> String {
    const GLOBAL: &[&str] = &["lang", "config", "project", "user_packs", "locked"];
    let id_written = id.replace('_', "-");
    if GLOBAL.contains(&id) {
        id_written
    } else {
        join(path, &id_written)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;
    use crate::finding::Language;

    /// Keys of the help that a command and everything below it ask for.
    fn keys(command: &Command) -> Vec<String> {
        fn collect(command: &Command, path: &str, keys: &mut Vec<String>) {
            keys.push(about_key(path));
            for argument in command.get_arguments() {
                if !is_claps_own(argument.get_id().as_str()) {
                    keys.push(argument_key(path, argument.get_id().as_str()));
                }
            }
            for below in command.get_subcommands() {
                collect(below, &join(path, below.get_name()), keys);
            }
        }
        let mut keys = Vec::new();
        collect(command, "", &mut keys);
        keys
    }

    fn is_claps_own(id: &str) -> bool {
        matches!(id, "help" | "version")
    }

    #[test]
    fn every_argument_has_help_in_both_languages_and_no_help_is_left_over() {
        let mut wanted = keys(&Cli::command());
        wanted.sort();
        wanted.dedup();
        for language in [Language::Nl, Language::En] {
            let known: Vec<&String> = Texts::of(language).help.keys().collect();
            assert_eq!(wanted.iter().collect::<Vec<_>>(), known, "{language:?}");
        }
    }

    /// Help of a command and everything below it.
    fn pages(command: &mut Command) -> Vec<String> {
        let mut pages = vec![command.render_help().to_string()];
        for below in command.get_subcommands_mut() {
            pages.extend(self::pages(below));
        }
        pages
    }

    #[test]
    fn no_page_of_the_dutch_help_has_words_of_clap() {
        for language in [Language::Nl, Language::En] {
            localized(Cli::command(), Texts::of(language)).debug_assert();
        }
        let mut command = localized(Cli::command(), Texts::of(Language::Nl));
        command.build();
        for page in pages(&mut command) {
            for word in [
                "Usage",
                "Options",
                "Arguments",
                "Commands",
                "Print",
                "possible",
                "default",
                "FILE",
            ] {
                assert!(!page.contains(word), "{word}: {page}");
            }
            assert!(
                page.contains("Gebruik: ") && page.contains("Toon deze hulp"),
                "{page}"
            );
        }
    }
}
