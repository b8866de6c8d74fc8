//! DUO: BRON po, verzuim and RIO, with registers that remember (30-bron-po.md,
//! 40-verzuim.md, 60-rio.md).
//!
//! What is known is a fold over the journal ([`State`]); a message leads to
//! entries that are written before it is answered.

mod aanleveren;
mod adviezen;
mod bekostiging;
mod dagen;
mod derden;
mod draft;
#[allow(clippy::module_inception, reason = "the party itself")]
mod duo;
mod informeren;
mod inschrijvingen;
mod outbox;
mod personen;
mod rio;
mod signalen;
mod state;
mod tlv;
mod toetsresultaten;
mod verzuim;
mod verzuimloket;
mod weekbestand;

pub use adviezen::{Advies, AdviesSleutel, Adviezen};
pub use bekostiging::{Stand, Status as Bekostigingsstatus};
pub use derden::{DuoError, Gemeenteactie};
pub use duo::{Duo, DuoOptions, TAKES, Terugkoppeling};
pub use inschrijvingen::{Inschrijving, Inschrijvingen, Periode, Sleutel};
pub use outbox::{Delivery, Outbox, Push, Undelivered};
pub use personen::{Personen, Uitgifte};
pub use rio::rio_facts;
pub use signalen::{Signaal, code};
pub use state::{Document, Entry, State, Weeksignaal};
pub use tlv::{Tlv, Tlvs};
pub use toetsresultaten::{ToetsSleutel, Toetsresultaat, Toetsresultaten};
pub use verzuim::{Geval, Status as Verzuimstatus, Verzuim};
