//! Message bodies that a party makes: from the example of a pack or from
//! nothing, by local names.
//!
//! Whoever fills a body names its parts as DUO does and nothing more. Where a
//! part stands and in which namespace, the schema in force says when the body
//! is written, so that a body is right for an official package as well.

use std::sync::Arc;

use super::bodies::{Shape, wrapper_of};
use super::part::Part;
use crate::edukoppeling::message_id;
use crate::example::Path;
use crate::pack::Part as MessagePart;
use crate::schema::xsd::ElementType;
use jiff::Timestamp;

/// Why a body cannot be made. The pack or the caller is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// No pack in force has this message.
    #[error("no pack knows the message {0}")]
    Unknown(String),
    /// The schema of the pack does not compile.
    #[error("the schema of {0} does not compile")]
    Schema(String),
    /// The pack has no example of the message.
    #[error("there is no example of {0}")]
    NoExample(String),
    /// The path leads nowhere a part can be.
    #[error("`{0}` is no path of parts; write steps such as periode[2]/datumBegin")]
    Path(String),
}

/// What makes a document of a body: who says it to whom, and when.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// What the identificatiecode is derived from; never the same twice.
    pub seed: &'a [&'a [u8]],
    /// When it is made: now, by the party's clock.
    pub now: Timestamp,
    /// The institution that the document belongs to.
    pub instellingscode: Option<&'a str>,
    /// The OIN of whoever sends it.
    pub from: &'a str,
    /// The OIN of whoever it is for.
    pub to: &'a str,
}

/// The body of a message that is being made.
#[derive(Clone)]
pub struct Body {
    shape: Arc<Shape>,
    root: Part,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root.fmt(f)
    }
}

impl Body {
    pub(super) fn of(shape: Arc<Shape>, root: Part) -> Self {
        Self { shape, root }
    }

    /// Sets the text at a path of local names (`periode[2]/leerjaar`); parts on
    /// the way that are not there yet are made.
    ///
    /// # Errors
    ///
    /// The path is none, names an attribute, or skips a number.
    pub fn set(&mut self, path: &str, text: impl Into<String>) -> Result<&mut Self, BodyError> {
        let part = self.part_mut(path)?;
        part.text = text.into();
        part.parts.clear();
        Ok(self)
    }

    /// Removes what is at a path; nothing when nothing is there. Without a
    /// number all parts of the last name go.
    ///
    /// # Errors
    ///
    /// The path is none.
    pub fn remove(&mut self, path: &str) -> Result<&mut Self, BodyError> {
        let (above, last) = path.rsplit_once('/').unwrap_or((".", path));
        let steps = steps(last)?;
        let [(name, number)] = &steps[..] else {
            return Err(BodyError::Path(path.to_string()));
        };
        if !self.has(above)? {
            return Ok(self);
        }
        let part = self.part_mut(above)?;
        match number {
            None => part.remove(name),
            Some(number) => {
                let mut places = (0..part.parts.len()).filter(|&at| *part.parts[at].name == **name);
                if let Some(place) = number.checked_sub(1).and_then(|nth| places.nth(nth)) {
                    part.parts.remove(place);
                }
            }
        }
        Ok(self)
    }

    /// Adds a part at the end of those of its name.
    pub fn push(&mut self, part: Part) -> &mut Self {
        self.root.push(part);
        self
    }

    /// Puts a part in the place of those of its name.
    pub fn replace(&mut self, part: Part) -> &mut Self {
        self.root.replace(part);
        self
    }

    /// The part at a path, made when it is not there yet; `.` is the body.
    ///
    /// # Errors
    ///
    /// As [`Body::set`].
    pub fn part_mut(&mut self, path: &str) -> Result<&mut Part, BodyError> {
        let mut at = &mut self.root;
        for (name, number) in steps(path)? {
            at = at
                .nth_or_next(&name, number.unwrap_or(1))
                .ok_or_else(|| BodyError::Path(path.to_string()))?;
        }
        Ok(at)
    }

