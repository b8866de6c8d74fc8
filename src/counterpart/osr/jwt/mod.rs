//! The JWT with which version 1 signed the body of POST and PUT (50-osr.md,
//! v1 JWT; Kennisnet developers wiki, OSR:2019/JWT): made, right or with one
//! part wrong, and verified.

mod make;
mod parts;
mod verify;

pub use make::{JwtFault, JwtMaker};
pub(super) use verify::{Expected, verify};

/// The OIN of Kennisnet, to whom a JWT is addressed (`aud`).
pub const KENNISNET: &str = "00000003272448340204";
