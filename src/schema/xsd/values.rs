//! Mistakes in values: one per element or attribute, named by what the type
//! demands.

use std::collections::HashSet;
use std::sync::Arc;

use xsd_schema::ids::TypeKey;

use super::compile::XsdSchema;
use super::drive::{Phase, Raw};
use super::facets::{Facets, example_of_pattern};
use super::mistake::Mistake;
use crate::document::{Document, NodeId, PlaceOf};
use crate::facts::{is_bsn, is_onderwijsnummer};
use crate::finding::{Arg, Args, DataClass, MessageValue};

/// Turns what the drive recorded into mistakes: the first per element and per
/// attribute.
pub(super) fn value_mistakes(schema: &XsdSchema, document: &Document, raw: &[Raw]) -> Vec<Mistake> {
    let mut started = HashSet::new();
    raw.iter()
        .filter(|raw| match raw.phase {
            // A wrong `xsi:nil` or `xsi:type` makes the content wrong as well.
            Phase::Start => started.insert(raw.node),
            Phase::End => !started.contains(&raw.node),
            _ => true,
        })
        .filter_map(|raw| mistake(schema, document, raw))
        .collect()
}

fn mistake(schema: &XsdSchema, document: &Document, raw: &Raw) -> Option<Mistake> {
    let has = |constraint: &str| raw.constraints.contains(&constraint);
    let node = raw.node;
    let local: Arc<str> = document.local_name(node).into();
    let element = Args::new().with("element", local.clone());
    Some(match raw.phase {
        Phase::Attribute(index) => {
            let attribute = document.attributes(node).nth(index)?;
            let name = &*attribute.name.local;
            let args = element.with("attribute", name);
            let place = document.attribute_place(node, &attribute);
            let is_xsi_type =
                name == "type" && attribute.name.namespace.ends_with("XMLSchema-instance");
            let (code, args) = if is_xsi_type {
                (
                    "KK-XSD-XSITYPE",
                    args.with("type", MessageValue::new(attribute.value, DataClass::Plain)),
                )
            } else if has("cvc-complex-type.3.2.2") || has("cvc-complex-type.3.2.1") {
                let declared = declared_attributes(schema, raw.kind);
                ("KK-XSD-ATTRIBUUT", args.with("expected", declared))
            } else {
                let value = MessageValue::new(attribute.value, DataClass::of(name, []));
                (
                    "KK-XSD-ATTRIBUUTWAARDE",
                    args.with("value", value).with("expected", ""),
                )
            };
            Mistake {
                code,
                args,
                place,
                declaration: name.into(),
            }
        }
        Phase::Attributes => {
            let missing: Vec<Arc<str>> = match declared_attributes(schema, raw.kind) {
                Arg::Terms(declared) => declared
                    .into_iter()
                    .filter(|name| document.attribute(node, name).is_none())
                    .collect(),
                _ => Vec::new(),
            };
            let args = element.with("attribute", missing);
            at(
                document,
                node,
                PlaceOf::Name,
                "KK-XSD-ATTRIBUUT-ONTBREEKT",
                args,
                local,
            )
        }
        Phase::Start if has("cvc-elt.3.1") || has("cvc-elt.3.2.2") => {
            at(document, node, PlaceOf::Name, "KK-XSD-NIL", element, local)
        }
        Phase::Start
            if raw
                .constraints
                .iter()
                .any(|code| code.starts_with("cvc-elt.4")) =>
        {
            let written = document
                .attributes(node)
                .find(|attribute| &*attribute.name.local == "type")
                .map_or("", |attribute| attribute.value);
            let written = MessageValue::new(written, DataClass::Plain);
            at(
                document,
                node,
                PlaceOf::Name,
                "KK-XSD-XSITYPE",
                element.with("type", written),
                local,
            )
        }
        Phase::Text => {
            let parent = document.parent(node)?;
            let local: Arc<str> = document.local_name(parent).into();
            let args = Args::new().with("element", local.clone());
            let code = if has("cvc-complex-type.2.1") {
                "KK-XSD-INHOUD"
            } else {
                "KK-XSD-TEKST"
            };
            let mut mistake = at(document, parent, PlaceOf::Name, code, args, local);
            let span = trimmed(document, node);
            let place = document.place_at(parent, span);
            mistake.place = place;
            mistake
        }
        Phase::End
            if raw
                .constraints
                .iter()
                .any(|code| code.starts_with("cvc-identity")) =>
        {
            at(
                document,
                node,
                PlaceOf::Name,
                "KK-XSD-UNIEK",
                element,
                local,
            )
        }
        Phase::Start | Phase::End => {
            let (code, args) = value(schema, document, raw, element);
            at(document, node, PlaceOf::Value, code, args, local)
        }
    })
}

