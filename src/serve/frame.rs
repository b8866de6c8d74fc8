//! What all pages share: the frame around them, their headers, the language.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::visitor::Visitor;
use super::{Holder, Site};
use crate::finding::Language;
use crate::readiness::{PAGE_STYLE, WAYS};
use crate::report::page_policy;
use crate::text::{Texts, say, templates};
use crate::transport::Response;

const TEMPLATES: &[(&str, &str)] = &[
    ("ways.html", WAYS),
    ("frame.html", include_str!("templates/frame.html")),
    ("notice.html", include_str!("templates/notice.html")),
    ("login.html", include_str!("templates/login.html")),
    ("runs.html", include_str!("templates/runs.html")),
    ("compare.html", include_str!("templates/compare.html")),
    ("live.html", include_str!("templates/live.html")),
    ("upload.html", include_str!("templates/upload.html")),
    ("disputes.html", include_str!("templates/disputes.html")),
];

/// Follows a run without loading the page again.
const FOLLOW: &str = include_str!("templates/follow.js");

static PAGES: LazyLock<Environment<'static>> =
    LazyLock::new(|| templates(TEMPLATES, UndefinedBehavior::Strict));

/// The frame of the pages for one visit.
pub(super) struct Frame<'a> {
    pub site: &'a Site,
    pub language: Language,
    pub visitor: Visitor,
    /// Whether a proxy passed the request on: whoever sent it is not here.
    pub is_forwarded: bool,
    /// The path of the page.
    pub path: String,
    /// What of the query makes it this page: `a=…&b=…&`.
    pub asked: String,
}

impl Frame<'_> {
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// What is said under a key of the texts (`serve.<key>`).
    pub fn says(&self, key: &str, what: &str) -> String {
        let what = crate::report::shown(what);
        say(&self.texts().serve, key, &[("what", &what)])
    }

    /// Whether everything may be seen.
    pub fn sees_all(&self) -> bool {
        let is_open = self.site.options.confidential && !self.is_forwarded;
        is_open || self.visitor.is_team()
    }

    /// Whether what is the supplier's of that OIN may be seen.
    pub fn sees(&self, oin: &str) -> bool {
        self.sees_all() || self.visitor.may_see(oin)
    }

    /// A path with what keeps the language.
    pub fn to(&self, path: &str) -> String {
        match self.language == self.site.options.language {
            true => path.to_string(),
            false => format!("{path}?lang={}", self.language.code()),
        }
    }

    /// Where every page leads: addresses with their words.
    pub fn ways(&self) -> Vec<(String, String)> {
        let word = |key: &str| self.says(key, "");
        let mut ways = vec![(self.to("/"), word("way-matrix"))];
        let sees_runs = self.sees_all() || self.visitor.supplier().is_some();
        if self.site.shelf.is_some() && sees_runs {
            ways.push((self.to("/runs"), word("way-runs")));
        }
        if self.site.shelf.is_some() && self.sees_all() {
            ways.push((self.to("/live"), word("way-live")));
        }
        if let Some(oin) = self.visitor.supplier() {
            ways.push((self.to(&format!("/suppliers/{oin}")), word("way-own")));
            if self.site.options.uploads {
                ways.push((self.to("/upload"), word("way-upload")));
            }
            ways.push((self.to("/disputes"), word("way-disputes")));
        }
        if self.visitor.form.is_some() {
            ways.push((self.to("/login"), word("way-log-out")));
        } else if self.site.visitors.can_log_in() {
            ways.push((self.to("/login"), word("way-log-in")));
        }
        let (other, name) = match self.language {
            Language::Nl => (Language::En, "English"),
            Language::En => (Language::Nl, "Nederlands"),
        };
        let address = format!("{}?{}lang={}", self.path, self.asked, other.code());
        ways.push((address, name.to_string()));
        ways
    }

    /// The page that a template makes of `content`.
    pub fn page(&self, status: u16, template: &str, title: &str, content: &Value) -> Response {
        let follows = template == "live.html" && content["follows"] == json!(true);
        let script = follows.then_some(FOLLOW);
        let who = match &self.visitor.holder {
            None => String::new(),
            Some(Holder::Team) => self.says("who-team", ""),
            Some(Holder::Supplier(oin)) => self.says("who-supplier", oin),
        };
        let frame = json!({
            "t": &*self.texts().serve,
            "r": &*self.texts().readiness,
            "not_played": &*self.texts().not_played,
            "lang": self.language.code(),
            "title": title,
            "style": PAGE_STYLE,
            "script": script,
            "ways": self.ways(),
            "who": who,
            "form": &self.visitor.form,
        });
        let members = [&frame, content].into_iter().filter_map(Value::as_object);
        let context: Map<String, Value> = members
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let policy = page_policy(PAGE_STYLE, script);
        match rendered(template, &context) {
            Some(html) => answered(status, html.into_bytes(), &policy),
            None => answered(500, Vec::new(), &policy),
        }
    }

    /// A page that says one thing, or for a program the thing alone.
    pub fn notice(&self, status: u16, key: &str, what: &str) -> Response {
        let text = self.says(key, what);
        let shows_token = self.visitor.holder.is_some() || self.visitor.refused;
        if self.visitor.form.is_none() && shows_token {
            let line = format!("{text}\n").into_bytes();
            return guarded(
                Response::new(status, "text/plain; charset=utf-8", line),
                "default-src 'none'",
            );
        }
        let title = self.says(if status < 400 { "done" } else { "refused" }, "");
        self.page(status, "notice.html", &title, &json!({ "text": text }))
    }

    /// Sends the visitor on, so that loading again sends no form twice.
    pub fn see(&self, path: &str) -> Response {
        guarded(Response::see_other(&self.to(path)), "default-src 'none'")
    }
}

fn rendered(template: &str, context: &impl Serialize) -> Option<String> {
    let template = PAGES.get_template(template).ok()?;
    template.render(minijinja::value::Serde(context)).ok()
}

/// A page under a policy of its own.
pub(super) fn answered(status: u16, html: Vec<u8>, policy: &str) -> Response {
    guarded(
        Response::new(status, "text/html; charset=utf-8", html),
        policy,
    )
}

/// No page may be framed, and its forms go nowhere else.
fn guarded(response: Response, policy: &str) -> Response {
    let policy = policy.replace("form-action 'none'", "form-action 'self'");
    response.guarded(&format!("{policy}; frame-ancestors 'none'"), "no-referrer")
}
