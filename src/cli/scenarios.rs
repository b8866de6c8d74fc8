//! `ketenkeur scenarios`: what can be played, and whether scripts are right.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::args::{Order, Scenarios, Shape};
use super::failure::Failure;
use super::output::{print, print_json, tell};
use super::rules;
use crate::clock::RunningClock;
use crate::counterpart::las::written;
use crate::document::nearest;
use crate::exit::Exit;
use crate::finding::Language;
use crate::pack::Store;
use crate::play::Interrupt;
use crate::requirement::requirements;
use crate::scenario::{
    Action, Datum, Library, LibraryError, LintContext, Role, SHIPPED_ID, Scenario, ScriptMistake,
    Step, Work, changes, forbids, lint, order,
};
use crate::text::{Texts, fill};

/// A scenario, as a program reads it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Described<'a> {
    id: &'a str,
    title: &'a str,
    text: Option<&'a str>,
    key: &'static str,
    mandatory: bool,
    subject: &'static str,
    sectors: Vec<&'static str>,
    requirements: Vec<Proves<'a>>,
    tags: &'a [Arc<str>],
    brings_about: Vec<&'a str>,
    grade: &'static str,
    source: String,
    minutes: Option<u32>,
    file: &'a str,
    hash: &'a str,
    steps: Vec<Does>,
}

#[derive(Serialize)]
struct Proves<'a> {
    id: &'a str,
    negative: bool,
}

#[derive(Serialize)]
struct Does {
    action: &'static str,
    /// Who does it; of a message, from whom it goes to whom.
    #[serde(skip_serializing_if = "String::is_empty")]
    party: String,
    line: u32,
    name: Option<String>,
    /// The steps within it, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Does>,
}

impl Does {
    fn of(step: &Step, language: Language) -> Self {
        let name = step.name.as_ref();
        let within = step.action.inner().into_iter().flatten();
        Self {
            action: step.action.name(),
            party: doer(&step.action),
            line: step.at.line,
            name: name.map(|name| name.in_language(language).to_string()),
            steps: within.map(|step| Self::of(step, language)).collect(),
        }
    }

    /// A line for the step and one for each within it.
    fn write(&self, number: &str, parties: usize, out: &mut String) {
        let name = self.name.as_deref().unwrap_or_default();
        let row = format!(
            "  {number:>4}  {:8} {:parties$} {name}",
            self.action, self.party
        );
        let _ = writeln!(out, "{}", row.trim_end());
        for (index, step) in self.steps.iter().enumerate() {
            step.write(&format!("{number}.{}", index + 1), parties, out);
        }
    }

    /// The width of the longest party in it.
    fn width(&self) -> usize {
        let within = self.steps.iter().map(Self::width).max().unwrap_or(0);
        within.max(self.party.len())
    }
}

/// Which party does something; of a message, from whom it goes to whom.
fn doer(action: &Action) -> String {
    match action {
        Action::Send(send) => format!("{} -> {}", send.from, send.to),
        Action::Receive(receive) => match receive.from {
            Some(from) => format!("{from} -> {}", receive.role),
            None => format!("-> {}", receive.role),
        },
        Action::Trigger(trigger) => trigger.party.to_string(),
        Action::Act(act) => act.party.to_string(),
        Action::Probe(probe) => probe.party.to_string(),
        _ => String::new(),
    }
}

/// `scenarios`.
pub fn run_scenarios(
    store: &Store,
    command: &Scenarios,
    language: Language,
) -> Result<Exit, Failure> {
    match command {
        Scenarios::List { filter, report } => list(filter.as_deref(), *report, language),
        Scenarios::Explain { id, paths, report } => explain(id, paths, *report, language),
        Scenarios::Lint { paths } => run_lint(store, paths, language),
        Scenarios::Order(wanted) => run_order(store, wanted, language),
        Scenarios::Data { made_up } => print(&written(made_up.pupils)),
    }
}

