//! `ketenkeur proxy`: between a LAS and the chain's real test environment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::{Global, KeyFiles, Proxy as Wanted};
use super::check::Telling;
use super::failure::Failure;
use super::files::Files;
use super::output::{print, tell};
use super::reports::reports;
use super::run::known;
use super::serving::{address, host, not_served};
use super::settings::Settings;
use super::telling::unwritten;
use super::{setup, target};
use crate::check::{Bench, CheckOptions, Deviations, RulesOfPacks};
use crate::clock::{Clock, RunningClock};
use crate::event::{Recorder, input_name};
use crate::evidence::{EVENTS, Folder, RelayRecord, RunRecord, TargetRecord, write_json};
use crate::exchange::{Exchange, HttpFacts};
use crate::exit::{Exit, Trouble};
use crate::facts::Profile;
use crate::finding::{Class, Language, Redaction};
use crate::input::Input;
use crate::limits::MAX_WAITING_MESSAGES;
use crate::play::{identity_of, name_of};
use crate::relay::{Hears, Passed, RELAYED, Relay, RelayOptions};
use crate::scenario::Role;
use crate::target::IdentitySource;
use crate::text::{Texts, fill, word};
use crate::transport::{
    ClientOptions, ClientTrust, Proxy, ServerOptions, TransportError, TransportProblem,
    on_interrupt, origin,
};

/// Runs the command: returns when the user ends it.
pub fn run_proxy(
    wanted: &Wanted,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let files = Files {
        evidence: Some(&wanted.out),
        ..Files::default()
    };
    let reports = reports(&wanted.report, wanted.quiet, settings, &files)?;
    known("no-party", std::slice::from_ref(&wanted.party), Role::NAMES)?;
    let to = Role::parse(&wanted.party).ok_or_else(|| Failure::internal("internal"))?;
    let from = if to == Role::Las {
        Role::Duo
    } else {
        Role::Las
    };
    let upstream =
        origin(&wanted.to).ok_or_else(|| Failure::usage("proxy-to").with("value", &wanted.to))?;
    let profile = wanted.profile.map(Profile::from).or(settings.profile);
    let profile = profile.unwrap_or_default();
    let clock = RunningClock::system();
    let listen = address(&wanted.listen)?;
    let caller = wanted.key_files.source(identity_of(from));
    let shown = KeyFiles {
        key: wanted.server_key.clone(),
        cert: wanted.server_cert.clone(),
        p12: wanted.server_p12.clone(),
        passphrase_file: wanted.server_passphrase_file.clone(),
    }
    .source(identity_of(to));
    // The keys of the test PKI are published. Whom it vouches for is trusted
    // only at the side at which we are one of them ourselves.
    let trust = |ours: &IdentitySource| {
        let built_in = matches!(ours, IdentitySource::Test(_));
        setup::trust(&wanted.trust, &wanted.crl, settings, built_in).map(Arc::new)
    };
    let identity = |source: &IdentitySource| {
        let identity = source.tls(clock.read());
        identity.map_err(|error| target::unusable(&error))
    };
    let mut server = ServerOptions::new(clock.clone())
        .with_tls(identity(&shown)?, ClientTrust::Required(trust(&shown)?));
    server.listen = listen;
    let mut client =
        ClientOptions::new(trust(&caller)?, clock.clone()).with_identity(identity(&caller)?);
    client.proxy = wanted.via.as_deref().map(via).transpose()?;
    let bench = Arc::new(bench(wanted, global, settings, profile)?);
    let record = RunRecord {
        defect: None,
        tool: env!("CARGO_PKG_VERSION").to_string(),
        began: clock.now(),
        seed: String::new(),
        now: clock.now(),
        virtual_clock: false,
        profile: profile.name().to_string(),
        strict_provenance: bench.options.strict_provenance,
        fail_on: bench.options.fail_on,
        target: TargetRecord::default(),
        oins: std::collections::BTreeMap::new(),
        packs: bench.store.packs().map(|pack| pack.in_force()).collect(),
        scenarios: std::collections::BTreeMap::new(),
        shard: None,
        divided: None,
        parts: Vec::new(),
        relayed: Some(RelayRecord {
            from: from.name().to_string(),
            to: to.name().to_string(),
            url: upstream.clone(),
        }),
        recorded: false,
    };
    let failed = |error| unwritten(&error, &wanted.out);
    let folder = Arc::new(Folder::create(&wanted.out).map_err(failed)?);
    write_json(&folder, RunRecord::FILE, &record).map_err(failed)?;
    let recorder = Recorder::create(&wanted.out.join(EVENTS), Redaction::Mask)?;
    let (ask, asked) = channel::<()>();
    let (give, take) = sync_channel(MAX_WAITING_MESSAGES);
    let hears = Arc::new(Listening {
        texts: Texts::of(language),
        quiet: wanted.quiet,
        host: upstream.clone(),
        give: Mutex::new(Some(give)),
        ask: Mutex::new(ask.clone()),
        unreachable: AtomicBool::new(false),
    });
    let relay = Relay::start(
        RelayOptions {
            server,
            client,
            upstream,
            from,
            to,
            clock,
            folder: Arc::clone(&folder),
        },
        Arc::clone(&hears) as Arc<dyn Hears>,
    )
    .map_err(|error| not_served(error, &wanted.listen))?;
    on_interrupt(move || {
        // Nobody waits any more when the relay has ended by itself.
        let _ = ask.send(());
    });
    let host = host(wanted.host.as_deref(), &shown, relay.server().address());
    print(&format!(
        "{}\n",
        fill(
            word(&Texts::of(language).proxy, "listens"),
            &[
                ("party", to.name()),
                ("to", &hears.host),
                ("url", &relay.server().url(&host, "")),
                ("address", &relay.server().address().to_string()),
            ],
        )
    ))?;
    let stopping = {
        let hears = Arc::clone(&hears);
        std::thread::spawn(move || {
            // An error means that there is nobody left who could ask.
            let _ = asked.recv();
            let stopped = relay.stop();
            hears.close();
            stopped
        })
    };
    let telling = Telling {
        wanted: &reports,
        recorder: Some(recorder),
        language,
        disputes: &[],
        // The lines of exchanges stand where a bar would.
        quiet: true,
    };
    let exit = telling.judge(
        &bench,
        take.into_iter(),
        || 1,
        |summary, internal| {
            let trouble = Trouble {
                internal,
                unreachable: hears.unreachable.load(Ordering::SeqCst),
                ..Trouble::default()
            };
            match Exit::of(summary, trouble) {
                // That nothing passed is no fault in the call.
                Exit::Usage => Exit::Undecided,
                exit => exit,
            }
        },
    )?;
    let stopped = stopping.join();
    let stopped = stopped.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    stopped
        .and_then(|()| folder.adopt(EVENTS))
        .and_then(|()| folder.seal(false))
        .map_err(failed)?;
    if !wanted.quiet {
        let path = wanted.out.display().to_string();
        let text = word(&Texts::of(language).proxy, "kept");
        tell(&fill(text, &[("path", &path)]));
    }
    Ok(exit)
}

