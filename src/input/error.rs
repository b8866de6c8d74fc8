//! Why an input holds no message to judge.

use std::io;

use thiserror::Error;

use crate::finding::{Args, Position, Verdict};
use crate::limits;

/// Why an input, though found, gives no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InputError {
    /// The system refuses to give the bytes.
    #[error("cannot be read ({0}); check that it exists and may be read")]
    Unreadable(io::ErrorKind),
    /// A symbolic link leads back to a folder above it.
    #[error("a symbolic link that leads back to a folder above it; remove the link")]
    SymlinkLoop,
    /// Neither file nor folder: a device, a socket, a link in an archive.
    #[error("neither a file nor a folder")]
    NotAFile,
    /// No bytes, or only white space.
    #[error("empty")]
    Empty,
    /// Larger than [`crate::limits::MAX_MESSAGE_BYTES`].
    #[error("larger than a message may be")]
    TooLarge,
    /// Not XML, JSON, a capture or an archive, or XML or JSON that describes
    /// messages (a schema, a WSDL, rules) instead of being one.
    #[error("no message")]
    NotAMessage {
        /// The user named this very file, instead of a folder around it.
        named: bool,
    },
    /// A file that the user named and that describes messages instead of being
    /// one; what it is called.
    #[error("no message but {0}")]
    Description(&'static str),
    /// Not a zip archive after all, or a damaged one.
    #[error("a broken zip archive; make it again")]
    BrokenArchive,
    /// A zip archive or a HAR capture without entries.
    #[error("an archive or a capture without messages")]
    EmptyArchive,
    /// An entry that is encrypted.
    #[error("encrypted in the zip archive; unpack it first")]
    Encrypted,
    /// A zip archive in a zip archive or in a capture.
    #[error("an archive within an archive; unpack it first")]
    NestedArchive,
    /// An entry that is packed in a way that is not supported.
    #[error("packed with a method other than stored or deflate; pack it again")]
    Compression,
    /// Unpacked, an entry is more than [`crate::limits::MAX_COMPRESSION_RATIO`]
    /// times as large as packed.
    #[error("unpacks to an unreasonable size")]
    ArchiveBomb,
    /// More entries than [`crate::limits::MAX_ARCHIVE_ENTRIES`].
    #[error("more files than an archive may have; split it")]
    TooManyEntries,
    /// Unpacked, the archive as a whole passes
    /// [`crate::limits::MAX_ARCHIVE_BYTES`]; what comes after is not read.
    #[error("unpacks to more than an archive may hold; split it")]
    ArchiveTooLarge,
    /// Not a HAR 1.2 capture.
    #[error("no HAR 1.2 capture ({}:{})", .0.line, .0.column)]
    BrokenHar(Position),
    /// A body in a capture that should be base64 and is not.
    #[error("a body that is not the base64 that the capture says it is")]
    BadBase64,
    /// The capture says that there was a body, or a response, but does not
    /// hold it.
    #[error("not recorded in the capture; record it with bodies")]
    NotRecorded,
    /// A moment in a capture that is none, so that nobody knows when the message
    /// was received.
    #[error("startedDateTime is no moment of ISO 8601")]
    Moment,
    /// Header lines or chunks of an HTTP message that cannot be read.
    #[error("not an HTTP message in the form of RFC 9112")]
    BrokenHttp,
    /// An HTTP message that ends before its headers or its body do.
    #[error("an HTTP message that is cut off")]
    HttpCutOff,
    /// More bytes after an HTTP header than `Content-Length` says, and no
    /// further message.
    #[error("{found} bytes follow the header, Content-Length says {declared}")]
    HttpLength {
        /// What the header says.
        declared: usize,
        /// What there is.
        found: usize,
    },
    /// A body with a `Content-Encoding`.
    #[error("a body with a Content-Encoding; record it decoded")]
    ContentEncoding,
}