/// What is wrong with the value of an element, by the facets of its type.
fn value(schema: &XsdSchema, document: &Document, raw: &Raw, args: Args) -> (&'static str, Args) {
    let Some(kind) = raw.kind else {
        return ("KK-XSD-OVERIG", other(args, raw));
    };
    let facets = Facets::of(schema.set(), kind);
    let written = document.value(raw.node);
    let text = written.trim();
    let args = args.with("value", document.message_value(raw.node));
    let has = |constraint: &str| raw.constraints.iter().any(|code| code.contains(constraint));
    if text.is_empty() {
        return ("KK-XSD-LEEG", args.with("type", facets.builtin.as_str()));
    }
    if lost_zero(document, raw.node, text) {
        return ("KK-XSD-VOORLOOPNUL", args);
    }
    if has("enumeration") {
        let allowed: Vec<Arc<str>> = facets
            .enumeration
            .iter()
            .map(|value| value.as_str().into())
            .collect();
        return ("KK-XSD-LIJST", args.with("expected", allowed));
    }
    let is_text = matches!(
        facets.builtin.as_str(),
        "string"
            | "normalizedString"
            | "token"
            | "anyURI"
            | "language"
            | "NMTOKEN"
            | "Name"
            | "NCName"
            | ""
    );
    if (has("datatype") || has("simple-type")) && !is_text && !has("pattern") {
        return ("KK-XSD-TYPE", args.with("type", facets.builtin.as_str()));
    }
    if has("pattern") {
        let pattern = facets.patterns.first().cloned().unwrap_or_default();
        let example = facets
            .patterns
            .iter()
            .find_map(|pattern| example_of_pattern(pattern));
        return (
            "KK-XSD-PATROON",
            args.with("pattern", pattern)
                .with("words", example.unwrap_or_default()),
        );
    }
    if has("ength") {
        return ("KK-XSD-LENGTE", of_length(args, &facets, &written));
    }
    if has("Digits") {
        return (
            "KK-XSD-CIJFERS",
            args.with("total", shown(facets.total_digits))
                .with("fraction", shown(facets.fraction_digits)),
        );
    }
    if has("clusive") {
        return (
            "KK-XSD-BEREIK",
            args.with("min", facets.min.unwrap_or_default())
                .with("max", facets.max.unwrap_or_default()),
        );
    }
    // The engine may say no more than "not of this type": ask the facets.
    let count = text.chars().count() as u64;
    if facets.min_length.is_some_and(|min| count < min)
        || facets.max_length.is_some_and(|max| count > max)
    {
        return ("KK-XSD-LENGTE", of_length(args, &facets, &written));
    }
    if has("datatype") || has("simple-type") || has("cvc-type") {
        return ("KK-XSD-TYPE", args.with("type", facets.builtin.as_str()));
    }
    ("KK-XSD-OVERIG", other(args, raw))
}

/// The length of a value. White space around it is told where that alone makes
/// the length wrong.
fn of_length(args: Args, facets: &Facets, written: &str) -> Args {
    let whole = written.chars().count() as u64;
    let text = written.trim().chars().count() as u64;
    let fits = facets.min_length.is_none_or(|min| text >= min)
        && facets.max_length.is_none_or(|max| text <= max);
    let args = match fits {
        true => args.with("length", whole).with("spaces", whole - text),
        false => args.with("length", text),
    };
    args.with("min", shown(facets.min_length))
        .with("max", shown(facets.max_length))
}

/// Whether a person number has eight digits and is right with a zero in front:
/// a spreadsheet or a number column took it for a number.
fn lost_zero(document: &Document, node: NodeId, text: &str) -> bool {
    let is_number = document.data_class(node) == DataClass::PersonNumber;
    is_number && text.len() == 8 && {
        let mended = format!("0{text}");
        is_bsn(&mended) || is_onderwijsnummer(&mended)
    }
}

fn other(args: Args, raw: &Raw) -> Args {
    args.with(
        "constraint",
        raw.constraints.first().copied().unwrap_or("cvc"),
    )
}

fn shown(limit: Option<impl ToString>) -> String {
    limit.map_or_else(String::new, |limit| limit.to_string())
}

fn declared_attributes(schema: &XsdSchema, kind: Option<TypeKey>) -> Arg {
    let structure = schema.structure();
    let declared = kind
        .and_then(|kind| structure.type_of(kind))
        .map_or(&[][..], |kind| structure.attributes(kind));
    Arg::Terms(declared.to_vec())
}

fn at(
    document: &Document,
    node: NodeId,
    of: PlaceOf,
    code: &'static str,
    args: Args,
    declaration: Arc<str>,
) -> Mistake {
    Mistake {
        code,
        args,
        place: document.place(node, of),
        declaration,
    }
}

fn trimmed(document: &Document, text: NodeId) -> std::ops::Range<usize> {
    let span = document.span(text);
    let written = &document.source()[span.clone()];
    let start = span.start + (written.len() - written.trim_start().len());
    start..start + written.trim().len().max(1)
}
