//! WSDL 1.1: the operations of a contract, the elements they exchange and
//! their actions, every part with its position.

mod description;
mod read;

pub use description::{
    Binding, BoundOperation, ContractMessage, ContractOperation, Exchanged, InlineSchema,
    MessagePart, Operation, Port, PortType, QName, Service, SoapVersion, Wsdl, WsdlError,
    WsdlImport, WsdlMessage, last_segment,
};
pub use read::{ADDRESSING, SOAP_11, SOAP_12, XSD};