impl InputError {
    /// The code of the rule that speaks of this error.
    pub fn code(&self) -> &'static str {
        match self {
            InputError::Unreadable(_) => "KK-INVOER-ONLEESBAAR",
            InputError::SymlinkLoop => "KK-INVOER-LUS",
            InputError::Empty => "KK-INVOER-LEEG",
            InputError::TooLarge => "KK-INVOER-TE-GROOT",
            InputError::NotAMessage { .. } | InputError::NotAFile => "KK-INVOER-GEEN-BERICHT",
            InputError::Description(_) => "KK-INVOER-BESCHRIJVING",
            InputError::BrokenArchive => "KK-INVOER-ARCHIEF-KAPOT",
            InputError::EmptyArchive => "KK-INVOER-ARCHIEF-LEEG",
            InputError::Encrypted => "KK-INVOER-ARCHIEF-VERSLEUTELD",
            InputError::NestedArchive => "KK-INVOER-ARCHIEF-GENEST",
            InputError::Compression => "KK-INVOER-ARCHIEF-METHODE",
            InputError::ArchiveBomb => "KK-INVOER-ARCHIEF-BOM",
            InputError::TooManyEntries => "KK-INVOER-ARCHIEF-AANTAL",
            InputError::ArchiveTooLarge => "KK-INVOER-ARCHIEF-TE-GROOT",
            InputError::BrokenHar(_) => "KK-INVOER-HAR-KAPOT",
            InputError::BadBase64 => "KK-INVOER-BASE64",
            InputError::NotRecorded => "KK-INVOER-NIET-VASTGELEGD",
            InputError::Moment => "KK-INVOER-HAR-TIJDSTIP",
            InputError::BrokenHttp => "KK-INVOER-HTTP-KAPOT",
            InputError::HttpCutOff => "KK-INVOER-HTTP-AFGEBROKEN",
            InputError::HttpLength { .. } => "KK-INVOER-HTTP-LENGTE",
            InputError::ContentEncoding => "KK-INVOER-CODERING",
        }
    }

    /// What the text of that rule speaks of.
    pub fn args(&self) -> Args {
        match self {
            InputError::Description(name) => Args::new().with("kind", *name),
            InputError::TooLarge => Args::new().with("limit", limits::MAX_MESSAGE_BYTES),
            InputError::TooManyEntries => Args::new().with("limit", limits::MAX_ARCHIVE_ENTRIES),
            InputError::BrokenHar(at) => Args::new()
                .with("line", u64::from(at.line))
                .with("column", u64::from(at.column)),
            InputError::HttpLength { declared, found } => Args::new()
                .with("declared", *declared)
                .with("found", *found),
            _ => Args::new(),
        }
    }

    /// What the error says of the input. What nobody claimed to be a message
    /// is not applicable; what may well be a good message, if it could only be
    /// seen, is undecided.
    pub fn verdict(&self) -> Verdict {
        match self {
            InputError::NotAMessage { named: false } | InputError::NotAFile => {
                Verdict::NotApplicable
            }
            InputError::Unreadable(_)
            | InputError::SymlinkLoop
            | InputError::Encrypted
            | InputError::NestedArchive
            | InputError::Compression
            | InputError::NotRecorded
            | InputError::Moment
            | InputError::ContentEncoding => Verdict::Undecided,
            _ => Verdict::Fail,
        }
    }
}

/// Why the arguments of a command name nothing to judge. The user is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UsageError {
    /// No arguments.
    #[error("name a file, a folder, a pattern, or - for standard input")]
    NothingNamed,
    /// No file or folder of that name.
    #[error("{0}: no such file or folder")]
    NotFound(String),
    /// A folder without a file in it or below it.
    #[error("{0}: a folder without files")]
    EmptyFolder(String),
    /// A pattern that no file matches.
    #[error("{0}: no file matches this pattern")]
    NothingMatches(String),
    /// A pattern that is none.
    #[error("{0}: not a pattern; write brackets and braces in pairs")]
    BadPattern(String),
    /// `-` was named more than once.
    #[error("- names standard input, which can be read once")]
    StandardInputTwice,
}
