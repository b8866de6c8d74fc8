//! What the team knows, as its file says now: read again when it changed, with
//! the last good one in force while it is broken.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;

use crate::readiness::{Team, TeamError, TeamFile, TeamFiles};

/// Who is told that the file is broken, once for each change.
pub type Told = Box<dyn Fn(&Path, TeamError) + Send + Sync>;

/// A team file that is looked at again and again; or none.
pub struct WatchedTeam {
    path: Option<PathBuf>,
    told: Told,
    kept: Mutex<Kept>,
}

struct Kept {
    team: Arc<Team>,
    is_broken: bool,
    /// The day as of which answers of the OSR were counted.
    day: Date,
    files: TeamFiles,
}

impl std::fmt::Debug for WatchedTeam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchedTeam")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl WatchedTeam {
    /// Watches a file that is good now.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn open(path: Option<PathBuf>, day: Date, told: Told) -> Result<Self, TeamError> {
        let mut kept = Kept {
            team: Arc::default(),
            is_broken: false,
            day,
            files: TeamFiles::default(),
        };
        if let Some(path) = &path {
            kept.read(path, day)?;
        }
        Ok(Self {
            path,
            told,
            kept: Mutex::new(kept),
        })
    }

    /// What the team knows on a day, and whether its file is broken since.
    pub fn now(&self, day: Date) -> (Arc<Team>, bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path
            && (kept.day != day || kept.files.have_changed())
            && let Err(error) = kept.read(path, day)
        {
            (self.told)(path, error);
        }
        (Arc::clone(&kept.team), kept.is_broken)
    }
}

impl Kept {
    /// Reads the file. What was good stays when it is broken.
    fn read(&mut self, path: &Path, day: Date) -> Result<(), TeamError> {
        let TeamFile { team, files } = TeamFile::read(path, day);
        self.files = files;
        self.day = day;
        self.is_broken = team.is_err();
        self.team = Arc::new(team?);
        Ok(())
    }
}
