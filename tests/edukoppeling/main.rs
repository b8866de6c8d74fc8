//! The security of an envelope, from outside: a real signed answer, attacks
//! on messages that the tests sign themselves, and certificates.

mod attacks;
mod breaks;
mod call;
mod certificates;
mod distribution;
mod encryption;
mod envelope;
mod interop;
mod key_files;
mod messages;
mod mutator;
mod real;
mod sign;
mod signer;
mod speed;
mod support;
mod wsdl;
