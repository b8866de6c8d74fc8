//! The built-in LAS: a conforming implementation of the supplier's side, as
//! sender and as receiver.
//!
//! What it knows is a fold over the entries of its journal. It acts when a
//! trigger asks (docs/trigger.md), and takes what DUO pushes.

mod absence;
mod advice;
mod conduct;
mod data;
mod document;
mod ended;
mod enrolment;
mod json;
mod made_up;
mod osr;
mod overgang;
mod overview;
mod party;
mod person;
mod receive;
mod resend;
mod rio;
mod send;
mod settings;
mod show;
mod starter;
mod state;
mod verdict;
mod with;

pub use data::{
    Aansluiting, Advies, Contactpersoon, Inschrijving, Leerling, Mandaat, Onderwijssoort, Periode,
    Procesverloop, Rio, RioCode, School, Sleutel, Toetsresultaat, Verzuimmelding,
};
pub use document::{Document, Fout, Onderwerp, Oordeel, Push, Signaal, Stand};
pub use made_up::{MadeUp, made_up};
pub use party::Las;
pub use settings::{DuoAddresses, LasParts, LasSettings, OsrSettings, OsrVersion};
pub use starter::{StarterError, read, shipped, written};
pub use state::{Entry, Geval, State};
