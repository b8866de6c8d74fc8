//! What a party must not forget: a list of entries, in memory or in one SQLite
//! file, from which the party is made again after a restart.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version of the file. A file of another version is refused.
const VERSION: i64 = 1;

/// A journal of one or more parties. A clone writes to the same journal.
///
/// One in memory keeps nothing: it dies with the party that it belongs to.
#[derive(Clone, Default)]
pub struct Journal {
    file: Option<Arc<Mutex<Connection>>>,
    /// Keeps others out for as long as it is open.
    alone: Option<Arc<File>>,
}

/// Why a journal cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened or made.
    #[error("the file with the state cannot be opened")]
    Open,
    /// The file is not a journal of ours.
    #[error("the file is no state of a counterpart")]
    Foreign,
    /// Another process goes on in it: two would hand out the same numbers.
    #[error("the file with the state is in use")]
    InUse,
    /// The file is a journal of another version of ketenkeur.
    #[error("the file was written by another version of ketenkeur")]
    Version,
    /// An entry could not be written.
    #[error("the state cannot be written")]
    Write,
    /// An entry cannot be read back.
    #[error("the state cannot be read")]
    Read,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("file", &self.file.is_some())
            .field("alone", &self.alone.is_some())
            .finish()
    }
}

impl Journal {
    /// A journal that lives as long as the party.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The same, for a process that is alone in it. The file is its owner's only:
    /// it holds what was sent, persons and all.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and when another process has it open.
    pub fn open_alone(path: &Path) -> Result<Self, JournalError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options.open(path).map_err(|_| JournalError::Open)?;
        // Elsewhere such a lock would keep SQLite out as well.
        #[cfg(unix)]
        file.try_lock().map_err(|_| JournalError::InUse)?;
        Ok(Self {
            alone: Some(Arc::new(file)),
            ..Self::open(path)?
        })
    }

    /// The journal in a file, made when it does not exist.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or is something else.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let connection = Connection::open(path).map_err(|_| JournalError::Open)?;
        // A confirmed entry survives a crash of the program and of the machine.
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .map_err(|_| JournalError::Foreign)?;
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|_| JournalError::Foreign)?;
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(|_| JournalError::Foreign)?;
        match (version, tables) {
            (0, 0) => connection
                .execute_batch(&format!(
                    "BEGIN; CREATE TABLE entry (
                        number INTEGER PRIMARY KEY,
                        party TEXT NOT NULL,
                        content TEXT NOT NULL
                    ); PRAGMA user_version = {VERSION}; COMMIT;"
                ))
                .map_err(|_| JournalError::Open)?,
            (VERSION, _) => {}
            (0, _) => return Err(JournalError::Foreign),
            _ => return Err(JournalError::Version),
        }
        Ok(Self {
            file: Some(Arc::new(Mutex::new(connection))),
            alone: None,
        })
    }

    /// Whether it outlives the party.
    pub fn is_kept(&self) -> bool {
        self.file.is_some()
    }

    /// Adds entries of a party, all or none. When this returns, they are kept.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn append<T: Serialize>(&self, party: &str, entries: &[T]) -> Result<(), JournalError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let contents = entries
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<Vec<String>, _>>()
            .map_err(|_| JournalError::Write)?;
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let write = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            for content in &contents {
                transaction.execute(
                    "INSERT INTO entry (party, content) VALUES (?1, ?2)",
                    params![party, content],
                )?;
            }
            transaction.commit()
        };
        write(&mut file).map_err(|_| JournalError::Write)
    }

    /// The entries of a party, in the order in which they were added.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or an entry is none of this party's kind.
    pub fn entries<T: DeserializeOwned>(&self, party: &str) -> Result<Vec<T>, JournalError> {
        let Some(file) = &self.file else {
            return Ok(Vec::new());
        };
        let file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut query =
                file.prepare("SELECT content FROM entry WHERE party = ?1 ORDER BY number")?;
            let rows = query.query_map([party], |row| row.get(0))?;
            rows.collect()
        };
        read()
            .map_err(|_| JournalError::Read)?
            .iter()
            .map(|content| serde_json::from_str(content).map_err(|_| JournalError::Read))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_in_order_and_by_party() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toestand.sqlite");
        let journal = Journal::open(&path).unwrap();
        journal.append("duo", &[1, 2]).unwrap();
        journal.append("osr", &["a"]).unwrap();
        journal.append("duo", &[3]).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.entries::<u8>("duo"), Ok(vec![1, 2, 3]));
        assert_eq!(journal.entries::<String>("osr"), Ok(vec!["a".to_string()]));
        assert_eq!(journal.entries::<u8>("osr"), Err(JournalError::Read));
        assert_eq!(journal.entries::<u8>("las"), Ok(vec![]));
    }

    #[test]
    fn a_file_of_somebody_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.txt");
        std::fs::write(
            &text,
            "not a database at all, but long enough to be looked at",
        )
        .unwrap();
        assert_eq!(Journal::open(&text).unwrap_err(), JournalError::Foreign);
        let other = folder.path().join("other.sqlite");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        assert_eq!(Journal::open(&other).unwrap_err(), JournalError::Foreign);
        assert_eq!(
            Journal::open(&folder.path().join("none/state")).unwrap_err(),
            JournalError::Open
        );
    }
}