fn list(filter: Option<&str>, shape: Shape, language: Language) -> Result<Exit, Failure> {
    let wanted = filter.unwrap_or("").to_lowercase();
    let shown: Vec<&Arc<Scenario>> = Library::shipped()
        .scenarios
        .iter()
        .filter(|scenario| {
            let texts = [
                &*scenario.id,
                scenario.title.in_language(language),
                scenario.key.name(),
                scenario.subject.name(),
            ];
            let tags = scenario.tags.iter().map(|tag| &**tag);
            let proofs = scenario.requirements.iter().map(|proof| &*proof.id);
            texts
                .into_iter()
                .chain(tags)
                .chain(proofs)
                .any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    if shape == Shape::Json {
        let described: Vec<Described<'_>> = shown
            .iter()
            .map(|scenario| describe(scenario, language))
            .collect();
        return print_json(&described);
    }
    let words = &Texts::of(language).scenarios;
    let width =
        |of: &dyn Fn(&Scenario) -> usize| shown.iter().map(|one| of(one)).max().unwrap_or(0);
    let ids = width(&|scenario| scenario.id.len());
    let keys = width(&|scenario| scenario.key.name().len());
    let mut out = String::new();
    for scenario in &shown {
        let needed = if scenario.mandatory {
            &words.mandatory
        } else {
            &words.optional
        };
        out.push_str(&format!(
            "{:ids$}  {:keys$}  {:3}  {needed:9}  {}\n",
            scenario.id,
            scenario.key.name(),
            scenario.subject.name(),
            scenario.title.in_language(language)
        ));
    }
    out.push_str(&format!("\n{} {}\n", shown.len(), words.scenarios));
    print(&out)
}

/// Explains the scenario of that id: a shipped one, or one among `paths`.
fn explain(id: &str, paths: &[PathBuf], shape: Shape, language: Language) -> Result<Exit, Failure> {
    let own = match paths {
        [] => None,
        paths => Some(Library::on_disk(paths).map_err(unread)?),
    };
    let library = own.as_ref().unwrap_or(Library::shipped());
    let Some(scenario) = library.scenario(id) else {
        // Also of what the lint says something, as far as it can be read.
        let told = library.mistakes.iter();
        told.for_each(|one| tell(&line_of(one, Texts::of(language))));
        if paths.is_empty() && Path::new(id).exists() {
            return Err(Failure::usage("explain-path").with("path", id));
        }
        let ids = library.scenarios.iter().map(|scenario| &*scenario.id);
        return Err(Failure::usage("no-scenario")
            .with("scenario", id)
            .with("nearest", nearest(id, ids).unwrap_or_default()));
    };
    let described = describe(scenario, language);
    if shape == Shape::Json {
        return print_json(&described);
    }
    let texts = Texts::of(language);
    let words = &texts.scenarios;
    let mut out = format!("{}\n{}\n", described.id, described.title);
    if let Some(text) = described.text {
        out.push_str(&format!("{text}\n"));
    }
    out.push('\n');
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("{name:14} {value}\n"));
        }
    };
    let needed = if described.mandatory {
        &words.mandatory
    } else {
        &words.optional
    };
    line(&words.key, &format!("{}, {needed}", described.key));
    line(&words.subject, described.subject);
    line(&words.sectors, &described.sectors.join(", "));
    let proofs: Vec<String> = described
        .requirements
        .iter()
        .map(|proof| match proof.negative {
            true => format!("{} ({})", proof.id, words.negative),
            false => proof.id.to_string(),
        })
        .collect();
    line(&words.requirements, &proofs.join(", "));
    line(&words.tags, &described.tags.join(", "));
    line(&words.brings_about, &described.brings_about.join(", "));
    line(&texts.rules.grade, texts.grade(scenario.grade));
    line(&texts.finding.source, &described.source);
    let minutes = described.minutes.map(|minutes| minutes.to_string());
    line(&words.minutes, &minutes.unwrap_or_default());
    line(&words.file, described.file);
    line(
        &words.version,
        &described.hash[..16.min(described.hash.len())],
    );
    out.push_str(&format!("\n{}\n", words.steps));
    let parties = described.steps.iter().map(Does::width).max().unwrap_or(0);
    for (index, step) in described.steps.iter().enumerate() {
        step.write(&(index + 1).to_string(), parties, &mut out);
    }
    if described.steps.iter().any(|step| step.action == "send") {
        out.push_str(&format!("\n{}\n", words.expects));
    }
    print(&out)
}

fn describe(scenario: &Scenario, language: Language) -> Described<'_> {
    let does = |step: &Step| Does::of(step, language);
    Described {
        id: &scenario.id,
        title: scenario.title.in_language(language),
        text: scenario
            .text
            .as_ref()
            .map(|text| text.in_language(language)),
        key: scenario.key.name(),
        mandatory: scenario.mandatory,
        subject: scenario.subject.name(),
        sectors: scenario
            .sectors
            .iter()
            .map(|sector| sector.name())
            .collect(),
        requirements: scenario
            .requirements
            .iter()
            .map(|proof| Proves {
                id: &proof.id,
                negative: proof.negative,
            })
            .collect(),
        tags: &scenario.tags,
        brings_about: scenario
            .brings_about
            .iter()
            .map(|code| &*code.value)
            .collect(),
        grade: scenario.grade.name(),
        source: scenario.source.told(language),
        minutes: scenario.minutes,
        file: &scenario.file,
        hash: &scenario.hash,
        steps: scenario.steps.iter().map(does).collect(),
    }
}

