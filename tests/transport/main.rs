//! Sending and receiving over real TLS, on loopback, with the test PKI.

mod exchanges;
mod failures;
mod foreign;
mod identities;
mod osr;
mod rules;
mod support;
mod target;
mod wiring;
