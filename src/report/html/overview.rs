//! What stands before the findings of a run, and behind them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::coverage::Coverage;
use super::digest::{Digest, Names};
use super::views::shown;
use crate::event::{PackKind, ScenarioInfo};
use crate::finding::Verdict;
use crate::limits::MAX_PAGE_NAMES;
use crate::report::readiness::State;
use crate::report::{Known, Origin, Proof, Run, Voice};
use crate::scenario::ScriptKind;
use crate::text::{fill, say};

/// A run as a whole.
#[derive(Serialize)]
pub(super) struct Overview {
    /// The beginning of every id of this run.
    pub id: String,
    title: String,
    verdict: &'static str,
    says: String,
    notices: Vec<Notice>,
    facts: Vec<(&'static str, String)>,
    inputs: String,
    rows: Vec<(u64, &'static str, &'static str)>,
    findings: String,
    exit: String,
    keys: Vec<KeyRow>,
    /// The key of what is said above them.
    keys_text: &'static str,
    rules: Vec<RuleRow>,
    not_tested: NotTested,
    coverage: Option<Coverage>,
    packs: Vec<PackRow>,
    scripts: Vec<(String, String)>,
    has_scenarios: bool,
    has_messages: bool,
}

/// What a reader must know before believing anything else.
#[derive(Serialize)]
struct Notice {
    /// `warning` or `note`.
    weight: &'static str,
    text: String,
}

#[derive(Serialize)]
struct KeyRow {
    key: String,
    title: String,
    state: &'static str,
    /// The word for that (`report.key-state-<word>`).
    word: String,
    passed: usize,
    wanted: usize,
    own: bool,
    /// How many mandatory scenarios are left out, because the target file calls
    /// a message none of the product's business; and why.
    exempt: String,
}

#[derive(Serialize)]
struct RuleRow {
    code: String,
    title: String,
    class: &'static str,
    source: String,
    violations: u64,
    undecided: u64,
    excused: u64,
    expected: u64,
    /// What is held against it, and not settled.
    disputes: Vec<String>,
}

/// What the run says nothing about.
#[derive(Serialize)]
struct NotTested {
    /// Scenarios of the run that were not played, with the reason.
    scenarios: Vec<(String, String, String)>,
    /// Scenarios that come along and that the run does not have.
    left_out: Vec<(String, String, bool)>,
    /// Keys for which there is no scenario at all.
    without_scenario: Vec<String>,
    /// Rules that could not be judged: code, message, what now, how often.
    rules: Vec<(String, String, String, u64)>,
    /// Files that are no message.
    files: Option<Listed>,
    excused: u64,
    more: u64,
}

/// Names with how many more there are.
#[derive(Serialize)]
pub(super) struct Listed {
    pub count: u64,
    pub names: Vec<String>,
    pub more: u64,
}

impl Listed {
    pub(super) fn of(names: &Names) -> Self {
        let listed: Vec<String> = names.listed.iter().map(|name| shown(name)).collect();
        Self {
            count: names.count,
            more: names.count - listed.len() as u64,
            names: listed,
        }
    }
}

#[derive(Serialize)]
struct PackRow {
    contract: String,
    version: String,
    kind: String,
    grade: String,
    hash: String,
}

/// The name of a verdict, by which it is marked.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Undecided => "undecided",
        Verdict::NotApplicable => "not-applicable",
    }
}

