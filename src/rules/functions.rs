//! The `kk:` functions of our rule language, and the bounds on all others.
//!
//! What XPath says badly or slowly is a native function in our own namespace
//! (docs/packs.md, functions). They read the facts of the run; nothing else of
//! an expression can reach outside the message.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use xsd_schema::types::TimezoneOffset;
use xsd_schema::types::XmlTypeCode;
use xsd_schema::types::sequence::SequenceType;
use xsd_schema::types::value::{DateTimeValue, DateValue, XmlAtomicValue, XmlValue, XmlValueKind};
use xsd_schema::xpath::functions::{
    BuiltinCatalog, DynamicFunctionSignature, FunctionCatalog, FunctionEvaluator, FunctionHandle,
    FunctionId, FunctionSet, eval_function,
};
use xsd_schema::xpath::{
    DomNavigator, DynamicContext, FUNCTION_REGISTRY, XPathError, XPathValue, XmlItem,
};

use crate::document::Navigator;
use crate::facts::{self, AdviceKind, AdviceWindow, Facts};
use crate::limits;

/// The namespace of our functions and of our rule metadata.
pub const NAMESPACE: &str = "urn:ketenkeur:regel:1";

/// The namespace of functions that only a compiled expression calls: they
/// stand where the engine would work without bound.
pub(super) const INTERNAL_NAMESPACE: &str = "urn:ketenkeur:intern:1";
/// Prefix under which compiled expressions call [`INTERNAL_NAMESPACE`]. No
/// rule set can write it: a space is not part of a name.
pub(super) const INTERNAL_PREFIX: &str = " kk";
/// `range(a, b)`: `a to b`, bounded.
pub(super) const RANGE: &str = "range";
/// `tick(value)`: the value, one step of the budget used.
pub(super) const TICK: &str = "tick";
/// The function by which a rule says that it cannot be judged.
pub(super) const UNDECIDED: &str = "onbeslist";

type Value = XPathValue<Navigator>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Bsn,
    Onderwijsnummer,
    Oin,
    OnList,
    ListOrder,
    Now,
    Today,
    SchoolYear,
    WorkingDays,
    SchoolWeeks,
    WindowBegin,
    WindowEnd,
    WindowExchanged,
    ClosingDate,
    ProfileName,
    RioKnown,
    RioAanbieder,
    RioLocatie,
    Undecided,
    Range,
    Tick,
}

/// Namespace, name and number of arguments of every function of ours.
const FUNCTIONS: &[(&str, &str, usize, Function)] = &[
    (NAMESPACE, "bsn", 1, Function::Bsn),
    (NAMESPACE, "onderwijsnummer", 1, Function::Onderwijsnummer),
    (NAMESPACE, "oin", 1, Function::Oin),
    (NAMESPACE, "op-lijst", 3, Function::OnList),
    (NAMESPACE, "lijst-volgorde", 3, Function::ListOrder),
    (NAMESPACE, "nu", 0, Function::Now),
    (NAMESPACE, "vandaag", 0, Function::Today),
    (NAMESPACE, "schooljaar", 1, Function::SchoolYear),
    (NAMESPACE, "werkdagen", 2, Function::WorkingDays),
    (NAMESPACE, "schoolweken", 2, Function::SchoolWeeks),
    (NAMESPACE, "adviesvenster-begin", 2, Function::WindowBegin),
    (NAMESPACE, "adviesvenster-einde", 2, Function::WindowEnd),
    (
        NAMESPACE,
        "adviesvenster-uitgewisseld",
        2,
        Function::WindowExchanged,
    ),
    (NAMESPACE, "sluitingsdatum", 2, Function::ClosingDate),
    (NAMESPACE, "profiel", 0, Function::ProfileName),
    (NAMESPACE, "rio-bekend", 0, Function::RioKnown),
    (NAMESPACE, "rio-aanbieder-geldig", 2, Function::RioAanbieder),
    (
        NAMESPACE,
        "rio-locatie-bij-aanbieder",
        3,
        Function::RioLocatie,
    ),
    (NAMESPACE, UNDECIDED, 1, Function::Undecided),
    (INTERNAL_NAMESPACE, RANGE, 2, Function::Range),
    (INTERNAL_NAMESPACE, TICK, 1, Function::Tick),
];

