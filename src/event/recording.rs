//! Recorded events, read back.

use std::io::{self, BufRead, Read};

use thiserror::Error;

use super::{EVENT_VERSION, Event};
use crate::limits::MAX_EVENT_BYTES;

/// Events read from what a [`Recorder`](super::Recorder) wrote, in order. Ends
/// after the first error.
pub struct Recording<R> {
    lines: R,
    line: Vec<u8>,
    /// The number of the line that was read last.
    number: u64,
    ended: bool,
}

/// Why a recording cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("failed to read the recording: {0}")]
    Io(io::ErrorKind),
    /// The first line is not that of a recording.
    #[error("it does not begin as a recording")]
    NoRecording,
    /// It was written by a version of ketenkeur with other events.
    #[error("it holds events of another version")]
    Version,
    /// The line of that number is no event.
    #[error("line {0} is no event")]
    Damaged(u64),
}

impl<R: BufRead> Recording<R> {
    /// The events in `lines`, one JSON object a line.
    pub fn new(lines: R) -> Self {
        Self {
            lines,
            line: Vec::new(),
            number: 0,
            ended: false,
        }
    }

    fn read(&mut self) -> Result<Option<Event>, RecordingError> {
        self.line.clear();
        let mut line = (&mut self.lines).take(MAX_EVENT_BYTES);
        let read = line
            .read_until(b'\n', &mut self.line)
            .map_err(|error| RecordingError::Io(error.kind()))?;
        let first = self.number == 0;
        self.number += 1;
        if read == 0 {
            return if first {
                Err(RecordingError::NoRecording)
            } else {
                Ok(None)
            };
        }
        match (serde_json::from_slice(&self.line), first) {
            (Ok(Event::Started(started)), true) if started.version != EVENT_VERSION => {
                Err(RecordingError::Version)
            }
            (Ok(Event::Started(started)), true) => Ok(Some(Event::Started(started))),
            (Ok(Event::Started(_)), false) => Err(RecordingError::Damaged(self.number)),
            (Ok(event), false) => Ok(Some(event)),
            (_, true) => Err(RecordingError::NoRecording),
            (Err(_), false) => Err(RecordingError::Damaged(self.number)),
        }
    }
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<Event, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = self.read().transpose();
        self.ended = !matches!(event, Some(Ok(_)));
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Started, Summary};
    use crate::facts::Profile;
    use crate::finding::Class;

    fn started(version: u32) -> String {
        let event = Event::Started(Started {
            version,
            tool: "0".to_string(),
            redacted: true,
            strict_provenance: false,
            fail_on: Class::Foutmelding,
            at: None,
            profile: Profile::Test,
        });
        serde_json::to_string(&event).unwrap()
    }

    fn read(text: &str) -> Vec<Result<Event, RecordingError>> {
        Recording::new(text.as_bytes()).collect()
    }

    #[test]
    fn a_recording_comes_back_until_it_is_damaged() {
        let finished = serde_json::to_string(&Event::Finished(Summary::default())).unwrap();
        let good = format!("{}\n{finished}\n", started(EVENT_VERSION));
        assert!(read(&good).iter().all(Result::is_ok));
        assert_eq!(read(&good).len(), 2);
        let cut = format!(
            "{}\n{}\n{finished}\n",
            started(EVENT_VERSION),
            &finished[..9]
        );
        let cut = read(&cut);
        assert_eq!(cut.len(), 2);
        assert_eq!(cut[1], Err(RecordingError::Damaged(2)));
    }

    #[test]
    fn what_is_no_recording_of_ours_is_refused() {
        let twice = format!("{0}\n{0}\n", started(EVENT_VERSION));
        for (text, error) in [
            (String::new(), RecordingError::NoRecording),
            ("<bericht/>".to_string(), RecordingError::NoRecording),
            (started(EVENT_VERSION + 1), RecordingError::Version),
            (twice, RecordingError::Damaged(2)),
        ] {
            assert_eq!(read(&text).pop(), Some(Err(error)), "{text}");
        }
    }
}