fn via(url: &str) -> Result<Proxy, Failure> {
    Proxy::parse(url).ok_or_else(|| Failure::usage("proxy-via").with("value", url))
}

/// What passes is judged as `check` does, each message by itself: a session has
/// no end of which the whole could be judged.
fn bench(
    wanted: &Wanted,
    global: &Global,
    settings: &Settings,
    profile: Profile,
) -> Result<Bench, Failure> {
    let store = setup::store(global, settings)?;
    let rio = setup::named(&wanted.rio, &settings.rio);
    let facts = setup::facts(Clock::system(), profile, rio, &store)?;
    Ok(Bench {
        store,
        facts,
        options: CheckOptions {
            redaction: Redaction::Mask,
            strict_provenance: settings.strict_provenance,
            fail_on: settings.fail_on.unwrap_or(Class::Foutmelding),
            named: None,
            batch: false,
        },
        deviations: Deviations::default(),
        trust: setup::trust(
            &wanted.trust,
            &wanted.crl,
            settings,
            profile == Profile::Test,
        )?,
        request: None,
        rules: RulesOfPacks::default(),
    })
}

/// Tells the user what passes, and hands it to who judges it.
struct Listening {
    texts: &'static Texts,
    quiet: bool,
    /// Whom the relay calls.
    host: String,
    /// Until nothing passes any more.
    give: Mutex<Option<SyncSender<Input>>>,
    /// Asks the relay to stop.
    ask: Mutex<Sender<()>>,
    /// The other party gave no answer at least once.
    unreachable: AtomicBool,
}

impl Listening {
    fn close(&self) {
        *self.give.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Hands on one side of an exchange. Waits where the judge does not keep
    /// up, so that what waits has a limit.
    fn judge(&self, number: u32, side: &str, message: &Exchange) {
        let give = self.give.lock().unwrap_or_else(PoisonError::into_inner);
        let give = give.clone();
        if let Some(give) = give {
            let name = input_name(RELAYED, number, side);
            // The judge goes only when nothing passes any more.
            let _ = give.send(Input::heard(name, message.clone()));
        }
    }

    fn say(&self, key: &str, args: &[(&str, &str)]) {
        if !self.quiet {
            tell(&fill(word(&self.texts.proxy, key), args));
        }
    }

    fn problem(&self, problem: TransportProblem) -> &str {
        word(&self.texts.transport, problem.name())
    }
}

impl Hears for Listening {
    fn passed(&self, passed: &Passed) {
        let name = crate::report::visible(&name_of(&passed.request));
        let number = passed.number.to_string();
        match &passed.response {
            Ok(response) => {
                let status = response.http.as_ref().and_then(HttpFacts::status);
                let status = status.unwrap_or_default().to_string();
                let args = [("number", &*number), ("name", &name), ("status", &status)];
                self.say("passed", &args);
            }
            Err(problem) => {
                self.unreachable.store(true, Ordering::SeqCst);
                let args = [
                    ("number", &*number),
                    ("name", &name),
                    ("to", &self.host),
                    ("problem", self.problem(*problem)),
                ];
                self.say("unanswered", &args);
            }
        }
        self.judge(passed.number, "request", &passed.request);
        if let Ok(response) = &passed.response {
            self.judge(passed.number, "response", response);
        }
    }

    fn refused(&self, problem: TransportProblem) {
        self.say("refused", &[("problem", self.problem(problem))]);
    }

    fn unwritten(&self) {
        let ask = self.ask.lock().unwrap_or_else(PoisonError::into_inner);
        // It may be stopping already.
        let _ = ask.send(());
    }

    fn excuse(&self, error: &TransportError) -> String {
        let args = [
            ("host", &*error.host),
            ("problem", self.problem(error.problem)),
        ];
        fill(word(&self.texts.proxy, "excuse"), &args) + "\n"
    }
}