/// One line of the checklist, as a program reads it.
#[derive(Serialize)]
struct ToDo<'a> {
    id: &'a str,
    title: &'a str,
    key: &'static str,
    mandatory: bool,
    minutes: Option<u32>,
    actions: Vec<Doing>,
}

#[derive(Serialize)]
struct Doing {
    action: &'static str,
    with: Map<String, Value>,
}

/// What a person does for the scenarios of a LAS, in the order of fewest
/// actions.
fn run_order(store: &Store, wanted: &Order, language: Language) -> Result<Exit, Failure> {
    let target = match &wanted.target {
        Some(file) => Some(super::run::tested(
            file,
            store,
            false,
            &Interrupt::default(),
            language,
        )?),
        None => None,
    };
    let scenarios = super::run::scenarios(&wanted.paths, store, language)?;
    let chosen = super::run::wanted(&scenarios, &wanted.which)?;
    let concerned = |scenario: &&Arc<Scenario>| {
        let target = target.as_ref();
        scenario.subject == Role::Las
            && target.is_none_or(|target| target.concerns(scenario, store))
    };
    let clock = RunningClock::system();
    let works = chosen.iter().filter(concerned);
    let works = works.map(|scenario| Work::of(scenario, &wanted.seed, &clock));
    let (by_hand, others): (Vec<_>, Vec<_>) = works.partition(|work| !work.tasks.is_empty());
    let before = changes(&by_hand);
    let ordered = order(by_hand);
    let to_do: Vec<ToDo<'_>> = ordered
        .iter()
        .map(|work| ToDo {
            id: &work.scenario.id,
            title: work.scenario.title.in_language(language),
            key: work.scenario.key.name(),
            mandatory: work.scenario.mandatory,
            minutes: work.scenario.minutes,
            actions: work
                .tasks
                .iter()
                .map(|task| Doing {
                    action: task.action.name(),
                    with: task
                        .with
                        .iter()
                        .map(|(name, datum)| (name.clone(), json_of(datum)))
                        .collect(),
                })
                .collect(),
        })
        .collect();
    if wanted.report == Shape::Json {
        return print_json(&to_do);
    }
    let words = &Texts::of(language).scenarios;
    let mut out = String::new();
    let mut heading = None;
    for (work, line) in ordered.iter().zip(&to_do) {
        // A person has at least one thing to do.
        let about = work.tasks.first().map(|task| (task.action, task.pupil()));
        if about != heading {
            heading = about;
            let (action, pupil) =
                about.map_or(("", None), |(action, pupil)| (action.name(), pupil));
            let rule = format!("\n== {action} {}", pupil.unwrap_or_default());
            out.push_str(&format!("{}\n\n", rule.trim_end()));
        }
        let minutes = line.minutes.map_or("?".to_string(), |one| one.to_string());
        let needed = if line.mandatory { "*" } else { "" };
        out.push_str(&format!(
            "[ ] {}{needed} ({minutes} min) {}\n",
            line.id, line.title
        ));
        for task in &work.tasks {
            let with = task.with.iter();
            let with = with
                .map(|(name, datum)| format!(" {name}={}", in_words(datum, Texts::of(language))));
            let with: String = with.collect();
            out.push_str(&format!("    - {}{with}\n", task.action.name()));
        }
    }
    if !others.is_empty() {
        out.push_str(&format!("\n== {}\n\n", words.no_action));
        for work in &others {
            let title = work.scenario.title.in_language(language);
            out.push_str(&format!("[ ] {} {title}\n", work.scenario.id));
        }
    }
    let minutes: u32 = to_do.iter().filter_map(|one| one.minutes).sum();
    let args = [
        ("count", to_do.len().to_string()),
        ("minutes", minutes.to_string()),
        ("changes", changes(&ordered).to_string()),
        ("before", before.to_string()),
    ];
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, &**value)).collect();
    let work = match ordered.len() {
        1 => &words.work_one,
        _ => &words.work,
    };
    out.push_str(&format!("\n{}\n", fill(work, &args)));
    print(out.trim_start())
}

