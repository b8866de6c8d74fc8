//! The OSR that is built in (50-osr.md), called as others call it.

mod anything;
mod browser;
mod endpoints;
mod jwt;
mod laws;
mod mandates;
mod network;
mod pages;
mod public;
mod requirements;
mod restart;
mod support;
