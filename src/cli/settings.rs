//! `ketenkeur.toml`: the settings of a project. What the command line says
//! wins.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::check::user_file::{self, UserFileError};
use crate::facts::Profile;
use crate::finding::{Class, Language};

/// Name of the settings file, looked for in the working folder and above.
pub const SETTINGS_FILE: &str = "ketenkeur.toml";

/// The settings of a project (docs/schemas/ketenkeur.schema.json).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    /// Language of the output.
    pub lang: Option<Language>,
    /// Class from which a finding fails a message.
    pub fail_on: Option<Class>,
    /// Production or test.
    pub profile: Option<Profile>,
    /// Count only what rests on published facts.
    pub strict_provenance: bool,
    /// Refuse packs that `packs.lock` does not name.
    pub locked: bool,
    /// Use the packs of the user beside those of the project.
    pub user_packs: bool,
    /// The deviations file, relative to the settings.
    pub deviations: Option<PathBuf>,
    /// RIO answers to judge onderwijsaanbieders and -locaties with.
    pub rio: Vec<PathBuf>,
    /// Roots that the certificates of signers may end at.
    pub trust: Vec<PathBuf>,
    /// Revocation lists.
    pub crl: Vec<PathBuf>,
    /// Fetch revocation lists, and keep them in this folder.
    pub fetch_crl: Option<PathBuf>,
    /// Reports, as on the command line: `junit=uit/junit.xml`.
    pub report: Vec<String>,
    /// Threads.
    pub jobs: Option<NonZeroUsize>,
}

impl Settings {
    /// Reads a settings file. Paths in it are relative to `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, UserFileError> {
        let mut settings: Self = user_file::read(text)?;
        for path in settings
            .deviations
            .iter_mut()
            .chain(&mut settings.rio)
            .chain(&mut settings.trust)
            .chain(&mut settings.crl)
            .chain(&mut settings.fetch_crl)
        {
            *path = folder.join(&*path);
        }
        Ok(settings)
    }
}

/// The settings file that holds in `folder`: there or in the nearest folder
/// above.
pub fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(SETTINGS_FILE))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::user_file::Mistake;

    #[test]
    fn settings_are_read_and_mistakes_have_a_line() {
        let settings = Settings::parse(
            "lang = 'en'\nfail-on = 'melding'\nprofile = 'test'\ndeviations = 'a.toml'\n",
            Path::new("map"),
        )
        .unwrap();
        assert_eq!(settings.lang, Some(Language::En));
        assert_eq!(settings.fail_on, Some(Class::Melding));
        assert_eq!(settings.profile, Some(Profile::Test));
        assert_eq!(
            settings.deviations.as_deref(),
            Some(Path::new("map/a.toml"))
        );
        let error = Settings::parse("lang = 'en'\nfail-om = 'x'\n", Path::new("")).unwrap_err();
        assert_eq!(error.line, 2);
        assert_eq!(
            error.mistake,
            Mistake::UnknownKey {
                key: "fail-om".into(),
                nearest: Some("fail-on".into())
            }
        );
    }
}
