//! The messages that mutants are held against: those of the cases, and near
//! misses derived from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use ketenkeur::check::{
    Bench, CheckOptions, Deviations, Judge, Known, Recognition, RulesOfPacks, recognise_json,
    recognise_xml, run_ordered, shipped_facts,
};
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Format, Gated, NodeId};
use ketenkeur::edukoppeling::Trust;
use ketenkeur::example::{Case, Cases, Edit, Examples, Path, Variant, apply};
use ketenkeur::exchange::Exchange;
use ketenkeur::facts::{Facts, Profile};
use ketenkeur::finding::{Code, Finding, Grade, Kind, Redaction};
use ketenkeur::input::{BodyAt, Input};
use ketenkeur::pack::Store;
use ketenkeur::rules::{CompiledRules, Origin, RuleSet};

use crate::holder::Holder;

/// A message and what the rules must say of it.
pub struct Probe {
    /// The rule that the case is about; empty where it is about all.
    pub rule: String,
    /// Whether the message breaks it.
    pub breaks: bool,
    /// Whether what breaks the rule is that it cannot be judged.
    undecided: bool,
    /// Whether nothing is asked of other rules.
    alone: bool,
    pub document: Arc<Document>,
    pub known: Known,
    pub at: Timestamp,
    pub profile: Profile,
    /// The RIO answers that are known.
    pub rio: Vec<String>,
    /// What the schema refuses: the rules leave those places alone.
    refused: Vec<String>,
    /// Of a damaged message: the rules that cannot be judged on it whole.
    open: BTreeSet<String>,
    /// Of a damaged message: the element, and what was done to it.
    pub damaged: String,
    pub damage: String,
    /// The rules that were asked of it.
    pub asked: BTreeSet<Code>,
    /// Where the finding that its case is about stands, and what it says:
    /// tests/cases has both in a snapshot.
    said: Option<Said>,
    /// Of what breaks a case: the other rules that cannot be judged on it, which
    /// stand there as well.
    open_beside: Option<BTreeSet<String>>,
}

/// Where a finding stands and the values in it.
type Said = (String, String);

/// A case over several messages.
pub struct Batch {
    pub rule: String,
    pub breaks: bool,
    pub messages: Vec<(Arc<Document>, Known)>,
}

/// A message to make others of.
#[derive(Clone)]
struct Base {
    name: String,
    text: String,
    at: Timestamp,
    profile: Profile,
    rio: Vec<String>,
}

/// By the name that JSON needs, and the profile.
type Judges = HashMap<(Option<String>, Profile), Judge>;

/// Everything that mutants are held against.
pub struct Probes {
    pub store: Store,
    pub facts: Facts,
    /// Per rule file the rules in it.
    pub sets: BTreeMap<String, Arc<RuleSet>>,
    pub all: Vec<Probe>,
    pub batches: Vec<Batch>,
}

impl Probes {
    pub fn of_cases() -> Self {
        let store = Store::builtin();
        let facts = shipped_facts(Clock::at(Timestamp::UNIX_EPOCH), Profile::Production);
        let mut sets = BTreeMap::new();
        for pack in store.packs() {
            for file in &pack.manifest.rules {
                let file = pack.resolve(file);
                let text = std::str::from_utf8(pack.files().get(&file).unwrap()).unwrap();
                let set = || rule_set(&store, &file, text).unwrap();
                sets.entry(file.clone()).or_insert_with(set);
            }
        }
        let mut probes = Self {
            store,
            facts,
            sets,
            all: Vec::new(),
            batches: Vec::new(),
        };
        let mut bases: Vec<Base> = (probes.store.messages())
            .map(|(_, message)| Variant {
                base: message.id().to_string(),
                edits: Vec::new(),
            })
            .map(|variant| probes.base(&variant, None, Profile::Production, &[]))
            .collect();
        let cases = cases_on_disk();
        probes.of_single(&cases, &mut bases);
        for case in cases.batches() {
            for (variants, breaks) in [(&case.breaks, true), (&case.passes, false)] {
                let messages = variants.iter().map(|variant| {
                    let text = variant.message(&probes.store).unwrap();
                    probes.recognised(&text, &variant.base).unwrap()
                });
                let messages = messages.collect();
                let rule = case.rule.clone();
                probes.batches.push(Batch {
                    rule,
                    breaks,
                    messages,
                });
            }
        }
        probes.derive(&bases);
        probes.ask();
        probes
    }

