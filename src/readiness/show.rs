//! The matrix as text for a terminal, and as CSV.

use super::agenda::AtRisk;
use super::matrix::{Cell, Matrix, Row};
use super::team::PhaseName;
use crate::clock::Clock;
use crate::finding::Dispute;
use crate::report::readiness::State;
use crate::report::visible;
use crate::scenario::{Key, Sector};
use crate::text::{Texts, fill};

/// For whose eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// For the team and the supplier.
    Confidential,
    /// For everybody: without owners, blockers and waivers' reasons.
    Public,
}

impl Matrix {
    /// What an edition may show.
    pub fn edition(mut self, edition: Edition) -> Self {
        if edition == Edition::Confidential {
            return self;
        }
        self.disputes.clear();
        for cell in self.rows.iter_mut().flat_map(|row| &mut row.cells) {
            for phase in &mut cell.phases {
                (phase.owner, phase.blocker) = (None, None);
            }
            for line in &mut cell.scenarios {
                line.broken.clear();
                line.disputed.clear();
                if let Some(waiver) = &mut line.waiver {
                    waiver.owner.clear();
                    waiver.reason.clear();
                }
            }
        }
        self
    }
}

fn word<'t>(texts: &'t Texts, key: &str) -> &'t str {
    crate::text::word(&texts.readiness, key)
}

/// The state of a cell in a word.
fn state(texts: &Texts, state: State) -> &str {
    word(texts, state.name())
}

/// A dispute in a line, with what it came to.
pub fn dispute(one: &Dispute, texts: &Texts) -> String {
    let of = |text: &Option<String>| visible(text.as_deref().unwrap_or(""));
    let args = [
        ("rule", visible(&one.rule)),
        ("finding", of(&one.finding)),
        ("by", visible(&one.by)),
        ("since", visible(&one.since)),
        ("note", visible(&one.note)),
        ("source", visible(&one.source)),
        ("settled", of(&one.settled)),
        ("outcome", of(&one.outcome)),
    ];
    let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
    let key = if one.is_open() {
        "dispute-open"
    } else {
        "dispute-settled"
    };
    fill(word(texts, key), &args)
}

/// The matrix for a terminal: a block for each product, a line for each key.
pub fn human(matrix: &Matrix, agenda: &[AtRisk], texts: &Texts) -> String {
    let mut out = String::new();
    let cells = || matrix.rows.iter().flat_map(|row| &row.cells);
    let keys = Key::NAMES.iter().map(|name| name.len()).max().unwrap_or(0);
    let width = State::ALL
        .iter()
        .map(|one| state(texts, *one).chars().count())
        .max()
        .unwrap_or(0)
        + 2;
    for row in &matrix.rows {
        let version = row.version.as_deref().unwrap_or("-");
        out += &format!(
            "{} · {} {}\n",
            visible(&row.supplier),
            visible(&row.product),
            visible(version)
        );
        out += &format!("  {:keys$}", "");
        for sector in Sector::NAMES {
            out += &format!("  {sector:width$}");
        }
        out = out.trim_end().to_string();
        out.push('\n');
        for key in Key::NAMES {
            out += &format!("  {key:keys$}");
            for cell in of_key(row, key) {
                let marks = [
                    (cell.was.is_some(), "*"),
                    (cell.waived > 0, "†"),
                    (cell.recorded > 0, "‡"),
                    (cell.said > 0, "§"),
                ];
                let marks = marks.iter().filter(|(holds, _)| *holds);
                let mark: String = marks.map(|(_, mark)| *mark).collect();
                out += &format!("  {:width$}", format!("{}{mark}", state(texts, cell.state)));
            }
            out = out.trim_end().to_string();
            out.push('\n');
        }
        if let Some(run) = row.cells.iter().find_map(|cell| cell.run.as_ref()) {
            let signed = match &run.signed {
                Some(oin) => fill(word(texts, "signed"), &[("oin", oin)]),
                None => word(texts, "unsigned").to_string(),
            };
            let args = [
                ("began", Clock::at(run.began).today().to_string()),
                ("id", run.id[..12.min(run.id.len())].to_string()),
                ("signed", signed),
            ];
            let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
            out += &format!("  {}\n", fill(word(texts, "evidence"), &args));
        }
        out.push('\n');
    }
    out += &format!("{}\n", word(texts, "totals"));
    for total in &matrix.totals {
        let parts: Vec<String> = total
            .states
            .iter()
            .map(|(one, share)| {
                let mut part = format!("{} {}", share.products, state(texts, *one));
                if share.schools > 0 {
                    let schools = share.schools.to_string();
                    let schools = fill(word(texts, "of-schools"), &[("schools", &schools)]);
                    part += &format!(" ({schools})");
                }
                part
            })
            .collect();
        out += &format!("  {:keys$}  {}\n", total.key, parts.join(", "));
    }
    if !agenda.is_empty() {
        out += &format!("\n{}\n", word(texts, "agenda"));
    }
    for one in agenda {
        let count = one.products.len().to_string();
        let behind = match one.products.len() {
            1 => word(texts, "behind-one").to_string(),
            _ => fill(word(texts, "behind"), &[("count", &count)]),
        };
        let what = word(texts, &format!("day-{}", one.what));
        out += &format!("  {}  {what}: {behind}\n", one.day.0);
    }
    if !matrix.disputes.is_empty() {
        out += &format!("\n{}\n", word(texts, "disputes"));
    }
    for one in &matrix.disputes {
        out += &format!("  {}\n", dispute(one, texts));
    }
    let marks = [
        ("changed", matrix.since.is_some()),
        ("with-waiver", cells().any(|cell| cell.waived > 0)),
    ];
    out.push('\n');
    let marks = marks.iter().filter(|(_, shown)| *shown);
    for key in marks.map(|(key, _)| *key).chain(weaker(matrix)) {
        out += &format!("{}\n", word(texts, key));
    }
    out += &format!("{}\n", word(texts, "own-tests"));
    out
}

