//! HTTP/1.1 over TLS 1.2 and 1.3 with client certificates, both ends.
//!
//! What goes in and comes out are [`Exchange`](crate::exchange::Exchange)s
//! with the facts of the connection, so that everything that was sent or
//! received can be judged and kept. The interface is synchronous; the runtime
//! behind it is nobody else's business.

mod answer;
mod error;

pub use answer::{Answer, Handler, Request, Response};
pub use error::{TransportError, TransportProblem};