impl Overview {
    /// The overview of the run of that number on the page.
    pub(super) fn of(run: &Run<'_>, digest: &Digest, number: usize) -> Self {
        let voice = run.voice;
        let verdict = digest.totals.summary().judgement;
        let verdict = verdict.map_or(Verdict::NotApplicable, |judgement| judgement.verdict);
        let nothing = Known::default();
        let known = run.known.unwrap_or(&nothing);
        Self {
            id: format!("r{number}"),
            title: title(run, digest),
            verdict: mark(verdict),
            says: digest.totals.rests(says(verdict, digest, voice), voice),
            notices: notices(run, digest),
            facts: facts(run, digest),
            inputs: digest.totals.inputs(voice),
            rows: digest
                .totals
                .rows(voice)
                .into_iter()
                .map(|(count, verdict, says)| (count, mark(verdict), says))
                .collect(),
            findings: digest.totals.findings(voice),
            exit: digest.totals.exit(voice, run.exit),
            keys: keys(digest, known, voice),
            keys_text: match digest.totals.is_recorded() {
                true => "keys-text-recorded",
                false => "keys-text",
            },
            rules: rules(digest, voice),
            not_tested: NotTested::of(digest, known, voice),
            coverage: run.known.map(|known| Coverage::of(digest, known, voice)),
            packs: packs(digest, voice),
            scripts: digest
                .scenarios
                .iter()
                .map(|played| (shown(&played.id), shown(&played.hash)))
                .collect(),
            has_scenarios: !digest.scenarios.is_empty(),
            has_messages: digest.messages > 0,
        }
    }

    /// The run in the list of runs.
    pub(super) fn entry(&self) -> impl Serialize + use<> {
        (
            self.id.clone(),
            self.title.clone(),
            self.verdict,
            self.says.clone(),
        )
    }
}

