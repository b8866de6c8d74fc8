//! HTTP/1.1 over TLS 1.2 and 1.3 with client certificates, both ends.
//!
//! What goes in and comes out are [`Exchange`](crate::exchange::Exchange)s
//! with the facts of the connection, so that everything that was sent or
//! received can be judged and kept. The interface is synchronous; the runtime
//! behind it is nobody else's business.

mod accept;
mod answer;
mod client;
mod connection;
mod dial;
mod error;
mod head;
mod identity;
mod pool;
mod problem;
mod proxy;
mod runtime;
mod serve;
mod server;
mod target_url;
mod tls;

pub use answer::{Answer, Handler, Refusal, Request, Response};
pub use client::{Client, ClientOptions, ServerTrust, Timeouts};
pub use error::{SetupError, TransportError, TransportProblem};
pub use identity::TlsIdentity;
pub use proxy::Proxy;
pub use server::{ClientTrust, Server, ServerLimits, ServerOptions};
pub use tls::TlsVersions;
