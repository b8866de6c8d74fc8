//! The message catalogue of an official pack: what its WSDL says, with what
//! only our reconstruction knows.

use std::sync::Arc;

use super::manifest::{Manifest, Message, Part};
use super::package::Source;
use super::wsdl::{ContractMessage, ContractOperation, QName};

/// A message as the package declares it.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) element: QName,
    pub(super) operation: Arc<str>,
    pub(super) part: Part,
    pub(super) action: Option<Arc<str>>,
    /// Where the package names the element.
    pub(super) at: Option<Source>,
}

/// The messages of a WSDL's operations, each element once.
pub(super) fn of_operations(operations: &[ContractOperation]) -> Vec<Declared> {
    let mut declared: Vec<Declared> = Vec::new();
    for operation in operations {
        let mut add = |message: &Option<ContractMessage>, part| {
            if let Some(message) = message
                && !declared
                    .iter()
                    .any(|known| known.element == message.element)
            {
                declared.push(Declared {
                    element: message.element.clone(),
                    operation: operation.name.clone(),
                    part,
                    action: message.action.clone(),
                    at: Some(message.source.clone()),
                });
            }
        };
        add(&operation.request, Part::Request);
        add(&operation.response, Part::Response);
    }
    declared
}

/// The messages among the global elements of a schema without WSDL: those
/// that our reconstruction knows and those named as DUO names messages; when
/// there are none, all.
pub(super) fn of_elements(
    namespace: &Arc<str>,
    elements: &[Arc<str>],
    reconstruction: Option<&Manifest>,
) -> Vec<Declared> {
    let declared = |local: &Arc<str>| {
        let known = reconstruction.and_then(|manifest| manifest.message(local));
        let (operation, part) = match (known, by_name(local)) {
            (Some(message), _) => (message.operation.clone(), message.part),
            (None, Some((operation, part))) => (operation.into(), part),
            (None, None) => (local.clone(), Part::Request),
        };
        Declared {
            element: QName {
                namespace: namespace.clone(),
                local: local.clone(),
            },
            operation,
            part,
            action: known.and_then(|message| message.action.clone()),
            at: None,
        }
    };
    let is_message = |local: &Arc<str>| {
        by_name(local).is_some()
            || reconstruction.is_some_and(|manifest| manifest.message(local).is_some())
    };
    let named: Vec<Declared> = elements
        .iter()
        .filter(|local| is_message(local))
        .map(declared)
        .collect();
    if named.is_empty() {
        elements.iter().map(declared).collect()
    } else {
        named
    }
}

/// The message of our reconstruction that corresponds to an official one: the
/// same element, else the same part of the same operation, whatever its case.
fn counterpart<'m>(
    root: &str,
    operation: &str,
    part: Part,
    reconstruction: &'m Manifest,
) -> Option<&'m Message> {
    reconstruction.message(root).or_else(|| {
        reconstruction.messages.iter().find(|message| {
            message.root.is_some()
                && message.part == part
                && message.operation.to_lowercase() == operation.to_lowercase()
        })
    })
}

/// The message of our reconstruction that corresponds to one of an official
/// manifest.
pub(super) fn counterpart_of<'m>(
    message: &Message,
    reconstruction: &'m Manifest,
) -> Option<&'m Message> {
    counterpart(
        message.id(),
        &message.operation,
        message.part,
        reconstruction,
    )
}

/// A declared message as the manifest holds it.
pub(super) fn message(
    declared: &Declared,
    family: &str,
    schema_namespace: &str,
    reconstruction: Option<&Manifest>,
) -> Message {
    let known = reconstruction.and_then(|reconstruction| {
        counterpart(
            &declared.element.local,
            &declared.operation,
            declared.part,
            reconstruction,
        )
    });
    // The readiness matrix is kept per operation, so an answer that we did
    // not know still belongs to its question's entry.
    let readiness = known
        .and_then(|message| message.readiness.clone())
        .or_else(|| {
            let of_operation = |message: &&Message| message.operation == declared.operation;
            reconstruction?
                .messages
                .iter()
                .find(of_operation)?
                .readiness
                .clone()
        });
    let namespace = &declared.element.namespace;
    Message {
        root: Some(declared.element.local.clone()),
        namespace: (**namespace != *schema_namespace).then(|| namespace.clone()),
        name: None,
        schema: None,
        operation: declared.operation.clone(),
        part: declared.part,
        action: declared.action.clone(),
        direction: known
            .and_then(|message| message.direction.clone())
            .or_else(|| Some(direction(family, &declared.operation, declared.part).into())),
        readiness,
        method: None,
        path: None,
        status: None,
        shape: Vec::new(),
        example: None,
        example_at: None,
        title_nl: known
            .map_or(&declared.operation, |message| &message.title_nl)
            .clone(),
        title_en: known
            .map_or(&declared.operation, |message| &message.title_en)
            .clone(),
    }
}

