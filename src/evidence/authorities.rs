//! Whom a run trusted, kept so that its messages can be judged again.
//!
//! The files are part of the manifest. They say by which roots the verdicts
//! came about, not that those roots deserve it: that is for the reader.

use super::folder::{Folder, WriteError, sha256};
use super::read::{Evidence, ReadError};
use super::record::RunRecord;
use crate::edukoppeling::Certificate;
use crate::pki::Authorities;

/// The folder of what the target's file trusts.
pub const TRUST: &str = "trust";

/// Keeps the authorities and revocation lists that a target's file names.
///
/// # Errors
///
/// A file cannot be written.
pub fn keep_authorities(folder: &Folder, own: &Authorities) -> Result<(), WriteError> {
    let certificates = own.store.certificates().map(|der| (der.to_vec(), "der"));
    let lists = own.lists.all().into_iter().map(|der| (der, "crl"));
    for (der, kind) in certificates.chain(lists) {
        folder.write_once(&format!("{TRUST}/{}.{kind}", sha256(&der)), &der)?;
    }
    Ok(())
}

/// Whom the parties of a recorded run trusted, and how many of them its
/// target's file named.
///
/// # Errors
///
/// A file cannot be read, or is no certificate or list.
pub fn kept_authorities(
    evidence: &Evidence,
    run: &RunRecord,
) -> Result<(Authorities, usize), ReadError> {
    let mut kept = Authorities::default();
    let mut count = 0;
    let below = format!("{TRUST}/");
    let names = evidence.manifest().files.keys();
    for name in names.filter(|name| name.starts_with(&below)) {
        let der = evidence.read(name)?;
        let is_read = match name.ends_with(".crl") {
            true => kept.lists.add(&der),
            false => {
                let certificate = Certificate::read(der);
                certificate.map(|read| kept.store.add(read)).is_ok()
            }
        };
        if !is_read {
            return Err(ReadError::Damaged(name.clone()));
        }
        count += 1;
    }
    let trusted = match run.target.supplier.is_empty() {
        true => kept.with_built_in(),
        false => kept.of_target(run.environment()),
    };
    Ok((trusted, count))
}
