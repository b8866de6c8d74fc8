//! The matrix as one HTML file, for screen and paper. It calls nothing from
//! outside and holds no script; what came from outside is escaped.

use minijinja::{Environment, UndefinedBehavior};
use serde_json::json;

use super::agenda::AtRisk;
use super::matrix::Matrix;
use super::show::Edition;
use crate::finding::Language;
use crate::scenario::{Key, Sector};
use crate::text::Texts;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The page. Like for like: the same matrix gives the same bytes.
pub fn page(matrix: &Matrix, agenda: &[AtRisk], edition: Edition, language: Language) -> String {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    // The template is part of the binary and a test makes the page.
    pages
        .add_template("page.html", TEMPLATE)
        .expect("the embedded template is valid");
    let texts = Texts::of(language);
    let context = json!({
        "lang": match language { Language::Nl => "nl", Language::En => "en" },
        "t": &*texts.readiness,
        "not_played": &texts.not_played,
        "style": STYLE,
        "matrix": matrix,
        "agenda": agenda,
        "keys": Key::NAMES,
        "sectors": Sector::NAMES,
        "public": edition == Edition::Public,
    });
    pages
        .get_template("page.html")
        .and_then(|template| template.render(minijinja::value::Serde(&context)))
        .expect("a test makes the page")
}
