//! Reading a script: every mistake in it at once, each with its place.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::model::{
    Bilingual, Conduct, Key, Parties, Placed, Proof, Role, Scenario, Sector, Sourced,
};
use super::names;
use super::source::{SourceError, Sources};
use super::step::Step;
use super::text::is_name;
use crate::document::{Fields, Mistake, Mistakes, Spot, Yaml, YamlValue};
use crate::finding::Grade;
use crate::limits::{MAX_MADE_UP_PUPILS, MAX_SCRIPT_STEPS};

/// A mistake in a script, with the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptMistake {
    /// The file.
    pub file: Arc<str>,
    /// What is wrong, and where.
    pub mistake: Mistake,
}

/// What a file of scripts is.
#[derive(Debug)]
pub enum Script {
    /// A scenario.
    Scenario(Box<Scenario>),
    /// Steps that scenarios include.
    Shared(Shared),
}

/// Steps that scenarios include.
#[derive(Debug)]
pub struct Shared {
    /// The file.
    pub file: Arc<str>,
    /// The values that they need from who includes them.
    pub needs: Vec<Placed<Arc<str>>>,
    /// The steps.
    pub steps: Arc<[Step]>,
}

/// Reads the file `file` and what it includes.
///
/// # Errors
///
/// Every mistake in it and in what it includes, in the order of the files and
/// of the lines.
pub fn read_script(file: &str, sources: &dyn Sources) -> Result<Script, Vec<ScriptMistake>> {
    match read_half(file, sources) {
        (Some(script), mistakes) if mistakes.is_empty() => Ok(script),
        (_, mistakes) => Err(mistakes),
    }
}

/// The same, with what could be read of a script that has mistakes.
pub(super) fn read_half(file: &str, sources: &dyn Sources) -> (Option<Script>, Vec<ScriptMistake>) {
    let mut reader = Reader::new(file, sources);
    let script = reader.file();
    let read = std::mem::take(&mut reader.read.scripts);
    let mut mistakes = reader.finish();
    if let Some(script) = &script {
        let is_whole = mistakes.is_empty();
        let mut undefined = names::undefined(script);
        if !is_whole {
            // What could not be read may give a value: then its name stands there.
            let has_gap = mistakes.iter().any(|one| is_of_include(&one.mistake));
            let written = match script {
                Script::Scenario(scenario) => &scenario.read.scripts,
                Script::Shared(_) => &read,
            };
            let written: Vec<_> = written
                .values()
                .map(|one| String::from_utf8_lossy(one))
                .collect();
            undefined.retain(|one| {
                let name = one.mistake.args.iter().find(|(name, _)| *name == "name");
                let name = name.map_or("", |(_, name)| name);
                !has_gap && !written.iter().any(|text| is_written(name, text))
            });
        }
        mistakes.extend(undefined);
    }
    (script, mistakes)
}

/// Whether a mistake keeps steps of another file from being known.
fn is_of_include(mistake: &Mistake) -> bool {
    mistake.key.starts_with("include-") || ["no-file", "outside"].contains(&mistake.key)
}

/// Whether the first part of a value's name stands in a script elsewhere than
/// where the value is used.
fn is_written(name: &str, text: &str) -> bool {
    let root = name.split('.').next().unwrap_or(name);
    let joins = |ch: char| ch.is_alphanumeric() || "-_.".contains(ch);
    let mut found = text.match_indices(root);
    found.any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + root.len()..]);
        !before.ends_with("${") && !before.ends_with(joins) && !after.starts_with(joins)
    })
}

/// Reads one file. Included files have a reader of their own.
pub(super) struct Reader<'s> {
    pub file: Arc<str>,
    pub sources: &'s dyn Sources,
    pub mistakes: Mistakes,
    /// Mistakes of included files.
    pub elsewhere: Vec<ScriptMistake>,
    /// Everything that was read.
    pub read: Sourced,
    /// The files that include each other down to this one.
    pub within: Vec<Arc<str>>,
    /// Steps so far, included ones counted.
    pub steps: usize,
}

impl<'s> Reader<'s> {
    fn new(file: &str, sources: &'s dyn Sources) -> Self {
        Self {
            file: file.into(),
            sources,
            mistakes: Vec::new(),
            elsewhere: Vec::new(),
            read: Sourced::default(),
            within: vec![file.into()],
            steps: 0,
        }
    }

    fn finish(mut self) -> Vec<ScriptMistake> {
        self.mistakes.sort_by_key(|mistake| mistake.spot);
        let own = self.mistakes.into_iter().map(|mistake| ScriptMistake {
            file: self.file.clone(),
            mistake,
        });
        own.chain(self.elsewhere).collect()
    }

