//! The check: inputs in, events out.

mod deviations;
mod pool;
mod recognise;

pub use deviations::{Deviation, Deviations, DeviationsError};
pub use pool::run_ordered;
pub use recognise::{HttpHint, Known, Recognition, recognise_json, recognise_xml};
