//! Events kept until the reports are written, in bounded memory.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::SpooledTempFile;
use thiserror::Error;

use super::Event;
use crate::limits::EVENT_SPOOL_BYTES;

/// Bytes that are gathered before they go to the file, and read back at once.
const CHUNK: usize = 64 * 1024;

/// Events in the order in which they came, to be replayed any number of times.
///
/// Up to [`EVENT_SPOOL_BYTES`] stay in memory; beyond that all of it moves to a
/// temporary file that has no name, so that no other user can open it and the
/// system removes it whatever becomes of us. It holds what the events hold:
/// nothing unmasked unless the run is unmasked.
#[derive(Debug)]
pub struct Spool {
    store: Mutex<Store>,
}

#[derive(Debug)]
struct Store {
    file: SpooledTempFile,
    /// Lines that are not in the file yet.
    pending: Vec<u8>,
    /// Bytes in the file.
    written: u64,
}

/// Why events could not be kept. Holds the kind of error alone: the words of
/// the system may name the temporary folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SpoolError {
    /// The temporary file could not be made or written.
    #[error("failed to keep events in a temporary file: {0}")]
    Write(io::ErrorKind),
    /// The temporary file could not be read back.
    #[error("failed to read events back from a temporary file: {0}")]
    Read(io::ErrorKind),
    /// What was read back is not what was written.
    #[error("failed to read events back: the temporary file is damaged")]
    Damaged,
}

impl SpoolError {
    /// The key of its text (`error.<key>`).
    pub fn key(&self) -> &'static str {
        match self {
            SpoolError::Write(_) => "spool-write",
            SpoolError::Read(_) | SpoolError::Damaged => "spool-read",
        }
    }

    /// What the system said.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            SpoolError::Write(kind) | SpoolError::Read(kind) => *kind,
            SpoolError::Damaged => io::ErrorKind::InvalidData,
        }
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self::new()
    }
}

impl Spool {
    /// An empty spool.
    pub fn new() -> Self {
        Self::with_memory(EVENT_SPOOL_BYTES)
    }

    /// An empty spool that keeps at most `bytes` in memory.
    pub fn with_memory(bytes: usize) -> Self {
        Self {
            store: Mutex::new(Store {
                file: SpooledTempFile::new(bytes),
                pending: Vec::new(),
                written: 0,
            }),
        }
    }

    /// Adds an event at the end.
    pub fn push(&mut self, event: &Event) -> Result<(), SpoolError> {
        let store = self.store.get_mut().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_writer(&mut store.pending, event)
            .map_err(|_| SpoolError::Write(io::ErrorKind::InvalidData))?;
        store.pending.push(b'\n');
        if store.pending.len() >= CHUNK {
            store.flush()?;
        }
        Ok(())
    }

    /// The events from the first on.
    pub fn replay(&self) -> Replay<'_> {
        let flushed = self.lock().flush();
        Replay {
            lines: BufReader::with_capacity(CHUNK, Cursor { spool: self, at: 0 }),
            line: Vec::new(),
            failed: flushed.err(),
            ended: false,
        }
    }

    /// Whether the events have moved to disk.
    pub fn is_on_disk(&self) -> bool {
        self.lock().file.is_rolled()
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn flush(&mut self) -> Result<(), SpoolError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file
            .seek(SeekFrom::Start(self.written))
            .and_then(|_| self.file.write_all(&self.pending))
            .map_err(|error| SpoolError::Write(error.kind()))?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

/// Reads the file from its own position, so that several replays may run at
/// the same time.
struct Cursor<'a> {
    spool: &'a Spool,
    at: u64,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut store = self.spool.lock();
        store.file.seek(SeekFrom::Start(self.at))?;
        let read = store.file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The events of a [`Spool`], in order. Ends after the first error.
pub struct Replay<'a> {
    lines: BufReader<Cursor<'a>>,
    line: Vec<u8>,
    failed: Option<SpoolError>,
    /// Nothing can be trusted behind an error.
    ended: bool,
}

impl Iterator for Replay<'_> {
    type Item = Result<Event, SpoolError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.read().transpose();
        self.ended = !matches!(event, Some(Ok(_)));
        event
    }
}

impl Replay<'_> {
    fn read(&mut self) -> Result<Option<Event>, SpoolError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.line.clear();
        match self.lines.read_until(b'\n', &mut self.line) {
            Ok(0) => Ok(None),
            Ok(_) => serde_json::from_slice(&self.line)
                .map(Some)
                .map_err(|_| SpoolError::Damaged),
            Err(error) => Err(SpoolError::Read(error.kind())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Judged;
    use crate::finding::Judgement;

    fn event(input: &str) -> Event {
        Event::Judged(Box::new(Judged {
            input: input.to_string(),
            message: None,
            other: None,
            judgement: Judgement::NOT_APPLICABLE,
            findings: Vec::new(),
            excused: Vec::new(),
            more: 0,
        }))
    }

    fn replayed(spool: &Spool) -> Vec<Event> {
        spool.replay().map(|event| event.unwrap()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever the events hold and wherever they are kept, a replay gives
        /// them back in order, again and again.
        #[test]
        fn a_replay_gives_back_what_was_pushed(
            inputs in prop::collection::vec(".{0,200}", 0..60),
            memory in 0usize..4096,
        ) {
            let mut spool = Spool::with_memory(memory);
            let mut events = Vec::new();
            for input in &inputs {
                events.push(event(input));
                spool.push(&event(input)).unwrap();
            }
            prop_assert_eq!(&replayed(&spool), &events);
            prop_assert_eq!(&replayed(&spool), &events);
            spool.push(&event("later")).unwrap();
            events.push(event("later"));
            prop_assert_eq!(&replayed(&spool), &events);
        }
    }

    #[test]
    fn what_exceeds_the_memory_moves_to_disk() {
        let mut spool = Spool::with_memory(100_000);
        while !spool.is_on_disk() {
            spool.push(&event(&"x".repeat(1000))).unwrap();
        }
        let count = replayed(&spool).len();
        assert!((90..200).contains(&count), "{count}");
    }

    #[test]
    fn two_replays_at_once_do_not_disturb_each_other() {
        let mut spool = Spool::with_memory(0);
        for number in 0..500 {
            spool
                .push(&event(&format!("{number}{}", "x".repeat(1000))))
                .unwrap();
        }
        let pairs = spool.replay().zip(spool.replay());
        assert_eq!(pairs.filter(|(a, b)| a == b).count(), 500);
    }
}
