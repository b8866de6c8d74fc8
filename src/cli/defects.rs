//! `ketenkeur defects`: known-wrong parties, and whether the scenarios see
//! them.

use std::sync::Arc;

use serde::Serialize;

use super::args::{Defects, Global, Shape};
use super::failure::Failure;
use super::output::{print, print_json};
use super::settings::Settings;
use super::{run, setup};
use crate::check::run_ordered;
use crate::defects::{KnownDefect, defects};
use crate::document::nearest;
use crate::exit::Exit;
use crate::facts::Profile;
use crate::finding::{Class, Language, Redaction, Verdict};
use crate::pack::Store;
use crate::pki::Authorities;
use crate::play::{
    Hunted, Interrupt, PlayError, RunOptions, Seen, Stage, StageOptions, Tracing, Unmade, hunt,
    play, server_oins,
};
use crate::requirement::requirements;
use crate::scenario::{Key, Role, Scenario};
use crate::text::{Texts, fill};

/// A defect, as a program reads it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Described<'a> {
    id: &'a str,
    key: &'static str,
    party: &'static str,
    title: &'a str,
    text: &'a str,
    requirements: &'a [Box<str>],
}

/// `defects`.
pub fn run_defects(
    command: &Defects,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    match command {
        Defects::List { filter, report } => list(filter.as_deref(), *report, language),
        Defects::Explain { id, report } => explain(known(id)?, *report, language),
        Defects::Hunt {
            paths,
            key,
            id,
            all,
            jobs,
        } => {
            let store = setup::store(global, settings)?;
            let hunting = Hunting {
                all: *all,
                jobs: jobs.or(settings.jobs).map_or_else(run::cores, usize::from),
                wanted: wanted(key, id)?,
            };
            let scenarios = run::scenarios(paths, &store, language)?;
            hunting.run(store, scenarios, language)
        }
    }
}

fn catalogue() -> Result<&'static [KnownDefect], Failure> {
    defects().map_err(|error| Failure::internal("pack").with("reason", error))
}

/// The defect that a user names.
pub fn known(id: &str) -> Result<&'static KnownDefect, Failure> {
    let all = catalogue()?;
    all.iter().find(|known| *known.id == *id).ok_or_else(|| {
        let ids = all.iter().map(|known| &*known.id);
        Failure::usage("no-defect")
            .with("defect", id)
            .with("nearest", nearest(id, ids).unwrap_or_default())
    })
}

/// The defect that a user gives to a party.
pub fn known_of(id: &str, party: Role) -> Result<&'static KnownDefect, Failure> {
    let known = known(id)?;
    if known.party == party {
        return Ok(known);
    }
    Err(Failure::usage("defect-party")
        .with("defect", id)
        .with("party", known.party.name()))
}

fn describe(known: &KnownDefect, language: Language) -> Described<'_> {
    Described {
        id: &known.id,
        key: known.key.name(),
        party: known.party.name(),
        title: known.title(language),
        text: known.text(language),
        requirements: &known.requirements,
    }
}

