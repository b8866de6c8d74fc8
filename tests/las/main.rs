//! The built-in LAS against a DUO and an OSR made for the purpose: real
//! envelopes, real signatures, no network.

mod absence;
mod actions;
mod chain;
mod duo;
mod network;
mod nonsense;
mod order;
mod osr;
mod pushes;
mod world;
