//! The check: inputs in, events out.

mod bench;
mod deviations;
mod disputes;
mod gate_findings;
mod masked;
mod message;
mod own_findings;
mod pool;
mod recognise;
mod reported;
mod rules;
mod run;
mod shipped;
mod transport;
pub mod user_file;
mod weigh;

pub use bench::{Bench, CheckOptions};
pub use deviations::{Deviation, Deviations};
pub use disputes::read_disputes;
pub use masked::{Masker, is_secret};
pub use message::{Judge, Outcome};
pub use pool::run_ordered;
pub use recognise::{HttpHint, Known, Recognition, recognise_json, recognise_xml};
pub(crate) use reported::Reporter;
pub use rules::{PackRules, RulesOfPacks};
pub use run::{RunEnd, run};
pub use shipped::{shipped_batch_rules, shipped_extractor, shipped_facts, shipped_rio_paths};
pub use transport::{NamedRequest, contract, request_facts};
