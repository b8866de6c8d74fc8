//! Evidence: what is kept of a run, so that an outsider can judge it again.
//!
//! | file | what it holds |
//! |---|---|
//! | `run.json` | with what the run was played ([`RunRecord`]) |
//! | `events.jsonl` | the events, personal data masked |
//! | `scenarios/` | the scripts that were played |
//! | `messages/` | the messages that they send from a file |
//! | `exchanges/<scenario>/0001.json` | an exchange ([`ExchangeRecord`]) |
//! | `exchanges/<scenario>/0001-request.http`, `-response.http` | its messages, byte for byte |
//! | `certificates/<sha256>.der` | the certificates that the parties showed |
//! | `trust/` | the authorities and revocation lists that the target's file names |
//! | `steps/<scenario>.jsonl` | what each step was judged by ([`StepRecord`]) |
//! | `manifest.json` | the SHA-256 of every file above |
//! | `manifest.sig`, `manifest.pem` | the supplier's signature over it, where there is one |

mod authorities;
mod below;
mod folder;
mod message;
mod pack;
mod part;
mod prune;
mod read;
mod record;
mod sealed;
mod share;
mod store;

pub use authorities::{TRUST, keep_authorities, kept_authorities};
pub use below::{Below, TooManyRuns, all_below, runs_below};
pub use folder::{
    Folder, Growing, MANIFEST, Manifest, SIGNATURE, SIGNER, WriteError, new_file, sha256, sign,
};
pub use message::RecordedMessage;
pub use pack::pack;
pub use part::{CopyError, EVENTS, JoinError, Part, PartError};
pub use prune::{Keep, Kept, NotKept, remove};
pub use read::{Differences, Evidence, ReadError, Recorded, SignatureState, Signer, few};
pub use record::{
    ExchangeRecord, MESSAGES, RelayRecord, RunRecord, SCRIPTS, SchoolRecord, StepOutcome,
    StepRecord, TargetRecord, TlsRecord, ToRecord, message_file, script_file, write_json,
};
pub use sealed::{NoRecipient, seal};
pub use share::{share, unmasked};
pub use store::is_archive;
