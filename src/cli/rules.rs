//! `ketenkeur rules`: what is judged, from which source, with which certainty.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use serde::Serialize;

use super::args::Shape;
use super::example::shown_with;
use super::failure::Failure;
use super::output::{print, print_json};
use super::sign::way_to_break;
use crate::check::PackRules;
use crate::document::nearest;
use crate::edukoppeling::{Breakable, breakable};
use crate::example::{Cases, Variant};
use crate::exit::Exit;
use crate::finding::{Language, RuleInfo};
use crate::pack::Store;
use crate::report::Look;
use crate::requirement::{Judged, requirements};
use crate::text::{Texts, builtin_rules};

/// A rule with the contracts whose packs hold it.
struct Known {
    info: Arc<RuleInfo>,
    contracts: Vec<Arc<str>>,
}

/// A rule, as a program reads it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Described<'a> {
    code: &'a str,
    class: &'static str,
    grade: &'static str,
    source: String,
    title: &'a str,
    contracts: &'a [Arc<str>],
    date: &'a str,
    duo: &'a str,
    requirements: Vec<Arc<str>>,
    judged: Vec<Judged>,
    message: String,
    hint: String,
    /// The command that makes a message which breaks the rule, or why there
    /// is none.
    break_with: String,
    /// The command that shows that such a message breaks it.
    shown_with: String,
    breaks: Vec<String>,
    passes: Vec<String>,
}

/// `rules list`: every rule whose code, title or source holds `filter`.
pub fn list(
    store: &Store,
    filter: Option<&str>,
    shape: Shape,
    language: Language,
) -> Result<Exit, Failure> {
    let texts = Texts::of(language);
    let known = known(store);
    let wanted = filter.unwrap_or("").to_lowercase();
    let shown: Vec<&Known> = known
        .values()
        .filter(|known| {
            let info = &known.info;
            [
                &*info.code,
                &*info.text(language).title,
                &info.source.told(language),
                info.class.name(),
                info.grade.name(),
                texts.class(info.class),
                texts.grade(info.grade),
            ]
            .iter()
            .chain(
                &known
                    .contracts
                    .iter()
                    .map(|contract| &**contract)
                    .collect::<Vec<_>>(),
            )
            .any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    if shape == Shape::Json {
        let described: Vec<Described<'_>> = shown
            .iter()
            .map(|known| describe(store, known, language))
            .collect::<Result<_, _>>()?;
        return print_json(&described);
    }
    if shown.is_empty() {
        return Err(no_rule(&known, filter.unwrap_or_default()));
    }
    let widest = |of: fn(&Known, &Texts) -> usize| {
        let widths = shown.iter().map(|known| of(known, texts));
        widths.max().unwrap_or(0)
    };
    let code = widest(|known, _| known.info.code.len());
    let class = widest(|known, texts| texts.class(known.info.class).chars().count());
    let grade = widest(|known, texts| texts.grade(known.info.grade).chars().count());
    let mut out = String::new();
    for known in &shown {
        let info = &known.info;
        out.push_str(&format!(
            "{:code$}  {:class$}  {:grade$}  {}\n",
            info.code,
            texts.class(info.class),
            texts.grade(info.grade),
            info.text(language).title
        ));
    }
    out.push_str(&format!("\n{} {}\n", shown.len(), texts.rules.rules));
    print(&out)
}

/// `rules explain`.
pub fn explain(
    store: &Store,
    code: &str,
    shape: Shape,
    language: Language,
) -> Result<Exit, Failure> {
    let known = known(store);
    let Some(rule) = known
        .get(code.to_uppercase().as_str())
        .or_else(|| known.get(code))
    else {
        return Err(no_rule(&known, code));
    };
    let described = describe(store, rule, language)?;
    if shape == Shape::Json {
        return print_json(&described);
    }
    let texts = Texts::of(language);
    let words = &texts.rules;
    let mut out = format!("{}\n{}\n\n", described.code, described.title);
    const LABEL: usize = 15;
    let look = Look::of_stdout();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&look.hanging(name, LABEL, value));
            out.push('\n');
        }
    };
    line(&words.says, &described.message);
    line(&texts.finding.hint, &described.hint);
    line(&words.class, texts.class(rule.info.class));
    line(&words.grade, texts.grade(rule.info.grade));
    line(&texts.finding.source, &described.source);
    line(&words.date, described.date);
    line(&words.duo, described.duo);
    line(&words.contracts, &described.contracts.join(", "));
    line(&words.requirements, &described.requirements.join(", "));
    // Commands stay on one line, to be copied.
    for (name, command) in [
        (&words.break_with, &described.break_with),
        (&words.shown_with, &described.shown_with),
    ] {
        if !command.is_empty() {
            out.push_str(&format!("{name:LABEL$}{command}\n"));
        }
    }
    for (title, edits) in [
        (&words.breaks, &described.breaks),
        (&words.passes, &described.passes),
    ] {
        if !edits.is_empty() {
            out.push_str(&format!("\n{title}\n"));
            for edit in edits {
                out.push_str(&format!("  {edit}\n"));
            }
        }
    }
    print(&out)
}

