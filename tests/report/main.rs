//! Events as output: every format in both languages, from a hand-made stream
//! that shows every shape.

mod formats;
mod masking;
mod stream;
mod wording;
