//! The runs of months, in one SQLite file.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::imported::Imported;
use crate::finding::Dispute;

/// The version of the file. A file of another version is refused.
const VERSION: i64 = 2;

/// Marks the file as ours: "KKGR".
const APPLICATION: i64 = 0x4b4b_4752;

/// A file with runs.
#[derive(Debug)]
pub struct RunStore(Connection);

/// Why the file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no store of runs there")]
    Absent,
    /// It cannot be opened or made.
    #[error("the store cannot be opened")]
    Open,
    /// It is something else.
    #[error("the file is no store of runs")]
    Foreign,
    /// It is one of another version of ketenkeur.
    #[error("the store was made by another version of ketenkeur")]
    Version,
    /// A run cannot be written to it or read from it.
    #[error("the store cannot be used")]
    Use,
}

impl RunStore {
    /// The store in a file, made when it does not exist.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or is something else.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::with(path, OpenFlags::default())
    }

    /// The store in a file that is there, of which nothing is changed.
    ///
    /// # Errors
    ///
    /// As [`RunStore::open`]; also when the file is not there.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Absent);
        }
        Self::with(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let connection = Connection::open_with_flags(path, flags).map_err(|_| StoreError::Open)?;
        let number = |pragma: &str| -> Result<i64, StoreError> {
            connection
                .query_row(pragma, [], |row| row.get(0))
                .map_err(|_| StoreError::Foreign)
        };
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        if tables == 0 {
            let make = format!(
                "BEGIN; CREATE TABLE run (
                    id TEXT PRIMARY KEY,
                    content TEXT NOT NULL
                ); PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION}; COMMIT;"
            );
            connection
                .execute_batch(&make)
                .map_err(|_| StoreError::Use)?;
        } else if number("PRAGMA application_id")? != APPLICATION {
            return Err(StoreError::Foreign);
        } else if number("PRAGMA user_version")? != VERSION {
            return Err(StoreError::Version);
        }
        if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
            let make = "CREATE TABLE IF NOT EXISTS dispute (
                    party TEXT NOT NULL,
                    rule TEXT NOT NULL,
                    finding TEXT NOT NULL,
                    content TEXT NOT NULL,
                    PRIMARY KEY (party, rule, finding)
                )";
            connection
                .execute_batch(make)
                .map_err(|_| StoreError::Use)?;
        }
        Ok(Self(connection))
    }

    /// Adds runs, all or none. One that is there already changes nothing, unless it
    /// is signed now by somebody who did not sign it then: the signature is no part
    /// of what is signed.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn add(&mut self, runs: &[Imported]) -> Result<(), StoreError> {
        let mut add = || -> rusqlite::Result<()> {
            let all = self.0.transaction()?;
            for run in runs {
                let is_known = |known: Imported| !run.adds_signature_to(&known);
                if read(&all, &run.id)?.is_some_and(is_known) {
                    continue;
                }
                let content = serde_json::to_string(run)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                all.execute(
                    "INSERT OR REPLACE INTO run (id, content) VALUES (?1, ?2)",
                    params![run.id, content],
                )?;
            }
            all.commit()
        };
        add().map_err(|_| StoreError::Use)
    }

    /// Keeps disputes, all or none: each in place of what the same party held
    /// against the same rule or finding.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn dispute(&mut self, disputes: &[Dispute]) -> Result<(), StoreError> {
        let mut keep = || -> rusqlite::Result<()> {
            let all = self.0.transaction()?;
            for dispute in disputes {
                let (party, rule, finding) = dispute.subject();
                let content = serde_json::to_string(dispute)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
                all.execute(
                    "INSERT OR REPLACE INTO dispute (party, rule, finding, content)
                     VALUES (?1, ?2, ?3, ?4)",
                    params![party, rule, finding.unwrap_or(""), content],
                )?;
            }
            all.commit()
        };
        keep().map_err(|_| StoreError::Use)
    }

    /// Every dispute, by who disputes what.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn disputes(&self) -> Result<Vec<Dispute>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            // A store of before there were disputes has no place for them.
            let has = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'dispute')";
            if !self.0.query_row(has, [], |row| row.get(0))? {
                return Ok(Vec::new());
            }
            let query = "SELECT content FROM dispute ORDER BY party, rule, finding";
            let mut all = self.0.prepare(query)?;
            all.query_map([], |row| row.get(0))?.collect()
        };
        let contents = read().map_err(|_| StoreError::Use)?;
        let disputes = contents.iter().map(|content| serde_json::from_str(content));
        disputes
            .collect::<Result<_, _>>()
            .map_err(|_| StoreError::Use)
    }

    /// The run of that id, when it is there.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<Imported>, StoreError> {
        read(&self.0, id).map_err(|_| StoreError::Use)
    }

    /// What is another after every change, by this program or another.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn stamp(&self) -> Result<(i64, i64), StoreError> {
        let number = |query: &str| self.0.query_row(query, [], |row| row.get(0));
        let stamp = number("PRAGMA data_version")
            .and_then(|others| Ok((others, number("SELECT total_changes()")?)));
        stamp.map_err(|_| StoreError::Use)
    }

    /// Every run, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn runs(&self) -> Result<Vec<Imported>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut all = self.0.prepare("SELECT content FROM run ORDER BY id")?;
            all.query_map([], |row| row.get(0))?.collect()
        };
        let contents = read().map_err(|_| StoreError::Use)?;
        let runs = contents.iter().map(|content| serde_json::from_str(content));
        runs.collect::<Result<_, _>>().map_err(|_| StoreError::Use)
    }
}

/// The run of that id.
fn read(connection: &Connection, id: &str) -> rusqlite::Result<Option<Imported>> {
    let query = "SELECT content FROM run WHERE id = ?1";
    let content = connection.query_row(query, [id], |row| row.get::<_, String>(0));
    let run = content
        .optional()?
        .map(|content| serde_json::from_str(&content));
    run.transpose()
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
