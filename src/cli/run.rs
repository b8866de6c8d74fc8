//! `ketenkeur run`: scenarios are played.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::args::{Global, Run, WhichScenarios};
use super::failure::Failure;
use super::files::Files;
use super::join::Earlier;
use super::recorded::{asks, recorded, witness, write_form};
use super::reports::reports;
use super::scenarios::{playable, unread};
use super::settings::Settings;
use super::telling::{Telling, unwritten};
use super::{defects, output, setup, target};
use crate::clock::{Clock, RunningClock};
use crate::defects::KnownDefect;
use crate::document::nearest;
use crate::event::{EVENT_VERSION, Event, Started};
use crate::evidence::{
    Folder, RunRecord, TargetRecord, WriteError, few, keep_authorities, message_file, script_file,
    sha256, write_json,
};
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::{Class, Disputed, Language, Redaction};
use crate::pack::Store;
use crate::pki::Authorities;
use crate::play::{
    Interrupt, LeftOpen, PlayError, RunOptions, Stage, StageOptions, Tested, Unmade, in_shard,
    play, play_recorded, school_records, server_oins, too_early,
};
use crate::report::Voice;
use crate::scenario::{Key, Library, Scenario, Work, is_shipped, order};
use crate::target::Target;
use crate::text::{Texts, fill};

