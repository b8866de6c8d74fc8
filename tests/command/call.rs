//! The program as a user calls it.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use tempfile::TempDir;

pub const AT: &str = "2026-09-28T09:00:00Z";

pub fn ketenkeur(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ketenkeur"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn example(name: &str, breaks: Option<&str>) -> String {
    let mut args = vec!["example", name];
    if let Some(rule) = breaks {
        args.extend(["--break", rule]);
    }
    let output = ketenkeur(root(), &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    stdout(&output)
}

/// A folder with an enrolment; `change` makes it what the test needs.
pub fn folder(change: impl Fn(String) -> String) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bericht.xml");
    std::fs::write(
        &file,
        change(example(
            "aanleverenVerwijderingInschrijvingBO_Request",
            None,
        )),
    )
    .unwrap();
    (folder, file)
}
