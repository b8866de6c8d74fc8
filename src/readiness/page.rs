//! The matrix as one HTML file, for screen and paper. It calls nothing from
//! outside and holds no script; what came from outside is escaped.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Value, json};

use super::agenda::AtRisk;
use super::matrix::{Cell, Matrix, Row};
use super::show::{Edition, dispute, legend};
use crate::clock::to_the_second;
use crate::finding::Language;
use crate::report::{page_policy, shown};
use crate::scenario::{Key, Sector};
use crate::text::{Texts, fill, templates};

/// The style of this page, and of those that are served beside it.
pub const PAGE_STYLE: &str = include_str!("page.css");

/// The links at the head of a page that is served.
pub const WAYS: &str = include_str!("ways.html");

/// Where a page leads that is served, and not a file.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Other pages: addresses with their words.
    pub ways: Vec<(String, String)>,
    /// What is said at the head of the page.
    pub notes: Vec<String>,
    /// The pages of runs, by the SHA-256 of their manifest.
    pub runs: BTreeMap<String, String>,
    /// The pages of suppliers, by their OIN.
    pub suppliers: BTreeMap<String, String>,
}

const TEMPLATES: &[(&str, &str)] = &[
    ("page.html", include_str!("page.html")),
    ("ways.html", WAYS),
];

static PAGES: LazyLock<Environment<'static>> =
    LazyLock::new(|| templates(TEMPLATES, UndefinedBehavior::Strict));

/// Every text in a value as a page may hold it.
fn all_shown(value: Value) -> Value {
    match value {
        // A reader has no use for less than a second.
        Value::String(text) => Value::String(match text.parse() {
            Ok(moment) => to_the_second(moment),
            Err(_) => shown(&text),
        }),
        Value::Array(all) => all.into_iter().map(all_shown).collect(),
        Value::Object(all) => all
            .into_iter()
            .map(|(name, value)| (name, all_shown(value)))
            .collect(),
        other => other,
    }
}

/// The sectors of each key of a product that come to the same, told once on the
/// page: the place of the first of their cells, and their names.
fn alike(row: &Row) -> Vec<(usize, Vec<&'static str>)> {
    let same = |one: &Cell, other: &Cell| {
        let alike = || Cell {
            sector: one.sector,
            ..other.clone()
        };
        one.key == other.key && *one == alike()
    };
    let mut told: Vec<(usize, Vec<&'static str>)> = Vec::new();
    for (place, cell) in row.cells.iter().enumerate() {
        match told
            .iter_mut()
            .find(|(first, _)| same(&row.cells[*first], cell))
        {
            Some((_, sectors)) => sectors.push(cell.sector),
            None => told.push((place, vec![cell.sector])),
        }
    }
    told
}

/// The page; `ways` when it is served. Like for like: the same matrix gives
/// the same bytes.
pub fn page(
    matrix: &Matrix,
    agenda: &[AtRisk],
    edition: Edition,
    language: Language,
    ways: Option<&Ways>,
) -> String {
    let nowhere = Ways::default();
    let ways = ways.unwrap_or(&nowhere);
    let texts = Texts::of(language);
    let context = json!({
        "lang": language.code(),
        "heading": match &matrix.statement {
            Some(supplier) => {
                fill(&texts.readiness["statement"], &[("supplier", &shown(supplier))])
            }
            None => texts.readiness["title"].to_string(),
        },
        "t": &*texts.readiness,
        "not_played": &*texts.not_played,
        "style": PAGE_STYLE,
        "policy": page_policy(PAGE_STYLE, None),
        "matrix": all_shown(json!(matrix)),
        "agenda": all_shown(json!(agenda)),
        "disputes": matrix
            .disputes
            .iter()
            .map(|one| shown(&dispute(one, texts)))
            .collect::<Vec<_>>(),
        "legend": legend(matrix),
        "alike": matrix.rows.iter().map(alike).collect::<Vec<_>>(),
        "keys": Key::NAMES,
        "sectors": Sector::NAMES,
        "public": edition == Edition::Public,
        "ways": &ways.ways,
        "notes": &ways.notes,
        "runs": &ways.runs,
        "suppliers": &ways.suppliers,
    });
    PAGES
        .get_template("page.html")
        .and_then(|template| template.render(minijinja::value::Serde(&context)))
        .expect("a test makes the page")
}