/// Functions of XPath 2.0 that reach outside the message. Nothing that a
/// message or a rule set names is ever fetched.
const REACH_OUTSIDE: &[&str] = &["doc", "doc-available", "collection"];

/// Every function that an expression may call: those of XPath 2.0 and ours.
pub(super) struct Catalog {
    ours: FunctionSet<Navigator>,
    targets: HashMap<FunctionHandle, Target>,
}

#[derive(Clone, Copy)]
enum Target {
    Ours(Function),
    Engine(FunctionId),
}

/// The one catalogue. Expressions are bound to it when they are compiled.
pub(super) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::new);

impl Catalog {
    fn new() -> Self {
        let mut ours = FunctionSet::new();
        let mut targets: HashMap<_, _> = FUNCTION_REGISTRY
            .entries()
            .iter()
            .map(|entry| (entry.id.into(), Target::Engine(entry.id)))
            .collect();
        for &(namespace, name, arity, function) in FUNCTIONS {
            // The set only hands out handles; `Host` carries the calls out,
            // because it alone knows the facts of the run.
            let signature = DynamicFunctionSignature::new(
                namespace,
                name,
                vec![SequenceType::any(); arity],
                SequenceType::any(),
            );
            let handle = ours.register(signature, |_, _| Err(XPathError::internal("no host")));
            targets.insert(handle, Target::Ours(function));
        }
        Self { ours, targets }
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}

impl FunctionCatalog for Catalog {
    fn lookup(&self, namespace: &str, local_name: &str, arity: usize) -> Option<FunctionHandle> {
        match namespace {
            NAMESPACE | INTERNAL_NAMESPACE => self.ours.lookup(namespace, local_name, arity),
            _ if REACH_OUTSIDE.contains(&local_name) => None,
            _ => BuiltinCatalog.lookup(namespace, local_name, arity),
        }
    }

    fn get_signature(&self, handle: FunctionHandle) -> Option<DynamicFunctionSignature> {
        self.ours.get_signature(handle)
    }
}

/// What the functions of one run know, and what they left behind.
pub(super) struct Host<'f> {
    facts: &'f Facts,
    now: DateTimeValue,
    undecided: RefCell<Option<Arc<str>>>,
    budget: Cell<u64>,
    exhausted: Cell<bool>,
}