/// What cells rest on that says less than messages of scenarios that were
/// played, as keys of what the marks mean.
pub(super) fn weaker(matrix: &Matrix) -> impl Iterator<Item = &'static str> {
    let cells = || matrix.rows.iter().flat_map(|row| &row.cells);
    let marks = [
        ("from-recording", cells().any(|cell| cell.recorded > 0)),
        ("from-person", cells().any(|cell| cell.said > 0)),
    ];
    let marks = marks.into_iter().filter(|(_, shown)| *shown);
    marks.map(|(key, _)| key)
}

fn of_key<'r>(row: &'r Row, key: &str) -> impl Iterator<Item = &'r Cell> {
    row.cells.iter().filter(move |cell| cell.key == key)
}

/// The columns of the CSV, in their order.
const COLUMNS: [&str; 31] = [
    "supplier",
    "oin",
    "product",
    "version",
    "key",
    "sector",
    "state",
    "was",
    "mandatory",
    "passed",
    "waived",
    "recorded",
    "said",
    "reconstructed_percent",
    "run",
    "began",
    "signed_by",
    "schools",
    "pupils",
    "mandated",
    "registered",
    "endpoint",
    "first_exchange",
    "phase",
    "planned",
    "forecast",
    "realised",
    "party",
    "owner",
    "blocker",
    "reason",
];

/// The matrix as CSV (RFC 4180): a line for each cell, with the furthest phase
/// that is realised, else the first that is not.
pub fn csv(matrix: &Matrix) -> String {
    let mut out = format!("{}\r\n", COLUMNS.join(","));
    for row in &matrix.rows {
        for cell in &row.cells {
            let fields: Vec<String> = fields(row, cell).iter().map(|text| field(text)).collect();
            out += &format!("{}\r\n", fields.join(","));
        }
    }
    out
}

fn fields(row: &Row, cell: &Cell) -> [String; COLUMNS.len()] {
    let realised = cell.phases.iter().rev().find(|one| one.realised.is_some());
    let phase = realised.or(cell.phases.first());
    let followed = row.followed.as_ref();
    let number = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let run = cell.run.as_ref();
    let date = |day: Option<crate::pack::Day>| day.map(|day| day.0.to_string()).unwrap_or_default();
    [
        row.supplier.clone(),
        row.oin.clone(),
        row.product.clone(),
        text(row.version.as_ref()),
        cell.key.to_string(),
        cell.sector.to_string(),
        cell.state.name().to_string(),
        cell.was.map(State::name).unwrap_or_default().to_string(),
        cell.mandatory.to_string(),
        cell.passed.to_string(),
        cell.waived.to_string(),
        cell.recorded.to_string(),
        cell.said.to_string(),
        number(cell.reconstructed.map(u64::from)),
        run.map(|run| run.id.clone()).unwrap_or_default(),
        run.map(|run| run.began.to_string()).unwrap_or_default(),
        run.and_then(|run| run.signed.clone()).unwrap_or_default(),
        number(followed.and_then(|one| one.schools)),
        number(followed.and_then(|one| one.pupils)),
        number(followed.and_then(|one| one.mandated)),
        number(followed.and_then(|one| one.registered)),
        date(followed.and_then(|one| one.endpoint)),
        date(followed.and_then(|one| one.first_exchange)),
        phase
            .map(|one| one.phase.name())
            .unwrap_or_default()
            .to_string(),
        date(phase.and_then(|one| one.planned)),
        date(phase.and_then(|one| one.forecast)),
        date(phase.and_then(|one| one.realised)),
        text(phase.and_then(|one| one.party.as_ref())),
        text(phase.and_then(|one| one.owner.as_ref())),
        text(phase.and_then(|one| one.blocker.as_ref())),
        text(cell.reason.as_ref()),
    ]
}

/// A field: quoted where it must be. What a spreadsheet would take for a
/// formula is marked as text.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_string()
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

impl PhaseName {
    /// Its name in files and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ketentest => "ketentest",
            Self::Kwalificatie => "kwalificatie",
            Self::Pilot => "pilot",
            Self::Uitgerold => "uitgerold",
        }
    }
}
