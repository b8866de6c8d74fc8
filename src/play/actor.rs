//! How a LAS is made to act: in the program, over HTTP, by a command, or by a
//! person who is asked (docs/trigger.md).

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::built_in::Ours;
use super::endpoint::NOTHING_THERE;
use crate::counterpart::las::Las;
use crate::counterpart::trigger::{Outcome, Status, Trigger, TriggerError};
use crate::exchange::Exchange;
use crate::limits::{MAX_TRIGGER_BYTES, TRIGGER_SECONDS};
use crate::scenario::Wanted;
use crate::transport::{Client, TransportProblem};

/// Why an action of a LAS brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TriggerTrouble {
    /// There is no way to make the LAS do it.
    Unsupported,
    /// It could not be reached.
    Transport(TransportProblem),
    /// What it said is no outcome.
    Answer {
        /// The HTTP status, where it has one.
        status: Option<u16>,
        /// Why it is none; `None` when nothing of it can be read.
        error: Option<TriggerError>,
    },
    /// Nothing takes triggers at the address: the server answered with that
    /// status.
    NoTrigger(u16),
}

/// Makes the LAS act.
pub(super) trait Actor: Send + Sync {
    /// Asks for an action and waits until the LAS says what became of it.
    fn trigger(&self, trigger: &Trigger) -> Result<Outcome, TriggerTrouble>;

    /// The address that triggers go to, where they go to one.
    fn url(&self) -> Option<&str> {
        None
    }

    /// The person who operates the LAS, where there is no program that says what
    /// it shows.
    fn person(&self) -> Option<&ByPerson> {
        None
    }
}

/// The built-in LAS acts in the program.
pub(super) struct InProcess(pub Arc<Ours<Las>>);

impl Actor for InProcess {
    fn trigger(&self, trigger: &Trigger) -> Result<Outcome, TriggerTrouble> {
        Ok(self.0.party().trigger(trigger))
    }
}

/// Nobody can make the LAS act.
pub(super) struct Nobody;

impl Actor for Nobody {
    fn trigger(&self, _: &Trigger) -> Result<Outcome, TriggerTrouble> {
        Err(TriggerTrouble::Unsupported)
    }
}

/// A LAS that is asked over HTTP.
pub(super) struct OverHttp {
    pub client: Client,
    pub url: String,
}

impl Actor for OverHttp {
    fn trigger(&self, trigger: &Trigger) -> Result<Outcome, TriggerTrouble> {
        let answer = self.client.send(&trigger.request(&self.url));
        let answer = answer.map_err(|error| TriggerTrouble::Transport(error.problem))?;
        Outcome::read(&answer).map_err(|error| no_outcome(&answer, error))
    }

    fn url(&self) -> Option<&str> {
        Some(&self.url)
    }
}

/// What an answer is that is no outcome. A server that breaks down over a
/// trigger has taken it; one that knows no such address, or has a page there,
/// has not.
fn no_outcome(answer: &Exchange, error: TriggerError) -> TriggerTrouble {
    let status = answer.http.as_ref().and_then(|http| http.status());
    match status {
        Some(status) if NOTHING_THERE.contains(&status) => TriggerTrouble::NoTrigger(status),
        Some(status) if status < 500 && error == TriggerError::NotJson => {
            TriggerTrouble::NoTrigger(status)
        }
        status => TriggerTrouble::Answer {
            status,
            error: Some(error),
        },
    }
}

/// A command that makes the LAS act: it gets the trigger on standard input and
/// writes the outcome on standard output.
pub(super) struct ByCommand {
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Actor for ByCommand {
    fn trigger(&self, trigger: &Trigger) -> Result<Outcome, TriggerTrouble> {
        let (program, arguments) = self
            .command
            .split_first()
            .ok_or(TriggerTrouble::Unsupported)?;
        let unreachable = |_| TriggerTrouble::Transport(TransportProblem::Unreachable);
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(unreachable)?;
        if let Some(mut input) = child.stdin.take() {
            // A command that reads nothing may have closed it already.
            let _ = input.write_all(trigger.to_json().to_string().as_bytes());
        }
        let no_outcome = |error| TriggerTrouble::Answer {
            status: None,
            error,
        };
        let output = child.stdout.take().ok_or_else(|| no_outcome(None))?;
        let reading = std::thread::spawn(move || {
            let mut said = Vec::new();
            let limit = MAX_TRIGGER_BYTES as u64 + 1;
            let read =
                std::io::Read::read_to_end(&mut std::io::Read::take(output, limit), &mut said);
            read.map(|_| said)
        });
        let until = Instant::now() + Duration::from_secs(TRIGGER_SECONDS);
        while !reading.is_finished() {
            if Instant::now() > until {
                // The command hangs; what it started is its own business.
                let _ = child.kill();
                let _ = child.wait();
                return Err(TriggerTrouble::Transport(TransportProblem::TimedOut));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.wait();
        let said = reading.join().map_err(|_| no_outcome(None))?;
        let said = said.map_err(|_| no_outcome(None))?;
        Outcome::read(&Exchange::bare(said)).map_err(|error| no_outcome(Some(error)))
    }
}

/// What a person is asked.
#[derive(Debug)]
pub enum Question<'a> {
    /// To make the LAS do something.
    Act(&'a Trigger),
    /// Whether the LAS shows what is wanted at a JSONPath.
    Shows(&'a str, &'a Wanted),
    /// What the LAS shows under a name.
    Value(&'a str),
    /// Who answers: an organisation or a role.
    Who,
}

/// Puts a question to a person, in words, and gives the line that is answered;
/// `None` when nobody answers any more.
pub type Asks = Box<dyn FnMut(Question<'_>) -> Option<String> + Send>;

/// A person who operates the LAS and is asked on the terminal.
pub(super) struct ByPerson {
    /// What is asked; one at a time.
    pub asks: Mutex<Asks>,
}

impl ByPerson {
    /// The line that is answered to a question; `None` when nobody is there.
    fn answer(&self, question: Question<'_>) -> Option<String> {
        let mut asks = self
            .asks
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        asks(question).map(|line| line.trim().to_string())
    }

    /// Whether the LAS shows what is wanted; `None` when the person cannot tell.
    pub fn shows(&self, path: &str, wanted: &Wanted) -> Option<bool> {
        match &*self.answer(Question::Shows(path, wanted))?.to_lowercase() {
            "" | "j" | "y" => Some(true),
            "n" => Some(false),
            _ => None,
        }
    }

    /// How an action ended; `None` when the LAS does not know it or nobody is
    /// there.
    pub fn outcome(&self, trigger: &Trigger) -> Option<Status> {
        match &*self.answer(Question::Act(trigger))?.to_lowercase() {
            "" | "j" | "y" => Some(Status::Done),
            "w" | "r" => Some(Status::Refused),
            "m" | "f" => Some(Status::Failed),
            _ => None,
        }
    }

    /// Who answers; `None` when nobody says so.
    pub fn who(&self) -> Option<String> {
        self.answer(Question::Who).filter(|who| !who.is_empty())
    }

    /// What the LAS shows under a name.
    pub fn value(&self, name: &str) -> Option<String> {
        self.answer(Question::Value(name))
            .filter(|value| !value.is_empty())
    }
}

impl Actor for ByPerson {
    fn trigger(&self, trigger: &Trigger) -> Result<Outcome, TriggerTrouble> {
        // Without an answer nobody is there who could have done it.
        let outcome = self.outcome(trigger).ok_or(TriggerTrouble::Unsupported)?;
        Ok(Outcome::new(outcome, ""))
    }

    fn person(&self) -> Option<&ByPerson> {
        Some(self)
    }
}
