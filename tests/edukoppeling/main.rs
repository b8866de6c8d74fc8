//! The security of an envelope, from outside: a real signed answer, attacks
//! on messages that the tests sign themselves, and certificates.

mod attacks;
mod breaks;
mod certificates;
mod commands;
mod distribution;
mod encryption;
mod envelope;
mod interop;
mod messages;
mod mutator;
mod real;
mod signer;
mod speed;
mod support;
mod wsdl;
