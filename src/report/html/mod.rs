//! The report as one HTML file: for reading on screen, on paper and by ear.
//!
//! It calls nothing from outside, and works without its script, which only
//! filters. What came from outside is escaped by the templates; a content
//! security policy that allows the file's own style and script and nothing
//! else stands behind that. The events are read once to count and once to
//! write, so that memory does not grow with the findings.

mod coverage;
mod diagram;
mod digest;
mod overview;
mod sections;
mod views;

pub(crate) use views::shown;

use std::io::Write;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use self::digest::Digest;
use self::overview::Overview;
use super::{ReportError, Run, Voice};
use crate::text::templates;

const TEMPLATES: &[(&str, &str)] = &[
    ("head.html", include_str!("templates/head.html")),
    ("overview.html", include_str!("templates/overview.html")),
    ("group.html", include_str!("templates/group.html")),
    ("finding.html", include_str!("templates/finding.html")),
    ("message.html", include_str!("templates/message.html")),
    ("scenario.html", include_str!("templates/scenario.html")),
    ("quiet.html", include_str!("templates/quiet.html")),
    ("grounds.html", include_str!("templates/grounds.html")),
    ("foot.html", include_str!("templates/foot.html")),
];

const STYLE: &str = include_str!("templates/report.css");
const SCRIPT: &str = include_str!("templates/filter.js");

static PAGES: LazyLock<Environment<'static>> =
    LazyLock::new(|| templates(TEMPLATES, UndefinedBehavior::Strict));

/// Writes one page about `runs`, in the language of the first.
///
/// # Errors
///
/// Events could not be read back or `out` could not be written.
pub fn write(runs: &[Run<'_>], out: &mut dyn Write) -> Result<(), ReportError> {
    let Some(first) = runs.first() else {
        return Ok(());
    };
    let mut page = Page {
        out,
        voice: first.voice,
    };
    let digests = runs.iter().map(Digest::of).collect::<Result<Vec<_>, _>>()?;
    let overviews: Vec<Overview> = runs
        .iter()
        .zip(&digests)
        .zip(1..)
        .map(|((run, digest), number)| Overview::of(run, digest, number))
        .collect();
    page.put(
        "head.html",
        &json!({
            "runs": overviews.iter().map(Overview::entry).collect::<Vec<_>>(),
            "style": STYLE,
            "policy": report_policy(),
            "marks": marks(first.voice),
        }),
    )?;
    for ((run, digest), overview) in runs.iter().zip(&digests).zip(&overviews) {
        page.put("overview.html", overview)?;
        sections::write(run, digest, &overview.id, &mut page)?;
        page.put("grounds.html", overview)?;
    }
    page.put("foot.html", &json!({ "script": SCRIPT }))
}

/// What a page is written to.
struct Page<'p> {
    out: &'p mut dyn Write,
    voice: Voice<'p>,
}

/// What every template is given.
#[derive(Serialize)]
struct Context<'a, C> {
    /// The words of the report.
    t: &'a crate::text::Phrases,
    lang: &'static str,
    c: &'a C,
}

impl Page<'_> {
    /// Writes what a template makes of `content`.
    fn put(&mut self, template: &str, content: &impl Serialize) -> Result<(), ReportError> {
        let context = Context {
            t: &self.voice.words().report,
            lang: self.voice.language().code(),
            c: content,
        };
        let made = PAGES
            .get_template(template)
            .and_then(|template| template.render(minijinja::value::Serde(&context)))
            .map_err(|_| ReportError::Page)?;
        // Where a template only decides something, it leaves an empty line.
        for line in made.lines().filter(|line| !line.trim_start().is_empty()) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

/// The content security policy of a page that loads nothing and runs nothing
/// but this style and script.
pub fn page_policy(style: &str, script: Option<&str>) -> String {
    let script = script.map_or_else(String::new, |script| {
        format!("; script-src '{}'; connect-src 'self'", hash(script))
    });
    let style = hash(style);
    format!("default-src 'none'; style-src '{style}'{script}; base-uri 'none'; form-action 'none'")
}

/// The content security policy of the report, as it stands in its head.
pub fn report_policy() -> String {
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    )
}

/// The hash by which the content security policy knows a style or script.
fn hash(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(content)))
}

/// The marks of findings with their words, for the filter.
fn marks(voice: Voice<'_>) -> Vec<(&'static str, String)> {
    let texts = voice.words();
    let words = |mark: &str| match (crate::finding::Class::parse(mark), mark) {
        (Some(class), _) => texts.class(class).to_string(),
        (None, "undecided") => texts.verdict.undecided.clone(),
        (None, _) => texts.junit.excused.clone(),
    };
    views::MARKS.map(|mark| (mark, words(mark))).into()
}
