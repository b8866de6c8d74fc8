//! Who may do more than anybody: the tokens of the team and of suppliers.
//!
//! ```toml
//! [[token]]
//! for = "00000003123456780000"     # a supplier's OIN, or "team"
//! hash = "…"                       # SHA-256 of the token, in hexadecimal
//! made = 2026-11-26
//! ```
//!
//! The file holds no token. One is shown once, when it is made; it has 256
//! random bits, so that its hash gives nothing away. Whoever takes an entry
//! out of the file withdraws its token at once.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::Date;
use serde::Deserialize;

use crate::check::user_file::{self, UserFileError};
use crate::evidence::sha256;
use crate::facts::{self, OinError};
use crate::finding::TEAM;
use crate::limits::MAX_KEY_BYTES;
use crate::pack::Day;

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The implementation team, which sees everything.
    Team,
    /// The supplier with this OIN, which sees and sends what is its own.
    Supplier(String),
}

/// What every token begins with, so that one that strays is recognised.
const PREFIX: &str = "kk_";

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file is there and is none of tokens.
    #[error(transparent)]
    File(#[from] UserFileError),
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The system gives no random bytes.
    #[error("no random bytes")]
    Random,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "for")]
    holder: String,
    hash: String,
    // Told to people who look into the file.
    #[serde(rename = "made")]
    _made: Day,
}

/// A token that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Whose it is.
    pub holder: Holder,
    /// Its hash, by which it is known again while it stands in the file.
    pub hash: String,
}

impl Holder {
    /// The supplier of that OIN.
    ///
    /// # Errors
    ///
    /// It is no OIN.
    pub fn supplier(oin: &str) -> Result<Self, OinError> {
        facts::oin(oin)?;
        Ok(Self::Supplier(oin.to_string()))
    }

    fn written(&self) -> &str {
        match self {
            Self::Team => TEAM,
            Self::Supplier(oin) => oin,
        }
    }
}

/// Checks that a file is one of tokens.
///
/// # Errors
///
/// It cannot be read, or is something else.
pub fn check(file: &Path) -> Result<(), TokenError> {
    entries(file).map(drop)
}

/// Makes a token and adds its hash to a file, which is made when it is not
/// there. Gives back the token, which nobody can find again.
///
/// # Errors
///
/// The file is something else, or cannot be written.
pub fn make(file: &Path, holder: &Holder, today: Date) -> Result<String, TokenError> {
    if file.exists() {
        check(file)?;
    }
    let token = format!("{PREFIX}{}", random()?);
    let entry = format!(
        "[[token]]\nfor = \"{}\"\nhash = \"{}\"\nmade = {today}\n\n",
        holder.written(),
        sha256(token.as_bytes())
    );
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)?.write_all(entry.as_bytes())?;
    Ok(token)
}

/// 256 random bits as text.
pub(super) fn random() -> Result<String, TokenError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| TokenError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Whose token this is, when it stands in the file. Every entry is compared,
/// so that the time that it takes tells nothing.
pub(super) fn known(file: &Path, token: &str) -> Option<Known> {
    in_force(file, &sha256(token.as_bytes()))
}

/// Whose token has this hash, when it stands in the file now.
pub(super) fn in_force(file: &Path, hash: &str) -> Option<Known> {
    let mut found = None;
    for entry in entries(file).ok()? {
        let same = verify_slices_are_equal(entry.hash.as_bytes(), hash.as_bytes()).is_ok();
        let holder = match entry.holder.as_str() {
            TEAM => Some(Holder::Team),
            oin => Holder::supplier(oin).ok(),
        };
        found = match holder {
            Some(holder) if same => Some(Known {
                holder,
                hash: entry.hash,
            }),
            _ => found,
        };
    }
    found
}

fn entries(file: &Path) -> Result<Vec<Entry>, TokenError> {
    if std::fs::metadata(file)?.len() > MAX_KEY_BYTES {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
    }
    let text = std::fs::read_to_string(file)?;
    let mut read: File = user_file::read(&text)?;
    for (number, entry) in read.token.iter_mut().enumerate() {
        let wrong = |key, kind| UserFileError::in_list(&text, "token", number, key, kind);
        if entry.holder != TEAM && Holder::supplier(&entry.holder).is_err() {
            return Err(wrong("for", "token-for").into());
        }
        let is_hex = entry.hash.bytes().all(|one| one.is_ascii_hexdigit());
        if entry.hash.len() != sha256(b"").len() || !is_hex {
            return Err(wrong("hash", "token-hash").into());
        }
        entry.hash.make_ascii_lowercase();
    }
    Ok(read.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_until_its_entry_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.toml");
        let today = jiff::civil::date(2026, 11, 26);
        let supplier = Holder::supplier("00000003123456780000").unwrap();
        let theirs = make(&file, &supplier, today).unwrap();
        let ours = make(&file, &Holder::Team, today).unwrap();
        assert_ne!(theirs, ours);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&theirs) && !text.contains(&ours), "{text}");
        assert_eq!(known(&file, &theirs).unwrap().holder, supplier);
        assert_eq!(known(&file, &ours).unwrap().holder, Holder::Team);
        for wrong in ["", "kk_", &theirs[..theirs.len() - 1], "kk_AAAA"] {
            assert_eq!(known(&file, wrong), None, "{wrong}");
        }
        // The hash itself opens nothing.
        assert_eq!(known(&file, &sha256(theirs.as_bytes())), None);
        let (_, rest) = text.split_once("\n\n").unwrap();
        std::fs::write(&file, rest).unwrap();
        assert_eq!(known(&file, &theirs), None);
        assert!(known(&file, &ours).is_some());
        // What can be nobody's token is a mistake in the file, with its line.
        for (old, new, line) in [
            ("hash = \"", "hash = \"zz", 3),
            ("hash = \"", "hash = \"0", 3),
            ("for = \"team\"", "for = \"teem\"", 2),
        ] {
            std::fs::write(&file, format!("\n{}", rest.replacen(old, new, 1))).unwrap();
            let error = check(&file).unwrap_err();
            let TokenError::File(error) = error else {
                panic!("{error}");
            };
            let wanted = line + 1;
            assert_eq!(error.line, wanted, "{new}");
            assert_eq!(known(&file, &ours), None);
        }
        for no_oin in [
            "0000000312345678",
            "12345678901234567890",
            "00000003123456780000 ",
        ] {
            assert!(Holder::supplier(no_oin).is_err(), "{no_oin}");
        }
    }
}