    /// What the rules as they are say of each message.
    fn ask(&mut self) {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let probes = &*self;
        let mut answers = Vec::new();
        run_ordered(
            threads,
            probes.all.iter(),
            || {
                let mut holder = Holder::new(probes);
                move |probe: &Probe| {
                    let (mut asked, mut said) = (BTreeSet::new(), None);
                    let mut open = BTreeSet::new();
                    holder.outcomes(probe, |outcomes| {
                        let of_rule = |found: &&Finding| probe.is_of_rule(found);
                        said = said
                            .take()
                            .or(outcomes.findings.iter().find(of_rule).map(says));
                        open.extend(outcomes.findings.iter().filter_map(|found| {
                            let is_open = found.kind == Kind::Undecided;
                            (is_open && !of_rule(&found)).then(|| found.code.to_string())
                        }));
                        asked.extend(outcomes.findings.into_iter().map(|found| found.code));
                        asked.extend(outcomes.held);
                        asked.extend(outcomes.undecided);
                    });
                    (asked, said, probe.breaks.then_some(open))
                }
            },
            |answer| answers.push(answer),
        );
        for (probe, (asked, said, open)) in self.all.iter_mut().zip(answers) {
            (probe.asked, probe.said, probe.open_beside) = (asked, said, open);
        }
    }

    fn of_single(&mut self, cases: &Cases, bases: &mut Vec<Base>) {
        let mut judges = Judges::new();
        let mut found = Vec::new();
        for case in cases.cases() {
            for (variant, breaks) in [(&case.breaks, true), (&case.passes, false)] {
                let profile = match breaks {
                    true => case.profile,
                    false => case.passes_profile,
                };
                let base = self.base(variant, case.at, profile, &case.rio);
                if let Some(mut probe) = self.probe(&mut judges, &base) {
                    probe.rule = case.rule.clone();
                    probe.breaks = breaks;
                    probe.undecided = breaks && case.undecided;
                    found.push(probe);
                }
                if !breaks {
                    found.extend(self.other_values(&mut judges, case, &base));
                    bases.push(base);
                }
            }
        }
        self.all = found;
    }

    /// How many messages come from cases, and how many are derived.
    pub fn count(&self) -> (usize, usize) {
        let derived = self
            .all
            .iter()
            .filter(|probe| probe.rule.is_empty() || probe.alone);
        let derived = derived.count();
        (self.all.len() - derived, derived)
    }

    fn base(
        &self,
        variant: &Variant,
        at: Option<Timestamp>,
        profile: Profile,
        rio: &[Variant],
    ) -> Base {
        Base {
            name: variant.base.clone(),
            text: variant.message(&self.store).unwrap(),
            at: at.unwrap_or_else(|| self.store.example(&variant.base).unwrap().at),
            profile,
            rio: rio
                .iter()
                .map(|answer| answer.message(&self.store).unwrap())
                .collect(),
        }
    }

