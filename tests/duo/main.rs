//! The counterpart DUO and what it is made of, without a network.

mod answers;
mod desk;
mod laws;
mod official;
mod outbox;
mod stories;
mod support;
mod together;
mod verzuim;
