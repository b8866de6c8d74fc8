//! Events written to a file that the user asked for.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use thiserror::Error;

use super::Event;
use crate::finding::Redaction;

/// Writes events as JSON lines to a file.
#[derive(Debug)]
pub struct Recorder {
    file: BufWriter<File>,
}

/// Why the recording could not be written: the path is wrong or the disk full,
/// which is the user's to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("failed to write the recording: {0}")]
pub struct RecordError(pub io::ErrorKind);

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self(error.kind())
    }
}

impl Recorder {
    /// Makes or empties the file at `path`. A recording of an unmasked run can
    /// be read by its owner only.
    pub fn create(path: &Path, redaction: Redaction) -> Result<Self, RecordError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        if redaction == Redaction::Show {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path)?;
        #[cfg(unix)]
        if redaction == Redaction::Show {
            use std::os::unix::fs::PermissionsExt;
            // The file may have been there with wider permissions.
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self {
            file: BufWriter::new(file),
        })
    }

    /// Writes one event. A scenario that has ended is in the file, whatever
    /// becomes of the run.
    pub fn record(&mut self, event: &Event) -> Result<(), RecordError> {
        serde_json::to_writer(&mut self.file, event).map_err(io::Error::from)?;
        self.file.write_all(b"\n")?;
        if matches!(event, Event::Played(_)) {
            self.file.flush()?;
        }
        Ok(())
    }

    /// Writes what is still held back. A recording that was not finished may
    /// lack its last events.
    pub fn finish(mut self) -> Result<(), RecordError> {
        Ok(self.file.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Summary;

    #[test]
    fn a_recording_is_one_event_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let mut recorder = Recorder::create(&path, Redaction::Mask).unwrap();
        let event = Event::Finished(Summary::default());
        recorder.record(&event).unwrap();
        recorder.record(&event).unwrap();
        recorder.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let events: Vec<Event> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(events, [event.clone(), event]);
    }

    #[cfg(unix)]
    #[test]
    fn an_unmasked_recording_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        std::fs::write(&path, "older").unwrap();
        Recorder::create(&path, Redaction::Show).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_error_names_no_path() {
        let path = Path::new("no/such/folder/Jansen.jsonl");
        let error = Recorder::create(path, Redaction::Mask).unwrap_err();
        assert!(!error.to_string().contains("Jansen"));
    }
}
