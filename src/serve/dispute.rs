//! What a supplier holds against rules and sends: kept with the runs, until
//! the team settles it.

use super::Site;
use super::upload::Refused;
use crate::check::read_disputes;
use crate::check::user_file::{Mistake, UserFileError};
use crate::finding::Dispute;
use crate::limits::MAX_STORED_DISPUTES;

/// Takes in the disputes of the supplier of this OIN: a disputes file. Gives
/// back how many there were.
pub(super) fn take_in(site: &Site, oin: &str, text: &str) -> Result<usize, Refused> {
    if !site.options.uploads {
        return Err(Refused::new(403, "read-only"));
    }
    let _place = site.turnstile.enter(oin)?;
    let sent = read_disputes(text, &site.options.codes)
        .map_err(|error| Refused::run("dispute-mistake").about(place(&error)))?;
    if let Some(other) = sent.iter().find(|one| one.by != oin) {
        return Err(Refused::new(403, "dispute-other").about(&other.by));
    }
    if sent.iter().any(|one| !one.is_open()) {
        return Err(Refused::new(403, "dispute-settles"));
    }
    let unkept = |_| Refused::new(500, "not-kept");
    let mut store = site.store();
    let known = store.disputes().map_err(unkept)?;
    let same = |one: &Dispute| known.iter().find(|known| known.subject() == one.subject());
    if let Some(settled) = sent.iter().filter_map(same).find(|one| !one.is_open()) {
        return Err(Refused::new(403, "dispute-settled").about(&settled.rule));
    }
    let own = known.iter().filter(|one| one.by == oin).count();
    let fresh = sent.iter().filter(|one| same(one).is_none()).count();
    if own + fresh > MAX_STORED_DISPUTES {
        return Err(Refused::run("dispute-many"));
    }
    store.dispute(&sent).map_err(unkept)?;
    Ok(sent.len())
}

/// Where a file is wrong, and in what.
fn place(error: &UserFileError) -> String {
    let what = match &error.mistake {
        Mistake::Syntax | Mistake::Other(_) => "TOML".to_string(),
        Mistake::UnknownKey { key, nearest } => suggested(key, nearest.as_deref()),
        Mistake::UnknownRule { rule, nearest } => suggested(rule, nearest.as_deref()),
        Mistake::MissingKey { key } | Mistake::Value { key, .. } => key.clone(),
    };
    format!("{}: {what}", error.line)
}

fn suggested(written: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("{written} (→ {nearest})"),
        None => written.to_string(),
    }
}
