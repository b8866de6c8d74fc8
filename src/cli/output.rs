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
        Err(error) => Err(Failure::usage("not-written")
            .with("path", "-")
            .because(error.kind())),
    }
}

/// Prints a value as JSON.
pub fn print_json(value: &impl Serialize) -> Result<Exit, Failure> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&(text + "\n")),
        Err(_) => Err(Failure::internal("internal")),
    }
}
