//! `ketenkeur runs merge`, and what a run keeps of an earlier one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Global, Merge};
use super::failure::Failure;
use super::files::Files;
use super::output::tell;
use super::reports::reports;
use super::runs::{changed, said, unreadable};
use super::scenarios::playable;
use super::settings::Settings;
use super::setup;
use super::telling::{Telling, unwritten};
use crate::clock::Clock;
use crate::event::{EVENT_VERSION, Event, Started};
use crate::evidence::{
    CopyError, Folder, JoinError, MESSAGES, Part, PartError, RunRecord, SCRIPTS, TRUST,
    TargetRecord, write_json,
};
use crate::exit::Exit;
use crate::finding::{Disputed, Language, Verdict};
use crate::pack::Store;
use crate::pki::Authorities;
use crate::play::{recorded_library, stage_for};
use crate::scenario::Scenario;
use crate::text::{Texts, fill};

/// Joins the shards of a run: one folder with the verdicts of all.
pub fn merge(
    merge: &Merge,
    global: &Global,
    settings: &Settings,
    language: Language,
) -> Result<Exit, Failure> {
    let read = merge.parts.iter().chain(&merge.disputes);
    let files = Files {
        written: None,
        evidence: Some(&merge.out),
        read: read.map(PathBuf::as_path).collect(),
    };
    let wanted = reports(&merge.report, merge.quiet, settings, &files)?;
    let store = setup::store(global, settings)?;
    let disputes = setup::disputes(merge.disputes.as_deref(), &store, Clock::system())?;
    let parts: Vec<Part> = merge
        .parts
        .iter()
        .map(|path| Part::read(path).map_err(|error| no_part(path, &error)))
        .collect::<Result<_, _>>()?;
    let run = RunRecord::of_parts(&parts).map_err(|error| {
        let path = |index: usize| merge.parts[index].display().to_string();
        match error {
            JoinError::Differs(one, other, key) => differs(&path(one), &path(other), key, language),
            JoinError::Twice(one, other, id) => Failure::usage("merge-twice")
                .with("scenario", id)
                .with("path", path(one))
                .with("other", path(other)),
            JoinError::Share(share) => Failure::usage("merge-share").with("share", share),
        }
    })?;
    if parts.iter().any(|part| part.run.shard.is_none()) {
        tell(said(language, "merge-no-shares", &[]).trim_end());
    }
    let stage = stage_for(&run, Authorities::built_in(), store);
    let folder =
        Arc::new(Folder::create(&merge.out).map_err(|error| unwritten(&error, &merge.out))?);
    for (part, path) in parts.iter().zip(&merge.parts) {
        let failed = |error: CopyError| copying(&error, path, &merge.out, language);
        for shared in ["certificates", SCRIPTS, MESSAGES, TRUST] {
            part.copy_shared(shared, &folder).map_err(failed)?;
        }
        for id in part.run.scenarios.keys() {
            part.copy(id, &folder).map_err(failed)?;
        }
    }
    write_json(&folder, RunRecord::FILE, &run).map_err(|error| unwritten(&error, &merge.out))?;
    let started = Started {
        version: EVENT_VERSION,
        tool: run.tool.clone(),
        redacted: parts.iter().all(|part| part.redacted),
        strict_provenance: run.strict_provenance,
        fail_on: run.fail_on,
        at: None,
        profile: stage.judges().bench().facts.profile,
    };
    let book = Disputed {
        book: &stage.judges().bench().rules,
        disputes: &disputes,
    };
    let told = (language, merge.quiet);
    let mut telling = Telling::begin(&wanted, &book, told, Some(folder), started, Some(0))?;
    let events: BTreeMap<String, Vec<Event>> =
        parts.into_iter().flat_map(|part| part.events).collect();
    for event in events.into_values().flatten() {
        telling.tell(event);
    }
    telling.finish(run)
}

/// An earlier run that another goes on with.
pub struct Earlier<'a> {
    path: &'a Path,
    /// What was kept of it.
    pub part: Part,
    /// Play what has a verdict other than a pass, too.
    again: bool,
}

