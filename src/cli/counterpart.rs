//! `ketenkeur counterpart`: a built-in party serves until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use super::args::{Counterpart, Global, Serve};
use super::failure::Failure;
use super::output::{print, tell};
use super::serving::{address, host, not_served};
use super::settings::Settings;
use super::{defects, setup, target};
use crate::clock::{Clock, RunningClock};
use crate::counterpart::{Journal, JournalError};
use crate::edukoppeling::Trust;
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::Language;
use crate::pki::holds_at;
use crate::play::{ServeError, ServeOptions, Serving, identity_of, las_oin, osr_data, serve};
use crate::scenario::Role;
use crate::target::{IdentitySource, Target};
use crate::text::{Texts, fill, word};
use crate::transport::{on_interrupt, url_kind};

/// The OIN of the DUO of the test PKI, and of DUO itself.
const DUO_OIN: &str = "00000001800866472000";

/// Runs the command: returns when the user ends it.
pub fn run_counterpart(
    wanted: &Counterpart,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let common = match wanted {
        Counterpart::Duo { serve, .. }
        | Counterpart::Osr { serve, .. }
        | Counterpart::Las { serve, .. } => serve,
    };
    let clock = match &common.now {
        None => RunningClock::system(),
        Some(now) => RunningClock::running_from(setup::clock(Some(now))?.now()),
    };
    let began = clock.now();
    let unusable = |error| target::unusable(&error);
    let target = common.target.as_deref();
    let target = target
        .map(|file| target::read(file, language))
        .transpose()?;
    let target = target.as_ref();
    let (name, party) = match wanted {
        Counterpart::Duo { osr, .. } => ("duo", Serving::Duo { osr: url(osr)? }),
        Counterpart::Osr { pages, .. } => {
            let pages = pages.as_deref().map(on_loopback).transpose()?;
            let data = Box::new(osr_data(
                target,
                &las_oin(target, clock.read()).map_err(unusable)?,
            ));
            ("osr", Serving::Osr { pages, data })
        }
        Counterpart::Las {
            duo,
            osr,
            trigger,
            made_up,
            ..
        } => {
            let party = Serving::Las {
                duo: url(duo)?,
                duo_oin: DUO_OIN.to_string(),
                osr: url(osr)?,
                trigger: trigger.as_deref().map(on_loopback).transpose()?,
                pupils: made_up.pupils,
            };
            ("las", party)
        }
    };
    let listen = address(&common.listen)?;
    let role = Role::parse(name).ok_or_else(|| Failure::internal("internal"))?;
    let defect = common.defect.as_deref();
    let defect = defect.map(|id| defects::known_of(id, role)).transpose()?;
    let defect = defect.map_or_else(Arc::default, |known| Arc::clone(&known.defect));
    let source = common.key_files.source(identity_of(role));
    let other = |name: &Option<Box<str>>| match name {
        Some(name) => IdentitySource::Test(name.to_string()),
        None => source.clone(),
    };
    let identity = other(&defect.connects.shows).tls(clock.read());
    let identity = identity.map_err(unusable)?;
    let serves = match &defect.connects.serves {
        Some(_) => other(&defect.connects.serves).tls(clock.read()),
        None => Ok(identity.clone()),
    };
    let serves = serves.map_err(unusable)?;
    let key = other(&defect.signs_as).signing(clock.read());
    let key = key.map_err(unusable)?;
    let host = host(common.host.as_deref(), &source, listen);
    let journal = match &common.state {
        None => Journal::in_memory(),
        Some(path) => Journal::open_alone(path).map_err(|error| state_failure(error, common))?,
    };
    let profile = target.map_or(Profile::Test, |target| target.profile);
    let trust = || trust(common, target, settings, profile);
    let options = ServeOptions {
        party,
        store: setup::store(global, settings)?,
        listen,
        host,
        identity,
        serves,
        key,
        connections: Arc::new(trust()?),
        signers: trust()?,
        profile,
        clock,
        clock_door: common.clock.as_deref().map(on_loopback).transpose()?,
        journal,
        seed: common.seed.as_str().into(),
        defect,
    };
    let (ask, asked) = channel::<()>();
    on_interrupt(move || {
        // Nobody waits any more when the party could not serve.
        let _ = ask.send(());
    });
    let served = serve(options).map_err(|error| match error {
        ServeError::Unmade(part) => Failure::internal("play").with("part", part),
        ServeError::Setup(error) => not_served(error, &common.listen),
        ServeError::Journal(error) => state_failure(error, common),
        ServeError::OtherState => Failure::usage("state-other").with("path", path_of(common)),
    })?;
    let texts = Texts::of(language);
    let phrase = |key: &str| word(&texts.counterpart, key);
    let address = served.address().map_or(String::new(), |at| at.to_string());
    let mut said = fill(
        phrase(name),
        &[("url", served.url()), ("address", &address)],
    );
    said.push('\n');
    if let Some(door) = served.door() {
        let key = if name == "osr" { "pages" } else { "trigger" };
        said.push_str(&fill(phrase(key), &[("url", door)]));
        said.push('\n');
    }
    if let Some(clock) = served.clock() {
        said.push_str(&fill(phrase("clock"), &[("url", clock)]));
        said.push('\n');
    }
    print(&said)?;
    let shows_test = matches!(source, IdentitySource::Test(_));
    if shows_test && !holds_at(began, RunningClock::system().now()) {
        let now = Clock::at(began).today().to_string();
        tell(&fill(phrase("far"), &[("now", &now)]));
    }
    for (role, error) in served.out_of_reach() {
        let why = word(&texts.transport, error.problem.name());
        let key = format!("no-{}", role.name());
        tell(&fill(phrase(&key), &[("host", &error.host), ("why", why)]));
    }
    // An error means that there is nobody left who could ask.
    let _ = asked.recv();
    drop(served);
    Ok(Exit::Conforms)
}

/// Whom a counterpart trusts: those named on the command line and those of the
/// target file, else those of the settings; in a test environment the built-in
/// test PKI as well.
fn trust(
    common: &Serve,
    target: Option<&Target>,
    settings: &Settings,
    profile: Profile,
) -> Result<Trust, Failure> {
    let with = |named: &[PathBuf], theirs: Option<&Vec<PathBuf>>| {
        let theirs = theirs.into_iter().flatten();
        named.iter().chain(theirs).cloned().collect::<Vec<_>>()
    };
    let roots = with(&common.trust, target.map(|target| &target.trust));
    let lists = with(&common.crl, target.map(|target| &target.crl));
    setup::trust(&roots, &lists, settings, profile == Profile::Test)
}

/// The URL of another party.
fn url(text: &str) -> Result<String, Failure> {
    if text.starts_with("https://") && url_kind(text).is_some() {
        return Ok(text.to_string());
    }
    Err(Failure::usage("counterpart-url").with("value", text))
}

/// An address that nobody on the network reaches: what listens there asks for
/// no certificate.
fn on_loopback(text: &str) -> Result<SocketAddr, Failure> {
    let address = address(text)?;
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(Failure::usage("listen-loopback").with("value", text)),
    }
}

fn path_of(common: &Serve) -> String {
    let path = common.state.as_ref();
    path.map_or_else(String::new, |path| path.display().to_string())
}

fn state_failure(error: JournalError, common: &Serve) -> Failure {
    let key = match error {
        JournalError::Open | JournalError::Write => "state-open",
        JournalError::InUse => "state-in-use",
        JournalError::Foreign => "state-foreign",
        JournalError::Version => "state-version",
        JournalError::Read => "state-read",
    };
    Failure::usage(key).with("path", path_of(common))
}
