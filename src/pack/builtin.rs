//! The files that travel inside the binary.

use include_dir::{Dir, include_dir};

/// Everything under `schemas/`.
pub static BUILTIN_FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas");

/// The files under `schemas/` by their path, with slashes on every system, in
/// order of the path.
pub(super) fn builtin_files() -> Vec<(String, &'static [u8])> {
    let mut files = Vec::new();
    collect(&BUILTIN_FILES, &mut files);
    files.sort_unstable();
    files
}

fn collect(dir: &Dir<'static>, files: &mut Vec<(String, &'static [u8])>) {
    for file in dir.files() {
        // The macro takes the paths of UTF-8 names only.
        let path = file.path().to_str().unwrap_or_default();
        let path = match std::path::MAIN_SEPARATOR {
            '/' => path.to_string(),
            other => path.replace(other, "/"),
        };
        files.push((path, file.contents()));
    }
    for inner in dir.dirs() {
        collect(inner, files);
    }
}
