//! Recorded traffic: what `ketenkeur proxy` kept, captures and single messages,
//! as exchanges.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock::Clock;
use crate::evidence::{Evidence, MANIFEST, ReadError, RelayRecord, is_archive};
use crate::exchange::{Direction, Exchange, HttpFacts};
use crate::input::{Inputs, Options, UsageError};
use crate::limits::{MAX_RECORDED_BYTES, MAX_RECORDED_EXCHANGES};
use crate::relay::RELAYED;
use crate::scenario::Role;
use crate::transport::TransportProblem;

/// An exchange that was recorded.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Who sent the request; `None` where the recording does not say.
    pub from: Option<Role>,
    /// Whom it went to.
    pub to: Option<Role>,
    /// The request; `None` for an answer by itself.
    pub request: Option<Arc<Exchange>>,
    /// The response, or why there is none; `None` where the recording does not
    /// say.
    pub response: Option<Result<Arc<Exchange>, TransportProblem>>,
    /// When it was.
    pub at: Option<Timestamp>,
    /// How long it took.
    pub took: Duration,
}

/// Traffic that was recorded, in the order in which it passed.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The exchanges.
    pub exchanges: Vec<Passed>,
    /// What is no message, or cannot be read, by name.
    pub left_out: Vec<String>,
    bytes: usize,
}

/// Why traffic cannot be had: what the user names is at fault.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// A folder of evidence cannot be read.
    #[error("{0}: {1}")]
    Evidence(PathBuf, ReadError),
    /// It is not as it was written.
    #[error("{0} was changed")]
    Changed(PathBuf, String),
    /// It is a masked view: not what was exchanged.
    #[error("{0} is masked")]
    Masked(PathBuf),
    /// It is evidence of a run: that has verdicts already.
    #[error("{0} is a run")]
    Run(PathBuf),
    /// It names nothing.
    #[error(transparent)]
    Input(#[from] UsageError),
    /// There is more of it than is judged at once.
    #[error("there is more traffic than is judged at once")]
    TooMuch,
}

impl Traffic {
    /// Reads what paths name: folders and archives that a proxy kept; anything
    /// else as `check` reads it.
    ///
    /// # Errors
    ///
    /// See [`TrafficError`].
    pub fn read(paths: &[PathBuf]) -> Result<Self, TrafficError> {
        let mut traffic = Self::default();
        let is_evidence =
            |path: &&PathBuf| path.join(MANIFEST).is_file() || is_archive_of_evidence(path);
        for path in paths {
            if is_evidence(&path) {
                traffic.evidence(path)?;
            } else {
                let paths = std::slice::from_ref(path);
                traffic.inputs(Inputs::resolve(paths, Options::default())?)?;
            }
        }
        // What has no moment keeps its place.
        let timed = traffic.exchanges.iter().all(|one| one.at.is_some());
        if timed {
            traffic.exchanges.sort_by_key(|one| one.at);
        }
        Ok(traffic)
    }

    /// The day on which it begins, where that was recorded.
    pub fn begins(&self) -> Option<Date> {
        let moments = self.exchanges.iter().filter_map(|one| one.at);
        Some(Clock::at(moments.min()?).today())
    }

    fn evidence(&mut self, path: &Path) -> Result<(), TrafficError> {
        let failed = |error| TrafficError::Evidence(path.to_path_buf(), error);
        let evidence = Evidence::open(path).map_err(failed)?;
        if evidence.manifest().masked {
            return Err(TrafficError::Masked(path.to_path_buf()));
        }
        let differences = evidence.differences().map_err(failed)?;
        if !differences.is_empty() {
            let path = path.to_path_buf();
            return Err(TrafficError::Changed(path, differences.few()));
        }
        let run = evidence.run().map_err(failed)?;
        let RelayRecord { from, to, .. } = run
            .relayed
            .ok_or_else(|| TrafficError::Run(path.to_path_buf()))?;
        let below = format!("exchanges/{RELAYED}/");
        let numbers = evidence.manifest().files.keys().filter_map(|name| {
            let name = name.strip_prefix(&below)?.strip_suffix(".json")?;
            name.parse().ok()
        });
        let numbers: Vec<u32> = numbers.collect();
        for number in numbers {
            let kept = evidence.exchange(RELAYED, number).map_err(failed)?;
            let problem = kept.record.problem.as_deref();
            let response = match kept.response {
                Some(response) => Some(Ok(response)),
                None => problem.and_then(TransportProblem::parse).map(Err),
            };
            self.add(Passed {
                from: Role::parse(&from),
                to: Role::parse(&to),
                request: Some(kept.request),
                response,
                at: Some(kept.record.at),
                took: Duration::from_millis(kept.record.took),
            })?;
        }
        Ok(())
    }

    fn inputs(&mut self, inputs: Inputs) -> Result<(), TrafficError> {
        // The request that the next response may answer.
        let mut asked: Option<Passed> = None;
        for input in inputs {
            let Ok(exchange) = input.content else {
                self.left_out.push(input.name);
                continue;
            };
            let direction = exchange.http.as_ref().map(HttpFacts::direction);
            let of = |request| Passed {
                from: None,
                to: None,
                request,
                response: None,
                at: exchange.received,
                took: Duration::ZERO,
            };
            if direction != Some(Direction::Response) {
                if let Some(alone) = asked.take() {
                    self.add(alone)?;
                }
                asked = Some(of(Some(Arc::new(exchange.clone()))));
                continue;
            }
            let request = exchange.answers.clone();
            let begun = asked.take();
            let answers = |one: &Passed| one.request.is_some() && one.request == request;
            let mut passed = match begun {
                Some(begun) if answers(&begun) => begun,
                other => {
                    if let Some(alone) = other {
                        self.add(alone)?;
                    }
                    of(request)
                }
            };
            passed.response = Some(Ok(Arc::new(exchange)));
            self.add(passed)?;
        }
        asked.map_or(Ok(()), |alone| self.add(alone))
    }

    fn add(&mut self, passed: Passed) -> Result<(), TrafficError> {
        let of = |message: Option<&Arc<Exchange>>| message.map_or(0, |one| one.body.len());
        let response = passed.response.as_ref();
        self.bytes +=
            of(passed.request.as_ref()) + of(response.and_then(|response| response.as_ref().ok()));
        self.exchanges.push(passed);
        let much = self.bytes > MAX_RECORDED_BYTES;
        if much || self.exchanges.len() > MAX_RECORDED_EXCHANGES {
            return Err(TrafficError::TooMuch);
        }
        Ok(())
    }
}

/// Whether a file is an archive with a manifest in it; other archives hold
/// messages.
fn is_archive_of_evidence(path: &Path) -> bool {
    path.is_file() && is_archive(path) && Evidence::open(path).is_ok()
}