    /// A message of which nothing is asked yet; `None` where no rule is.
    fn probe(&self, judges: &mut Judges, base: &Base) -> Option<Probe> {
        let (document, known) = self.recognised(&base.text, &base.name)?;
        let mut exchange = Exchange::bare(base.text.as_bytes().to_vec());
        exchange.received = Some(base.at);
        let input = Input {
            name: String::new(),
            content: Ok(exchange),
            body: BodyAt::Start,
        };
        let named = (document.format() == Format::Json).then(|| base.name.clone());
        let judge = judges.entry((named.clone(), base.profile));
        let facts = Facts {
            profile: base.profile,
            ..self.facts.clone()
        };
        let judge = judge.or_insert_with(|| judge_of(&self.store, &facts, named));
        let found = judge.judge(0, input).judged.findings;
        if found
            .iter()
            .any(|finding| finding.code.starts_with("KK-HERKEN-"))
        {
            return None;
        }
        let of_schema = |code: &str| code.starts_with("KK-XSD-") || code.starts_with("KK-JSON-");
        let refused = found.into_iter().filter(|found| of_schema(&found.code));
        Some(Probe {
            rule: String::new(),
            breaks: false,
            undecided: false,
            alone: false,
            document,
            known,
            at: base.at,
            profile: base.profile,
            rio: base.rio.clone(),
            refused: refused.map(|found| found.path).collect(),
            open: BTreeSet::new(),
            damaged: String::new(),
            damage: String::new(),
            asked: BTreeSet::new(),
            said: None,
            open_beside: None,
        })
    }

    /// A message as its pack knows it; `base` is the name that JSON needs.
    pub fn recognised(&self, text: &str, base: &str) -> Option<(Arc<Document>, Known)> {
        let example = self.store.example(base);
        let is_json = example.is_some_and(|example| example.format == Format::Json);
        let (document, recognition) = if is_json {
            let document = Document::from_json(Gated::json(text.as_bytes()).ok()?).ok()?;
            let recognition = recognise_json(&self.store, &document, Some(base), None);
            (document, recognition)
        } else {
            let document = Document::from_xml(Gated::xml(text.as_bytes()).ok()?).ok()?;
            let recognition = recognise_xml(&self.store, &document);
            (document, recognition)
        };
        match recognition {
            Recognition::Known(known) => Some((Arc::new(document), known)),
            _ => None,
        }
    }

    /// Near misses of a rule about a value list: the first and the last value
    /// of the list in the place of the one that the case has.
    fn other_values(&self, judges: &mut Judges, case: &Case, whole: &Base) -> Vec<Probe> {
        let on = Clock::at(whole.at).today();
        let lists = &self.facts.lists;
        let mut found = Vec::new();
        for (index, edit) in case.passes.edits.iter().enumerate() {
            let Edit::Set { path, to } = edit else {
                continue;
            };
            for list in lists.names().filter_map(|name| lists.get(name)) {
                if list.contains(to, on) != Some(true) {
                    continue;
                }
                let codes = list.codes(on);
                for code in [codes.first(), codes.last()].into_iter().flatten() {
                    let mut variant = case.passes.clone();
                    let (path, to) = (path.clone(), code.to_string());
                    variant.edits[index] = Edit::Set { path, to };
                    let base = self.base(&variant, case.at, whole.profile, &case.rio);
                    found.extend(self.probe(judges, &base).map(|probe| Probe {
                        rule: case.rule.clone(),
                        alone: true,
                        ..probe
                    }));
                }
            }
        }
        let mut holder = Holder::new(self);
        found.retain(|probe| probe.refused.is_empty() && holder.holds(probe));
        found
    }

    /// Near misses of every rule at once: messages that are right but for one
    /// value that the schema refuses. One mistake gives one finding, so the
    /// rules must be silent and none may become undecided.
    fn derive(&mut self, bases: &[Base]) {
        let bases = self.richest(bases);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut derived = Vec::new();
        let probes = &*self;
        run_ordered(
            threads,
            bases.iter(),
            || {
                let (mut judges, mut holder) = (Judges::new(), Holder::new(probes));
                move |base: &Base| probes.damaged(&mut judges, &mut holder, base)
            },
            |more| derived.extend(more),
        );
        self.all.extend(derived);
    }

