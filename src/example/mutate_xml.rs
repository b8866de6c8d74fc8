//! Mistakes in XML messages.

use super::edit::Splice;
use super::edit_xml::{content, escaped, remove, rename, set_content, start_tag, whole_attribute};
use super::mutate::{Change, Dice, Kind, SLIPS, mistyped, throw};
use crate::document::{Document, NodeId, NodeKind, PlaceOf};

/// One random mistake.
pub(super) fn change(document: &Document, dice: &mut Dice) -> (&'static str, Option<Change>) {
    throw(KINDS, document, dice)
}

const KINDS: &[Kind] = &[
    ("element weg", |document, dice| {
        let element = below_root(document, dice)?;
        let splice = remove(document, element).ok()?;
        Some(done(document, element, "removed", vec![splice]))
    }),
    ("element dubbel", |document, dice| {
        let element = below_root(document, dice)?;
        let written = &document.source()[document.span(element)];
        let splice = Splice::insert(document.span(element).end, written);
        Some(done(document, element, "repeated", vec![splice]))
    }),
    ("naam verschreven", |document, dice| {
        let element = any(document, dice)?;
        let name = mistyped(document.local_name(element), dice);
        let splices = rename(document, element, &name);
        Some(done(document, element, &format!("renamed {name}"), splices))
    }),
    ("andere naam", |document, dice| {
        let element = below_root(document, dice)?;
        let name = dice.one_of(&["onbekend", "leerlingnummer", "code", "Datum"])?;
        let splices = rename(document, element, name);
        Some(done(document, element, &format!("renamed {name}"), splices))
    }),
    ("volgorde", |document, dice| {
        let element = below_root(document, dice)?;
        let parent = document.parent(element)?;
        let siblings: Vec<NodeId> = document
            .elements(parent)
            .filter(|&other| document.local_name(other) != document.local_name(element))
            .collect();
        let other = dice.one_of(&siblings)?;
        // The element moves to just before the other one.
        let written = &document.source()[document.span(element)];
        let what = format!("moved before {}", document.local_name(other));
        let splices = vec![
            Splice::insert(document.span(other).start, written),
            Splice::replace(document.span(element), ""),
        ];
        Some(done(document, element, &what, splices))
    }),
    ("verwisseld", |document, dice| {
        let element = below_root(document, dice)?;
        let next = std::iter::successors(document.next_sibling(element), |&next| {
            document.next_sibling(next)
        })
        .find(|&next| document.is_element(next))
        .filter(|&next| document.local_name(next) != document.local_name(element))?;
        let text = |node| document.source()[document.span(node)].to_string();
        let what = format!("swapped with {}", document.local_name(next));
        let splices = vec![
            Splice::replace(document.span(element), text(next)),
            Splice::replace(document.span(next), text(element)),
        ];
        Some(done(document, element, &what, splices))
    }),
    ("waarde weg", |document, dice| {
        let element = simple(document, dice)?;
        let splice = set_content(document, element, "");
        Some(done(document, element, "emptied", vec![splice]))
    }),
    ("inhoud weg", |document, dice| {
        let element = any(document, dice)?;
        document.elements(element).next()?;
        let splice = set_content(document, element, "");
        Some(done(document, element, "emptied", vec![splice]))
    }),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("verschrijving", slip),
    ("attribuut erbij", |document, dice| {
        let element = any(document, dice)?;
        let name = dice.one_of(&["soort", "id", "xml:lang"])?;
        let at = document.name_span(element).end;
        let splice = Splice::insert(at, format!(" {name}=\"x\""));
        Some(done(
            document,
            element,
            &format!("@{name} added"),
            vec![splice],
        ))
    }),
    ("attribuut weg", |document, dice| {
        let element = any(document, dice)?;
        let attributes: Vec<_> = document.attributes(element).collect();
        let attribute = dice.one_of(&attributes)?;
        let splice = Splice::replace(whole_attribute(document, &attribute), "");
        let what = format!("@{} removed", attribute.name.local);
        Some(done(document, element, &what, vec![splice]))
    }),
    ("attribuutwaarde", |document, dice| {
        let element = any(document, dice)?;
        let attributes: Vec<_> = document.attributes(element).collect();
        let attribute = dice.one_of(&attributes)?;
        let (slip, make) = dice.one_of(SLIPS)?;
        let value = escaped(&make(attribute.value, dice)?);
        let splice = Splice::replace(document.attribute_span(&attribute), value);
        let what = format!("@{} {slip}", attribute.name.local);
        Some(done(document, element, &what, vec![splice]))
    }),
    ("tekst ertussen", |document, dice| {
        let element = any(document, dice)?;
        document.elements(element).next()?;
        let children: Vec<NodeId> = document.elements(element).collect();
        let child = dice.one_of(&children)?;
        let span = document.span(child);
        let at = dice.one_of(&[span.start, span.end])?;
        Some(done(
            document,
            element,
            "text inside",
            vec![Splice::insert(at, "losse tekst")],
        ))
    }),
    ("onbekend element erbij", |document, dice| {
        let element = below_root(document, dice)?;
        let span = document.span(element);
        let at = dice.one_of(&[span.start, span.end])?;
        let extra = dice.one_of(&["<opmerking>x</opmerking>", "<extra/>", "<x><y>1</y></x>"])?;
        Some(done(
            document,
            element,
            "unknown beside",
            vec![Splice::insert(at, extra)],
        ))
    }),
    ("element in waarde", |document, dice| {
        let element = simple(document, dice)?;
        let content = content(document, element)?;
        let at = dice.one_of(&[content.start, content.end])?;
        Some(done(
            document,
            element,
            "element inside",
            vec![Splice::insert(at, "<b/>")],
        ))
    }),
    ("verkeerde plek", |document, dice| {
        let element = simple(document, dice)?;
        let target = any(document, dice)?;
        document.elements(target).next()?;
        if document.parent(element) == Some(target) {
            return None;
        }
        let written = document.source()[document.span(element)].to_string();
        let to = content(document, target)?.end;
        let splices = vec![remove(document, element).ok()?, Splice::insert(to, written)];
        let what = format!("moved into {}", document.local_name(target));
        Some(done(document, element, &what, splices))
    }),
    ("naamruimte van een element", |document, dice| {
        let element = any(document, dice)?;
        let prefix = document.name(element).prefix();
        let at = document.name_span(element).end;
        let uri = dice.one_of(&["urn:onbekend", "http://duo.nl/schema/DUO_PO_Onbekend_V1"])?;
        let splice = match prefix {
            "" => Splice::insert(at, format!(" xmlns=\"{uri}\"")),
            prefix => Splice::insert(at, format!(" xmlns:{prefix}=\"{uri}\"")),
        };
        let declared = &document.source()[start_tag(document, element)];
        (!declared.contains("xmlns")).then(|| done(document, element, "namespace", vec![splice]))
    }),
    ("prefix weg of erbij", |document, dice| {
        let element = below_root(document, dice)?;
        let prefixes: Vec<String> = document
            .declared_namespaces(document.root_element())
            .iter()
            .filter(|declared| declared.uri.starts_with("http://duo.nl/"))
            .map(|declared| declared.prefix.to_string())
            .filter(|prefix| *prefix != document.name(element).prefix())
            .collect();
        let prefix = prefixes.get(dice.below(prefixes.len()))?;
        let local = document.local_name(element);
        let name = match prefix.as_str() {
            "" => local.to_string(),
            prefix => format!("{prefix}:{local}"),
        };
        let from = document.name_span(element);
        let mut splices = vec![Splice::replace(from.clone(), name.clone())];
        if let Some(content) = content(document, element) {
            let at = content.end + 2;
            splices.push(Splice::replace(at..at + from.len(), name.clone()));
        }
        Some(done(document, element, &format!("written {name}"), splices))
    }),
    ("naamruimte van het bericht", |document, dice| {
        let root = document.root_element();
        let tag = start_tag(document, root);
        let uris: Vec<&str> = document
            .declared_namespaces(root)
            .iter()
            .map(|declared| &*declared.uri)
            .filter(|uri| !uri.contains("XMLSchema-instance"))
            .collect();
        let uri = dice.one_of(&uris)?;
        let end = tag.start + document.source()[tag.clone()].find(uri)? + uri.len();
        let splice = match dice.below(2) {
            0 => Splice::insert(end, "/"),
            _ => Splice::replace(end - 1..end, "9"),
        };
        Some(done(document, root, "namespace name", vec![splice]))
    }),
    ("nil", |document, dice| {
        let element = simple(document, dice)?;
        let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        let at = document.name_span(element).end;
        let mut splices = vec![Splice::insert(at, format!(" {xsi} xsi:nil=\"true\""))];
        if let Some(content) = content(document, element) {
            splices.push(Splice::replace(content, ""));
        }
        Some(done(document, element, "nil", splices))
    }),
];

