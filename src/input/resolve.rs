//! From arguments to files, in a stable order.

use std::collections::{HashSet, VecDeque};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use super::error::{InputError, UsageError};
use super::open::{Input, Origin, one, open_file, open_stream, shown};

/// Folders of version control and of ours, which hold no messages of the
/// user's.
const NO_MESSAGES: [&str; 8] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".bzr",
    "_darcs",
    "CVS",
    ".ketenkeur",
];

/// The characters that make a pattern of an argument.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// What resolving needs beside the arguments.
pub struct Options {
    /// What `-` reads.
    pub stdin: Box<dyn Read + Send>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            stdin: Box::new(std::io::stdin()),
        }
    }
}

/// The inputs that arguments name, found and read one at a time: arguments in
/// the order given, the files of a folder sorted by name. A file that several
/// arguments name is one input.
pub struct Inputs {
    arguments: VecDeque<Argument>,
    walk: Option<Walk>,
    current: Option<super::open::Inputs>,
    stdin: Option<Box<dyn Read + Send>>,
    /// Files met, when more than one argument may name them.
    met: Option<HashSet<u128>>,
}

/// One argument, understood.
enum Argument {
    Stdin,
    File(PathBuf),
    Folder(PathBuf),
    Pattern(Box<GlobMatcher>, PathBuf),
}

impl Inputs {
    /// Understands the arguments: files, folders (all files below, hidden ones
    /// included, version control left out), patterns (`*`, `?`, `[…]`, `{a,b}`,
    /// `**` over folders) and `-`. A name that exists is that name, also with
    /// pattern characters in it.
    ///
    /// # Errors
    ///
    /// The first argument that names nothing.
    pub fn resolve(arguments: &[PathBuf], options: Options) -> Result<Self, UsageError> {
        if arguments.is_empty() {
            return Err(UsageError::NothingNamed);
        }
        let mut understood = VecDeque::new();
        for argument in arguments {
            let argument = understand(argument)?;
            if matches!(argument, Argument::Stdin)
                && understood.iter().any(|a| matches!(a, Argument::Stdin))
            {
                return Err(UsageError::StandardInputTwice);
            }
            understood.push_back(argument);
        }
        Ok(Self {
            met: (understood.len() > 1).then(HashSet::new),
            arguments: understood,
            walk: None,
            current: None,
            stdin: Some(options.stdin),
        })
    }

    /// The inputs of the next file, whatever argument it belongs to.
    fn open_next(&mut self) -> Option<super::open::Inputs> {
        loop {
            while let Some(found) = self.walk.as_mut().and_then(Iterator::next) {
                match found {
                    Ok(path) if self.is_new(&path) => {
                        return Some(open_file(&path, &name_of(&path), Origin::Found));
                    }
                    Ok(_) => {}
                    Err((path, error)) => return Some(one(&name_of(&path), Err(error))),
                }
            }
            self.walk = None;
            match self.arguments.pop_front()? {
                Argument::Stdin => {
                    let stdin = self.stdin.take()?;
                    return Some(open_stream(stdin, "-"));
                }
                Argument::File(path) if self.is_new(&path) => {
                    return Some(open_file(&path, &name_of(&path), Origin::Named));
                }
                Argument::File(_) => {}
                Argument::Folder(path) => self.walk = Some(Walk::new(&path, None)),
                Argument::Pattern(pattern, base) => {
                    self.walk = Some(Walk::new(&base, Some(pattern)));
                }
            }
        }
    }

    /// Whether no argument named this file before. Kept as half a SHA-256 of
    /// the absolute path, so that a million files take little memory.
    fn is_new(&mut self, path: &Path) -> bool {
        let Some(met) = &mut self.met else {
            return true;
        };
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        met.insert(u128::from_le_bytes(half))
    }
}

impl Iterator for Inputs {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(input) = self.current.as_mut().and_then(Iterator::next) {
                return Some(input);
            }
            self.current = Some(self.open_next()?);
        }
    }
}

