//! Holds a mutant against the probes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ketenkeur::batch::{BatchJudge, Extractor, RecordPaths};
use ketenkeur::check::{shipped_batch_rules, shipped_extractor, shipped_rio_paths};
use ketenkeur::facts::{
    Calendar, CalendarSources, Facts, RioData, RioPaths, SourceText, ValueLists,
};
use ketenkeur::finding::Kind;
use ketenkeur::pack::BUILTIN_FILES;
use ketenkeur::rules::{CompiledRules, RuleOutcomes};

use crate::files::{Mutant, rules_with};
use crate::probes::{Batch, Probe, Probes, rule_set};

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A case fails.
    Killed,
    /// No case notices.
    Survived,
    /// It is no rule any more: nobody could ship it.
    Stillborn,
}

/// Holds mutants against the probes, on one thread.
pub struct Holder<'p> {
    probes: &'p Probes,
    compiled: HashMap<&'p str, CompiledRules>,
    rio: HashMap<Vec<String>, Arc<RioData>>,
    /// Per rule or file the probes that killed a mutant of it, the last one
    /// last: what notices one change often notices the next.
    killers: HashMap<(&'static str, &'static str), Vec<usize>>,
}

impl<'p> Holder<'p> {
    pub fn new(probes: &'p Probes) -> Self {
        Self {
            probes,
            compiled: HashMap::new(),
            rio: HashMap::new(),
            killers: HashMap::new(),
        }
    }

    /// What is not as its case says, with the rules as they are. What is
    /// derived was held against them when it was made.
    pub fn unmutated(&mut self) -> Vec<String> {
        let probes = self.probes;
        let mut wrong: Vec<String> = (probes.all.iter())
            .filter(|probe| !probe.rule.is_empty() && !self.holds(probe))
            .map(|probe| format!("{} {} {}", probe.rule, probe.breaks, probe.damage))
            .collect();
        let extractor = shipped_extractor();
        let batches = probes.batches.iter();
        let batches = batches.filter(|batch| !batch.holds(&extractor, &probes.facts.calendar));
        wrong.extend(batches.map(|batch| format!("{} {}", batch.rule, batch.breaks)));
        wrong
    }

    /// Whether the rules as they are say of a message what they must.
    pub fn holds(&mut self, probe: &Probe) -> bool {
        let facts = self.facts(probe, None);
        self.every_set(probe, |rules| probe.holds(rules, &facts))
    }

    /// The rules that cannot be judged on a message; `None` where one is broken.
    pub fn undecided(&mut self, probe: &Probe) -> Option<BTreeSet<String>> {
        let mut open = BTreeSet::new();
        let mut is_right = true;
        self.outcomes(probe, |outcomes| {
            for finding in &outcomes.findings {
                open.insert(finding.code.to_string());
                is_right &= finding.kind == Kind::Undecided;
            }
        });
        is_right.then_some(open)
    }

    /// What each rule file, as it is, says of a message.
    pub fn outcomes(&mut self, probe: &Probe, mut tell: impl FnMut(RuleOutcomes)) {
        let facts = self.facts(probe, None);
        self.every_set(probe, |rules| {
            tell(rules.judge(&probe.document, probe.known.root, &facts));
            true
        });
    }

    /// Whether something is true of every rule file of a message.
    fn every_set(&mut self, probe: &Probe, mut is_so: impl FnMut(&CompiledRules) -> bool) -> bool {
        let probes = self.probes;
        let pack = &probe.known.pack;
        pack.manifest.rules.iter().all(|file| {
            let set = probes.sets.get_key_value(&pack.resolve(file));
            let (file, set) = set.unwrap();
            let compiled = self.compiled.entry(file);
            is_so(compiled.or_insert_with(|| CompiledRules::new(Arc::clone(set))))
        })
    }

    pub fn fate(&mut self, mutant: &Mutant) -> Fate {
        match self.lives(mutant) {
            None => Fate::Stillborn,
            Some(true) => Fate::Survived,
            Some(false) => Fate::Killed,
        }
    }

    /// Whether no probe notices; `None` where the mutant is no file of its kind.
    fn lives(&mut self, mutant: &Mutant) -> Option<bool> {
        let probes = self.probes;
        let text_of = |file: &'static include_dir::File<'static>| {
            let name = file.path().to_str().unwrap();
            let text = file.contents_utf8().unwrap();
            let text = if name == mutant.file {
                &mutant.text
            } else {
                text
            };
            SourceText::new(name, text.to_string())
        };
        let own = || SourceText::new(mutant.file, mutant.text.clone());
        Some(match mutant.file.split('/').next().unwrap() {
            "waardenlijsten" => {
                let folder = BUILTIN_FILES.get_dir("waardenlijsten").unwrap();
                let lists = ValueLists::new(folder.files().map(text_of));
                lists.check().ok()?;
                let lists = Arc::new(lists);
                let facts = Facts {
                    lists,
                    ..probes.facts.clone()
                };
                let name = mutant.file.rsplit('/').next().unwrap();
                let named = format!("'{}'", name.trim_end_matches(".toml"));
                self.facts_hold(mutant.file, &named, &facts, None)
            }
            "kalender" => {
                let source = |name: &str| {
                    let name = format!("kalender/{name}.toml");
                    text_of(BUILTIN_FILES.get_file(name).unwrap())
                };
                let calendar = Calendar::new(CalendarSources {
                    schoolvakanties: source("schoolvakanties"),
                    advies: source("advies"),
                    bekostiging: source("bekostiging"),
                });
                calendar.check().ok()?;
                let calendar = Arc::new(calendar);
                let facts = Facts {
                    calendar,
                    ..probes.facts.clone()
                };
                self.facts_hold(mutant.file, "kk:", &facts, None)
                    && self.batches_hold(&shipped_extractor(), &facts.calendar)
            }
            "batch" => {
                let paths = RecordPaths::from_toml(&own()).ok()?;
                self.batches_hold(&Arc::new(Extractor::new(paths)), &probes.facts.calendar)
            }
            "rio" if !mutant.file.ends_with(".sch") => {
                let paths = RioPaths::from_toml(&own()).ok()?;
                self.facts_hold(mutant.file, "kk:rio-", &probes.facts, Some(&paths))
            }
            _ => {
                let set = rule_set(&probes.store, mutant.file, &mutant.text).ok()?;
                let rules = CompiledRules::new(set);
                if !rules.refusals().is_empty() {
                    return None;
                }
                self.rules_hold(mutant, &rules)
            }
        })
    }