fn list(filter: Option<&str>, shape: Shape, language: Language) -> Result<Exit, Failure> {
    let wanted = filter.unwrap_or("").to_lowercase();
    let described = catalogue()?.iter().map(|known| describe(known, language));
    let shown: Vec<Described<'_>> = described
        .filter(|one| {
            let texts = [one.id, one.key, one.party, one.title];
            let violated = one.requirements.iter().map(|id| &**id);
            let mut texts = texts.into_iter().chain(violated);
            texts.any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    if shape == Shape::Json {
        return print_json(&shown);
    }
    let ids = shown.iter().map(|one| one.id.len()).max().unwrap_or(0);
    let keys = shown.iter().map(|one| one.key.len()).max().unwrap_or(0);
    let mut out = String::new();
    for one in &shown {
        let Described { id, key, title, .. } = one;
        out.push_str(&format!("{id:ids$}  {key:keys$}  {title}\n"));
    }
    let words = &Texts::of(language).defects;
    out.push_str(&format!("\n{} {}\n", shown.len(), words.defects));
    print(&out)
}

fn explain(known: &KnownDefect, shape: Shape, language: Language) -> Result<Exit, Failure> {
    let described = describe(known, language);
    if shape == Shape::Json {
        return print_json(&described);
    }
    let texts = Texts::of(language);
    let words = &texts.defects;
    let mut out = format!(
        "{}\n{}\n\n{}\n\n",
        described.id, described.title, described.text
    );
    for (name, value) in [
        (&texts.scenarios.key, described.key),
        (&words.party, described.party),
        (&words.violates, &described.requirements.join(", ")),
    ] {
        out.push_str(&format!("{name:14} {value}\n"));
    }
    let (party, id) = (described.party, described.id);
    let command = format!("{}\n  ketenkeur defects hunt --id {id}\n", words.hunt_it);
    let start = format!(
        "{}\n  ketenkeur counterpart {party} --defect {id}\n",
        words.start_it
    );
    out.push_str(&format!("\n{command}{start}"));
    print(&out)
}

/// The defects that are hunted: of these keys and ids, or all.
fn wanted(keys: &[String], ids: &[String]) -> Result<Vec<&'static KnownDefect>, Failure> {
    let named = |names: &[String], name: &str| {
        names.is_empty() || names.iter().any(|wanted| wanted == name)
    };
    run::known("no-key", keys, Key::NAMES)?;
    for id in ids {
        known(id)?;
    }
    let wanted = catalogue()?
        .iter()
        .filter(|known| named(keys, known.key.name()) && named(ids, &known.id));
    let wanted: Vec<_> = wanted.collect();
    match wanted.is_empty() {
        true => Err(Failure::usage("defect-none")),
        false => Ok(wanted),
    }
}

struct Hunting {
    /// The whole suite plays, not only the scenarios of a defect's key.
    all: bool,
    jobs: usize,
    wanted: Vec<&'static KnownDefect>,
}

impl Hunting {
    fn run(
        &self,
        store: Store,
        scenarios: Vec<Arc<Scenario>>,
        language: Language,
    ) -> Result<Exit, Failure> {
        let interrupt = Interrupt::default();
        let stage = Stage::new(
            StageOptions {
                authorities: Authorities::built_in(),
                store,
                profile: Profile::Test,
                tested: None,
                oins: server_oins(None),
                seed: "ketenkeur".into(),
                now: crate::clock::Clock::system().now(),
                redaction: Redaction::Mask,
                strict_provenance: false,
                fail_on: Class::Foutmelding,
                judges: run::cores(),
                defect: None,
                named: true,
            },
            None,
            interrupt.clone(),
        );
        let stage = Arc::new(stage);
        crate::transport::on_interrupt(move || interrupt.set());
        let unplayed = |error: PlayError| match error {
            PlayError::Unmade(Unmade(part)) => Failure::internal("play").with("part", part),
            PlayError::Evidence(_) => Failure::internal("internal"),
        };
        let words = &Texts::of(language).defects;
        let concerned =
            |scenario: &Arc<Scenario>| self.wanted.iter().any(|one| one.key == scenario.key);
        let scenarios = scenarios.into_iter();
        let scenarios = scenarios.filter(|scenario| self.all || concerned(scenario));
        let scenarios: Vec<Arc<Scenario>> = scenarios.collect();
        let options = RunOptions {
            jobs: 2 * self.jobs,
            fail_fast: false,
            kept: std::collections::BTreeMap::new(),
        };
        let mut wrongly_failed = Vec::new();
        play(&stage, &scenarios, &options, &|| (), |event| {
            if let crate::event::Event::Played(played) = event
                && played.judgement.verdict != Verdict::Pass
            {
                wrongly_failed.push(played.about.scenario.clone());
            }
        })
        .map_err(unplayed)?;
        let clean = scenarios.len() - wrongly_failed.len();
        let [clean, of] = [clean, scenarios.len()].map(|count| count.to_string());
        let mut out = fill(&words.clean, &[("count", &clean), ("of", &of)]) + "\n";
        for scenario in &wrongly_failed {
            out.push_str(&format!("  {scenario}\n"));
        }
        print(&(out + "\n"))?;
        let rules = requirements();
        let rules = rules.map_err(|error| Failure::internal("pack").with("reason", error))?;
        let tracing = Tracing::of(&rules);
        let mut survivors = Vec::new();
        let mut failure = None;
        let mut played = 0;
        let width = self.wanted.iter().map(|one| one.id.len()).max();
        let width = width.unwrap_or(0);
        run_ordered(
            self.jobs,
            self.wanted.iter().copied(),
            || {
                |defect: &'static KnownDefect| {
                    let of_key: Vec<_> = scenarios
                        .iter()
                        .filter(|scenario| self.all || scenario.key == defect.key)
                        .cloned()
                        .collect();
                    hunt(&stage, defect, &of_key, &tracing, self.all)
                }
            },
            |hunted| match hunted {
                Ok(hunted) => {
                    played += hunted.played;
                    let told = print(&self.line(&hunted, width, language));
                    failure = failure.take().or(told.err());
                    if hunted.caught().is_none() {
                        survivors.push(hunted);
                    }
                }
                Err(error) => failure = failure.take().or(Some(unplayed(error))),
            },
        );
        if let Some(failure) = failure {
            return Err(failure);
        }
        let caught = self.wanted.len() - survivors.len();
        let rate = 100.0 * caught as f64 / self.wanted.len() as f64;
        let [caught, of] = [caught, self.wanted.len()].map(|count| count.to_string());
        let rate = format!("{rate:.1}");
        let args = [("count", caught.as_str()), ("of", &of), ("rate", &rate)];
        let mut out = format!("\n{}\n", fill(&words.rate, &args));
        if self.all {
            let played = played.to_string();
            out.push_str(&fill(&words.whole, &[("count", &played)]));
            out.push('\n');
        }
        for hunted in &survivors {
            let Hunted { defect, .. } = hunted;
            let title = defect.title(language);
            let violated = defect.requirements.join(", ");
            out.push_str(&format!("  {}: {title} ({violated})\n", defect.id));
        }
        print(&out)?;
        Ok(match survivors.is_empty() && wrongly_failed.is_empty() {
            true => Exit::Conforms,
            false => Exit::Findings,
        })
    }
}

