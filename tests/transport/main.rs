//! Sending and receiving over real TLS, on loopback, with the test PKI.

mod exchanges;
mod failures;
mod rules;
mod support;