/// That no rule is what the user asked for.
fn no_rule(known: &BTreeMap<Arc<str>, Known>, asked: &str) -> Failure {
    let codes = known.keys().map(|code| &**code);
    Failure::usage("no-rule")
        .with("rule", asked)
        .with("nearest", nearest(asked, codes).unwrap_or_default())
}

/// The codes of every rule there is.
pub fn codes(store: &Store) -> std::collections::BTreeSet<String> {
    known(store).keys().map(ToString::to_string).collect()
}

/// Every rule there is: the tool's own and those of the packs in force.
fn known(store: &Store) -> BTreeMap<Arc<str>, Known> {
    let mut known: BTreeMap<Arc<str>, Known> = BTreeMap::new();
    for info in builtin_rules() {
        known.insert(
            info.code.clone(),
            Known {
                info: Arc::new(info.clone()),
                contracts: Vec::new(),
            },
        );
    }
    for pack in store.packs() {
        for info in PackRules::read(pack).infos() {
            known
                .entry(info.code.clone())
                .or_insert_with(|| Known {
                    info: Arc::clone(info),
                    contracts: Vec::new(),
                })
                .contracts
                .push(pack.manifest.contract.clone());
        }
    }
    known
}

/// What stands in a rule's text for a value of the message: the name of where
/// it comes from, dots for what is worked out.
fn blank(value: &str) -> String {
    let last = value.rsplit(['/', ':', '@']).next().unwrap_or(value);
    let is_name = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || "-_".contains(c))
    };
    let is_path = value.split(['/', ':', '@', '*', '.']).all(is_name);
    match is_path && !last.is_empty() && is_name(last) {
        true => format!("‹{last}›"),
        false => "‹…›".to_string(),
    }
}

fn describe<'a>(
    store: &Store,
    known: &'a Known,
    language: Language,
) -> Result<Described<'a>, Failure> {
    let info = &known.info;
    let text = info.text(language);
    let catalogue =
        requirements().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let tracing: Vec<_> = catalogue
        .iter()
        .filter(|requirement| requirement.rules.contains(&info.code))
        .collect();
    let mut judged: Vec<Judged> = tracing
        .iter()
        .flat_map(|requirement| requirement.judged.clone())
        .collect();
    judged.dedup();
    let cases =
        Cases::builtin().map_err(|error| Failure::internal("pack").with("reason", error))?;
    let case = cases.shown_of(&info.code).next();
    let batch = cases.batches_of(&info.code).next();
    let edits = |variants: &[Variant]| {
        let lines = |variant: &Variant| {
            let edits: Vec<_> = variant
                .edits
                .iter()
                .map(|edit| format!("  {edit}"))
                .collect();
            std::iter::once(variant.base.clone()).chain(edits)
        };
        variants.iter().flat_map(lines).collect()
    };
    let (breaks, passes) = match (case, batch) {
        (Some(case), _) => (slice::from_ref(&case.breaks), slice::from_ref(&case.passes)),
        (None, Some(batch)) => (&*batch.breaks, &*batch.passes),
        (None, None) => Default::default(),
    };
    let shown = |template: &crate::finding::Template| template.fill(blank);
    Ok(Described {
        code: &info.code,
        class: info.class.name(),
        grade: info.grade.name(),
        source: info.source.told(language),
        title: &text.title,
        contracts: &known.contracts,
        date: &info.date,
        duo: &info.duo,
        requirements: tracing
            .iter()
            .map(|requirement| requirement.id.clone())
            .collect(),
        judged,
        message: shown(&text.message),
        hint: shown(&text.hint),
        break_with: match breakable().find(|(rule, _)| **rule == *info.code) {
            Some((rule, Breakable::Never(reason))) => {
                way_to_break(rule, Breakable::Never(reason), Texts::of(language))
            }
            Some((rule, how)) => format!(
                "ketenkeur sign BODY --break {rule} ({})",
                way_to_break(rule, how, Texts::of(language))
            ),
            None if case.is_some() => format!("ketenkeur example --break {}", info.code),
            None => String::new(),
        },
        shown_with: case.map_or_else(String::new, |case| shown_with(store, case)),
        breaks: edits(breaks),
        passes: edits(passes),
    })
}
