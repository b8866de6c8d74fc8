//! Results of commands on standard output.

use std::io::Write;

use serde::Serialize;

use super::failure::Failure;
use crate::exit::Exit;

/// Prints text. A reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Conforms),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Conforms),
        Err(error) => Err(Failure::usage("output").because(error.kind())),
    }
}

/// Tells the user a line beside the result, on standard error. Where nobody
/// listens there is nobody to tell that either.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Asks the user for something, as [`tell`] tells.
pub fn ask(question: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{question}").and_then(|()| out.flush());
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> Result<Exit, Failure> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(text + "\n")),
        Err(_) => Err(Failure::internal("internal")),
    }
}