fn slip(document: &Document, dice: &mut Dice) -> Option<Change> {
    let element = simple(document, dice)?;
    let (what, make) = dice.one_of(SLIPS)?;
    let value = document.value(element);
    let value = make(value.trim(), dice)?;
    let splice = set_content(document, element, &escaped(&value));
    Some(done(document, element, what, vec![splice]))
}

fn done(document: &Document, element: NodeId, what: &str, splices: Vec<Splice>) -> Change {
    let path = document.place(element, PlaceOf::Name).path;
    Change {
        splices,
        what: format!("{path} {what}"),
    }
}

/// A random element.
fn any(document: &Document, dice: &mut Dice) -> Option<NodeId> {
    let elements: Vec<NodeId> = document
        .subtree(NodeId::ROOT)
        .filter(|&node| document.is_element(node))
        .collect();
    dice.one_of(&elements)
}

/// A random element that is not the message itself.
fn below_root(document: &Document, dice: &mut Dice) -> Option<NodeId> {
    any(document, dice).filter(|&element| element != document.root_element())
}

/// A random element that holds a text.
fn simple(document: &Document, dice: &mut Dice) -> Option<NodeId> {
    any(document, dice).filter(|&element| {
        document.elements(element).next().is_none()
            && document
                .children(element)
                .any(|child| document.kind(child) == NodeKind::Text)
    })
}
