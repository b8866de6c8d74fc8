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
mod hello;
mod identity;
mod interrupt;
mod judge;
mod pool;
mod probe;
mod problem;
mod proxy;
mod request_target;
mod runtime;
mod serve;
mod server;
mod suites;
mod target_url;
mod tls;
mod unchecked;

pub use answer::{Answer, Handler, Refusal, Request, Response};
pub use client::{Client, ClientOptions, ServerTrust, Timeouts};
pub use error::{SetupError, TransportError, TransportProblem};
pub use hello::OldVersion;
pub use identity::TlsIdentity;
pub use interrupt::on_interrupt;
pub use judge::{
    ConnectionContext, Peer, judge_connection, judge_failure, judge_identity, judge_probe,
};
pub use probe::{How, Outcome, ProbeOptions, Probed, Why, WrongClient, probe};
pub use proxy::Proxy;
pub use request_target::{NotText, Parameters, RequestTarget};
pub use server::{ClientTrust, Server, ServerLimits, ServerOptions};
pub use target_url::{UrlKind, is_same_url, origin, url_kind};
pub use tls::TlsVersions;
