//! What a WSDL says: its parts, and the operations they make up.

use std::sync::Arc;

use crate::pack::package::{Source, Unreadable};

/// A name with its namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QName {
    /// The namespace name, empty for none.
    pub namespace: Arc<str>,
    /// The local name.
    pub local: Arc<str>,
}

/// A WSDL document.
#[derive(Debug, Clone)]
pub struct Wsdl {
    /// `name` of the definitions.
    pub name: Option<Arc<str>>,
    /// `targetNamespace`, empty when absent.
    pub target_namespace: Arc<str>,
    /// The text of the documentation below the definitions.
    pub documentation: Option<Arc<str>>,
    /// Where the definitions begin.
    pub source: Source,
    /// Other WSDL documents that this one is made of.
    pub imports: Vec<WsdlImport>,
    /// The schemas within `types`.
    pub schemas: Vec<InlineSchema>,
    /// The messages.
    pub messages: Vec<WsdlMessage>,
    /// The port types.
    pub port_types: Vec<PortType>,
    /// The bindings.
    pub bindings: Vec<Binding>,
    /// The services.
    pub services: Vec<Service>,
}

/// A `wsdl:import`.
#[derive(Debug, Clone)]
pub struct WsdlImport {
    /// Its `namespace`.
    pub namespace: Arc<str>,
    /// Its `location`.
    pub location: Option<Arc<str>>,
    /// Where it stands.
    pub source: Source,
}

/// A schema within `types`.
#[derive(Debug, Clone)]
pub struct InlineSchema {
    /// Its target namespace, empty when absent.
    pub target_namespace: Arc<str>,
    /// Whether it declares anything itself, beyond importing other files.
    pub declares: bool,
    /// The schema as a document of its own: the namespaces that it inherits
    /// are declared, and every line has the number it has in the WSDL.
    pub text: String,
    /// Where it stands.
    pub source: Source,
}

/// A `wsdl:message`.
#[derive(Debug, Clone)]
pub struct WsdlMessage {
    /// Its name, in the target namespace.
    pub name: QName,
    /// Its parts.
    pub parts: Vec<MessagePart>,
    /// Where it stands.
    pub source: Source,
}

/// A part of a message.
#[derive(Debug, Clone)]
pub struct MessagePart {
    /// Its name.
    pub name: Arc<str>,
    /// The element it is made of, in the document style.
    pub element: Option<QName>,
    /// Whether it names a type instead: the rpc style.
    pub typed: bool,
    /// Where it stands.
    pub source: Source,
}

/// A `wsdl:portType`.
#[derive(Debug, Clone)]
pub struct PortType {
    /// Its name, in the target namespace.
    pub name: QName,
    /// Its operations.
    pub operations: Vec<Operation>,
    /// Where it stands.
    pub source: Source,
}

/// An operation of a port type.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its name.
    pub name: Arc<str>,
    /// What asks.
    pub input: Option<Exchanged>,
    /// What answers.
    pub output: Option<Exchanged>,
    /// The faults.
    pub faults: Vec<Exchanged>,
    /// Where it stands.
    pub source: Source,
}

/// The input, output or a fault of an operation.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// The message.
    pub message: QName,
    /// `wsam:Action`, when written.
    pub action: Option<Arc<str>>,
    /// Where it stands.
    pub source: Source,
}

/// Version of SOAP that a binding is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoapVersion {
    /// SOAP 1.1.
    Soap11,
    /// SOAP 1.2.
    Soap12,
}

/// A `wsdl:binding`.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Its name, in the target namespace.
    pub name: QName,
    /// The port type it is for.
    pub port_type: QName,
    /// The version of SOAP; `None` for another protocol.
    pub soap: Option<SoapVersion>,
    /// `style` of the SOAP binding, `document` when absent.
    pub style: Arc<str>,
    /// `transport` of the SOAP binding.
    pub transport: Option<Arc<str>>,
    /// Its operations.
    pub operations: Vec<BoundOperation>,
    /// Where it stands.
    pub source: Source,
}

/// An operation of a binding.
#[derive(Debug, Clone)]
pub struct BoundOperation {
    /// Its name.
    pub name: Arc<str>,
    /// `soapAction`, when written.
    pub soap_action: Option<Arc<str>>,
    /// `style` of the operation, when it differs from the binding's.
    pub style: Option<Arc<str>>,
    /// `use` of the body of input and output, in that order.
    pub uses: Vec<Arc<str>>,
    /// Message parts that travel in the SOAP header.
    pub header_parts: Vec<(QName, Arc<str>)>,
    /// Where it stands.
    pub source: Source,
}

/// A `wsdl:service`.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: Arc<str>,
    /// Its ports.
    pub ports: Vec<Port>,
    /// Where it stands.
    pub source: Source,
}

/// A port of a service.
#[derive(Debug, Clone)]
pub struct Port {
    /// Its name.
    pub name: Arc<str>,
    /// The binding.
    pub binding: QName,
    /// `location` of the SOAP address.
    pub address: Option<Arc<str>>,
    /// Where it stands.
    pub source: Source,
}

