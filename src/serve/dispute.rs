//! What a supplier holds against rules and sends: kept with the runs, until
//! the team settles it.

use super::Site;
use super::upload::Refused;
use crate::check::read_disputes;
use crate::check::user_file::UserFileError;
use crate::clock::Clock;
use crate::finding::Dispute;
use crate::limits::MAX_STORED_DISPUTES;
use crate::text::{Texts, word};

/// Takes in the disputes of the supplier of this OIN: a disputes file. Gives
/// back how many there were.
pub(super) fn take_in(site: &Site, oin: &str, text: &str, texts: &Texts) -> Result<usize, Refused> {
    if !site.options.uploads {
        return Err(Refused::new(403, "read-only"));
    }
    let _place = site.turnstile.enter(oin)?;
    let sent = read_disputes(text, &site.options.codes, Clock::system().today())
        .map_err(|error| Refused::run("dispute-mistake").about(told(error, texts)))?;
    if sent.is_empty() {
        return Err(Refused::run("dispute-none"));
    }
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

/// What is wrong in a file, in the words of the command line.
fn told(error: UserFileError, texts: &Texts) -> String {
    let (key, args) = error.told();
    let file = word(&texts.serve, "way-disputes");
    let args = args.iter().map(|(name, value)| (*name, value.as_str()));
    let args: Vec<_> = [("path", file)].into_iter().chain(args).collect();
    texts.error(key, &args)
}