    /// Whether no probe of the mutant's file notices; those of the changed
    /// rule are asked first.
    fn rules_hold(&mut self, mutant: &Mutant, rules: &CompiledRules) -> bool {
        let probes = self.probes;
        let codes = mutant.codes();
        let of_rule = |probe: &Probe| mutant.rule.as_ref() == Some(&probe.rule);
        let concerns = |probe: &Probe| {
            // Damage to what the rule does not speak of changes nothing to it.
            let is_named = mutant.around.contains(&probe.damaged) || mutant.around.contains("*[");
            let is_asked =
                mutant.of_context || codes.iter().any(|code| probe.asked.contains(*code));
            is_named && is_asked && probes.is_about(probe, mutant.file)
        };
        let all = || (0..probes.all.len()).filter(|&index| concerns(&probes.all[index]));
        let first = all().filter(|&index| of_rule(&probes.all[index]));
        let then = all().filter(|&index| !of_rule(&probes.all[index]));
        self.all_hold(
            (mutant.file, mutant.around),
            first.chain(then),
            |holder, probe| {
                let facts = holder.facts(probe, None);
                probe.holds(rules, &facts)
            },
        )
    }

    /// Whether no probe notices that the facts are others: only rules with
    /// `part` in their text ask for them.
    fn facts_hold(
        &mut self,
        file: &'static str,
        part: &str,
        facts: &Facts,
        paths: Option<&RioPaths>,
    ) -> bool {
        let probes = self.probes;
        let sets = probes.sets.keys();
        let asking: BTreeSet<&str> = sets.flat_map(|file| rules_with(file, part)).collect();
        let is_asked = |index: &usize| {
            let probe = &probes.all[*index];
            let counts = !probe.rule.is_empty() && (paths.is_none() || !probe.rio.is_empty());
            counts && asking.iter().any(|code| probe.asked.contains(*code))
        };
        let asked = (0..probes.all.len()).filter(is_asked);
        self.all_hold((file, ""), asked, |holder, probe| {
            let own = holder.facts(probe, paths);
            let facts = Facts {
                clock: own.clock,
                profile: own.profile,
                rio: own.rio,
                ..facts.clone()
            };
            holder.every_set(probe, |rules| probe.holds(rules, &facts))
        })
    }

    /// Whether all of these probes hold; what killed a mutant of `what` before
    /// goes first.
    fn all_hold(
        &mut self,
        what: (&'static str, &'static str),
        mut probes: impl Iterator<Item = usize>,
        mut hold: impl FnMut(&mut Self, &Probe) -> bool,
    ) -> bool {
        let all = &self.probes.all;
        let killers = self.killers.remove(&what).unwrap_or_default();
        let known = killers.iter().rev().copied();
        let killer = known.clone().find(|&index| !hold(self, &all[index]));
        let killer = killer
            .or_else(|| probes.find(|index| !killers.contains(index) && !hold(self, &all[*index])));
        let mut killers = killers;
        if let Some(killer) = killer {
            killers.retain(|&index| index != killer);
            killers.push(killer);
        }
        self.killers.insert(what, killers);
        killer.is_none()
    }

    fn batches_hold(&self, extractor: &Arc<Extractor>, calendar: &Calendar) -> bool {
        let mut batches = self.probes.batches.iter();
        batches.all(|batch| batch.holds(extractor, calendar))
    }

    /// The facts of a probe, with RIO data read by `paths` or by our own.
    fn facts(&mut self, probe: &Probe, paths: Option<&RioPaths>) -> Facts {
        let mut facts = self.probes.facts.at(probe.at);
        facts.profile = probe.profile;
        if probe.rio.is_empty() {
            return facts;
        }
        let read = |paths: &RioPaths| {
            let mut data = RioData::new();
            for text in &probe.rio {
                let (document, known) = self.probes.recognised(text, "").unwrap();
                data.add(paths, &document, known.root);
            }
            Arc::new(data)
        };
        facts.rio = Some(match paths {
            Some(paths) => read(paths),
            None => {
                let data = self.rio.entry(probe.rio.clone());
                Arc::clone(data.or_insert_with(|| read(&shipped_rio_paths().unwrap())))
            }
        });
        facts
    }
}

impl Batch {
    /// Whether the rules over several messages say what the case says.
    fn holds(&self, extractor: &Arc<Extractor>, calendar: &Calendar) -> bool {
        let mut judge = BatchJudge::new(Arc::clone(extractor));
        for (number, (document, known)) in (0..).zip(&self.messages) {
            judge.add(extractor.extract(document, known.root, number));
        }
        let judged = judge.judge(shipped_batch_rules(), calendar);
        let mut found = judged.findings(|_| 0u64.into());
        match self.breaks {
            true => !judged.is_empty() && found.all(|found| *found.finding.code == *self.rule),
            false => judged.is_empty(),
        }
    }
}
