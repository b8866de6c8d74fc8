//! The readiness matrix, in files and over HTTP.

mod contradictions;
mod declared;
mod disputes;
mod made;
mod masking;
mod matrix;
mod pages;
mod scripts;
mod serve;
mod served;
mod signed;
mod team;