/// An operation with everything that the document says about it together.
#[derive(Debug, Clone)]
pub struct ContractOperation {
    /// Its name.
    pub name: Arc<str>,
    /// The element that asks.
    pub request: Option<ContractMessage>,
    /// The element that answers; none for a one-way operation.
    pub response: Option<ContractMessage>,
}

/// The element of a message in one direction.
#[derive(Debug, Clone)]
pub struct ContractMessage {
    /// The element in the SOAP body.
    pub element: QName,
    /// The part that names the element.
    pub source: Source,
    /// Its own action, else that of the operation.
    pub action: Option<Arc<str>>,
}

/// Why a WSDL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WsdlError {
    /// It is not XML that passes the gate.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The document is no WSDL 1.1.
    #[error("{at}: `{root}` is not the root of a WSDL 1.1 document")]
    NotWsdl {
        /// Where the root stands.
        at: Source,
        /// Local name of the root.
        root: String,
    },
    /// A prefix that nothing declares.
    #[error("{at}: the prefix of `{name}` is not declared")]
    UnboundPrefix {
        /// Where the name stands.
        at: Source,
        /// The name.
        name: String,
    },
    /// An attribute that must be there is not.
    #[error("{at}: `{element}` has no `{attribute}`")]
    NoAttribute {
        /// Where the element stands.
        at: Source,
        /// The element.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// An operation that names a message which the document does not have.
    #[error("{at}: there is no message `{message}`")]
    NoMessage {
        /// Where it is named.
        at: Source,
        /// The message.
        message: String,
    },
    /// A message whose body is not one element.
    #[error("{at}: message `{message}` does not name an element")]
    NoElement {
        /// The message.
        at: Source,
        /// Its name.
        message: String,
    },
}

impl Wsdl {
    /// Takes over what an imported document defines.
    pub fn merge(&mut self, imported: Wsdl) {
        self.schemas.extend(imported.schemas);
        self.messages.extend(imported.messages);
        self.port_types.extend(imported.port_types);
        self.bindings.extend(imported.bindings);
        self.services.extend(imported.services);
    }

    /// The contract's name: `name` of the definitions, else the last segment
    /// of the target namespace.
    pub fn contract(&self) -> Option<&str> {
        self.name
            .as_deref()
            .filter(|name| !name.is_empty())
            .or_else(|| last_segment(&self.target_namespace))
    }

    /// The operations of all port types, each with its elements and actions.
    /// An operation that occurs in several port types is listed once.
    ///
    /// # Errors
    ///
    /// A message that is not there or does not name an element.
    pub fn operations(&self) -> Result<Vec<ContractOperation>, WsdlError> {
        let mut operations: Vec<ContractOperation> = Vec::new();
        for operation in self.port_types.iter().flat_map(|port| &port.operations) {
            if operations.iter().any(|known| known.name == operation.name) {
                continue;
            }
            let bound: Vec<&BoundOperation> = self
                .bindings
                .iter()
                .flat_map(|binding| &binding.operations)
                .filter(|bound| bound.name == operation.name)
                .collect();
            let soap_action = bound
                .iter()
                .find_map(|bound| bound.soap_action.clone())
                .filter(|action| !action.is_empty());
            let action = operation
                .input
                .as_ref()
                .and_then(|input| input.action.clone())
                .or(soap_action);
            let message = |exchanged: &Option<Exchanged>| {
                exchanged
                    .as_ref()
                    .map(|exchanged| self.body(exchanged, &bound, action.clone()))
                    .transpose()
            };
            operations.push(ContractOperation {
                name: operation.name.clone(),
                request: message(&operation.input)?,
                response: message(&operation.output)?,
            });
        }
        Ok(operations)
    }

    /// The element that a message puts in the SOAP body.
    fn body(
        &self,
        exchanged: &Exchanged,
        bound: &[&BoundOperation],
        action: Option<Arc<str>>,
    ) -> Result<ContractMessage, WsdlError> {
        let message = self
            .messages
            .iter()
            .find(|message| message.name == exchanged.message)
            .ok_or_else(|| WsdlError::NoMessage {
                at: exchanged.source.clone(),
                message: exchanged.message.local.to_string(),
            })?;
        let in_header = |part: &MessagePart| {
            bound.iter().any(|bound| {
                bound
                    .header_parts
                    .contains(&(message.name.clone(), part.name.clone()))
            })
        };
        let (part, element) = message
            .parts
            .iter()
            .filter(|part| !in_header(part))
            .find_map(|part| Some((part, part.element.clone()?)))
            .ok_or_else(|| WsdlError::NoElement {
                at: message.source.clone(),
                message: message.name.local.to_string(),
            })?;
        Ok(ContractMessage {
            element,
            source: part.source.clone(),
            action: exchanged.action.clone().or(action),
        })
    }
}

/// The last segment of a namespace name, whatever its separators.
pub fn last_segment(namespace: &str) -> Option<&str> {
    namespace
        .rsplit(['/', ':', '#'])
        .find(|segment| !segment.is_empty())
}
