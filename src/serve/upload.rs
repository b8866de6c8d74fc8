//! A run that a supplier sends: checked as a whole before anything is kept.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use super::Site;
use crate::check::Masker;
use crate::clock::{Clock, RunningClock};
use crate::event::{Event, Started};
use crate::evidence::{EVENTS, Evidence, ReadError, kept_authorities, unmasked};
use crate::limits::{
    CLOCK_SLACK_SECONDS, MAX_IMPORTED_BYTES, MAX_UPLOADS_AT_ONCE, MAX_UPLOADS_PER_HOUR,
};
use crate::play::{rejudge, stage_for};
use crate::readiness::{ImportError, Imported};

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uploaded {
    /// The run of this id is kept.
    Kept(String),
    /// It was there already, and is signed now.
    Signed(String),
    /// It was there already; nothing changed.
    Known(String),
}

/// Why a run was not kept: the key of a text (`serve.upload-<key>`), what the
/// text names, and the status that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub key: &'static str,
    pub what: String,
    pub status: u16,
}

impl Refused {
    pub fn new(status: u16, key: &'static str) -> Self {
        Self {
            key,
            what: String::new(),
            status,
        }
    }

    /// The run itself is at fault.
    pub fn run(key: &'static str) -> Self {
        Self::new(422, key)
    }

    pub fn about(self, what: impl ToString) -> Self {
        Self {
            what: what.to_string(),
            ..self
        }
    }
}

/// How much suppliers may send: so many at a time, and so many an hour each.
#[derive(Debug, Default)]
pub(super) struct Turnstile {
    under_way: AtomicUsize,
    sent: Mutex<HashMap<String, (Instant, u32)>>,
}

/// A place at the turnstile, until it is dropped.
pub(super) struct Place<'t>(&'t Turnstile);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Turnstile {
    /// Lets a supplier send something.
    pub fn enter(&self, oin: &str) -> Result<Place<'_>, Refused> {
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        let place = Place(self);
        if before >= MAX_UPLOADS_AT_ONCE {
            return Err(Refused::new(503, "busy"));
        }
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        // Only suppliers with a token come here, so that this stays small.
        let (began, count) = sent.entry(oin.to_string()).or_insert((Instant::now(), 0));
        if began.elapsed() >= Duration::from_secs(3600) {
            (*began, *count) = (Instant::now(), 0);
        }
        *count += 1;
        if *count > MAX_UPLOADS_PER_HOUR {
            return Err(Refused::new(429, "often"));
        }
        Ok(place)
    }
}

