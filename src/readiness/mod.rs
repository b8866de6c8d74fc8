//! The readiness matrix: which product is ready for which part of the renewal,
//! and since when (70-readiness.md).
//!
//! | file | what it knows |
//! |---|---|
//! | `imported` | what is kept of a run, once its evidence is checked |
//! | `store` | runs over months, in one SQLite file |
//! | `team` | what the implementation team knows beside the runs |
//! | `doubts` | what in a team file cannot be as it stands there |
//! | `osr` | mandates and endpoints, counted in answers of the OSR |
//! | `exempt` | what a product is let off by what it declares itself |
//! | `matrix` | the state of every product, key and sector |
//! | `totals` | how many products are in which state |
//! | `agenda` | the days ahead, and who is not ready for them |
//! | `show`, `page` | the matrix as text, CSV and a page |

mod agenda;
mod doubts;
mod exempt;
mod imported;
mod matrix;
mod osr;
mod page;
mod show;
mod store;
mod team;
mod totals;

pub use agenda::{AtRisk, agenda};
pub use doubts::{Remark, doubts, remark};
pub use exempt::{Exempt, Untrue};
pub use imported::{ImportError, Imported, Outcome};
pub use matrix::{Cell, Evidenced, Line, Matrix, Row, Turn, matrix};
pub use osr::AnswerMistake;
pub use page::{PAGE_STYLE, WAYS, Ways, page};
pub use show::{Edition, csv, dispute, human};
pub use store::{RunStore, StoreError};
pub use team::{Followed, Phase, PhaseName, Team, TeamError, TeamFile, TeamFiles, Waiver};
pub use totals::{Share, Total};