    fn file(&mut self) -> Option<Script> {
        let bytes = match self.sources.read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.mistakes.push(error.mistake(Spot::START, &self.file));
                return None;
            }
        };
        let content = Arc::from(bytes.as_slice());
        self.read.scripts.insert(self.file.clone(), content);
        match Yaml::read(&bytes) {
            Ok(yaml) if is_shared(&yaml) => self.shared(&yaml).map(Script::Shared),
            Ok(yaml) => self
                .scenario(&yaml)
                .map(|scenario| Script::Scenario(Box::new(scenario))),
            Err(mistake) => {
                self.mistakes.push(mistake);
                None
            }
        }
    }

    /// Reads shared steps in another file.
    pub fn included(&mut self, name: &str, at: Spot) -> Option<Shared> {
        let Some(file) = self.sources.beside(&self.file, name) else {
            let error = SourceError::Outside;
            self.mistakes.push(error.mistake(at, name));
            return None;
        };
        if self.within.iter().any(|within| **within == *file) {
            self.mistakes
                .push(Mistake::new(at, "include-circle").with("name", name));
            return None;
        }
        if self.within.len() > crate::limits::MAX_SCRIPT_INCLUDES {
            self.mistakes.push(
                Mistake::new(at, "include-deep")
                    .with("most", crate::limits::MAX_SCRIPT_INCLUDES.to_string()),
            );
            return None;
        }
        let mut within = self.within.clone();
        within.push(file.as_str().into());
        let mut reader = Reader {
            file: file.as_str().into(),
            sources: self.sources,
            mistakes: Vec::new(),
            elsewhere: Vec::new(),
            read: Sourced::default(),
            within,
            steps: self.steps,
        };
        let shared = match reader.file() {
            Some(Script::Shared(shared)) => Some(shared),
            Some(Script::Scenario(_)) => {
                self.mistakes
                    .push(Mistake::new(at, "include-scenario").with("name", name));
                None
            }
            None => {
                // A file that is not there is the mistake of who names it.
                if reader.read.scripts.is_empty() {
                    reader.mistakes.clear();
                    self.mistakes
                        .push(Mistake::new(at, "no-file").with("name", name));
                }
                None
            }
        };
        self.steps = reader.steps;
        self.read.scripts.append(&mut reader.read.scripts);
        self.read.messages.append(&mut reader.read.messages);
        self.elsewhere.extend(reader.finish());
        shared
    }

    fn shared(&mut self, yaml: &Yaml) -> Option<Shared> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let needs = fields.list("needs", &mut self.mistakes);
        let steps = fields.required("steps", &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        let needs = needs
            .iter()
            .filter_map(|need| {
                let name = self.name(need)?;
                Some(Placed {
                    at: need.spot,
                    value: name,
                })
            })
            .collect();
        let steps = steps.map(|steps| self.steps(steps)).unwrap_or_default();
        Some(Shared {
            file: self.file.clone(),
            needs,
            steps: steps.into(),
        })
    }

    fn scenario(&mut self, yaml: &Yaml) -> Option<Scenario> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let mistakes = &mut self.mistakes;
        let id = fields.required("id", mistakes);
        let title = fields.required("title", mistakes);
        let text = fields.optional("text");
        let key = fields.required("key", mistakes);
        let mandatory = fields.required("mandatory", mistakes);
        let subject = fields.required("subject", mistakes);
        let sectors = fields.optional("sectors");
        let requirements = fields.required("requirements", mistakes);
        let proves = fields.optional("proves");
        let tags = fields.list("tags", mistakes);
        let grade = fields.required("grade", mistakes);
        let source = fields.required("source", mistakes);
        let at = fields.optional("at");
        let any_moment = fields.optional("any-moment");
        let brings_about = fields.list("brings-about", mistakes);
        let minutes = fields.optional("minutes");
        let pupils = fields.optional("pupils");
        let data = fields.optional("data");
        let parties = fields.optional("parties");
        let steps = fields.required("steps", mistakes);
        fields.finish(mistakes);

        let id_at = id.map_or(yaml.spot, |id| id.spot);
        let id = id.and_then(|id| self.kebab(id));
        let title = title.and_then(|title| self.bilingual(title));
        let text = text.and_then(|text| self.bilingual(text));
        let key = key.and_then(|key| named(key, Key::NAMES, Key::parse, &mut self.mistakes));
        let mandatory = mandatory.and_then(|value| value.truth(&mut self.mistakes));
        let subject = subject.and_then(|value| self.role(value));
        let sectors = match sectors {
            Some(list) => self.sectors(list),
            None => Sector::ALL.to_vec(),
        };
        let requirements = self.requirements(requirements, proves);
        let tags = tags.iter().filter_map(|tag| self.kebab(tag)).collect();
        let grade = grade.and_then(|grade| {
            let names = Grade::ALL.map(Grade::name);
            named(grade, &names, Grade::parse, &mut self.mistakes)
        });
        let source = source.and_then(|source| self.line(source));
        let at = at.and_then(|at| self.moment(at));
        let any_moment = any_moment.and_then(|value| value.truth(&mut self.mistakes));
        let brings_about = self.codes(brings_about);
        let minutes = minutes.and_then(|minutes| self.number(minutes, 1_000));
        let pupils = pupils.map(|pupils| self.number(pupils, MAX_MADE_UP_PUPILS));
        let data = data.map(|data| self.data(data)).unwrap_or_default();
        let parties = parties.map(|parties| self.parties(parties));
        let steps = steps.map(|steps| self.steps(steps)).unwrap_or_default();
        Some(Scenario {
            id: id?,
            id_at,
            file: self.file.clone(),
            hash: self.hash(),
            read: std::mem::take(&mut self.read),
            title: title?,
            text,
            key: key?,
            mandatory: mandatory?,
            subject: subject?,
            sectors,
            requirements,
            tags,
            grade: grade?,
            source: source?.into(),
            at,
            any_moment: any_moment.unwrap_or(false),
            brings_about,
            minutes,
            pupils: pupils.map_or(Some(0), |pupils| pupils)?,
            data,
            parties: parties.unwrap_or_default(),
            steps,
        })
    }

    /// The version of what was read.
    fn hash(&self) -> Arc<str> {
        let mut hasher = Sha256::new();
        for (name, content) in self.read.scripts.iter().chain(&self.read.messages) {
            // The folder above does not belong to the version.
            let name = name.rsplit('/').next().unwrap_or(name);
            hasher.update(name.as_bytes());
            hasher.update([0]);
            hasher.update(Sha256::digest(content));
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        hex.into()
    }

    /// Lower case letters, digits and hyphens.
    pub fn kebab(&mut self, yaml: &Yaml) -> Option<Arc<str>> {
        let text = yaml.text(&mut self.mistakes)?;
        let fits = text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        if !fits {
            self.mistakes
                .push(Mistake::new(yaml.spot, "kebab").with("found", text));
            return None;
        }
        Some(text.into())
    }

    /// A text of one line in which no values are named.
    pub fn line(&mut self, yaml: &Yaml) -> Option<Arc<str>> {
        yaml.text(&mut self.mistakes).map(|text| text.trim().into())
    }

    /// The name of a value.
    pub fn name(&mut self, yaml: &Yaml) -> Option<Arc<str>> {
        let text = yaml.text(&mut self.mistakes)?;
        self.checked_name(text, yaml.spot)
    }

    /// `name`, when it may name a value.
    pub fn checked_name(&mut self, name: &str, at: Spot) -> Option<Arc<str>> {
        if !is_name(name) {
            self.mistakes
                .push(Mistake::new(at, "value-name").with("found", name));
            return None;
        }
        let reserved = super::values::ALWAYS.contains(&name);
        if reserved {
            self.mistakes
                .push(Mistake::new(at, "value-reserved").with("name", name));
            return None;
        }
        Some(name.into())
    }

    /// A text in both languages.
    pub fn bilingual(&mut self, yaml: &Yaml) -> Option<Bilingual> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let nl = fields.required("nl", &mut self.mistakes);
        let en = fields.required("en", &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        let nl = nl.and_then(|nl| self.line(nl));
        let en = en.and_then(|en| self.line(en));
        Some(Bilingual { nl: nl?, en: en? })
    }

    pub fn role(&mut self, yaml: &Yaml) -> Option<Role> {
        named(yaml, Role::NAMES, Role::parse, &mut self.mistakes)
    }

    pub fn number(&mut self, yaml: &Yaml, most: u32) -> Option<u32> {
        let count = yaml.count(&mut self.mistakes)?;
        let number = u32::try_from(count).ok().filter(|number| *number <= most);
        if number.is_none() {
            self.mistakes
                .push(Mistake::new(yaml.spot, "too-much").with("most", most.to_string()));
        }
        number
    }

    fn sectors(&mut self, yaml: &Yaml) -> Vec<Sector> {
        let list = yaml.list(&mut self.mistakes);
        let mut sectors: Vec<Sector> = list
            .iter()
            .filter_map(|one| named(one, Sector::NAMES, Sector::parse, &mut self.mistakes))
            .collect();
        sectors.sort_unstable();
        sectors.dedup();
        if list.is_empty() {
            self.mistakes.push(Mistake::new(yaml.spot, "empty-list"));
        }
        sectors
    }

    fn requirements(&mut self, ids: Option<&Yaml>, proves: Option<&Yaml>) -> Vec<Proof> {
        let mut proofs: Vec<Proof> = Vec::new();
        let list = ids.map_or(&[][..], |ids| ids.list(&mut self.mistakes));
        if let Some(ids) = ids.filter(|_| list.is_empty()) {
            self.mistakes.push(Mistake::new(ids.spot, "empty-list"));
        }
        for one in list {
            let Some(id) = self.line(one) else { continue };
            if proofs.iter().any(|known| known.id == id) {
                self.mistakes
                    .push(Mistake::new(one.spot, "item-twice").with("name", &*id));
                continue;
            }
            proofs.push(Proof {
                at: one.spot,
                id,
                negative: false,
            });
        }
        let entries = proves.map_or(&[][..], |proves| proves.entries(&mut self.mistakes));
        for (key, value) in entries {
            let negative = Fields::of(value, &mut self.mistakes).is_some_and(|mut fields| {
                let negative = fields.truth("negative", false, &mut self.mistakes);
                fields.finish(&mut self.mistakes);
                negative
            });
            match proofs.iter_mut().find(|proof| *proof.id == *key.name) {
                Some(proof) => proof.negative = negative,
                None => self
                    .mistakes
                    .push(Mistake::new(key.spot, "proves-nothing").with("name", &*key.name)),
            }
        }
        proofs
    }

    fn parties(&mut self, yaml: &Yaml) -> Parties {
        let mut parties = Parties::default();
        let Some(mut fields) = Fields::of(yaml, &mut self.mistakes) else {
            return parties;
        };
        for (name, place) in [
            ("las", &mut parties.las),
            ("duo", &mut parties.duo),
            ("osr", &mut parties.osr),
        ] {
            if let Some(value) = fields.optional(name)
                && let Some(conduct) =
                    named(value, Conduct::NAMES, Conduct::parse, &mut self.mistakes)
            {
                *place = conduct;
            }
        }
        fields.finish(&mut self.mistakes);
        parties
    }

    /// Counts a step; `false` when there are too many.
    pub fn count_step(&mut self, at: Spot) -> bool {
        self.steps += 1;
        if self.steps == MAX_SCRIPT_STEPS + 1 {
            self.mistakes.push(
                Mistake::new(at, "too-many-steps").with("most", MAX_SCRIPT_STEPS.to_string()),
            );
        }
        self.steps <= MAX_SCRIPT_STEPS
    }
}

