//! The files that travel inside the binary.

use include_dir::{Dir, include_dir};

/// Everything under `schemas/`.
pub static BUILTIN_FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas");