/// Runs the command.
pub fn run_run(
    run: &Run,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let files = Files {
        written: run.form.as_deref(),
        evidence: run.out.as_deref(),
        read: named_files(run),
    };
    let wanted = reports(&run.report, run.quiet, settings, &files)?;
    let earlier = Earlier::read(run.again.as_deref(), run.resume.as_deref())?;
    let store = setup::store(global, settings)?;
    let disputes = setup::disputes(run.disputes.as_deref(), &store, Clock::system())?;
    let interrupt = Interrupt::default();
    let tested = match &run.target {
        Some(file) => {
            let listens = run.recorded.is_empty();
            Some(tested(file, &store, listens, &interrupt, language)?)
        }
        None => None,
    };
    let loaded = tested.as_ref().map_or(0, |tested| tested.pupils());
    let Chosen {
        mut scenarios,
        left_out,
        divided,
    } = chosen(run, earlier.as_ref(), loaded, &store, language)?;
    let traffic = match run.recorded.as_slice() {
        [] => None,
        paths => Some(recorded(paths, language)?),
    };
    let clock = setup::clock(run.now.as_deref())?;
    let witness = witness(run, &store, traffic.as_ref(), clock, &interrupt, language)?;
    if tested.is_some() && traffic.is_none() && run.now.is_some() {
        return Err(Failure::usage("target-now"));
    }
    let settled = earlier.as_ref().map(|earlier| &earlier.part.run);
    let now = match settled {
        Some(settled) if tested.is_none() => settled.now,
        _ => clock.now(),
    };
    if tested.is_none() && traffic.is_none() {
        refuse_too_early(&scenarios, &store, now)?;
    }
    let asked = run.fail_on.map(Class::from).or(settings.fail_on);
    let strict = run.strict_provenance || settings.strict_provenance;
    let profile = tested
        .as_ref()
        .map_or(Profile::Test, |tested| tested.target.profile);
    let defect = run.defect.as_deref().map(defects::known).transpose()?;
    let wrong = defect.map(KnownDefect::told);
    let record = RunRecord {
        defect: wrong.clone(),
        tool: env!("CARGO_PKG_VERSION").to_string(),
        began: Clock::system().now(),
        seed: settled.map_or(&run.seed, |settled| &settled.seed).clone(),
        now,
        virtual_clock: traffic.is_none() && tested.as_ref().is_none_or(|tested| tested.has_clock()),
        profile: profile.name().to_string(),
        strict_provenance: settled.map_or(strict, |settled| settled.strict_provenance),
        fail_on: settled.map_or(asked.unwrap_or(Class::Foutmelding), |settled| {
            settled.fail_on
        }),
        target: tested
            .as_ref()
            .map_or_else(TargetRecord::default, |tested| record_of(&tested.target)),
        oins: match (&traffic, &tested) {
            (None, tested) => server_oins(tested.as_deref()),
            // Whoever was recorded is somebody else.
            (Some(_), tested) => tested.as_ref().map(|one| one.oins()).unwrap_or_default(),
        },
        packs: store.packs().map(|pack| pack.in_force()).collect(),
        scenarios: scenarios
            .iter()
            .map(|scenario| (scenario.id.to_string(), scenario.hash.to_string()))
            .collect(),
        shard: settled.map_or(run.shard.clone(), |settled| settled.shard.clone()),
        divided: settled.map_or(divided, |settled| settled.divided.clone()),
        parts: earlier.iter().map(|earlier| earlier.part.hash()).collect(),
        relayed: None,
        recorded: traffic.is_some(),
    };
    if let Some(earlier) = &earlier {
        earlier.fits(&record, language)?;
    }
    if tested.as_ref().is_some_and(|tested| tested.by_person()) {
        scenarios = in_order(scenarios, &record.seed, &RunningClock::system());
    } else if tested.as_ref().is_some_and(|tested| tested.has_clock()) {
        // A register remembers: what it was told later must not be there yet.
        let today = Clock::at(now).today();
        scenarios.sort_by_key(|scenario| scenario.at.map_or(now, |at| at.on(today)));
    }
    let own_scripts = scenarios
        .iter()
        .filter(|one| is_shipped(&one.id, &one.hash) != Some(true));
    let own_scripts: Vec<String> = own_scripts.map(|one| one.id.to_string()).collect();
    let folder = run
        .out
        .as_deref()
        .map(|out| Folder::create(out).map_err(|error| unwritten(&error, out)))
        .transpose()?
        .map(Arc::new);
    let stage = Stage::new(
        StageOptions {
            store,
            profile,
            tested: tested.clone(),
            oins: record.oins.clone(),
            authorities: Authorities::built_in(),
            seed: record.seed.as_str().into(),
            now,
            redaction: if run.no_redact {
                Redaction::Show
            } else {
                Redaction::Mask
            },
            strict_provenance: record.strict_provenance,
            fail_on: record.fail_on,
            judges: cores(),
            defect,
            named: is_named(run),
        },
        folder.clone(),
        interrupt.clone(),
    );
    let stage = Arc::new(stage);
    crate::transport::on_interrupt(move || interrupt.set());
    let mut started = Started {
        version: EVENT_VERSION,
        tool: record.tool.clone(),
        redacted: !run.no_redact,
        strict_provenance: record.strict_provenance,
        fail_on: record.fail_on,
        // Every exchange is judged at a moment of its own.
        at: None,
        profile,
    };
    let mut kept = BTreeMap::new();
    if let Some(folder) = &folder {
        let failed = |error: WriteError| unwritten(&error, folder.path());
        write_json(folder, RunRecord::FILE, &record).map_err(failed)?;
        keep_scripts(folder, &scenarios).map_err(failed)?;
        if let Some(tested) = &tested {
            keep_authorities(folder, &tested.own).map_err(failed)?;
        }
        if let Some(earlier) = &earlier {
            kept = earlier.keep(&scenarios, folder, language)?;
            started.redacted &= earlier.part.redacted;
        }
    }
    let jobs = run.jobs.or(settings.jobs);
    let options = RunOptions {
        // A target has one register for all scenarios, one clock and one person:
        // at the same time they would be in each other's way.
        jobs: match tested {
            Some(_) => 1,
            None => jobs.map_or_else(|| 2 * cores(), usize::from),
        },
        fail_fast: run.fail_fast,
        kept,
    };
    let told = (language, run.quiet);
    let asks = run.ask || tested.as_ref().is_some_and(|tested| tested.by_person());
    let total = (!asks).then_some(scenarios.len());
    let book = Disputed {
        book: &stage.judges().bench().rules,
        disputes: &disputes,
    };
    let mut telling = Telling::begin(&wanted, &book, told, folder.clone(), started, total)?;
    let progress = telling.progress();
    let mut masked = false;
    let sink = |event| {
        masked |= !run.no_redact && has_masked_words(&event);
        telling.tell(event);
    };
    let left = match &traffic {
        None => play(&stage, &scenarios, &options, &progress, sink).map(|()| LeftOpen::default()),
        Some(traffic) => play_recorded(&stage, &scenarios, traffic, &witness, &progress, sink),
    }
    .map_err(|error| match error {
        PlayError::Evidence(error) => {
            unwritten(&error, run.out.as_deref().unwrap_or(Path::new("")))
        }
        PlayError::Unmade(Unmade(part)) => Failure::internal("play").with("part", part),
    })?;
    let exit = telling.finish(record)?;
    if let Some(path) = &run.form {
        write_form(path, &left.asked, language)?;
    }
    if !run.quiet && masked {
        output::tell(&Texts::of(language).run.said_masked);
    }
    if !run.quiet && !own_scripts.is_empty() {
        let count = own_scripts.len().to_string();
        let names = few(own_scripts.iter().map(String::as_str));
        let words = &Texts::of(language).run.own_scripts;
        output::tell(&fill(words, &[("count", &count), ("names", &names)]));
    }
    if !run.quiet && left.without > 0 {
        let count = left.without.to_string();
        let words = &Texts::of(language).run.not_recorded;
        output::tell(&fill(words, &[("count", &count)]));
    }
    if !run.quiet && left_out > 0 {
        let count = left_out.to_string();
        let words = &Texts::of(language).run.large_left_out;
        output::tell(&fill(words, &[("count", &count)]));
    }
    if !run.quiet && tested.is_none() {
        let texts = &Texts::of(language).run;
        let words = match (&traffic, &wrong) {
            (Some(_), _) => texts.no_target.clone(),
            (None, Some(wrong)) => Voice::new(&book, language).wrong_party(wrong),
            (None, None) => texts.own_parties.clone(),
        };
        output::tell(&words);
    }
    Ok(exit)
}

