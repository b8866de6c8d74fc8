//! Who is ready for what, from runs and from what the team knows
//! (70-readiness.md).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::exempt::{Exempt, Untrue, exempt, untrue_of};
use super::imported::{Imported, Outcome};
use super::team::{Followed, Phase, Team, Waiver};
use super::totals::{Total, totals};
use crate::clock::Clock;
use crate::event::is_cut_short;
use crate::finding::{Dispute, Verdict};
use crate::report::readiness::{Counted, KeyCount, State};
use crate::scenario::{Key, Library, Scenario, ScriptKind, Sector};
use crate::target::Capability;

/// The matrix.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matrix {
    /// The moment up to which runs count.
    pub at: Timestamp,
    /// The moment with which it is compared.
    pub since: Option<Timestamp>,
    /// The supplier whose statement it is; `None` for that of all.
    pub statement: Option<String>,
    /// A row for each product, by supplier and product.
    pub rows: Vec<Row>,
    /// For each key, how many products and schools are in which state.
    pub totals: Vec<Total>,
    /// What is held against rules that products broke, settled or not.
    pub disputes: Vec<Dispute>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The supplier.
    pub supplier: String,
    /// Its OIN.
    pub oin: String,
    /// The product.
    pub product: String,
    /// The version of the latest run; `None` without runs.
    pub version: Option<String>,
    /// Other versions of which there are runs, with the moment of the latest:
    /// they do not count.
    pub others: Vec<Tested>,
    /// Scripts of somebody's own in the runs of that version: they count for
    /// nothing.
    pub own_scripts: Vec<String>,
    /// Other versions of ketenkeur that the runs of that version are of: their
    /// scripts were not held against the shipped ones.
    pub not_compared: Vec<String>,
    /// What it sent although it declares not to: the declaration is not true.
    pub untrue: Vec<Untrue>,
    /// What the team knows of it.
    pub followed: Option<Followed>,
    /// A cell for each key and sector, in their order.
    pub cells: Vec<Cell>,
}

/// A version of a product that was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// The version.
    pub version: String,
    /// When the latest run on it began.
    pub latest: Timestamp,
}

/// A product's state for a key in a sector.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// The key.
    pub key: &'static str,
    /// The sector.
    pub sector: &'static str,
    /// How far it is.
    pub state: State,
    /// How far it was at [`Matrix::since`], when that differs.
    pub was: Option<State>,
    /// Why the supplier declares that it does not apply.
    pub reason: Option<String>,
    /// The run that it rests on.
    pub run: Option<Evidenced>,
    /// Mandatory scenarios that passed.
    pub passed: usize,
    /// Mandatory scenarios that apply.
    pub mandatory: usize,
    /// Mandatory scenarios that did not pass and that somebody answers for.
    pub waived: usize,
    /// Mandatory scenarios that passed on recorded traffic.
    pub recorded: usize,
    /// Mandatory scenarios that passed in part on what a person said.
    pub said: usize,
    /// Mandatory scenarios that somebody ended the run before.
    pub cut_short: usize,
    /// Mandatory scenarios that are left out, because the product declares of
    /// their messages that they are not for it to do.
    pub exempt: usize,
    /// Those messages, with the supplier's reasons.
    pub exemptions: Vec<Exempt>,
    /// Percentage of the passed scenarios whose verdict rests on something
    /// weaker than a published fact.
    pub reconstructed: Option<u32>,
    /// What was played, and what still has to be.
    pub scenarios: Vec<Line>,
    /// The state after each run of the product, from the oldest, where it
    /// changed.
    pub trend: Vec<Turn>,
    /// What others witness.
    pub phases: Vec<Phase>,
}

/// The run behind a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidenced {
    /// The SHA-256 of its manifest.
    pub id: String,
    /// When it began.
    pub began: Timestamp,
    /// The version of the product.
    pub version: String,
    /// Who answers for it: an OIN, or the SHA-256 of a certificate without one.
    pub signed: Option<String>,
}

/// A scenario behind a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The scenario.
    pub scenario: String,
    /// Dutch title.
    pub title_nl: String,
    /// English title.
    pub title_en: String,
    /// Whether the key needs it.
    pub mandatory: bool,
    /// What it came to; `None` when it was not played.
    pub verdict: Option<Verdict>,
    /// Why it was not played, as a key of the texts.
    pub not_played: Option<String>,
    /// Whether that rests on recorded traffic: nothing was staged.
    pub recorded: bool,
    /// Whether that rests in part on what a person said.
    pub said: bool,
    /// The codes of the rules that were broken.
    pub broken: Vec<String>,
    /// Those of them that somebody disputes.
    pub disputed: Vec<String>,
    /// Who answers for its not having passed.
    pub waiver: Option<Waiver>,
}

