//! The matrix as text for a terminal, and as CSV.

use super::agenda::AtRisk;
use super::matrix::{Cell, Matrix, Row};
use super::team::{Phase, PhaseName};
use crate::clock::Clock;
use crate::evidence::few;
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

/// A mark beside a state, what it means as a key of the texts, and when it
/// stands there.
type Mark = (&'static str, &'static str, fn(&Cell) -> bool);

/// What a cell is marked with.
const MARKS: [Mark; 6] = [
    ("*", "changed", |cell| cell.was.is_some()),
    ("†", "with-waiver", |cell| cell.waived > 0),
    ("‡", "from-recording", |cell| cell.recorded > 0),
    ("§", "from-person", |cell| cell.said > 0),
    ("°", "cut-short", |cell| cell.cut_short > 0),
    ("¶", "exempted", |cell| cell.exempt > 0),
];

/// What is explained below a matrix, as keys of the texts: the marks that it
/// has, and states that do not speak for themselves.
pub(super) fn legend(matrix: &Matrix) -> Vec<&'static str> {
    let any = |holds: &dyn Fn(&Cell) -> bool| {
        let mut cells = matrix.rows.iter().flat_map(|row| &row.cells);
        cells.any(holds)
    };
    let marks = MARKS.iter().filter(|(_, _, holds)| any(holds));
    let states = [
        (State::NotTested, "of-not-tested"),
        (State::NotAsked, "of-not-asked"),
    ];
    let states = states
        .into_iter()
        .filter(|(state, _)| any(&|cell| cell.state == *state));
    let states = states.map(|(_, key)| key);
    marks.map(|(_, key, _)| *key).chain(states).collect()
}

/// The matrix for a terminal: a block for each product, a line for each key.
pub fn human(matrix: &Matrix, agenda: &[AtRisk], texts: &Texts) -> String {
    let mut out = String::new();
    for row in &matrix.rows {
        out += &product(row, texts);
        out.push('\n');
    }
    out += &totals(matrix, texts);
    if !agenda.is_empty() {
        out += &format!("\n{}\n", word(texts, "agenda"));
    }
    for one in agenda {
        let what = word(texts, &format!("day-{}", one.what));
        out += &format!("  {}  {what}: {}\n", one.day.0, at_risk(one, texts));
    }
    if !matrix.disputes.is_empty() {
        out += &format!("\n{}\n", word(texts, "disputes"));
    }
    for one in &matrix.disputes {
        out += &format!("  {}\n", dispute(one, texts));
    }
    out.push('\n');
    for key in legend(matrix) {
        out += &format!("{}\n", word(texts, key));
    }
    out += &format!("{}\n", word(texts, "own-tests"));
    out
}

/// How many products are not ready for a day, and how the others stand that are
/// not simply ready.
fn at_risk(one: &AtRisk, texts: &Texts) -> String {
    let said = [
        ("behind", &one.products),
        ("only-reconstruction", &one.on_reconstruction),
        ("offers-none", &one.not_offered),
    ];
    let said = said
        .iter()
        .filter(|(key, products)| *key == "behind" || !products.is_empty());
    let said: Vec<String> = said
        .map(|(key, products)| match products.len() {
            1 => word(texts, &format!("{key}-one")).to_string(),
            count => fill(word(texts, key), &[("count", &count.to_string())]),
        })
        .collect();
    said.join("; ")
}

/// How wide a column of keys is.
fn key_width() -> usize {
    Key::NAMES.iter().map(|name| name.len()).max().unwrap_or(0)
}

