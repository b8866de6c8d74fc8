//! The readiness matrix, in files and over HTTP.

mod disputes;
mod made;
mod matrix;
mod pages;
mod serve;