/// What the call names to be read.
fn named_files(run: &Run) -> Vec<&Path> {
    let scripts = run.paths.iter().map(Path::new);
    let beside = [&run.target, &run.answers, &run.disputes];
    let beside = beside.into_iter().flatten().chain(&run.recorded);
    scripts.chain(beside.map(PathBuf::as_path)).collect()
}

/// Refuses a moment at which no pack holds yet of what a scenario is about: what
/// came of it would be told of the product.
fn refuse_too_early(
    scenarios: &[Arc<Scenario>],
    store: &Store,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut early = scenarios
        .iter()
        .filter_map(|one| too_early(store, one, now).map(|found| (one, found)));
    let Some((scenario, (message, from))) = early.next() else {
        return Ok(());
    };
    let key = match scenario.at {
        None => "now-early",
        Some(_) => "at-early",
    };
    Err(Failure::usage(key)
        .with("id", &scenario.id)
        .with("message", message)
        .with("from", from))
}

/// Whether something that a party said in words of its own is masked in an event.
fn has_masked_words(event: &Event) -> bool {
    let Event::Played(played) = event else {
        return false;
    };
    let mut args = played.findings.iter().flat_map(|found| &found.finding.args);
    args.any(|(name, value)| name == "text" && value.contains("**"))
}

/// The target that `--target` names. Its files are read once here, so that what
/// is wrong with them is said before anything is played.
pub fn tested(
    file: &Path,
    store: &Store,
    listens: bool,
    interrupt: &Interrupt,
    language: Language,
) -> Result<Arc<Tested>, Failure> {
    let target = target::read(file, language)?;
    target::known_messages(&target, store)?;
    let own = target
        .authorities()
        .map_err(|error| setup::material(&error))?;
    for plays in target.plays.values() {
        let clock = Clock::system();
        if let Some(tls) = &plays.tls {
            tls.tls(clock).map_err(|error| target::unusable(&error))?;
        }
        if let Some(signing) = plays.signing.as_ref().or(plays.tls.as_ref()) {
            signing
                .signing(clock)
                .map_err(|error| target::unusable(&error))?;
        }
        if let Some(listen) = plays.listen.filter(|_| listens) {
            std::net::TcpListener::bind(listen).map_err(|error| {
                Failure::usage("target-listen")
                    .with("listen", listen)
                    .because(error.kind())
            })?;
        }
    }
    let is_there = std::io::stdin().is_terminal();
    let asks = is_there.then(|| asks(interrupt, language));
    Ok(Arc::new(Tested::new(Arc::new(target), own, asks)))
}

/// The target as the evidence has it.
fn record_of(target: &Target) -> TargetRecord {
    let keys = target.capabilities.keys.iter();
    let mut capabilities: Map<String, Value> = keys
        .map(|(key, said)| (key.name().to_string(), json!(said)))
        .collect();
    let messages = json!(target.capabilities.messages);
    capabilities.insert("messages".to_string(), messages);
    TargetRecord {
        supplier: target.supplier.name.clone(),
        oin: target.supplier.oin.clone(),
        product: target.product.name.clone(),
        version: target.product.version.clone(),
        roles: target
            .under_test
            .keys()
            .map(|role| role.name().to_string())
            .collect(),
        schools: school_records(target),
        capabilities: capabilities.into(),
    }
}

/// Threads that work at the same time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The scenarios at these paths, which can be played; the shipped ones where
/// there are none.
pub fn scenarios(
    paths: &[String],
    store: &Store,
    language: Language,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    if paths.is_empty() {
        return Ok(Library::shipped().scenarios.clone());
    }
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let library = Library::on_disk(&paths).map_err(unread)?;
    playable(&library, store, language)
}

/// The scenarios that the user chose, or that an earlier run played.
#[derive(Default)]
struct Chosen {
    scenarios: Vec<Arc<Scenario>>,
    /// How many of large numbers are left out: those that nobody named, where the
    /// LAS is not said to have the pupils.
    left_out: usize,
    /// What a share is one of: the SHA-256 of the ids of all.
    divided: Option<String>,
}