/// The verdict of the whole run in words: a pass is one on a reconstruction as
/// soon as a part of it is.
fn says(verdict: Verdict, digest: &Digest, voice: Voice<'_>) -> &'static str {
    let texts = voice.words();
    let weak = digest.totals.summary().passed_on_reconstruction > 0;
    let pack = weak.then_some(PackKind::Reconstruction);
    match (verdict, digest.scenarios.is_empty()) {
        (Verdict::Pass, false) => voice.passed(pack, digest.totals.is_recorded()),
        (Verdict::Pass, true) => texts.verdict(verdict, pack),
        _ => texts.verdict(verdict, None),
    }
}

/// What the run is about: the product, else what ran.
fn title(run: &Run<'_>, digest: &Digest) -> String {
    let words = &run.voice.words().report;
    let word = |key: &str| crate::text::word(words, key);
    let title = match run.origin {
        Some(origin) if !origin.product.is_empty() => {
            let parts = [&origin.supplier, &origin.product, &origin.version];
            shown(&parts.map(String::as_str).join(" "))
        }
        _ if !digest.scenarios.is_empty() && digest.own => word("title-own").to_string(),
        _ if !digest.scenarios.is_empty() => word("title-run").to_string(),
        _ => word("title-check").to_string(),
    };
    match digest.totals.is_recorded() {
        true => fill(word("title-recorded"), &[("title", &title)]),
        false => title,
    }
}

fn notices(run: &Run<'_>, digest: &Digest) -> Vec<Notice> {
    let texts = run.voice.words();
    let phrase = |key: &str| texts.report.get(key).cloned().unwrap_or_default();
    let mut notices = Vec::new();
    let mut add = |weight, text: String| notices.push(Notice { weight, text });
    let started = digest.started.as_ref();
    if started.is_some_and(|started| !started.redacted) {
        add("warning", texts.summary.unmasked.clone());
    }
    if !digest.finished {
        add("warning", phrase("unfinished"));
    }
    if let Some(origin) = run.origin {
        for (key, name) in &origin.differences {
            add("warning", say(&texts.runs, key, &[("name", &shown(name))]));
        }
        let proof = |key: &str, oin: &str| say(&texts.runs, key, &[("oin", &shown(oin))]);
        match &origin.proof {
            Proof::EventsAlone => add("note", phrase("events-alone")),
            Proof::Unsigned => add("warning", proof("unsigned", "")),
            Proof::Signed(oin) => {
                add("note", proof("signed", oin));
                if !origin.oin.is_empty() && *oin != origin.oin {
                    add("warning", proof("signed-other", &origin.oin));
                }
            }
            Proof::Broken => add("warning", proof("signature-broken", "")),
        }
        if origin.masked {
            add("note", phrase("masked"));
        }
    }
    let totals = &digest.totals;
    let count = |key, count: u64| say(&texts.report, key, &[("count", &count.to_string())]);
    match totals.recorded {
        0 => {}
        _ if totals.is_recorded() => add("warning", phrase("rests-on-recorded")),
        recorded => add("warning", count("rests-in-part", recorded)),
    }
    if totals.said > 0 {
        let by = totals.said_by.iter();
        let by: Vec<String> = by.map(|by| format!("{} ({})", by.by, by.on)).collect();
        let (said, by) = (totals.said.to_string(), shown(&by.join("; ")));
        let args = [("count", &*said), ("by", &*by)];
        add("warning", say(&texts.report, "rests-on-word", &args));
    }
    if let Some(wrong) = &totals.defect {
        add("warning", run.voice.wrong_party(wrong));
    } else if !digest.scenarios.is_empty() && digest.own {
        add("warning", texts.run.own_parties.clone());
    }
    let is_nobodys = run.origin.is_some_and(Origin::is_nobodys);
    if totals.no_target || (totals.recorded > 0 && is_nobodys) {
        add("warning", texts.run.no_target.clone());
    }
    if let Some(own) = totals.own_scripts(run.voice) {
        add("warning", shown(&own));
    }
    let mut scripts = digest.scenarios.iter().map(|one| one.script);
    if scripts.any(|script| script == ScriptKind::NotCompared) {
        let tool = started.map_or("", |started| &started.tool);
        let args = [("tool", &*shown(tool))];
        add("note", say(&texts.report, "scripts-not-compared", &args));
    }
    let kinds = digest.packs.iter().map(|pack| pack.kind);
    if kinds
        .into_iter()
        .any(|kind| kind == PackKind::Reconstruction)
    {
        add("note", texts.summary.reconstruction_note.clone());
    }
    if started.is_some_and(|started| started.strict_provenance) {
        add("note", texts.summary.strict.clone());
    }
    notices
}

/// What is known of the run, by the key of its label.
fn facts(run: &Run<'_>, digest: &Digest) -> Vec<(&'static str, String)> {
    let texts = run.voice.words();
    let phrase = |key: &str| texts.report.get(key).cloned().unwrap_or_default();
    let mut facts = Vec::new();
    let mut add = |label, value: &str| {
        if !value.is_empty() {
            facts.push((label, shown(value)));
        }
    };
    if let Some(origin) = run.origin {
        add("supplier", &origin.supplier);
        add("oin", &origin.oin);
        add("product", &origin.product);
        add("product-version", &origin.version);
        add("roles", &origin.roles.join(", "));
        add("evidence", &origin.name);
        add("began", &origin.began);
        if !origin.now.is_empty() {
            let clock = if origin.virtual_clock {
                "clock-virtual"
            } else {
                "clock-system"
            };
            add("now", &format!("{} ({})", origin.now, phrase(clock)));
        }
        add("profile", &origin.profile);
        add("seed", &origin.seed);
        add("shard", origin.shard.as_deref().unwrap_or(""));
        add("manifest", &origin.manifest);
    }
    if let Some(started) = &digest.started {
        add("tool", &format!("ketenkeur {}", started.tool));
        add("fail-on", texts.class(started.fail_on));
    }
    facts
}

fn keys(digest: &Digest, known: &Known, voice: Voice<'_>) -> Vec<KeyRow> {
    if digest.scenarios.is_empty() {
        return Vec::new();
    }
    let strange = digest.keys.keys().map(String::as_str);
    let strange = strange.filter(|key| !known.keys.contains(key));
    let all = known.keys.iter().copied().chain(strange);
    all.map(|key| {
        let count = digest.keys.get(key).copied().unwrap_or_default();
        // A run of optional scenarios alone tested nothing that counts, of
        // whichever party.
        let state = match count.state() {
            State::NotAsked => State::NotTested,
            state => state,
        };
        let passed = matches!(state, State::Ready | State::OnReconstruction);
        KeyRow {
            key: shown(key),
            title: key_title(key, voice),
            state: state.name(),
            word: match passed && digest.totals.is_recorded() {
                true => format!("{}-recorded", state.name()),
                false => state.name().to_string(),
            },
            passed: count.passed(),
            wanted: count.wanted(),
            own: digest.own,
            exempt: match count.exempt() {
                0 => String::new(),
                exempt => {
                    let reasons = digest.exemptions.get(key).into_iter().flatten();
                    let reasons: Vec<&str> = reasons.map(String::as_str).collect();
                    let (exempt, reasons) = (exempt.to_string(), shown(&reasons.join("; ")));
                    let args = [("count", &*exempt), ("reasons", &*reasons)];
                    say(&voice.words().report, "key-exempt", &args)
                }
            },
        }
    })
    .collect()
}

/// What a key of the readiness matrix is about.
fn key_title(key: &str, voice: Voice<'_>) -> String {
    let title = voice.words().report.get(&format!("key-{key}"));
    title.cloned().unwrap_or_else(|| shown(key))
}

fn rules(digest: &Digest, voice: Voice<'_>) -> Vec<RuleRow> {
    let texts = voice.words();
    let mut rules: Vec<_> = digest.rules.iter().collect();
    // The gravest first, then what occurs most.
    rules.sort_by_key(|(code, rule)| {
        let counts = rule.violations + rule.undecided;
        (counts == 0, std::cmp::Reverse((rule.class, counts)), *code)
    });
    rules
        .into_iter()
        .map(|(code, rule)| RuleRow {
            code: shown(code),
            title: voice
                .title(code)
                .map_or_else(String::new, |title| shown(&title)),
            class: texts.class(rule.class),
            source: shown(&voice.grounds(&rule.source, rule.grade)),
            violations: rule.violations,
            undecided: rule.undecided,
            excused: rule.excused,
            expected: rule.expected,
            disputes: voice
                .open_disputes()
                .filter(|one| one.rule == *code)
                .map(|one| shown(&voice.dispute(one)))
                .collect(),
        })
        .collect()
}

fn packs(digest: &Digest, voice: Voice<'_>) -> Vec<PackRow> {
    let texts = voice.words();
    digest
        .packs
        .iter()
        .map(|pack| PackRow {
            contract: shown(&pack.contract),
            version: shown(&pack.version),
            kind: texts.pack(pack.kind).to_string(),
            grade: texts.grade(pack.grade).to_string(),
            hash: shown(&pack.hash),
        })
        .collect()
}

impl NotTested {
    fn of(digest: &Digest, known: &Known, voice: Voice<'_>) -> Self {
        let summary = digest.totals.summary();
        let is_run = !digest.scenarios.is_empty();
        let played: BTreeSet<&str> = digest.counted().collect();
        let absent = |scenario: &&ScenarioInfo| is_run && !played.contains(&*scenario.scenario);
        let with_scenario: BTreeSet<&str> = known
            .scenarios
            .iter()
            .map(|scenario| scenario.key.as_str())
            .chain(digest.scenarios.iter().map(|played| played.key.as_str()))
            .collect();
        let open: BTreeMap<_, _> = digest.open.iter().take(MAX_PAGE_NAMES).collect();
        let files = digest.quiet.iter();
        let files = files.filter(|((verdict, _), _)| *verdict == Verdict::NotApplicable);
        Self {
            scenarios: digest
                .scenarios
                .iter()
                .filter(|played| played.not_played)
                .map(|played| (shown(&played.id), shown(&played.title), shown(&played.says)))
                .collect(),
            left_out: known
                .scenarios
                .iter()
                .filter(absent)
                .map(|scenario| {
                    let title = shown(scenario.title(voice.language()));
                    (shown(&scenario.scenario), title, scenario.mandatory)
                })
                .collect(),
            without_scenario: known
                .keys
                .iter()
                .filter(|key| is_run && !with_scenario.contains(**key))
                .map(|key| format!("{key} ({})", key_title(key, voice)))
                .collect(),
            rules: open
                .into_iter()
                .map(|((code, _), open)| {
                    let wording = voice.wording(&open.sample);
                    let (message, hint) = (shown(&wording.message), shown(&wording.hint));
                    (shown(code), message, hint, open.count)
                })
                .collect(),
            files: files.map(|(_, names)| Listed::of(names)).next(),
            excused: summary.excused,
            more: summary.more,
        }
    }
}
