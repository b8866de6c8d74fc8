//! The counterpart DUO and what it is made of, without a network.

mod desk;
mod support;
