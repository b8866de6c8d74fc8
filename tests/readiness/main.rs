//! The readiness matrix, in files and over HTTP.

mod made;
mod matrix;
mod pages;
mod serve;