/// A value of the checklist, as a program reads it: itself, or an object that
/// says where it comes from.
fn json_of(datum: &Datum) -> Value {
    match datum {
        Datum::Known(value) => value.clone(),
        Datum::FromStep { name, step, what } => {
            json!({ "value": name, "from-step": step, "of": what })
        }
        Datum::OfRun(name) => json!({ "value": name, "from": "run" }),
    }
}

/// A value of the checklist for a person.
fn in_words(datum: &Datum, texts: &Texts) -> String {
    match datum {
        Datum::Known(Value::String(text)) => text.clone(),
        Datum::Known(value) => value.to_string(),
        Datum::FromStep { name, step, what } => {
            let args = [("name", name.as_str()), ("step", step), ("what", what)];
            fill(&texts.scenarios.from_step, &args)
        }
        Datum::OfRun(name) => fill(&texts.scenarios.of_run, &[("name", name)]),
    }
}

fn run_lint(store: &Store, paths: &[PathBuf], language: Language) -> Result<Exit, Failure> {
    let read;
    let library = if paths.is_empty() {
        Library::shipped()
    } else {
        read = Library::on_disk(paths).map_err(unread)?;
        &read
    };
    let found = linted(library, store)?;
    let texts = Texts::of(language);
    let mut out: String = found.iter().map(|one| line_of(one, texts) + "\n").collect();
    let (errors, warnings) = counted(&found);
    let count = match (errors, warnings) {
        (0, 0) if library.scenarios.len() == 1 => texts.scenarios.clean_one.clone(),
        (0, 0) => {
            let count = library.scenarios.len().to_string();
            fill(&texts.scenarios.clean, &[("count", &count)])
        }
        (errors, warnings) => {
            let [errors, warnings] = [errors, warnings].map(|count| count.to_string());
            let args = [("count", errors.as_str()), ("warnings", &warnings)];
            fill(&texts.scenarios.mistakes, &args)
        }
    };
    out.push_str(&format!("{count}\n"));
    print(&out)?;
    Ok(if found.is_empty() {
        Exit::Conforms
    } else {
        Exit::Findings
    })
}

/// What the lint says of a library.
fn linted(library: &Library, store: &Store) -> Result<Vec<ScriptMistake>, Failure> {
    let catalogue =
        requirements().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let context = LintContext {
        store,
        requirements: &catalogue,
        codes: &rules::codes(store),
    };
    Ok(lint(library, &context))
}

/// How many of the mistakes are errors, and how many warnings.
fn counted(found: &[ScriptMistake]) -> (usize, usize) {
    let errors = found.iter().filter(|one| forbids(&one.mistake)).count();
    (errors, found.len() - errors)
}

/// A mistake in one line.
fn line_of(one: &ScriptMistake, texts: &Texts) -> String {
    let spot = one.mistake.spot;
    let warning = match forbids(&one.mistake) {
        true => "",
        false => &texts.scenarios.warning,
    };
    let space = if warning.is_empty() { "" } else { " " };
    format!(
        "{}:{}:{} {}{space}{warning}: {}",
        one.file,
        spot.line,
        spot.column,
        one.mistake.key,
        texts.mistake_alone(&one.mistake)
    )
}

/// The scenarios of a library, when all of them can be played. What the lint
/// calls an error is told on standard error, in its own words, before anything
/// is played; so is a script under the id of a shipped one that it is not.
pub fn playable(
    library: &Library,
    store: &Store,
    language: Language,
) -> Result<Vec<Arc<Scenario>>, Failure> {
    let found = linted(library, store)?;
    let told = |one: &&ScriptMistake| forbids(&one.mistake) || one.mistake.key == SHIPPED_ID;
    for one in found.iter().filter(told) {
        tell(&line_of(one, Texts::of(language)));
    }
    match counted(&found) {
        (0, _) => Ok(library.scenarios.clone()),
        (errors, _) => Err(Failure::usage("scenario-mistakes").with("count", errors)),
    }
}

/// Scripts that cannot be had, as a mistake in the call.
pub fn unread(error: LibraryError) -> Failure {
    match error {
        LibraryError::NotFound(path) if Library::shipped().scenario(&path).is_some() => {
            Failure::usage("not-found-id").with("id", path)
        }
        LibraryError::NotFound(path) => Failure::usage("not-found").with("path", path),
        LibraryError::NoScripts(path) => Failure::usage("no-scenarios").with("path", path),
        LibraryError::TooMany(path) => Failure::usage("scenarios-many").with("path", path),
        LibraryError::Unreadable(path) => Failure::usage("no-scenarios").with("path", path),
    }
}