impl<'f> Host<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self {
            facts,
            now: moment(facts),
            undecided: RefCell::default(),
            budget: Cell::new(limits::MAX_XPATH_STEPS),
            exhausted: Cell::new(false),
        }
    }

    /// The moment of judging, for `current-dateTime()`.
    pub(super) fn now(&self) -> DateTimeValue {
        self.now.clone()
    }

    /// Why an expression said that it cannot be judged, since the last call.
    pub(super) fn take_undecided(&self) -> Option<Arc<str>> {
        self.undecided.borrow_mut().take()
    }

    /// Marks what is being evaluated as undecided.
    pub(super) fn mark_undecided(&self, reason: &Arc<str>) {
        self.undecided
            .borrow_mut()
            .get_or_insert_with(|| Arc::clone(reason));
    }

    /// Whether an expression ran into a limit since the last call.
    pub(super) fn take_exhausted(&self) -> bool {
        self.exhausted.take()
    }

    /// Uses `steps` of the run's budget.
    fn spend(&self, steps: u64) -> Result<(), XPathError> {
        match self.budget.get().checked_sub(steps) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => {
                self.exhausted.set(true);
                Err(XPathError::internal("limit"))
            }
        }
    }

    fn call(&self, function: Function, args: &[Value]) -> Result<Value, XPathError> {
        let facts = self.facts;
        Ok(match function {
            Function::Bsn => test(&args[0], facts::is_bsn),
            Function::Onderwijsnummer => test(&args[0], facts::is_onderwijsnummer),
            Function::Oin => test(&args[0], |text| facts::oin(text).is_ok()),
            Function::OnList => self.on_list(args),
            Function::ListOrder => match (text(&args[0]), text(&args[1]), date(&args[2])) {
                (Some(list), Some(code), Some(on)) => facts
                    .lists
                    .get(&list)
                    .and_then(|list| list.order(&code, on))
                    .map_or(Value::Empty, Value::integer),
                _ => Value::Empty,
            },
            Function::Now => atomic(
                XmlTypeCode::DateTime,
                XmlAtomicValue::DateTime(self.now.clone()),
            ),
            Function::Today => date_value(facts.clock.today()),
            Function::SchoolYear => date(&args[0]).map_or(Value::Empty, |day| {
                Value::integer(i64::from(facts::school_year(day)))
            }),
            Function::WorkingDays => period(args, facts::working_days),
            Function::SchoolWeeks => period(args, |from, to| {
                if let Some(year) = facts.calendar.without_holidays(from, to) {
                    let reason = format!("calendar-holidays:{year}-{}", year + 1);
                    self.mark_undecided(&reason.into());
                }
                facts.calendar.school_weeks(from, to)
            }),
            Function::WindowBegin => self.window(args, |window| window.begin),
            Function::WindowEnd => self.window(args, |window| Some(window.end)),
            Function::WindowExchanged => self.window(args, |window| Some(window.exchanged_by)),
            Function::ClosingDate => match (text(&args[0]), year(&args[1])) {
                (Some(sector), Some(year)) => {
                    let closing = facts.calendar.closing_date(&sector, year);
                    self.known(closing.map(date_value), "calendar-closing", year)
                }
                _ => Value::Empty,
            },
            Function::ProfileName => Value::string(facts.profile.name()),
            Function::RioKnown => Value::boolean(facts.rio.is_some()),
            Function::RioAanbieder => match (&facts.rio, text(&args[0]), date(&args[1])) {
                (Some(rio), Some(code), Some(on)) => optional(rio.aanbieder_valid(&code, on)),
                _ => Value::Empty,
            },
            Function::RioLocatie => {
                match (&facts.rio, text(&args[0]), text(&args[1]), date(&args[2])) {
                    (Some(rio), Some(aanbieder), Some(locatie), Some(on)) => {
                        optional(rio.locatie_bij_aanbieder(&aanbieder, &locatie, on))
                    }
                    _ => Value::Empty,
                }
            }
            Function::Undecided => {
                // Only literals come through here (see `expression`).
                let reason = text(&args[0]).unwrap_or_default();
                self.mark_undecided(&reason.into());
                Value::boolean(true)
            }
            Function::Range => return self.range(&args[0], &args[1]),
            Function::Tick => Value::Empty,
        })
    }

    /// A list that does not exist or has no edition on the date cannot be
    /// judged by, and that is undecided, never false.
    fn on_list(&self, args: &[Value]) -> Value {
        let (Some(name), Some(code), Some(on)) = (text(&args[0]), text(&args[1]), date(&args[2]))
        else {
            return Value::Empty;
        };
        let list = self.facts.lists.get(&name);
        let known = list.and_then(|list| list.contains(&code, on));
        if known.is_none() {
            // Only the name of a list that exists is surely ours to show.
            let reason = match list {
                Some(_) => format!("value-list-date:{name}"),
                None => "value-list-missing".into(),
            };
            self.mark_undecided(&reason.into());
        }
        optional(known)
    }

    /// A value of the calendar; what the calendar does not know cannot be
    /// judged by, and that is undecided, for a reason that names the year.
    fn known(&self, value: Option<Value>, reason: &str, year: i16) -> Value {
        value.unwrap_or_else(|| {
            self.mark_undecided(&format!("{reason}:{year}").into());
            Value::Empty
        })
    }

    fn window(&self, args: &[Value], of: impl Fn(AdviceWindow) -> Option<Date>) -> Value {
        let year = year(&args[1]);
        match (text(&args[0]).as_deref().and_then(AdviceKind::parse), year) {
            (Some(kind), Some(year)) => {
                let window = self.facts.calendar.advice_window(kind, year);
                let day = window.map(|window| of(window).map_or(Value::Empty, date_value));
                self.known(day, "calendar-window", year)
            }
            _ => Value::Empty,
        }
    }

    /// `a to b` within [`limits::MAX_XPATH_RANGE`].
    fn range(&self, from: &Value, to: &Value) -> Result<Value, XPathError> {
        let bound = |value: &Value| match (value.len(), text(value)) {
            (0, _) => Ok(None),
            (1, Some(text)) => text
                .trim()
                .parse::<i64>()
                .map(Some)
                .map_err(|_| XPathError::type_mismatch("xs:integer", "another value")),
            _ => Err(XPathError::more_than_one_item()),
        };
        let (Some(from), Some(to)) = (bound(from)?, bound(to)?) else {
            return Ok(Value::Empty);
        };
        if to < from {
            return Ok(Value::Empty);
        }
        let items = to.checked_sub(from).and_then(|span| span.checked_add(1));
        match items {
            Some(items) if items <= limits::MAX_XPATH_RANGE => {
                self.spend(items.unsigned_abs())?;
                Ok(Value::from_sequence(
                    (from..=to)
                        .map(|n| XmlItem::Atomic(XmlValue::integer(n.into())))
                        .collect(),
                ))
            }
            _ => {
                self.exhausted.set(true);
                Err(XPathError::internal("limit"))
            }
        }
    }
}

