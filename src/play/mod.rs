//! Playing scenarios: parties that fill the roles, steps that are carried out,
//! and what comes of them, as events and as evidence.
//!
//! A [`Stage`] is what all scenarios of a run have in common. For each scenario
//! it fills the roles with a cast of its own, on servers of their own, so that
//! no scenario depends on another. Everything that goes over the wire is heard
//! once and kept.

mod actor;
mod addresses;
mod afresh;
mod answers;
mod as_scripted;
mod askable;
mod built_in;
mod caller;
mod cast;
mod clocks;
mod content;
mod credentials;
mod decisive;
mod declared;
mod directory;
mod early;
mod ended;
mod endpoint;
mod hunt;
mod in_vain;
mod ledger;
mod look;
mod memory;
mod observe;
mod player;
mod probing;
mod questions;
mod recorded;
mod recorded_answer;
mod recorded_deed;
mod recorded_message;
mod recorded_missing;
mod recorded_said;
mod recorded_which;
mod registered;
mod run;
mod schools;
mod serve;
mod sink;
mod speak;
mod stage;
mod tested;
mod traffic;
mod uncalled;
mod verify;
mod weigh;
mod whose;
mod wire;

pub use actor::{Asks, Question};
pub use addresses::osr_data;
pub use built_in::Unmade;
pub use cast::identity_of;
pub use directory::RemoteDirectory;
pub use early::too_early;
pub use hunt::{Hunted, Seen, Tracing, hunt};
pub use questions::{Asked, Witness, form};
pub use recorded::{LeftOpen, play_recorded};
pub use run::{Interrupt, RunOptions, in_shard, play};
pub use serve::{ServeError, ServeOptions, Served, Serving, serve};
pub use sink::Sink;
pub use stage::{PlayError, Stage, StageOptions, info_of};
pub use tested::{Tested, las_oin, school_records, server_oins};
pub use traffic::{Passed, Traffic, TrafficError};
pub use verify::{
    Difference, Open, Rejudged, WhyOpen, recorded_library, recorded_script, rejudge, stage_for,
    strangers, told_otherwise,
};
pub use whose::Stranger;
pub use wire::name_of;