/// The one of `names` that a text is.
pub(super) fn named<T: Copy>(
    yaml: &Yaml,
    names: &[&str],
    parse: impl Fn(&str) -> Option<T>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    let known: Vec<(&str, T)> = names
        .iter()
        .filter_map(|name| Some((*name, parse(name)?)))
        .collect();
    yaml.one_of(&known, mistakes)
}

/// A file with shared steps has no id.
fn is_shared(yaml: &Yaml) -> bool {
    match &yaml.value {
        YamlValue::Map(entries) => {
            let has = |name: &str| entries.iter().any(|(key, _)| *key.name == *name);
            has("needs") || (has("steps") && !has("id") && !has("title") && !has("key"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::finding::Language;
    use crate::text::Texts;

    /// Every mistake that reading a script tells has its words.
    #[test]
    fn every_mistake_has_words() {
        let sources = [
            include_str!("read.rs"),
            include_str!("read_data.rs"),
            include_str!("read_step.rs"),
            include_str!("read_message.rs"),
            include_str!("read_expect.rs"),
            include_str!("names.rs"),
            include_str!("library.rs"),
            include_str!("source.rs"),
        ];
        let mut keys: Vec<String> = Vec::new();
        for source in sources {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            for part in code.split("Mistake::new(").skip(1) {
                // The place, a comma, the key: `at, "key"`.
                let call = part.split(['\n', ';']).next().unwrap_or_default();
                let key = call
                    .split(", \"")
                    .nth(1)
                    .and_then(|key| key.split('"').next());
                keys.extend(key.map(str::to_string));
            }
        }
        keys.extend(
            ["no-file", "file-large", "file-unreadable", "file-outside"].map(str::to_string),
        );
        assert!(keys.len() > 40, "{keys:?}");
        for language in [Language::Nl, Language::En] {
            let texts = &Texts::of(language).yaml;
            for key in &keys {
                assert!(texts.contains_key(key), "yaml.{key} in {language:?}");
            }
        }
    }
}
