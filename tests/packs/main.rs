//! Importing official packages, and what is in force then.

mod bad;
mod binding;
mod diff;
mod layouts;
mod lock;
mod real;
mod support;