/// A moment at which the state of a cell changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// When the run began.
    pub at: Timestamp,
    /// The version of the product.
    pub version: String,
    /// The state from then on.
    pub state: State,
}

/// The identity of a row.
type Product = (String, String);

/// Makes the matrix of the runs that began up to `at`, compared with `since`. What
/// somebody signed who does not sign for the supplier counts for nothing.
pub fn matrix(runs: &[Imported], team: &Team, at: Timestamp, since: Option<Timestamp>) -> Matrix {
    let mut of_product: BTreeMap<Product, Vec<&Imported>> = BTreeMap::new();
    let counted = || {
        let until = runs.iter().filter(|run| run.began <= at);
        until.filter(|run| team.accepts(run))
    };
    let parts: BTreeSet<&str> = counted()
        .flat_map(|run| run.parts.iter().map(String::as_str))
        .collect();
    for run in counted().filter(|run| !parts.contains(run.id.as_str())) {
        let product = (run.oin.clone(), run.product.clone());
        of_product.entry(product).or_default().push(run);
    }
    for followed in &team.supplier {
        let product = (followed.oin.clone(), followed.product.clone());
        of_product.entry(product).or_default();
    }
    let rows = of_product.into_iter().map(|(product, mut runs)| {
        runs.sort_by(|one, other| (one.began, &one.id).cmp(&(other.began, &other.id)));
        row(&product, &runs, team, at, since)
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|one, other| {
        (&one.supplier, &one.product, &one.oin).cmp(&(&other.supplier, &other.product, &other.oin))
    });
    Matrix {
        at,
        since,
        statement: None,
        totals: totals(&rows),
        rows,
        disputes: Vec::new(),
    }
}

impl Matrix {
    /// The matrix with what is held against its rules. It changes no state.
    pub fn disputed(mut self, disputes: &[Dispute]) -> Self {
        self.disputes = disputes.to_vec();
        for line in self.lines_mut() {
            let broken = line.broken.iter();
            let is_disputed = |rule: &&String| {
                let mut all = disputes.iter();
                all.any(|one| one.is_open() && one.rule == **rule)
            };
            line.disputed = broken.filter(is_disputed).cloned().collect();
        }
        self
    }

    /// What a supplier is given of its own: its rows, and beside the team's
    /// disputes its own alone.
    pub fn of_supplier(&self, oin: &str) -> Self {
        let rows = self.rows.iter().filter(|row| row.oin == oin);
        let disputes = self.disputes.iter().filter(|one| one.is_for(oin));
        let disputes: Vec<Dispute> = disputes.cloned().collect();
        let rows: Vec<Row> = rows.cloned().collect();
        let own = Self {
            at: self.at,
            since: self.since,
            statement: rows.first().map(|row| row.supplier.clone()),
            totals: totals(&rows),
            rows,
            disputes: Vec::new(),
        };
        own.disputed(&disputes)
    }

    /// Every scenario behind every cell.
    pub(super) fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        let cells = self.rows.iter_mut().flat_map(|row| &mut row.cells);
        cells.flat_map(|cell| &mut cell.scenarios)
    }
}

fn row(
    (oin, product): &Product,
    runs: &[&Imported],
    team: &Team,
    at: Timestamp,
    since: Option<Timestamp>,
) -> Row {
    let is_this = |other_oin: &str, other: &str| other_oin == oin && other == product;
    let followed = team
        .supplier
        .iter()
        .find(|one| is_this(&one.oin, &one.product));
    let waivers: Vec<&Waiver> = team
        .waiver
        .iter()
        .filter(|one| is_this(&one.oin, &one.product))
        .collect();
    let phases: Vec<&Phase> = team
        .phase
        .iter()
        .filter(|one| is_this(&one.oin, &one.product))
        .collect();
    let cells = Key::ALL.iter().flat_map(|&key| {
        let (waivers, phases) = (&waivers, &phases);
        Sector::ALL.iter().map(move |&sector| {
            let looked = Looked {
                key,
                sector,
                waivers,
            };
            let mut cell = looked.cell(runs, at);
            cell.trend = looked.trend(runs);
            cell.was = since
                .map(|since| looked.state_at(&until(runs, since), since))
                .filter(|was| *was != cell.state);
            let of_cell = phases
                .iter()
                .filter(|phase| phase.key == key && phase.sector.is_none_or(|one| one == sector));
            let today = Clock::at(at).today();
            cell.phases = of_cell.map(|phase| phase.as_of(today)).collect();
            cell.phases.sort_by_key(|phase| phase.phase);
            cell
        })
    });
    let latest = runs.last();
    Row {
        supplier: followed
            .map(|one| one.name.clone())
            .or_else(|| latest.map(|run| run.supplier.clone()))
            .unwrap_or_default(),
        oin: oin.clone(),
        product: product.clone(),
        version: latest.map(|run| run.version.clone()),
        others: others(runs),
        untrue: untrue_of(runs),
        own_scripts: scripts(runs, ScriptKind::Own, |_, one| &one.scenario),
        not_compared: scripts(runs, ScriptKind::NotCompared, |run, _| &run.tool),
        followed: followed.cloned(),
        cells: cells.collect(),
    }
}

