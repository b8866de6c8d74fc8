//! Events as output: every format in both languages, from a hand-made stream
//! that shows every shape.

mod browser;
mod diff;
mod disputes;
mod formats;
mod gitb;
mod masking;
mod page;
mod recorded;
mod scenes;
mod stream;
mod wording;
