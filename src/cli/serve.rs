//! `ketenkeur serve`: matrix and runs as pages, until it is told to stop; and
//! `ketenkeur token`, which makes the tokens of it.

use std::path::Path;
use std::sync::mpsc::channel;

use super::args::{EditionArg, Global, Site, Token};
use super::failure::Failure;
use super::output::{print, tell};
use super::readiness::{store_failure, store_to_write, team_failure};
use super::report::every_rule;
use super::rules::codes;
use super::serving::{address, not_served};
use super::settings::Settings;
use super::setup;
use crate::clock::Clock;
use crate::exit::Exit;
use crate::finding::Language;
use crate::readiness::{RunStore, TeamError};
use crate::serve::{Holder, SiteOptions, TokenError, WatchedTeam, serve, tokens};
use crate::text::{Texts, say};
use crate::transport::on_interrupt;

/// Runs `serve`: returns when the user ends it.
pub fn run_serve(
    wanted: &Site,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let texts = &Texts::of(language).serve;
    let listen = address(&wanted.listen)?;
    let is_loopback = listen.ip().is_loopback();
    let confidential = wanted.edition == EditionArg::Confidential;
    if !is_loopback && wanted.host.is_empty() {
        return Err(Failure::usage("serve-host").with("value", &wanted.listen));
    }
    if !is_loopback && confidential {
        return Err(Failure::usage("serve-confidential").with("value", &wanted.listen));
    }
    if let Some(host) = wanted.host.first().filter(|_| confidential) {
        return Err(Failure::usage("serve-confidential-host").with("value", host));
    }
    if let Some(tokens) = &wanted.tokens {
        tokens::check(tokens).map_err(|error| token_failure(tokens, error))?;
    }
    if let Some(runs) = wanted.runs.as_ref().filter(|runs| !runs.is_dir()) {
        return Err(Failure::usage("not-found").with("path", runs.display()));
    }
    let store = match wanted.upload {
        true => store_to_write(&wanted.store, Texts::of(language))?,
        false => RunStore::open_to_read(&wanted.store)
            .map_err(|error| store_failure(&wanted.store, error))?,
    };
    let packs = setup::store(global, settings)?;
    let options = SiteOptions {
        listen,
        hosts: wanted.host.clone(),
        team: watched(wanted.team.as_deref(), language)?,
        runs: wanted.runs.clone(),
        tokens: wanted.tokens.clone(),
        uploads: wanted.upload,
        confidential,
        language,
        codes: codes(&packs),
        rules: every_rule(&packs),
        packs,
    };
    let (ask, asked) = channel::<()>();
    on_interrupt(move || {
        // Nobody waits any more when nothing could be served.
        let _ = ask.send(());
    });
    let server = serve(options, store).map_err(|error| not_served(error, &wanted.listen))?;
    if !is_loopback {
        tell(&say(texts, "open-warning", &[("what", &wanted.listen)]));
    }
    let url = format!("http://{}/", server.address());
    print(&format!("{}\n", say(texts, "serving", &[("what", &url)])))?;
    // An error means that there is nobody left who could ask.
    let _ = asked.recv();
    drop(server);
    Ok(Exit::Conforms)
}

/// The team file, which must be good at the start. What is wrong with it later
/// is told, and the last good one stays in force.
fn watched(path: Option<&Path>, language: Language) -> Result<WatchedTeam, Failure> {
    let told = move |path: &Path, error: TeamError| {
        let texts = Texts::of(language);
        tell(&team_failure(path, error).text(texts));
        tell(&say(&texts.serve, "team-kept", &[]));
    };
    let today = Clock::system().today();
    let watched = WatchedTeam::open(path.map(Path::to_path_buf), today, Box::new(told));
    watched.map_err(|error| team_failure(path.unwrap_or(Path::new("")), error))
}

/// Runs `token`: the token is told once, on standard output alone.
pub fn run_token(wanted: &Token, language: Language) -> Result<Exit, Failure> {
    let holder = match &wanted.supplier {
        None => Holder::Team,
        Some(oin) => Holder::supplier(oin).map_err(|error| {
            Failure::usage("token-oin")
                .with("value", oin)
                .with("reason", Texts::of(language).reason(error.key()))
        })?,
    };
    let today = Clock::system().today();
    let token = tokens::make(&wanted.file, &holder, today)
        .map_err(|error| token_failure(&wanted.file, error))?;
    tell(&say(&Texts::of(language).serve, "token-made", &[]));
    print(&format!("{token}\n"))
}

fn token_failure(path: &Path, error: TokenError) -> Failure {
    match error {
        TokenError::File(error) => Failure::of_user_file(path, error),
        TokenError::Io(error) => setup::unreadable(path, &error),
        TokenError::Random => Failure::internal("internal"),
    }
}