/// The versions beside that of the latest run, the latest first.
fn others(runs: &[&Imported]) -> Vec<Tested> {
    let mut known: BTreeSet<&str> = runs.last().map(|run| &*run.version).into_iter().collect();
    let others = runs.iter().rev().filter(|run| known.insert(&run.version));
    let others = others.map(|run| Tested {
        version: run.version.clone(),
        latest: run.began,
    });
    others.collect()
}

/// What is told of the scripts of a kind in the runs of the latest version, each
/// once.
fn scripts(
    runs: &[&Imported],
    script: ScriptKind,
    told: for<'r> fn(&'r Imported, &'r Outcome) -> &'r str,
) -> Vec<String> {
    let version = runs.last().map(|run| &run.version);
    let of_version = runs.iter().filter(|run| Some(&run.version) == version);
    let all = of_version.flat_map(|run| run.outcomes.iter().map(move |one| (run, one)));
    let of_kind = all.filter(|(_, one)| one.script == script);
    let told: BTreeSet<&str> = of_kind.map(|(run, one)| told(run, one)).collect();
    told.into_iter().map(str::to_string).collect()
}

fn until<'r>(runs: &[&'r Imported], moment: Timestamp) -> Vec<&'r Imported> {
    let before = runs.iter().filter(|run| run.began <= moment);
    before.copied().collect()
}

/// A key in a sector, and what excuses scenarios there.
struct Looked<'a> {
    key: Key,
    sector: Sector,
    waivers: &'a [&'a Waiver],
}

