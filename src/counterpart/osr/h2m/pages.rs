//! The templates, and the headers of every page.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value, json};

use crate::finding::Language;
use crate::text::{Texts, templates};
use crate::transport::Response;

/// Sessions that were ended and are remembered; with more, all are forgotten.
const MAX_ENDED: usize = 10_000;

const TEMPLATES: &[(&str, &str)] = &[
    ("kader.html", include_str!("templates/kader.html")),
    ("aanmelden.html", include_str!("templates/aanmelden.html")),
    ("medewerker.html", include_str!("templates/medewerker.html")),
    ("scholen.html", include_str!("templates/scholen.html")),
    ("overzicht.html", include_str!("templates/overzicht.html")),
    ("dienst.html", include_str!("templates/dienst.html")),
    ("systeem.html", include_str!("templates/systeem.html")),
    ("intrekken.html", include_str!("templates/intrekken.html")),
    ("melding.html", include_str!("templates/melding.html")),
];

const STYLE: &str = include_str!("templates/stijl.css");

/// What the pages may load: nothing but the style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// What the pages are made with.
static PARSED: LazyLock<Environment<'static>> =
    LazyLock::new(|| templates(TEMPLATES, UndefinedBehavior::Lenient));

/// The pages, and who is logged in on them.
pub(in super::super) struct Pages {
    sessions: AtomicU64,
    /// Numbers of sessions that somebody ended.
    ended: Mutex<HashSet<u64>>,
}

impl Pages {
    pub fn new() -> Self {
        Self {
            sessions: AtomicU64::new(0),
            ended: Mutex::default(),
        }
    }

    /// The number of a new session.
    pub(super) fn next_session(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn end_session(&self, number: u64) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() >= MAX_ENDED {
            ended.clear();
        }
        ended.insert(number);
    }

    pub(super) fn has_ended(&self, number: u64) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.contains(&number)
    }

    /// The page that a template makes of `contents`: objects whose members
    /// the template names.
    pub(super) fn page(
        &self,
        status: u16,
        template: &str,
        language: Language,
        contents: &[Value],
    ) -> Response {
        let (code, other) = match language {
            Language::Nl => ("nl", "en"),
            Language::En => ("en", "nl"),
        };
        let frame = json!({
            "t": &*Texts::of(language).osr,
            "lang": code,
            "other_lang": other,
            // What a link to another page carries.
            "q": match language { Language::Nl => "", Language::En => "?lang=en" },
        });
        let objects = [&frame].into_iter().chain(contents);
        let members = objects.filter_map(Value::as_object).flatten();
        let context: Map<String, Value> = members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let made = PARSED
            .get_template(template)
            .and_then(|template| template.render(minijinja::value::Serde(&context)));
        match made {
            Ok(html) => secured(Response::new(
                status,
                "text/html; charset=utf-8",
                html.into_bytes(),
            )),
            Err(_) => secured(Response::empty(500)),
        }
    }
}

/// The style sheet.
pub(super) fn style() -> Response {
    secured(Response::new(
        200,
        "text/css; charset=utf-8",
        STYLE.as_bytes().to_vec(),
    ))
}

/// Sends the visitor on to another page.
pub(super) fn redirect(to: &str) -> Response {
    secured(Response::see_other(to))
}

pub(super) fn secured(response: Response) -> Response {
    response.guarded(POLICY, "same-origin")
}