    /// Those that hold an element which none before it has.
    fn richest(&self, bases: &[Base]) -> Vec<Base> {
        let (mut seen, mut texts) = (BTreeSet::new(), BTreeSet::new());
        let mut chosen = Vec::new();
        for base in bases {
            let Some((document, known)) = self.recognised(&base.text, &base.name) else {
                continue;
            };
            let mut is_news = !base.rio.is_empty();
            for node in document
                .subtree(known.root)
                .filter(|node| document.is_element(*node))
            {
                let above = document
                    .ancestors(node)
                    .map(|node| document.local_name(node));
                let path: Vec<&str> = [document.local_name(node)]
                    .into_iter()
                    .chain(above)
                    .collect();
                is_news |= seen.insert((base.name.clone(), path.join(" ")));
            }
            if is_news && texts.insert(&base.text) {
                chosen.push(base.clone());
            }
        }
        chosen
    }

    fn damaged(&self, judges: &mut Judges, holder: &mut Holder<'_>, base: &Base) -> Vec<Probe> {
        let Some(before) = self.probe(judges, base) else {
            return Vec::new();
        };
        let Some(open) = holder.undecided(&before) else {
            return Vec::new();
        };
        let format = before.document.format();
        let mut derived = Vec::new();
        for written in leaves(&before.document, before.known.root) {
            let path = || Path::parse(&written).unwrap();
            let set = |to: String| Edit::Set { path: path(), to };
            let edits = [
                set("?".to_string()),
                set(String::new()),
                set("A".repeat(71)),
                Edit::Remove { path: path() },
                Edit::Copy { path: path() },
            ];
            for edit in edits {
                let is_copy = matches!(edit, Edit::Copy { .. });
                if format == Format::Json && is_copy && !written.ends_with(']') {
                    // Of a member that occurs twice no rule is asked.
                    continue;
                }
                let is_long = matches!(&edit, Edit::Set { to, .. } if to.len() > 1);
                let damage = format!("{} {edit}", base.name);
                let Ok(text) = apply(&base.text, format, &[edit]) else {
                    continue;
                };
                let after = Base {
                    text,
                    ..base.clone()
                };
                let Some(mut probe) = self.probe(judges, &after) else {
                    continue;
                };
                if probe.refused.is_empty() {
                    // Still a valid message, of which more may be wrong now.
                    continue;
                }
                let last = written.rsplit('/').next().unwrap_or_default();
                probe.damaged = format!(":{}", last.split('[').next().unwrap_or_default());
                probe.damage = damage;
                probe.open = open.clone();
                // Without the schema's word the rules are silent as well,
                // unless what is wrong is no matter of one value.
                let refused = std::mem::take(&mut probe.refused);
                if !holder.holds(&probe) {
                    probe.refused = refused;
                    if !holder.holds(&probe) {
                        // Of a code as long as this more than one rule speaks.
                        assert!(
                            is_long,
                            "the rules speak of what the schema refuses: {}",
                            probe.damage
                        );
                        continue;
                    }
                }
                derived.push(probe);
            }
        }
        derived
    }

    /// Whether a probe speaks of a rule file.
    pub fn is_about(&self, probe: &Probe, file: &str) -> bool {
        let pack = &probe.known.pack;
        let mut files = pack.manifest.rules.iter();
        files.any(|rules| pack.resolve(rules) == file)
    }
}

impl Probe {
    fn is_of_rule(&self, finding: &Finding) -> bool {
        *finding.code == *self.rule
    }