/// Operation and part by DUO's way of naming messages.
fn by_name(local: &str) -> Option<(&str, Part)> {
    for (suffix, part) in [("_request", Part::Request), ("_response", Part::Response)] {
        let at = local.len().checked_sub(suffix.len())?;
        if local.is_char_boundary(at) && local[at..].eq_ignore_ascii_case(suffix) {
            return Some((&local[..at], part));
        }
    }
    None
}

/// Who probably sends a message: DUO begins when it provides or informs, the
/// school in all other operations.
fn direction(family: &str, operation: &str, part: Part) -> &'static str {
    let operation = operation.to_lowercase();
    let by_duo = ["verstrekken", "informeren", "terugkoppelen"]
        .iter()
        .any(|verb| operation.starts_with(verb));
    match (family == "rio", by_duo, part) {
        (true, _, Part::Request) => "las-rio",
        (true, _, Part::Response) => "rio-las",
        (false, false, Part::Request) | (false, true, Part::Response) => "las-duo",
        (false, true, Part::Request) | (false, false, Part::Response) => "duo-las",
    }
}

/// The family of a contract that we have no reconstruction of, by its name.
pub(super) fn family(contract: &str) -> &'static str {
    let contract = contract.to_lowercase();
    for (part, family) in [
        ("rio", "rio"),
        ("verzuim", "verzuim"),
        ("osr", "osr"),
        ("_po", "bron-po"),
        ("_vo", "bron-vo"),
    ] {
        let found = match part {
            // Contract names have their system as a word of its own.
            "rio" | "osr" => contract.split('_').any(|word| word == part),
            part => contract.contains(part),
        };
        if found {
            return family;
        }
    }
    "overig"
}

/// The version of a contract: what the package's documentation says, else the
/// number in its name; with the maker's build number behind a plus sign.
pub(super) fn version(contract: &str, documentation: Option<&str>, build: Option<&str>) -> String {
    let said = documentation
        .and_then(|text| text.strip_prefix("Versie "))
        .map(str::trim)
        .filter(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let named = contract
        .rsplit_once("_V")
        .map(|(_, number)| number)
        .filter(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let version = said.or(named).unwrap_or("0");
    let build = build.filter(|build| {
        !build.is_empty() && build.len() <= 40 && build.chars().all(|c| c.is_ascii_graphic())
    });
    match build {
        Some(build) if build != version => format!("{version}+{build}"),
        _ => version.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_messages_are() {
        assert_eq!(
            by_name("aanleverenTLV_Request"),
            Some(("aanleverenTLV", Part::Request))
        );
        assert_eq!(
            by_name("opvragen_x_response"),
            Some(("opvragen_x", Part::Response))
        );
        assert_eq!(by_name("OntvangstBevestiging"), None);
        assert_eq!(by_name("é_request"), Some(("é", Part::Request)));
    }

    #[test]
    fn who_sends_is_guessed_from_the_verb() {
        for (family, operation, part, who) in [
            ("bron-po", "aanleverenTLV", Part::Request, "las-duo"),
            ("bron-po", "aanleverenTLV", Part::Response, "duo-las"),
            (
                "bron-po",
                "informerenInschrijving",
                Part::Request,
                "duo-las",
            ),
            (
                "bron-po",
                "informerenInschrijving",
                Part::Response,
                "las-duo",
            ),
            ("rio", "opvragen_x", Part::Response, "rio-las"),
        ] {
            assert_eq!(direction(family, operation, part), who, "{operation}");
        }
    }

    #[test]
    fn versions_and_families() {
        for (contract, said, build, version_) in [
            ("DUO_X_V4", None, None, "4"),
            ("DUO_X_V4", Some("Versie 4.0"), Some("30157"), "4.0+30157"),
            ("DUO_X_V4", Some("Zie het PvE"), Some("4"), "4"),
            ("Leerling", None, None, "0"),
        ] {
            assert_eq!(version(contract, said, build), version_);
        }
        for (contract, family_) in [
            ("DUO_PO_TLV_V1", "bron-po"),
            ("DUO_RIO_Raadplegen_V4", "rio"),
            ("DUO_RelatiefVerzuim_V8", "verzuim"),
            ("DUO_VOAanlevering_InschrijvingVO_V1", "bron-vo"),
            ("Leerling", "overig"),
        ] {
            assert_eq!(family(contract), family_, "{contract}");
        }
    }
}
