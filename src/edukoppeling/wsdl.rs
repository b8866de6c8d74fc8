//! A WSDL: whether the service it describes follows the profile
//! (20-edukoppeling.md, WW001, WW004, WS003, WS005, WS008).

use super::said::{Said, TransportReport};
use super::security::children;
use crate::document::{Document, NodeId, WSDL};
use crate::finding::Args;

const SOAP_BINDING: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const HTTP: &str = "http://schemas.xmlsoap.org/soap/http";
/// WS-Addressing 1.0 Metadata.
const WSAM: &str = "http://www.w3.org/2007/05/addressing/metadata";

const BINDING: &str = "KK-EK-WW001-WSDL";
const PART: &str = "KK-EK-WW004";
const ONE_WAY: &str = "KK-EK-WS003";
const PORT_TYPE: &str = "KK-EK-WS005";
const ACTION: &str = "KK-EK-WS008";
const SOAP_ACTION_ONLY: &str = "KK-EK-WS008-SOAPACTION";

/// Judges a WSDL 1.1 document; `None` when it is none.
pub fn judge_wsdl(document: &Document) -> Option<TransportReport> {
    let root = document.root_element();
    if document.namespace(root) != WSDL || document.local_name(root) != "definitions" {
        return None;
    }
    let mut said = Said::new(document);
    bindings(document, root, &mut said);
    parts(document, root, &mut said);
    port_types(document, root, &mut said);
    Some(said.finish())
}

fn wsdl<'d>(
    document: &'d Document,
    node: NodeId,
    name: &'static str,
) -> impl Iterator<Item = NodeId> + use<'d> {
    children(document, node, WSDL, name)
}

fn soap<'d>(
    document: &'d Document,
    node: NodeId,
    name: &'static str,
) -> impl Iterator<Item = NodeId> + use<'d> {
    children(document, node, SOAP_BINDING, name)
}

/// WW001: SOAP 1.1, document/literal, over HTTP.
fn bindings(document: &Document, root: NodeId, said: &mut Said<'_>) {
    said.judging(&[BINDING]);
    for binding in wsdl(document, root, "binding") {
        let name = document.attribute(binding, "name").unwrap_or_default();
        let args = |what: &'static str| Args::new().with("binding", name).with("what", what);
        let Some(of_soap) = soap(document, binding, "binding").next() else {
            said.broken(BINDING, binding, args("soap:binding"));
            continue;
        };
        let style = document.attribute(of_soap, "style");
        if document.attribute(of_soap, "transport") != Some(HTTP) {
            said.broken(BINDING, of_soap, args("transport"));
        }
        if style.is_some_and(|style| style != "document") {
            said.broken(BINDING, of_soap, args("style"));
        }
        for operation in wsdl(document, binding, "operation") {
            let of_operation = soap(document, operation, "operation").next();
            if let Some(node) = of_operation
                && document
                    .attribute(node, "style")
                    .is_some_and(|style| style != "document")
            {
                said.broken(BINDING, node, args("style"));
            }
            for part in document.elements(operation) {
                for body in soap(document, part, "body") {
                    if document
                        .attribute(body, "use")
                        .is_some_and(|used| used != "literal")
                    {
                        said.broken(BINDING, body, args("use"));
                    }
                }
            }
        }
    }
}

/// WW004: parts refer to elements, never types.
fn parts(document: &Document, root: NodeId, said: &mut Said<'_>) {
    said.judging(&[PART]);
    for message in wsdl(document, root, "message") {
        for part in wsdl(document, message, "part") {
            if document.attribute(part, "type").is_some()
                || document.attribute(part, "element").is_none()
            {
                let name = document.attribute(message, "name").unwrap_or_default();
                said.broken(PART, part, Args::new().with("message", name));
            }
        }
    }
}

/// WS003, WS005 and WS008.
fn port_types(document: &Document, root: NodeId, said: &mut Said<'_>) {
    said.judging(&[PORT_TYPE]);
    let mut types = wsdl(document, root, "portType");
    let first = types.next();
    let more: Vec<NodeId> = types.collect();
    match (first, more.first()) {
        (None, _) => said.missing(PORT_TYPE, root),
        (Some(_), Some(&second)) => {
            let args = Args::new().with("count", more.len() + 1);
            said.broken(PORT_TYPE, second, args);
        }
        _ => {}
    }
    for operation in first
        .into_iter()
        .chain(more)
        .flat_map(|port_type| wsdl(document, port_type, "operation"))
    {
        said.judging(&[ONE_WAY, ACTION, SOAP_ACTION_ONLY]);
        let name = document.attribute(operation, "name").unwrap_or_default();
        let args = || Args::new().with("operation", name);
        let input = wsdl(document, operation, "input").next();
        let output = wsdl(document, operation, "output").next();
        let (Some(input), Some(_)) = (input, output) else {
            said.broken(ONE_WAY, operation, args());
            continue;
        };
        let has_action = document.attributes(input).any(|attribute| {
            &*attribute.name.namespace == WSAM && &*attribute.name.local == "Action"
        });
        if has_action {
            continue;
        }
        if soap_action(document, root, name) {
            said.broken(SOAP_ACTION_ONLY, operation, args());
        } else {
            said.broken(ACTION, operation, args());
        }
    }
}

/// Whether a binding gives the operation a `soapAction` that says something.
fn soap_action(document: &Document, root: NodeId, name: &str) -> bool {
    wsdl(document, root, "binding")
        .flat_map(|binding| wsdl(document, binding, "operation"))
        .filter(|&operation| document.attribute(operation, "name") == Some(name))
        .flat_map(|operation| soap(document, operation, "operation"))
        .any(|node| {
            let action = document.attribute(node, "soapAction");
            action.is_some_and(|action| !action.trim().is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Gated;

    #[test]
    fn a_place_tells_which_binding_and_which_operation() {
        let wsdl = format!(
            "<definitions xmlns='{WSDL}' xmlns:soap='{SOAP_BINDING}'>\
             <message name='vraag'><part name='inhoud' type='x'/></message>\
             <portType name='Poort'/>\
             <binding name='Eerste'><soap:binding style='rpc' transport='{HTTP}'/>\
             <operation name='doe'><input><soap:body use='encoded'/></input></operation></binding>\
             </definitions>"
        );
        let gated = Gated::xml(wsdl.as_bytes()).unwrap();
        let document = Document::from_xml(gated).unwrap();
        let report = judge_wsdl(&document).unwrap();
        let places: Vec<&str> = report
            .findings
            .iter()
            .map(|finding| finding.place.words.as_str())
            .collect();
        for place in [
            "definitions › message vraag › part inhoud",
            "definitions › binding Eerste › soap:binding",
            "definitions › binding Eerste › operation doe › input › soap:body",
        ] {
            assert!(places.contains(&place), "{place}: {places:?}");
        }
    }
}
