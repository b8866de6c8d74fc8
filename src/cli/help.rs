//! Help in the user's language: the texts stand with the others
//! (`[help]`), by the path of the argument.

use clap::Command;

use crate::text::Texts;

/// Gives a command and everything below it the help of `texts`.
pub fn localized(command: Command, texts: &'static Texts) -> Command {
    walk(command, "", texts)
}

fn walk(command: Command, path: &str, texts: &'static Texts) -> Command {
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
        if let Some(help) = texts.help.get(&argument_key(path, &id)) {
            command = command.mut_arg(id, |argument| argument.help(help.as_str()));
        }
    }
    for name in below {
        let path = join(path, &name);
        command = command.mut_subcommand(name, |below| walk(below, &path, texts));
    }
    command
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
}