impl Looked<'_> {
    /// The run that counts. That is of the latest version of the product, and of
    /// it the latest that chose a scenario of the key; recorded traffic only
    /// where nothing was played.
    fn chosen<'r>(&self, runs: &[&'r Imported]) -> Option<&'r Imported> {
        let version = runs.last().map(|run| run.version.as_str());
        let of_version = runs
            .iter()
            .rev()
            .filter(|run| Some(run.version.as_str()) == version);
        let played = |run: &&&Imported| self.outcomes(run).any(|outcome| !outcome.recorded);
        let any = || {
            let mut of_version = of_version.clone();
            of_version.find(|run| self.outcomes(run).next().is_some())
        };
        of_version.clone().find(played).or_else(any).copied()
    }

    /// The state that scenarios come to which count so, beside what the supplier
    /// declares now, and why that is.
    fn state(&self, runs: &[&Imported], count: &KeyCount) -> (State, Option<String>) {
        let latest = runs.last();
        match latest.and_then(|run| run.declaration(self.key, self.sector)) {
            Some(Capability::NotApplicable(reason)) => (State::NotApplicable, Some(reason.clone())),
            Some(Capability::No) => (State::NotOffered, None),
            _ => (count.state(), None),
        }
    }

    /// The state at a moment, without what it rests on.
    fn state_at(&self, runs: &[&Imported], at: Timestamp) -> State {
        let played = self.played(self.chosen(runs));
        let count = self.count(&played, Clock::at(at).today());
        self.state(runs, &count).0
    }

    /// The cell at a moment.
    fn cell(&self, runs: &[&Imported], at: Timestamp) -> Cell {
        let (run, today) = (self.chosen(runs), Clock::at(at).today());
        let played = self.played(run);
        let (lines, count) = (self.lines(&played, today), self.count(&played, today));
        let passing = || {
            let outcomes = played.values();
            outcomes.filter(|outcome| outcome.verdict == Verdict::Pass)
        };
        let (state, reason) = self.state(runs, &count);
        let all = passing().count();
        let mandatory = || passing().filter(|outcome| outcome.mandatory);
        let recorded = mandatory().filter(|outcome| outcome.recorded).count();
        let said = mandatory().filter(|outcome| outcome.said).count();
        let cut_short = played
            .values()
            .filter(|one| one.mandatory && is_cut_short(one.not_played.as_deref()))
            .count();
        let (exempt, exemptions) = exempt(played.values().copied(), self.sector);
        let weak = passing().filter(|outcome| outcome.reconstructed).count();
        Cell {
            key: self.key.name(),
            sector: self.sector.name(),
            state,
            was: None,
            reason,
            run: run.map(|run| Evidenced {
                id: run.id.clone(),
                began: run.began,
                version: run.version.clone(),
                signed: run.signed.as_ref().map(|signer| signer.name().to_string()),
            }),
            passed: count.passed() - count.waived(),
            mandatory: count.wanted(),
            waived: count.waived(),
            recorded,
            said,
            cut_short,
            exempt,
            exemptions,
            reconstructed: (all > 0).then(|| (weak * 100).div_ceil(all) as u32),
            scenarios: lines,
            trend: Vec::new(),
            phases: Vec::new(),
        }
    }

    fn outcomes<'r>(&self, run: &'r Imported) -> impl Iterator<Item = &'r Outcome> {
        let (key, sector) = (self.key, self.sector);
        run.outcomes
            .iter()
            .filter(move |outcome| outcome.counts_for(key, sector))
    }

    /// What the run played of the key, by scenario.
    fn played<'r>(&self, run: Option<&'r Imported>) -> BTreeMap<&'r str, &'r Outcome> {
        let outcomes = run.into_iter().flat_map(|run| self.outcomes(run));
        outcomes
            .map(|outcome| (outcome.scenario.as_str(), outcome))
            .collect()
    }

    /// What ships with this version and is mandatory for the key and not in the
    /// run: a scenario that was left out is no pass.
    fn left_out<'p>(
        &'p self,
        played: &'p BTreeMap<&str, &Outcome>,
    ) -> impl Iterator<Item = &'p Scenario> {
        let shipped = Library::shipped().scenarios.iter();
        shipped
            .map(|scenario| &**scenario)
            .filter(|scenario| self.needs(scenario) && !played.contains_key(&*scenario.id))
    }

    /// Who answers on a day for a scenario's not having passed.
    fn waiver(&self, scenario: &str, today: Date) -> Option<&Waiver> {
        let holds = |one: &&&Waiver| one.scenario == scenario && one.until.0 >= today;
        self.waivers.iter().find(holds).copied()
    }

    /// How the scenarios of a run count for the key.
    fn count(&self, played: &BTreeMap<&str, &Outcome>, today: Date) -> KeyCount {
        let mut count = KeyCount::default();
        for outcome in played.values() {
            count.count(Counted {
                mandatory: outcome.mandatory,
                verdict: outcome.verdict,
                played: outcome.not_played.is_none(),
                official: outcome.official,
                bare: outcome.bare,
                waived: self.waiver(&outcome.scenario, today).is_some(),
            });
        }
        self.left_out(played).for_each(|_| count.left_out(true));
        count
    }

    /// What the run played, and what it left out.
    fn lines(&self, played: &BTreeMap<&str, &Outcome>, today: Date) -> Vec<Line> {
        let lines = played.values().map(|outcome| Line {
            scenario: outcome.scenario.clone(),
            title_nl: outcome.title_nl.clone(),
            title_en: outcome.title_en.clone(),
            mandatory: outcome.mandatory,
            verdict: outcome.not_played.is_none().then_some(outcome.verdict),
            not_played: outcome.not_played.clone(),
            recorded: outcome.recorded,
            said: outcome.said,
            broken: outcome.broken.clone(),
            disputed: Vec::new(),
            waiver: self.waiver(&outcome.scenario, today).cloned(),
        });
        let left_out = self.left_out(played).map(|scenario| Line {
            scenario: scenario.id.to_string(),
            title_nl: scenario.title.nl.to_string(),
            title_en: scenario.title.en.to_string(),
            mandatory: true,
            verdict: None,
            not_played: None,
            recorded: false,
            said: false,
            broken: Vec::new(),
            disputed: Vec::new(),
            waiver: self.waiver(&scenario.id, today).cloned(),
        });
        let mut lines: Vec<Line> = lines.chain(left_out).collect();
        lines.sort_by(|one, other| one.scenario.cmp(&other.scenario));
        lines
    }

    /// Whether a LAS is not ready for the key without this scenario.
    fn needs(&self, scenario: &Scenario) -> bool {
        scenario.mandatory
            && scenario.key == self.key
            && scenario.subject == crate::scenario::Role::Las
            && scenario.sectors.contains(&self.sector)
    }

    fn trend(&self, runs: &[&Imported]) -> Vec<Turn> {
        let mut trend: Vec<Turn> = Vec::new();
        for (number, run) in runs.iter().enumerate() {
            let state = self.state_at(&runs[..=number], run.began);
            if trend.last().is_none_or(|last| last.state != state) {
                trend.push(Turn {
                    at: run.began,
                    version: run.version.clone(),
                    state,
                });
            }
        }
        trend
    }
}