    /// Whether the rules say of the message what its case says: of a breaking
    /// one the rule and nothing else, of a near miss nothing. Where the rule
    /// stands in another file, nothing either.
    pub fn holds(&self, rules: &CompiledRules, facts: &Facts) -> bool {
        let outcomes = rules.judge(&self.document, self.known.root, facts);
        let mut of_rule = 0;
        let mut open = BTreeSet::new();
        for finding in &outcomes.findings {
            let is_of_rule = self.is_of_rule(finding);
            let says_other = |said: &Said| *said != says(finding);
            if is_of_rule && self.said.as_ref().is_some_and(says_other) {
                return false;
            }
            if self.alone && !is_of_rule {
                continue;
            }
            if finding.kind == Kind::Undecided {
                let is_new = self.rule.is_empty() && !self.open.contains(&*finding.code);
                if is_new || (is_of_rule && !self.undecided) {
                    return false;
                }
                if !is_of_rule {
                    open.insert(&*finding.code);
                }
                of_rule += usize::from(is_of_rule);
            } else if !self.refused.contains(&finding.place.path) {
                if !is_of_rule || !self.breaks || self.undecided {
                    return false;
                }
                of_rule += 1;
            }
        }
        let codes: BTreeSet<&str> = rules.rule_set().infos().map(|info| &*info.code).collect();
        let is_in_these = codes.contains(&*self.rule);
        if let Some(beside) = &self.open_beside {
            let of_these = beside.iter().filter(|code| codes.contains(code.as_str()));
            if !of_these.eq(open.iter()) {
                return false;
            }
        }
        of_rule == usize::from(self.breaks && is_in_these)
    }
}

/// Where a finding stands and the values in it.
fn says(finding: &Finding) -> Said {
    let args = finding.args.iter();
    let args = args.map(|(name, arg)| format!("{name}: {}", arg.shown(Redaction::Mask)));
    let args: Vec<String> = args.collect();
    (finding.place.path.clone(), args.join("\n"))
}

fn judge_of(store: &Store, facts: &Facts, named: Option<String>) -> Judge {
    Judge::new(Arc::new(Bench {
        store: store.clone(),
        facts: facts.clone(),
        options: CheckOptions {
            named,
            ..CheckOptions::default()
        },
        deviations: Deviations::default(),
        trust: Trust::default(),
        request: None,
        rules: RulesOfPacks::default(),
    }))
}

/// Where the values of a message stand.
fn leaves(document: &Document, root: NodeId) -> Vec<String> {
    let is_json = document.format() == Format::Json;
    let mut found = Vec::new();
    let mut open = vec![(root, String::new())];
    while let Some((node, path)) = open.pop() {
        let children: Vec<NodeId> = document.elements(node).collect();
        if children.is_empty() && !path.is_empty() {
            found.push(path.clone());
        }
        for (index, &child) in children.iter().enumerate() {
            let name = document.local_name(child);
            let same = |other: &&NodeId| document.local_name(**other) == name;
            let number = children[..index].iter().filter(same).count();
            let step = match (is_json && name == "item", path.is_empty()) {
                (true, _) => format!("[{number}]"),
                (false, true) => name.to_string(),
                (false, false) => format!("/{name}"),
            };
            let many = !is_json && children.iter().filter(same).count() > 1;
            let number = match many {
                true => format!("[{}]", number + 1),
                false => String::new(),
            };
            open.push((child, format!("{path}{step}{number}")));
        }
    }
    found
}

/// The cases as they stand on disk: to sharpen one, nothing is built again.
fn cases_on_disk() -> Cases {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new("cases/rules").sort_by_file_name() {
        let path = entry.unwrap().into_path();
        // Raw bytes are no matter of rules over messages.
        if path.extension().is_some_and(|kind| kind == "toml") && !path.ends_with("ruw.toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((path.display().to_string(), text));
        }
    }
    let files = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    Cases::parse(files).unwrap()
}

/// The rules of a file whose text is given.
pub fn rule_set(store: &Store, file: &str, text: &str) -> Result<Arc<RuleSet>, String> {
    let names = |rules: &Arc<str>, pack: &ketenkeur::pack::Pack| pack.resolve(rules) == file;
    let mut packs = store.packs();
    let pack = packs.find(|pack| pack.manifest.rules.iter().any(|rules| names(rules, pack)));
    let pack = pack.unwrap();
    let origin = Origin {
        file: file.into(),
        contract: Some(pack.manifest.contract.clone()),
        grade: Grade::Reconstructed,
        source: "".into(),
        phase: None,
    };
    let include = |name: &str| pack.files().get(name).map(<[u8]>::to_vec);
    RuleSet::read(text.as_bytes(), &origin, &include)
        .map(Arc::new)
        .map_err(|error| error.to_string())
}