fn chosen(
    run: &Run,
    earlier: Option<&Earlier<'_>>,
    loaded: u32,
    store: &Store,
    language: Language,
) -> Result<Chosen, Failure> {
    let scenarios = scenarios(&run.paths, store, language)?;
    if let Some(earlier) = earlier {
        let earlier = match run.paths.is_empty() {
            true => earlier.kept_scenarios(&scenarios, store, language),
            false => earlier.scenarios(&scenarios),
        };
        return Ok(Chosen {
            scenarios: earlier?,
            ..Chosen::default()
        });
    }
    let shard = run.shard.as_deref().map(shard).transpose()?;
    let mut chosen = wanted(&scenarios, &run.which)?;
    let divided = shard.map(|_| {
        let ids: BTreeSet<&str> = chosen.iter().map(|one| &*one.id).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        sha256(ids.join("\n").as_bytes())
    });
    chosen.retain(|scenario| in_shard(&scenario.id, shard));
    let named = is_named(run);
    let all = chosen.len();
    chosen.retain(|scenario| named || scenario.pupils <= loaded);
    let left_out = all - chosen.len();
    Ok(Chosen {
        scenarios: chosen,
        left_out,
        divided,
    })
}

/// Whether the scenarios are asked for by name, not with all others of a key.
fn is_named(run: &Run) -> bool {
    let named = [&run.paths, &run.which.id, &run.which.tag];
    named.iter().any(|names| !names.is_empty())
}

/// Those of `scenarios` that are meant, at least one.
pub fn wanted(
    scenarios: &[Arc<Scenario>],
    which: &WhichScenarios,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    let wanted = |scenario: &&Arc<Scenario>| {
        let named = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|wanted| wanted == name)
        };
        named(&which.key, scenario.key.name())
            && named(&which.id, &scenario.id)
            && (which.tag.is_empty() || scenario.tags.iter().any(|tag| named(&which.tag, tag)))
    };
    let ids: Vec<&str> = scenarios.iter().map(|one| &*one.id).collect();
    let tags: Vec<&str> = scenarios
        .iter()
        .flat_map(|one| one.tags.iter().map(|tag| &**tag))
        .collect();
    known("no-key", &which.key, Key::NAMES)?;
    known("no-id", &which.id, &ids)?;
    known("no-tag", &which.tag, &tags)?;
    let chosen: Vec<_> = scenarios.iter().filter(wanted).cloned().collect();
    if chosen.is_empty() {
        return Err(Failure::usage("scenario-none"));
    }
    // Whoever names a scenario means it to be played.
    let is_chosen = |id: &&String| chosen.iter().any(|one| *one.id == ***id);
    if let Some(id) = which.id.iter().find(|id| !is_chosen(id)) {
        return Err(Failure::usage("scenario-not-chosen").with("value", id));
    }
    Ok(chosen)
}

/// Scenarios in the order in which a person has the least to do. What needs no
/// person comes last.
fn in_order(scenarios: Vec<Arc<Scenario>>, seed: &str, clock: &RunningClock) -> Vec<Arc<Scenario>> {
    let works = scenarios.iter().map(|one| Work::of(one, seed, clock));
    let (by_hand, others): (Vec<_>, Vec<_>) = works.partition(|work| !work.tasks.is_empty());
    let ordered = order(by_hand).into_iter().chain(others);
    ordered.map(|work| work.scenario).collect()
}

/// Refuses the first name that is none of `known`, with the one that is meant.
pub fn known(kind: &'static str, asked: &[String], known: &[&str]) -> Result<(), Failure> {
    let unknown = asked.iter().find(|asked| !known.contains(&asked.as_str()));
    unknown.map_or(Ok(()), |asked| {
        let meant = nearest(asked, known.iter().copied());
        let all: BTreeSet<&str> = known.iter().copied().collect();
        Err(Failure::usage(kind)
            .with("value", asked)
            .with("nearest", meant.unwrap_or_default())
            .with("known", Vec::from_iter(all).join(", ")))
    })
}

/// Keeps everything that the scenarios were read from.
fn keep_scripts(folder: &Folder, scenarios: &[Arc<Scenario>]) -> Result<(), WriteError> {
    for scenario in scenarios {
        for (file, content) in &scenario.read.scripts {
            folder.write_once(&script_file(file), content)?;
        }
        for (file, content) in &scenario.read.messages {
            folder.write_once(&message_file(file), content)?;
        }
    }
    Ok(())
}

/// `2/4`.
fn shard(text: &str) -> Result<(u32, u32), Failure> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(share, of)| Some((share.parse().ok()?, of.parse().ok()?)));
    parts
        .filter(|(share, of)| (1..=*of).contains(share))
        .ok_or_else(|| Failure::usage("shard").with("value", text))
}
