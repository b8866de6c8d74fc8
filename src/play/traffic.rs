//! Recorded traffic: what `ketenkeur proxy` kept, captures and single messages,
//! as exchanges.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::clock::Clock;
use crate::evidence::{Evidence, MANIFEST, ReadError, RelayRecord, is_archive};
use crate::exchange::{Direction, Exchange, HttpFacts};
use crate::input::{InputError, Inputs, Options, UsageError};
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
    /// The file that it stands in, where that is one by itself.
    pub name: Option<String>,
}

/// Traffic that was recorded, in the order in which it passed.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// The exchanges.
    pub exchanges: Vec<Passed>,
    /// What is no message, or cannot be read, by name, and why.
    pub left_out: Vec<(String, InputError)>,
    bytes: usize,
    /// The requests and the answers in files of their own that are still alone.
    requests: BTreeMap<String, usize>,
    answers: BTreeMap<String, usize>,
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
                name: None,
            })?;
        }
        Ok(())
    }

    fn inputs(&mut self, inputs: Inputs) -> Result<(), TrafficError> {
        // The request that the next response may answer.
        let mut last: Option<usize> = None;
        for input in inputs {
            let exchange = match input.content {
                Ok(exchange) => exchange,
                Err(error) => {
                    self.left_out.push((input.name, error));
                    continue;
                }
            };
            let half = Half::of(&input.name);
            let is_response = match exchange.http.as_ref().map(HttpFacts::direction) {
                Some(direction) => direction == Direction::Response,
                // A body by itself is an answer where the request is there.
                None => half.as_ref().is_some_and(|half| {
                    half.side == Direction::Response && self.requests.contains_key(&half.key)
                }),
            };
            let side = match is_response {
                true => Direction::Response,
                false => Direction::Request,
            };
            let key = half.filter(|half| half.side == side).map(|half| half.key);
            let alone = Passed {
                from: None,
                to: None,
                request: None,
                response: None,
                at: exchange.received,
                took: Duration::ZERO,
                name: Some(exchange_of(&input.name).to_string()),
            };
            if is_response {
                let asked = match (&exchange.answers, &key) {
                    (Some(request), _) => last.take().filter(|&index| {
                        let before = self.exchanges[index].request.as_ref();
                        before == Some(request)
                    }),
                    (None, Some(key)) => self.requests.remove(key),
                    (None, None) => None,
                };
                last = None;
                let index = match asked {
                    Some(index) => index,
                    None => {
                        let request = exchange.answers.clone();
                        let is_half = request.is_none();
                        let index = self.add(Passed { request, ..alone })?;
                        let key = key.filter(|_| is_half);
                        self.answers.extend(key.map(|key| (key, index)));
                        index
                    }
                };
                self.answered(index, exchange)?;
            } else {
                let before = key.as_ref().and_then(|key| self.answers.remove(key));
                let index = match before {
                    Some(index) => index,
                    None => {
                        let index = self.add(alone)?;
                        self.requests.extend(key.map(|key| (key, index)));
                        index
                    }
                };
                self.asked(index, exchange)?;
                last = Some(index);
            }
        }
        Ok(())
    }

    /// Gives an exchange its request.
    fn asked(&mut self, index: usize, request: Exchange) -> Result<(), TrafficError> {
        self.count(&request)?;
        let request = Arc::new(request);
        let passed = &mut self.exchanges[index];
        passed.request = Some(Arc::clone(&request));
        if let Some(Ok(response)) = &mut passed.response {
            let answers = Some(request);
            *response = Arc::new(Exchange {
                answers,
                ..Exchange::clone(response)
            });
        }
        Ok(())
    }

    /// Gives an exchange its response.
    fn answered(&mut self, index: usize, response: Exchange) -> Result<(), TrafficError> {
        self.count(&response)?;
        let passed = &mut self.exchanges[index];
        let answers = response.answers.clone().or_else(|| passed.request.clone());
        passed.response = Some(Ok(Arc::new(Exchange {
            answers,
            ..response
        })));
        Ok(())
    }

    fn count(&mut self, message: &Exchange) -> Result<(), TrafficError> {
        self.bytes += message.body.len();
        match self.bytes > MAX_RECORDED_BYTES {
            true => Err(TrafficError::TooMuch),
            false => Ok(()),
        }
    }

    /// Adds an exchange; where it stands.
    fn add(&mut self, passed: Passed) -> Result<usize, TrafficError> {
        let response = passed.response.clone();
        let both = [passed.request.clone(), response.and_then(Result::ok)];
        for message in both.iter().flatten() {
            self.count(message)?;
        }
        self.exchanges.push(passed);
        match self.exchanges.len() > MAX_RECORDED_EXCHANGES {
            true => Err(TrafficError::TooMuch),
            false => Ok(self.exchanges.len() - 1),
        }
    }
}

/// One of two files that are named alike but for `request` and `response`: they
/// hold one exchange.
struct Half {
    side: Direction,
    /// The same for both.
    key: String,
}

impl Half {
    fn of(name: &str) -> Option<Self> {
        // One of several messages in a file is named by its number.
        if name.contains('#') {
            return None;
        }
        let begin = name.rfind(['/', '!']).map_or(0, |at| at + 1);
        let file = name[begin..].to_ascii_lowercase();
        let sides = [
            ("request", Direction::Request),
            ("response", Direction::Response),
        ];
        let mut found = sides.into_iter().filter(|(word, _)| file.contains(word));
        let (word, side) = found.next()?;
        found.next().is_none().then(|| Self {
            side,
            key: format!("{}{}", &name[..begin], file.replace(word, "#")),
        })
    }
}

/// What an exchange is called of which an input has one side.
fn exchange_of(name: &str) -> &str {
    let side = ["/request", "/response"].into_iter();
    let mut whole = side.filter_map(|side| name.strip_suffix(side));
    whole
        .next()
        .filter(|name| name.contains('#'))
        .unwrap_or(name)
}

/// Whether a file is an archive with a manifest in it; other archives hold
/// messages.
fn is_archive_of_evidence(path: &Path) -> bool {
    path.is_file() && is_archive(path) && Evidence::open(path).is_ok()
}