    fn has(&self, path: &str) -> Result<bool, BodyError> {
        let mut at = &self.root;
        for (name, number) in steps(path)? {
            let mut named = at.parts.iter().filter(|part| *part.name == *name);
            match number.unwrap_or(1).checked_sub(1).map(|nth| named.nth(nth)) {
                Some(Some(part)) => at = part,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The body as parts.
    pub fn root(&self) -> &Part {
        &self.root
    }

    /// The local name of the message element.
    pub fn name(&self) -> &str {
        &self.root.name
    }

    /// The contract whose schema it follows.
    pub fn contract(&self) -> &str {
        &self.shape.contract
    }

    /// `wsa:Action` of the operation.
    pub fn action(&self) -> Option<&str> {
        self.shape.message.action.as_deref()
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        self.shape.message.part == MessagePart::Request
    }

    /// Makes it a document of its own: a fresh identificatiecode, the moment,
    /// the institution and both parties, as far as the contract has them.
    /// Returns the identificatiecode.
    pub fn stamp(&mut self, stamp: &Stamp<'_>) -> String {
        let id = identificatiecode(stamp.seed);
        let shape = Arc::clone(&self.shape);
        let children = shape
            .kind
            .map_or(&[][..], |kind| shape.structure.children(kind));
        let mut put = |name: &str, text: &str| {
            if children.iter().any(|child| *child.local == *name) {
                self.root.replace(Part::of(name, text));
            }
        };
        put("identificatiecodeBedrijfsdocument", &id);
        put("datumTijdBedrijfsdocument", &moment(stamp.now));
        put("verzendendeInstantie", stamp.from);
        put("ontvangendeInstantie", stamp.to);
        if let Some(code) = stamp.instellingscode {
            put("instellingscode", code);
            let parts = self.root.parts.iter_mut();
            for part in parts.filter(|part| part.name() == "onderwijsinstelling") {
                // Another school's vestiging is none of this school.
                part.parts.retain(|below| {
                    below.name() != "vestigingscode" || below.text().starts_with(code)
                });
                part.replace(Part::of("instellingscode", code));
            }
        }
        id
    }

    /// The body as XML, without a declaration. Parts stand in the order and in
    /// the namespaces of the schema; what the schema does not have comes last.
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(1024);
        let shape = &self.shape;
        out.push_str(&format!(
            "<{} xmlns=\"{}\"",
            self.root.name, shape.namespace
        ));
        for (uri, prefix) in &shape.prefixes {
            out.push_str(&format!(" xmlns:{prefix}=\"{}\"", escaped(uri)));
        }
        out.push('>');
        self.write_content(&self.root, shape.kind, &shape.namespace, "\n", &mut out);
        out.push_str(&format!("</{}>", self.root.name));
        out
    }

    fn write_content(
        &self,
        part: &Part,
        kind: Option<ElementType>,
        namespace: &str,
        line: &str,
        out: &mut String,
    ) {
        if part.parts.is_empty() {
            out.push_str(&escaped(&part.text));
            return;
        }
        let structure = &self.shape.structure;
        let children = kind.map_or(&[][..], |kind| structure.children(kind));
        let place = |name: &str| {
            let at = children.iter().position(|child| *child.local == *name);
            at.unwrap_or(children.len())
        };
        // Parts that belong in a wrapper which only the schema knows of.
        let mut wrapped: Vec<Part> = Vec::new();
        let mut ordered: Vec<(usize, &Part)> = Vec::new();
        for below in &part.parts {
            let at = place(&below.name);
            let wrapper = (at == children.len())
                .then(|| wrapper_of(structure, children, &below.name))
                .flatten();
            match wrapper {
                Some(wrapper) => {
                    match wrapped.iter_mut().find(|part| *part.name == *wrapper.local) {
                        Some(part) => part.push(below.clone()),
                        None => wrapped.push(Part::new(&wrapper.local).with(below.clone())),
                    }
                }
                None => ordered.push((at, below)),
            }
        }
        ordered.extend(wrapped.iter().map(|part| (place(&part.name), part)));
        ordered.sort_by_key(|(at, _)| *at);
        let below_line = format!("{line}  ");
        for (at, below) in ordered {
            let declared = children.get(at);
            let namespace = declared.map_or(namespace, |child| &child.namespace);
            let name = self.qualified(namespace, &below.name);
            out.push_str(&format!("{below_line}<{name}>"));
            let kind = declared.and_then(|child| child.kind);
            self.write_content(below, kind, namespace, &below_line, out);
            out.push_str(&format!("</{name}>"));
        }
        out.push_str(line);
    }

    fn qualified(&self, namespace: &str, name: &str) -> String {
        let mut prefixes = self.shape.prefixes.iter();
        match prefixes.find(|(uri, _)| **uri == *namespace) {
            Some((_, prefix)) => format!("{prefix}:{name}"),
            None => name.to_string(),
        }
    }
}

/// The steps of a path: names, each with its number where one is written.
fn steps(path: &str) -> Result<Vec<(String, Option<usize>)>, BodyError> {
    let refused = || BodyError::Path(path.to_string());
    let read = Path::parse(path).map_err(|_| refused())?;
    if read.attribute().is_some() {
        return Err(refused());
    }
    let steps = read.steps().iter().map(|step| {
        let name = step.name.clone().ok_or_else(refused)?;
        match step.indexes[..] {
            [] => Ok((name, None)),
            [number] => Ok((name, Some(number))),
            _ => Err(refused()),
        }
    });
    steps.collect()
}

/// An identificatiecodeBedrijfsdocument: a UUID that the same seed always
/// gives.
pub fn identificatiecode(seed: &[&[u8]]) -> String {
    let id = message_id(seed);
    id.strip_prefix("urn:uuid:").unwrap_or(&id).to_string()
}

/// A moment as documents carry it: in UTC, to the millisecond.
pub fn moment(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::counterpart::Bodies;
    use crate::document::{Document, Gated};
    use crate::example::Examples;
    use crate::pack::Store;

    const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

    fn stamp<'a>(seed: &'a [&'a [u8]]) -> Stamp<'a> {
        Stamp {
            seed,
            now: NOW,
            instellingscode: Some("25BE"),
            from: "0000000700025BE00000",
            to: "00000001800866472000",
        }
    }

    #[test]
    fn parts_take_order_and_namespace_of_the_schema() {
        let bodies = Bodies::new(Store::builtin());
        let mut body = bodies.empty("aanleverenInschrijvingBO_Request").unwrap();
        body.set("inschrijvingPeriodeBO[1]/leerjaar", "3")
            .unwrap()
            .set("inschrijvingPeriodeBO[1]/datumBegin", "2026-08-01")
            .unwrap()
            .set("inschrijvingPeriodeBO[2]/datumBegin", "2027-08-01")
            .unwrap()
            .set("datumUitschrijving", "2028-07-31")
            .unwrap()
            .set("burgerservicenummer", "999901102")
            .unwrap();
        body.stamp(&stamp(&[b"1"]));
        insta::assert_snapshot!(body.to_xml(), @r#"
        <aanleverenInschrijvingBO_Request xmlns="http://duo.nl/schema/DUO_PO_InschrijvingBO_V1" xmlns:gen="http://duo.nl/schema/DUO_PO_GeneriekBasisgegevens_V1">
          <gen:identificatiecodeBedrijfsdocument>031dc88d-0ec0-852d-918b-bc28b322da93</gen:identificatiecodeBedrijfsdocument>
          <gen:instellingscode>25BE</gen:instellingscode>
          <gen:datumTijdBedrijfsdocument>2026-09-21T14:13:20.000Z</gen:datumTijdBedrijfsdocument>
          <gen:burgerservicenummer>999901102</gen:burgerservicenummer>
          <gen:datumUitschrijving>2028-07-31</gen:datumUitschrijving>
          <inschrijvingPeriodeBO>
            <datumBegin>2026-08-01</datumBegin>
            <leerjaar>3</leerjaar>
          </inschrijvingPeriodeBO>
          <inschrijvingPeriodeBO>
            <datumBegin>2027-08-01</datumBegin>
          </inschrijvingPeriodeBO>
        </aanleverenInschrijvingBO_Request>
        "#);
        assert_eq!(
            body.action(),
            Some("http://duo.nl/contract/DUO_PO_InschrijvingBO_V1/aanleverenInschrijvingBO")
        );
    }

    #[test]
    fn an_example_can_be_changed() {
        let bodies = Bodies::new(Store::builtin());
        let mut body = bodies.example("aanleverenInschrijvingBO_Request").unwrap();
        let first = body.stamp(&stamp(&[b"1"]));
        assert_ne!(first, body.stamp(&stamp(&[b"2"])));
        body.remove("verblijfAndereInstelling")
            .unwrap()
            .remove("inschrijvingPeriodeBO[2]")
            .unwrap()
            .remove("nietAanwezig/datumBegin")
            .unwrap();
        let periods = body.root().parts().iter();
        assert_eq!(
            periods
                .filter(|part| part.name() == "inschrijvingPeriodeBO")
                .count(),
            3
        );
        assert!(body.root().part("verblijfAndereInstelling").is_none());
        for path in ["a[0]", "a[2]", "@a", "a//b", ""] {
            assert!(body.set(path, "x").is_err(), "{path}");
        }
        assert!(matches!(
            bodies.empty("onbekend_Request"),
            Err(BodyError::Unknown(_))
        ));
    }

    #[test]
    fn every_example_is_written_back_as_it_means() {
        let bodies = Bodies::new(Store::builtin());
        for (_, message) in bodies.store().messages() {
            let Some(root) = message.root.as_deref() else {
                continue;
            };
            let body = bodies.example(root).unwrap();
            let xml = body.to_xml();
            let written = Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap();
            let example = bodies.store().example(root).unwrap();
            let original =
                Document::from_xml(Gated::xml(example.text.as_bytes()).unwrap()).unwrap();
            let flat = |document: &Document| -> Vec<(String, String, String)> {
                document
                    .subtree(document.root_element())
                    .filter(|&node| document.is_element(node))
                    .map(|node| {
                        let leaf = document.elements(node).next().is_none();
                        let value = match leaf {
                            true => document.value(node).trim().to_string(),
                            false => String::new(),
                        };
                        (
                            document.namespace(node).to_string(),
                            document.local_name(node).to_string(),
                            value,
                        )
                    })
                    .collect()
            };
            assert_eq!(flat(&written), flat(&original), "{root}");
        }
    }
}