/// The block of a product: its states, what others witness, and its evidence.
fn product(row: &Row, texts: &Texts) -> String {
    let keys = key_width();
    let states = State::ALL.iter().map(|one| state(texts, *one));
    let width = states.map(|word| word.chars().count()).max().unwrap_or(0) + 2;
    let version = row.version.as_deref().unwrap_or("-");
    let named = [&row.supplier, " · ", &row.product, " ", version];
    let mut lines = vec![named.map(visible).concat()];
    let sectors = Sector::NAMES.iter();
    let sectors: String = sectors.map(|sector| format!("  {sector:width$}")).collect();
    lines.push(format!("  {:keys$}{sectors}", ""));
    for key in Key::NAMES {
        let cells: String = of_key(row, key)
            .map(|cell| {
                let marks = MARKS.iter().filter(|(_, _, holds)| holds(cell));
                let marks: String = marks.map(|(mark, ..)| *mark).collect();
                format!(
                    "  {:width$}",
                    format!("{}{marks}", state(texts, cell.state))
                )
            })
            .collect();
        lines.push(format!("  {key:keys$}{cells}"));
    }
    lines.extend(let_off(row, texts));
    for one in &row.untrue {
        let args = [
            ("message", &*visible(&one.message)),
            ("scenario", &*visible(&one.scenario)),
        ];
        lines.push(format!("  {}", fill(word(texts, "untrue"), &args)));
    }
    lines.extend(witnessed(row, texts));
    if let Some(run) = row.cells.iter().find_map(|cell| cell.run.as_ref()) {
        let signed = match &run.signed {
            Some(oin) if *oin == row.oin => fill(word(texts, "signed"), &[("oin", oin)]),
            Some(oin) => fill(word(texts, "signed-by-another"), &[("oin", oin)]),
            None => word(texts, "unsigned").to_string(),
        };
        let args = [
            ("began", Clock::at(run.began).today().to_string()),
            ("id", run.id[..12.min(run.id.len())].to_string()),
            ("signed", signed),
        ];
        let args = args.each_ref().map(|(name, value)| (*name, value.as_str()));
        lines.push(format!("  {}", fill(word(texts, "evidence"), &args)));
    }
    for one in &row.others {
        let day = Clock::at(one.latest).today().to_string();
        let version = visible(&one.version);
        let args = [("version", version.as_str()), ("day", &day)];
        lines.push(format!("  {}", fill(word(texts, "other-version"), &args)));
    }
    for (key, name, all) in [
        ("own-scripts", "names", &row.own_scripts),
        ("scripts-not-compared", "tool", &row.not_compared),
    ] {
        if !all.is_empty() {
            let all = visible(&few(all.iter().map(String::as_str)));
            lines.push(format!("  {}", fill(word(texts, key), &[(name, &all)])));
        }
    }
    let lines = lines.iter().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// What others witness of a product, a line for each phase; one of several
/// sectors stands there once.
fn witnessed(row: &Row, texts: &Texts) -> Vec<String> {
    let mut told: Vec<&Phase> = Vec::new();
    for phase in row.cells.iter().flat_map(|cell| &cell.phases) {
        if !told.contains(&phase) {
            told.push(phase);
        }
    }
    let line = |phase: &Phase| {
        let of = |key: &str| word(texts, key).to_lowercase();
        let days = [
            ("planned", phase.planned),
            ("forecast", phase.forecast),
            ("realised", phase.realised),
        ];
        let days = days.iter().filter_map(|(key, day)| Some((key, (*day)?.0)));
        let people = [
            ("party", &phase.party),
            ("owner", &phase.owner),
            ("blocker", &phase.blocker),
        ];
        let people = people
            .iter()
            .filter_map(|(key, who)| Some((key, who.as_ref()?)));
        let said = days
            .map(|(key, day)| format!("{} {day}", of(key)))
            .chain(people.map(|(key, who)| format!("{}: {}", of(key), visible(who))));
        let said: Vec<String> = said.collect();
        let sector = phase
            .sector
            .map_or(String::new(), |one| format!(" {}", one.name()));
        let named = format!("{}{sector} {}", phase.key.name(), phase.phase.name());
        match said.is_empty() {
            true => format!("  {named}"),
            false => format!("  {named}: {}", said.join("; ")),
        }
    };
    told.into_iter().map(line).collect()
}

/// How many products and schools are in which state for each key.
fn totals(matrix: &Matrix, texts: &Texts) -> String {
    let keys = key_width();
    let mut out = format!("{}\n", word(texts, "totals"));
    for total in &matrix.totals {
        let parts: Vec<String> = total
            .states
            .iter()
            .map(|(one, share)| {
                let mark = if share.waived > 0 { "†" } else { "" };
                let mut part = format!("{} {}{mark}", share.products, state(texts, *one));
                if share.schools > 0 {
                    let schools = share.schools.to_string();
                    let key = if share.schools == 1 {
                        "of-school"
                    } else {
                        "of-schools"
                    };
                    let schools = fill(word(texts, key), &[("schools", &schools)]);
                    part += &format!(" ({schools})");
                }
                part
            })
            .collect();
        out += &format!("  {:keys$}  {}\n", total.key, parts.join(", "));
    }
    out
}

fn of_key<'r>(row: &'r Row, key: &str) -> impl Iterator<Item = &'r Cell> {
    row.cells.iter().filter(move |cell| cell.key == key)
}

/// The columns of the CSV, in their order.
const COLUMNS: [&str; 36] = [
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
    "cut_short",
    "exempt",
    "exemptions",
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
    "phases",
    "phase",
    "planned",
    "forecast",
    "realised",
    "party",
    "owner",
    "blocker",
    "reason",
    "own_scripts",
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

/// For which messages a cell lets mandatory scenarios out, with the supplier's
/// reasons.
fn reasons(cell: &Cell) -> String {
    let reasons = cell.exemptions.iter();
    let reasons = reasons.map(|one| format!("{}: {}", one.message, one.reason));
    reasons.collect::<Vec<_>>().join("; ")
}

/// How many mandatory scenarios a product is let off in each key, and why;
/// sectors of which that is the same stand together.
fn let_off(row: &Row, texts: &Texts) -> Vec<String> {
    let mut told: Vec<(&Cell, Vec<&str>)> = Vec::new();
    for cell in row.cells.iter().filter(|cell| cell.exempt > 0) {
        let same = |other: &Cell| {
            let of = |cell: &Cell| (cell.key, cell.exempt, cell.exemptions.clone());
            of(cell) == of(other)
        };
        match told.iter_mut().find(|(known, _)| same(known)) {
            Some((_, sectors)) => sectors.push(cell.sector),
            None => told.push((cell, vec![cell.sector])),
        }
    }
    let line = |(cell, sectors): (&Cell, Vec<&str>)| {
        let args = [
            ("key", cell.key),
            ("sectors", &*sectors.join(", ")),
            ("count", &*cell.exempt.to_string()),
            ("reasons", &*visible(&reasons(cell))),
        ];
        format!("  ¶ {}", fill(word(texts, "let-off"), &args))
    };
    told.into_iter().map(line).collect()
}

/// Every phase of a cell with its days, for programs.
fn phases(cell: &Cell) -> Vec<String> {
    let told = cell.phases.iter().map(|phase| {
        let days = [
            ("planned", phase.planned),
            ("forecast", phase.forecast),
            ("realised", phase.realised),
        ];
        let days = days
            .iter()
            .filter_map(|(name, day)| Some((name, (*day)?.0)));
        let days = days.map(|(name, day)| format!(" {name}={day}"));
        format!("{}{}", phase.phase.name(), days.collect::<String>())
    });
    told.collect()
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
        cell.cut_short.to_string(),
        cell.exempt.to_string(),
        reasons(cell),
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
        phases(cell).join("; "),
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
        row.own_scripts.join("; "),
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
