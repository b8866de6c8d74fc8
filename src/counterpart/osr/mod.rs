//! The OSR: Kennisnet's Onderwijs Serviceregister, its versions 1, 2 and 3 on
//! one set of data, and the web pages on which schools give their mandates.
//!
//! What it does follows 50-osr.md; what the dossier does not say is our own
//! reading, noted where it is coded. Requirements that only behaviour can show
//! are named beside the code that shows them (`OSR-…`, in
//! `schemas/requirements/osr.toml`).

mod api;
mod data;
mod data_check;
mod day;
mod directory;
mod entry;
mod h2m;
mod ids;
mod jwt;
mod limit;
mod object;
mod register;
mod state;

pub use data::{
    BoardData, EmployeeData, EndpointData, Level, MandateData, OsrData, RateLimit, SchoolData,
    ServiceData, ServiceVersionData, Settings, SupplierData,
};
pub use data_check::DataError;
pub use entry::{Endpoint, Mandate, Principal};
pub use jwt::{JwtFault, JwtMaker, KENNISNET};
pub use register::{Osr, OsrError, OsrOptions, Refused};
