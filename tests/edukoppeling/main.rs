//! The security of an envelope, from outside: a real signed answer, attacks
//! on messages that the tests sign themselves, and certificates.

mod real;
mod support;