impl Hunting {
    /// What became of a defect, in one line.
    fn line(&self, hunted: &Hunted, width: usize, language: Language) -> String {
        let words = &Texts::of(language).defects;
        let id = &hunted.defect.id;
        let (word, mut rest) = told(hunted, language);
        if self.all {
            let caught = hunted.all_caught().count();
            let beside = hunted.seen.len() - caught;
            let counts = [caught, beside, hunted.played].map(|count| count.to_string());
            let [caught, beside, of] = counts.each_ref().map(String::as_str);
            let args = [("count", caught), ("beside", beside), ("of", of)];
            rest.push_str(&format!("  ({})", fill(&words.seen_by, &args)));
        }
        format!("{word:10} {id:width$}  {rest}\n")
    }
}

/// What became of a defect, as a word, and what the scenarios say of it.
fn told(hunted: &Hunted, language: Language) -> (&'static str, String) {
    let words = &Texts::of(language).defects;
    match hunted.caught().or(hunted.seen.last()) {
        Some(Seen::Caught {
            scenario,
            code,
            requirement,
        }) => (&*words.caught, format!("{requirement}  {scenario}  {code}")),
        Some(Seen::Beside { .. }) => {
            let beside = hunted.seen.iter().filter_map(|seen| match seen {
                Seen::Beside { scenario, code } => Some(format!("{scenario} ({code})")),
                Seen::Caught { .. } => None,
            });
            let beside: Vec<String> = beside.collect();
            let args = [("scenarios", beside.join(", "))];
            let args = args.each_ref().map(|(name, text)| (*name, text.as_str()));
            (&*words.survived, fill(&words.beside, &args))
        }
        None => {
            let played = hunted.played.to_string();
            (
                &*words.survived,
                fill(&words.unseen, &[("count", played.as_str())]),
            )
        }
    }
}