/// Takes a run in that the supplier of this OIN sends.
pub(super) fn take_in(site: &Site, oin: &str, archive: &[u8]) -> Result<Uploaded, Refused> {
    let Some(shelf) = site.shelf.as_ref().filter(|_| site.options.uploads) else {
        return Err(Refused::new(403, "read-only"));
    };
    let _place = site.turnstile.enter(oin)?;
    let unkept = |_| Refused::new(500, "not-kept");
    // Until it is found to be good, it stands where nobody looks for evidence.
    let mut sent = tempfile::NamedTempFile::new().map_err(unkept)?;
    sent.write_all(archive).map_err(unkept)?;
    let run = checked(site, oin, sent.path())?;
    let id = run.id.clone();
    let mut store = site.store();
    let known = store.run(&id).map_err(|_| Refused::new(500, "not-kept"))?;
    // Who signs it was found to sign for the supplier.
    let is_signed_now = |known: &Imported| run.adds_signature_to(known);
    let is_signed_now = known.as_ref().is_some_and(is_signed_now);
    if known.is_some() && !is_signed_now && shelf.run(&id).is_some() {
        return Ok(Uploaded::Known(id));
    }
    let keep = || -> std::io::Result<()> {
        let folder = shelf.root().join(oin);
        std::fs::create_dir_all(&folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(archive)?;
        file.as_file().sync_all()?;
        file.persist(folder.join(format!("{id}.zip")))?;
        Ok(())
    };
    keep().map_err(unkept)?;
    store
        .add(&[run])
        .map_err(|_| Refused::new(500, "not-kept"))?;
    Ok(match known {
        Some(_) if is_signed_now => Uploaded::Signed(id),
        Some(_) => Uploaded::Known(id),
        None => Uploaded::Kept(id),
    })
}

/// A run that may be kept for a supplier: whole, masked, its own, and with
/// verdicts that come out again.
fn checked(site: &Site, oin: &str, path: &Path) -> Result<Imported, Refused> {
    if !crate::evidence::is_archive(path) {
        return Err(Refused::run("no-archive"));
    }
    let unreadable = |error: ReadError| match error {
        ReadError::Sealed => Refused::run("sealed"),
        ReadError::TooLarge => Refused::run("too-large"),
        ReadError::NotFound | ReadError::NoRun | ReadError::NoManifest => {
            Refused::run("no-manifest")
        }
        ReadError::Version => Refused::run("version"),
        ReadError::Archive | ReadError::BadManifest => Refused::run("no-archive"),
        ReadError::Unreadable(name) | ReadError::Damaged(name) => {
            Refused::run("damaged").about(name)
        }
    };
    let evidence = Evidence::open(path).map_err(unreadable)?;
    if !evidence.manifest().masked {
        return Err(Refused::run("unmasked"));
    }
    let run = Imported::read(path).map_err(|error| match error {
        ImportError::Unreadable(error) => unreadable(error),
        ImportError::Tampered(files) => Refused::run("tampered").about(files.few()),
        ImportError::Signature => Refused::run("signature"),
        ImportError::Defect => Refused::run("defect"),
        ImportError::NoTarget => Refused::run("no-target"),
        ImportError::OtherLas(las) => Refused::run("other-las").about(las),
        ImportError::CutOff => Refused::run("cut-off"),
        ImportError::Embellished(scenario) => Refused::run("otherwise").about(scenario),
        ImportError::Stranger(scenario, _) => Refused::run("stranger").about(scenario),
    })?;
    if run.oin != oin {
        return Err(Refused::new(403, "other-supplier").about(&run.oin));
    }
    let now = RunningClock::system().now();
    let (team, _) = site.options.team.now(Clock::at(now).today());
    if let Some(signer) = run.signed.as_ref().filter(|_| !team.accepts(&run)) {
        return Err(Refused::new(403, "other-signer").about(signer.name()));
    }
    if run.began > now + SignedDuration::from_secs(CLOCK_SLACK_SECONDS) {
        return Err(Refused::run("future"));
    }
    let size = serde_json::to_vec(&run).map_or(usize::MAX, |bytes| bytes.len());
    if size > MAX_IMPORTED_BYTES {
        return Err(Refused::run("too-large"));
    }
    let events: Vec<Event> = evidence.lines(EVENTS).map_err(unreadable)?;
    if !matches!(
        events.first(),
        Some(Event::Started(Started { redacted: true, .. }))
    ) {
        return Err(Refused::run("unmasked"));
    }
    drop(events);
    let record = evidence.run().map_err(unreadable)?;
    let (authorities, _) = kept_authorities(&evidence, &record).map_err(unreadable)?;
    let stage = stage_for(&record, authorities, site.options.packs.clone());
    let rejudged = rejudge(&evidence, &stage).map_err(unreadable)?;
    let otherwise = rejudged
        .different
        .first()
        .filter(|_| rejudged.packs.is_empty())
        .map(|one| &one.scenario);
    let otherwise = otherwise.or(rejudged.other_scripts.first());
    if let Some(scenario) = otherwise {
        return Err(Refused::run("otherwise").about(scenario));
    }
    // A contract of which another pack is in force here may have elements that
    // nobody here knows.
    let foreign = !rejudged.packs.is_empty();
    let mut masker = Masker::new(site.options.packs.clone());
    match unmasked(&evidence, &mut masker, foreign).map_err(unreadable)? {
        Some(file) => Err(Refused::run("unmasked-in").about(file)),
        None => Ok(run),
    }
}

/// The file of a form (`multipart/form-data`, RFC 7578) under a name, and the
/// other fields that are text. `None` when it is none of a browser's.
pub(super) fn multipart<'b>(
    media_type: &str,
    body: &'b [u8],
    file: &str,
) -> Option<(&'b [u8], HashMap<String, String>)> {
    let boundary = media_type.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        (name.eq_ignore_ascii_case("boundary")).then(|| value.trim_matches('"'))
    })?;
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let between = format!("\r\n--{boundary}");
    // The first line has no end before it.
    let mut rest = body.strip_prefix(&between.as_bytes()[2..])?;
    let (mut found, mut fields) = (None, HashMap::new());
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, between.as_bytes())?;
        let (part, next) = (&part[..end], &part[end + between.len()..]);
        let head_end = find(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let content = &part[head_end + 4..];
        let name = head
            .split(['\r', '\n', ';'])
            .find_map(|one| one.trim().strip_prefix("name=\"")?.strip_suffix('"'))?;
        if name == file {
            found = Some(content);
        } else {
            fields.insert(name.to_string(), String::from_utf8(content.to_vec()).ok()?);
        }
        rest = next;
    }
    rest.starts_with(b"--").then_some((found?, fields))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let body = b"--x1\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nabc\r\n\
            --x1\r\nContent-Disposition: form-data; name=\"run\"; filename=\"a.zip\"\r\n\
            Content-Type: application/zip\r\n\r\nPK\r\n--x\0\r\n--x1--\r\n";
        let media = "multipart/form-data; boundary=x1";
        let (file, fields) = multipart(media, body, "run").unwrap();
        assert_eq!(file, b"PK\r\n--x\0");
        assert_eq!(fields["token"], "abc");
        for (media, body) in [
            ("multipart/form-data", &body[..]),
            ("multipart/form-data; boundary=y", &body[..]),
            (media, &body[..body.len() - 10]),
            (media, b"--x1--\r\n"),
            (media, b""),
        ] {
            assert_eq!(multipart(media, body, "run"), None, "{media}");
        }
    }

    #[test]
    fn a_supplier_sends_no_more_than_is_fair() {
        let turnstile = Turnstile::default();
        for _ in 0..MAX_UPLOADS_PER_HOUR {
            assert!(turnstile.enter("1").is_ok());
        }
        assert_eq!(turnstile.enter("1").err().unwrap().status, 429);
        let mut places: Vec<_> = (0..MAX_UPLOADS_AT_ONCE)
            .map(|number| turnstile.enter(&number.to_string().repeat(2)).unwrap())
            .collect();
        assert_eq!(turnstile.enter("9").err().unwrap().status, 503);
        places.pop();
        assert!(turnstile.enter("9").is_ok());
    }
}