fn understand(argument: &Path) -> Result<Argument, UsageError> {
    let name = || shown(&argument.to_string_lossy());
    if argument.as_os_str() == "-" {
        return Ok(Argument::Stdin);
    }
    match std::fs::metadata(argument) {
        Ok(metadata) if metadata.is_dir() => {
            let mut walk = Walk::new(argument, None);
            match walk.next() {
                Some(_) => Ok(Argument::Folder(argument.to_path_buf())),
                None => Err(UsageError::EmptyFolder(name())),
            }
        }
        Ok(_) => Ok(Argument::File(argument.to_path_buf())),
        // A link without an end exists as a name; reading it says what is wrong.
        Err(_) if argument.symlink_metadata().is_ok() => Ok(Argument::File(argument.to_path_buf())),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Ok(Argument::File(argument.to_path_buf()))
        }
        Err(_) => {
            let Some(text) = argument.to_str().filter(|text| text.contains(WILD)) else {
                return Err(UsageError::NotFound(name()));
            };
            let pattern = GlobBuilder::new(text.strip_prefix("./").unwrap_or(text))
                .literal_separator(true)
                .build()
                .map_err(|_| UsageError::BadPattern(name()))?;
            let pattern = Box::new(pattern.compile_matcher());
            let base = base_of(argument);
            let mut walk = Walk::new(&base, Some(pattern.clone()));
            match walk.any(|found| found.is_ok()) {
                true => Ok(Argument::Pattern(pattern, base)),
                false => Err(UsageError::NothingMatches(name())),
            }
        }
    }
}

/// The folder in which the files of a pattern lie: the components before the
/// first one that is wild.
fn base_of(pattern: &Path) -> PathBuf {
    let base: PathBuf = pattern
        .components()
        .take_while(|component| {
            !matches!(component, Component::Normal(name)
                if name.to_string_lossy().contains(WILD))
        })
        .collect();
    if base.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        base
    }
}

/// The files below a folder, sorted by name, those of a pattern only.
struct Walk {
    entries: walkdir::FilterEntry<walkdir::IntoIter, fn(&DirEntry) -> bool>,
    pattern: Option<Box<GlobMatcher>>,
}

impl Walk {
    fn new(root: &Path, pattern: Option<Box<GlobMatcher>>) -> Self {
        let keep: fn(&DirEntry) -> bool = |entry| {
            let name = entry.file_name();
            entry.depth() == 0
                || !entry.file_type().is_dir()
                || !NO_MESSAGES.iter().any(|folder| name == *folder)
        };
        Self {
            entries: WalkDir::new(root)
                .follow_links(true)
                .sort_by_file_name()
                .into_iter()
                .filter_entry(keep),
            pattern,
        }
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, (PathBuf, InputError)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.entries.next()? {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => {
                    let path = entry.into_path();
                    let plain = path.strip_prefix(".").unwrap_or(&path);
                    let wanted = self.pattern.as_ref().is_none_or(|p| p.is_match(plain));
                    if wanted {
                        return Some(Ok(path));
                    }
                }
                Err(error) => {
                    let path = error.path().unwrap_or(Path::new("")).to_path_buf();
                    let is_loop = error.loop_ancestor().is_some();
                    let kind = error
                        .io_error()
                        .map_or(std::io::ErrorKind::Other, std::io::Error::kind);
                    // A pattern speaks of files. What is broken elsewhere below
                    // its base is not its concern, but a folder that may not be
                    // entered could hide what matches.
                    let matches = self
                        .pattern
                        .as_ref()
                        .is_none_or(|p| p.is_match(path.strip_prefix(".").unwrap_or(&path)));
                    if !matches && kind != std::io::ErrorKind::PermissionDenied {
                        continue;
                    }
                    let error = if is_loop {
                        InputError::SymlinkLoop
                    } else {
                        InputError::Unreadable(kind)
                    };
                    return Some(Err((path, error)));
                }
            }
        }
    }
}

/// A path as the user would write it, with slashes on every system.
fn name_of(path: &Path) -> String {
    let plain = path.strip_prefix(".").unwrap_or(path);
    let name = shown(&plain.to_string_lossy());
    if std::path::MAIN_SEPARATOR == '/' {
        name
    } else {
        name.replace(std::path::MAIN_SEPARATOR, "/")
    }
}
