//! A WSDL document into its description.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::description::{
    Binding, BoundOperation, Exchanged, InlineSchema, MessagePart, Operation, Port, PortType,
    QName, Service, SoapVersion, Wsdl, WsdlError, WsdlImport, WsdlMessage,
};
use crate::document::{Document, NodeId, WSDL};
use crate::pack::package::{Source, escape, read_xml};

/// Namespace of the SOAP 1.1 binding.
pub const SOAP_11: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// Namespace of the SOAP 1.2 binding.
pub const SOAP_12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
/// Namespaces in which `Action` may stand on an input or output: the
/// recommendation of 2007 and the candidate of 2006 that tools still write.
pub const ADDRESSING: [&str; 2] = [
    "http://www.w3.org/2007/05/addressing/metadata",
    "http://www.w3.org/2006/05/addressing/wsdl",
];
/// Namespace of XML Schema.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";

impl Wsdl {
    /// Reads a WSDL 1.1 document; `file` is the name that positions carry.
    ///
    /// # Errors
    ///
    /// Bytes that do not pass the gate, another kind of document, a name whose
    /// prefix is not declared, an attribute that must be there and is not.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, WsdlError> {
        let document = read_xml(file, bytes)?;
        Reader {
            document: &document,
            file: file.into(),
        }
        .wsdl()
    }
}

struct Reader<'a> {
    document: &'a Document,
    file: Arc<str>,
}

