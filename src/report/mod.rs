//! Events as output: for people, for pipelines and for other tools.
//!
//! Every report is made from the recorded events, the texts of the rules and a
//! language, and from nothing else: no clock, no host, no path but the inputs
//! as the user named them. The same events give the same bytes. Reports read
//! the events from the [`Spool`](crate::event::Spool) as they write, so that
//! their size does not matter.

mod comparison;
mod error;
mod escape;
mod format;
mod gitb;
mod github;
mod html;
mod human;
mod json;
mod junit;
mod look;
mod origin;
pub mod readiness;
mod sarif;
mod snippet;
mod stream;
mod totals;
mod voice;

pub use comparison::{Change, Compared, compared, newest_of};
pub use error::ReportError;
pub use escape::visible;
pub use format::{Format, Run};
pub(crate) use html::shown;
pub use html::{page_policy, report_policy, write as write_html};
pub use human::Human;
pub use json::DisputeEntry;
pub use look::Look;
pub use origin::{Known, KnownRequirement, Origin, Proof, Time};
pub use voice::{Voice, Wording};