impl FunctionEvaluator<Navigator> for Host<'_> {
    fn eval(
        &self,
        handle: FunctionHandle,
        ctx: &mut DynamicContext<'_, Navigator>,
        mut args: Vec<Value>,
    ) -> Result<Value, XPathError> {
        match CATALOG.targets.get(&handle) {
            Some(Target::Engine(id)) => eval_function(*id, ctx, args),
            Some(Target::Ours(Function::Tick)) => {
                self.spend(1)?;
                Ok(args.pop().unwrap_or(Value::Empty))
            }
            Some(Target::Ours(function)) => self.call(*function, &args),
            None => Err(XPathError::internal("unknown function")),
        }
    }
}

/// The text of a single item; `None` for nothing or several items.
fn text(value: &Value) -> Option<String> {
    match value.as_slice() {
        [XmlItem::Node(node)] => Some(node.value()),
        [XmlItem::Atomic(value)] => Some(value.to_string_value()),
        _ => None,
    }
}

fn test(value: &Value, holds: impl Fn(&str) -> bool) -> Value {
    text(value).map_or(Value::Empty, |text| Value::boolean(holds(text.trim())))
}

fn optional(value: Option<bool>) -> Value {
    value.map_or(Value::Empty, Value::boolean)
}

/// A date: a value of type date or dateTime, or text that is one.
fn date(value: &Value) -> Option<Date> {
    let text = text(value)?;
    let text = text.trim();
    // A time zone or a time of day behind the date does not change the day
    // that was written.
    text.get(..10)
        .filter(|day| day.is_ascii())
        .and_then(|day| day.parse().ok())
        .filter(|_| !matches!(text.as_bytes().get(10), Some(b) if b.is_ascii_digit()))
}

fn period(args: &[Value], count: impl Fn(Date, Date) -> i64) -> Value {
    match (date(&args[0]), date(&args[1])) {
        (Some(from), Some(to)) => Value::integer(count(from, to)),
        _ => Value::Empty,
    }
}

/// A calendar year, from a number or a text.
fn year(value: &Value) -> Option<i16> {
    text(value).and_then(|year| year.trim().parse().ok())
}

fn date_value(day: Date) -> Value {
    atomic(
        XmlTypeCode::Date,
        XmlAtomicValue::Date(DateValue {
            year: i32::from(day.year()),
            month: day.month().unsigned_abs(),
            day: day.day().unsigned_abs(),
            timezone: None,
        }),
    )
}

fn atomic(code: XmlTypeCode, value: XmlAtomicValue) -> Value {
    Value::from_atomic(XmlValue::new(code, XmlValueKind::Atomic(value)))
}

fn moment(facts: &Facts) -> DateTimeValue {
    let now = jiff::tz::TimeZone::UTC.to_datetime(facts.clock.now());
    DateTimeValue {
        year: i32::from(now.year()),
        month: now.month().unsigned_abs(),
        day: now.day().unsigned_abs(),
        hour: now.hour().unsigned_abs(),
        minute: now.minute().unsigned_abs(),
        // Seconds with their fraction always are a decimal.
        second: format!("{}.{:09}", now.second(), now.subsec_nanosecond())
            .parse()
            .unwrap_or_default(),
        timezone: Some(TimezoneOffset::UTC),
    }
}