impl Reader<'_> {
    fn wsdl(&self) -> Result<Wsdl, WsdlError> {
        let document = self.document;
        let root = document.root_element();
        if document.namespace(root) != WSDL || document.local_name(root) != "definitions" {
            return Err(WsdlError::NotWsdl {
                at: self.source(root),
                root: document.local_name(root).to_string(),
            });
        }
        let target: Arc<str> = self.optional(root, "targetNamespace").unwrap_or_default();
        let mut wsdl = Wsdl {
            name: self.optional(root, "name"),
            target_namespace: target.clone(),
            documentation: None,
            source: self.source(root),
            imports: Vec::new(),
            schemas: Vec::new(),
            messages: Vec::new(),
            port_types: Vec::new(),
            bindings: Vec::new(),
            services: Vec::new(),
        };
        for node in self.wsdl_children(root) {
            match document.local_name(node) {
                "documentation" => wsdl.documentation = Some(document.value(node).trim().into()),
                "import" => wsdl.imports.push(WsdlImport {
                    namespace: self.optional(node, "namespace").unwrap_or_default(),
                    location: self.optional(node, "location"),
                    source: self.source(node),
                }),
                "types" => wsdl.schemas.extend(
                    document
                        .elements(node)
                        .filter(|&schema| {
                            document.namespace(schema) == XSD
                                && document.local_name(schema) == "schema"
                        })
                        .map(|schema| self.schema(schema)),
                ),
                "message" => wsdl.messages.push(self.message(node, &target)?),
                "portType" => wsdl.port_types.push(self.port_type(node, &target)?),
                "binding" => wsdl.bindings.push(self.binding(node, &target)?),
                "service" => wsdl.services.push(self.service(node)?),
                _ => {}
            }
        }
        Ok(wsdl)
    }

    fn schema(&self, schema: NodeId) -> InlineSchema {
        let document = self.document;
        InlineSchema {
            target_namespace: self.optional(schema, "targetNamespace").unwrap_or_default(),
            declares: document.elements(schema).any(|child| {
                !matches!(
                    document.local_name(child),
                    "import" | "include" | "annotation"
                )
            }),
            text: self.standalone(schema),
            source: self.source(schema),
        }
    }

    /// An element as a document of its own, on the lines where it stands.
    fn standalone(&self, element: NodeId) -> String {
        let document = self.document;
        let mut inherited: BTreeMap<&str, &str> = BTreeMap::new();
        for ancestor in document.ancestors(element) {
            for declared in document.declared_namespaces(ancestor) {
                inherited.entry(&declared.prefix).or_insert(&declared.uri);
            }
        }
        for own in document.declared_namespaces(element) {
            inherited.remove(&*own.prefix);
        }
        let span = document.span(element);
        let name_end = document.name_span(element).end;
        let before = document.position(span.start);
        let mut text = "\n".repeat(before.line.saturating_sub(1) as usize);
        text.push_str(&document.source()[span.start..name_end]);
        for (prefix, uri) in inherited {
            let uri = escape(uri);
            if prefix.is_empty() {
                text.push_str(&format!(" xmlns=\"{uri}\""));
            } else {
                text.push_str(&format!(" xmlns:{prefix}=\"{uri}\""));
            }
        }
        text.push_str(&document.source()[name_end..span.end]);
        text
    }

    fn message(&self, node: NodeId, target: &Arc<str>) -> Result<WsdlMessage, WsdlError> {
        let mut parts = Vec::new();
        for part in self.wsdl_children(node) {
            if self.document.local_name(part) == "part" {
                parts.push(MessagePart {
                    name: self.required(part, "name")?,
                    element: self.qname(part, "element")?,
                    typed: self.document.attribute(part, "type").is_some(),
                    source: self.source(part),
                });
            }
        }
        Ok(WsdlMessage {
            name: self.own_name(node, target)?,
            parts,
            source: self.source(node),
        })
    }

    fn port_type(&self, node: NodeId, target: &Arc<str>) -> Result<PortType, WsdlError> {
        let mut operations = Vec::new();
        for operation in self.wsdl_children(node) {
            if self.document.local_name(operation) != "operation" {
                continue;
            }
            let mut read = Operation {
                name: self.required(operation, "name")?,
                input: None,
                output: None,
                faults: Vec::new(),
                source: self.source(operation),
            };
            for exchanged in self.wsdl_children(operation) {
                match self.document.local_name(exchanged) {
                    "input" => read.input = Some(self.exchanged(exchanged)?),
                    "output" => read.output = Some(self.exchanged(exchanged)?),
                    "fault" => read.faults.push(self.exchanged(exchanged)?),
                    _ => {}
                }
            }
            operations.push(read);
        }
        Ok(PortType {
            name: self.own_name(node, target)?,
            operations,
            source: self.source(node),
        })
    }

    fn exchanged(&self, node: NodeId) -> Result<Exchanged, WsdlError> {
        let action = self
            .document
            .attributes(node)
            .find(|attribute| {
                &*attribute.name.local == "Action"
                    && ADDRESSING.contains(&&*attribute.name.namespace)
            })
            .map(|attribute| attribute.value.into());
        Ok(Exchanged {
            message: self.required_qname(node, "message")?,
            action,
            source: self.source(node),
        })
    }

    fn binding(&self, node: NodeId, target: &Arc<str>) -> Result<Binding, WsdlError> {
        let soap_binding = self.soap_child(node, "binding");
        let mut operations = Vec::new();
        for operation in self.wsdl_children(node) {
            if self.document.local_name(operation) == "operation" {
                operations.push(self.bound_operation(operation)?);
            }
        }
        let of_soap =
            |attribute| soap_binding.and_then(|(element, _)| self.optional(element, attribute));
        Ok(Binding {
            name: self.own_name(node, target)?,
            port_type: self.required_qname(node, "type")?,
            soap: soap_binding.map(|(_, version)| version),
            style: of_soap("style").unwrap_or_else(|| "document".into()),
            transport: of_soap("transport"),
            operations,
            source: self.source(node),
        })
    }

    fn bound_operation(&self, node: NodeId) -> Result<BoundOperation, WsdlError> {
        let of_soap = |attribute| {
            self.soap_child(node, "operation")
                .and_then(|(element, _)| self.optional(element, attribute))
        };
        let mut uses = Vec::new();
        let mut header_parts = Vec::new();
        for exchanged in self.wsdl_children(node) {
            if !matches!(self.document.local_name(exchanged), "input" | "output") {
                continue;
            }
            if let Some((body, _)) = self.soap_child(exchanged, "body") {
                uses.extend(self.optional(body, "use"));
            }
            for header in self.document.elements(exchanged) {
                if self.document.local_name(header) == "header"
                    && self.soap_version(header).is_some()
                {
                    header_parts.push((
                        self.required_qname(header, "message")?,
                        self.required(header, "part")?,
                    ));
                }
            }
        }
        Ok(BoundOperation {
            name: self.required(node, "name")?,
            soap_action: of_soap("soapAction"),
            style: of_soap("style"),
            uses,
            header_parts,
            source: self.source(node),
        })
    }

    fn service(&self, node: NodeId) -> Result<Service, WsdlError> {
        let mut ports = Vec::new();
        for port in self.wsdl_children(node) {
            if self.document.local_name(port) == "port" {
                ports.push(Port {
                    name: self.required(port, "name")?,
                    binding: self.required_qname(port, "binding")?,
                    address: self
                        .soap_child(port, "address")
                        .and_then(|(address, _)| self.optional(address, "location")),
                    source: self.source(port),
                });
            }
        }
        Ok(Service {
            name: self.required(node, "name")?,
            ports,
            source: self.source(node),
        })
    }

    fn wsdl_children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.document
            .elements(node)
            .filter(|&child| self.document.namespace(child) == WSDL)
    }

    fn soap_version(&self, node: NodeId) -> Option<SoapVersion> {
        match self.document.namespace(node) {
            SOAP_11 => Some(SoapVersion::Soap11),
            SOAP_12 => Some(SoapVersion::Soap12),
            _ => None,
        }
    }

    fn soap_child(&self, node: NodeId, local: &str) -> Option<(NodeId, SoapVersion)> {
        self.document
            .elements(node)
            .filter(|&child| self.document.local_name(child) == local)
            .find_map(|child| Some((child, self.soap_version(child)?)))
    }

    fn optional(&self, node: NodeId, attribute: &str) -> Option<Arc<str>> {
        self.document
            .attribute(node, attribute)
            .map(|value| value.trim().into())
    }

    fn required(&self, node: NodeId, attribute: &'static str) -> Result<Arc<str>, WsdlError> {
        self.optional(node, attribute)
            .ok_or_else(|| WsdlError::NoAttribute {
                at: self.source(node),
                element: self.document.local_name(node).to_string(),
                attribute,
            })
    }

    fn own_name(&self, node: NodeId, target: &Arc<str>) -> Result<QName, WsdlError> {
        Ok(QName {
            namespace: target.clone(),
            local: self.required(node, "name")?,
        })
    }

    fn qname(&self, node: NodeId, attribute: &str) -> Result<Option<QName>, WsdlError> {
        let Some(written) = self.optional(node, attribute) else {
            return Ok(None);
        };
        let (prefix, local) = written.split_once(':').unwrap_or(("", &written));
        let namespace = match self.document.resolve_prefix(node, prefix) {
            Some(namespace) => namespace.into(),
            None if prefix.is_empty() => "".into(),
            None => {
                return Err(WsdlError::UnboundPrefix {
                    at: self.source(node),
                    name: written.to_string(),
                });
            }
        };
        Ok(Some(QName {
            namespace,
            local: local.into(),
        }))
    }

    fn required_qname(&self, node: NodeId, attribute: &'static str) -> Result<QName, WsdlError> {
        self.qname(node, attribute)?
            .ok_or_else(|| WsdlError::NoAttribute {
                at: self.source(node),
                element: self.document.local_name(node).to_string(),
                attribute,
            })
    }

    fn source(&self, node: NodeId) -> Source {
        Source::of(&self.file, self.document, self.document.span(node).start)
    }
}