impl<'a> Earlier<'a> {
    /// Reads the run that `--again` or `--resume` names.
    pub fn read(
        again: Option<&'a Path>,
        resume: Option<&'a Path>,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = again.or(resume) else {
            return Ok(None);
        };
        let part = Part::read_or_salvage(path).map_err(|error| no_part(path, &error))?;
        if part.is_recorded() {
            return Err(Failure::usage("again-recorded").with("path", path.display()));
        }
        Ok(Some(Self {
            path,
            part,
            again: again.is_some(),
        }))
    }

    /// The scripts that were played then, as they are now.
    pub fn scenarios(&self, all: &[Arc<Scenario>]) -> Result<Vec<Arc<Scenario>>, Failure> {
        let of = |id: &String| {
            let found = all.iter().find(|scenario| *scenario.id == **id);
            found.cloned().ok_or_else(|| {
                Failure::usage("again-scenario")
                    .with("scenario", id)
                    .with("path", self.path.display())
            })
        };
        self.part.run.scenarios.keys().map(of).collect()
    }

    /// The scripts that were played then: those of ketenkeur that are still the
    /// same, the others as the run kept them. Told when there are others: they
    /// may have been changed since.
    pub fn kept_scenarios(
        &self,
        shipped: &[Arc<Scenario>],
        store: &Store,
        language: Language,
    ) -> Result<Vec<Arc<Scenario>>, Failure> {
        let mut scenarios = Vec::new();
        let mut others = self.part.run.scenarios.clone();
        for scenario in shipped {
            if others.get(&*scenario.id).map(String::as_str) == Some(&*scenario.hash) {
                others.remove(&*scenario.id);
                scenarios.push(Arc::clone(scenario));
            }
        }
        if others.is_empty() {
            return self.scenarios(&scenarios);
        }
        let mut library = recorded_library(self.part.evidence());
        library
            .scenarios
            .retain(|scenario| others.contains_key(&*scenario.id));
        let own = playable(&library, store, language)?;
        let path = self.path.display().to_string();
        let text = &Texts::of(language).run.own_kept;
        tell(&fill(
            text,
            &[("count", &own.len().to_string()), ("path", &path)],
        ));
        scenarios.extend(own);
        self.scenarios(&scenarios)
    }

    /// Whether the run was played against another product, or against none,
    /// and not against the same one with another file.
    fn is_other_target(&self, run: &RunRecord) -> bool {
        let TargetRecord {
            supplier,
            product,
            version,
            ..
        } = &self.part.run.target;
        let now = &run.target;
        (supplier, product, version) != (&now.supplier, &now.product, &now.version)
    }

    /// The run was played against another target, or against none: which one,
    /// and what to give.
    fn other_target(&self, run: &RunRecord) -> Failure {
        let then = &self.part.run.target;
        let named = |target: &TargetRecord| format!("{} {}", target.product, target.version);
        let given = match run.target.supplier.is_empty() {
            true => String::new(),
            false => named(&run.target),
        };
        let key = match then.supplier.is_empty() {
            true => "again-own",
            false => "again-target",
        };
        Failure::usage(key)
            .with("path", self.path.display())
            .with("product", &then.product)
            .with("version", &then.version)
            .with("supplier", &then.supplier)
            .with("given", given)
    }

    /// Whether what is kept may stand beside what `run` will play. A script
    /// that was changed since is no hindrance: it is played again.
    pub fn fits(&self, run: &RunRecord, language: Language) -> Result<(), Failure> {
        let run = RunRecord {
            scenarios: BTreeMap::new(),
            ..run.clone()
        };
        match run.differs_in(&self.part.run) {
            None => Ok(()),
            Some("target") if self.is_other_target(&run) => Err(self.other_target(&run)),
            Some(key) => Err(Failure::usage("again-differs")
                .with("path", self.path.display())
                .with("what", of(key, language))),
        }
    }

    /// Copies what stays as it is into the folder of the new run; the events of
    /// that.
    pub fn keep(
        &self,
        scenarios: &[Arc<Scenario>],
        folder: &Folder,
        language: Language,
    ) -> Result<BTreeMap<String, Vec<Event>>, Failure> {
        let mut kept = BTreeMap::new();
        for scenario in scenarios {
            let Some(judged) = self.part.judged(&scenario.id) else {
                continue;
            };
            let stays = match self.again {
                true => judged.judgement.verdict == Verdict::Pass,
                false => judged.is_finished(),
            };
            if stays && judged.about.hash == *scenario.hash {
                let id = scenario.id.to_string();
                let copied = self.part.copy(&id, folder);
                copied.map_err(|error| copying(&error, self.path, folder.path(), language))?;
                let events = self.part.events.get(&id).cloned();
                kept.insert(id, events.unwrap_or_default());
            }
        }
        if !kept.is_empty() {
            let copied = self.part.copy_shared("certificates", folder);
            copied.map_err(|error| copying(&error, self.path, folder.path(), language))?;
        }
        Ok(kept)
    }
}

fn of(key: &str, language: Language) -> String {
    let texts = &Texts::of(language).runs;
    texts.get(&format!("of-{key}")).cloned().unwrap_or_default()
}

fn differs(path: &str, other: &str, key: &str, language: Language) -> Failure {
    Failure::usage("merge-differs")
        .with("path", path)
        .with("other", other)
        .with("what", of(key, language))
}

fn no_part(path: &Path, error: &PartError) -> Failure {
    match error {
        PartError::Read(error) => unreadable(path, error),
        PartError::Changed(names) => changed(path, names),
        PartError::Masked => Failure::usage("evidence-masked").with("path", path.display()),
    }
}

/// The failure to copy evidence from one path to another.
pub fn copying(error: &CopyError, from: &Path, out: &Path, language: Language) -> Failure {
    match error {
        CopyError::Read(error) => unreadable(from, error),
        CopyError::Write(error) => unwritten(error, out),
        CopyError::Other(name) => differs(name, name, "scenario", language),
    }
}
