//! Reading the fields of a YAML file, so that every mistake in it is told at
//! once, with its place.

use super::nearest::nearest;
use super::yaml::{Spot, Yaml, YamlKey, YamlValue};

/// A mistake in a file of the user: where, and what, as a key of the texts
/// (`yaml.<key>`) with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub spot: Spot,
    /// What it is.
    pub key: &'static str,
    /// The places of the text.
    pub args: Vec<(&'static str, String)>,
}

impl Mistake {
    /// A mistake at `spot`.
    pub fn new(spot: Spot, key: &'static str) -> Self {
        Self {
            spot,
            key,
            args: Vec::new(),
        }
    }

    /// Adds an argument of the text.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

/// The mistakes in a file, in the order in which they are met.
pub type Mistakes = Vec<Mistake>;

/// The fields of one map. What is not asked for is a mistake, told by
/// [`Fields::finish`].
#[derive(Debug)]
pub struct Fields<'y> {
    entries: &'y [(YamlKey, Yaml)],
    spot: Spot,
    /// Every name that was asked for.
    known: Vec<&'static str>,
}

impl<'y> Fields<'y> {
    /// The fields of `yaml`; `None` and a mistake when it is no map.
    pub fn of(yaml: &'y Yaml, mistakes: &mut Mistakes) -> Option<Self> {
        let YamlValue::Map(entries) = &yaml.value else {
            mistakes.push(Mistake::new(yaml.spot, "expected-map"));
            return None;
        };
        Some(Self {
            entries,
            spot: yaml.spot,
            known: Vec::new(),
        })
    }

    /// Where the map begins.
    pub fn spot(&self) -> Spot {
        self.spot
    }

    /// The field of that name; a field without a value is not there.
    pub fn optional(&mut self, name: &'static str) -> Option<&'y Yaml> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.entries
            .iter()
            .find(|(key, _)| *key.name == *name)
            .map(|(_, value)| value)
            .filter(|value| !value.is_nothing())
    }

    /// The field of that name; a mistake when it is not there.
    pub fn required(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<&'y Yaml> {
        let found = self.optional(name);
        if found.is_none() {
            let key = self.entries.iter().find(|(key, _)| *key.name == *name);
            let spot = key.map_or(self.spot, |(key, _)| key.spot);
            mistakes.push(Mistake::new(spot, "missing").with("name", name));
        }
        found
    }

    /// The field of that name as a text.
    pub fn text(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<&'y str> {
        self.optional(name).and_then(|value| value.text(mistakes))
    }

    /// The field of that name as a truth value; `otherwise` when it is not
    /// there.
    pub fn truth(&mut self, name: &'static str, otherwise: bool, mistakes: &mut Mistakes) -> bool {
        let found = self.optional(name);
        let truth = found.and_then(|value| value.truth(mistakes));
        truth.unwrap_or(otherwise)
    }

    /// The items of the field of that name; none when it is not there.
    pub fn list(&mut self, name: &'static str, mistakes: &mut Mistakes) -> &'y [Yaml] {
        let found = self.optional(name);
        found.map_or(&[], |value| value.list(mistakes))
    }

    /// Tells of the fields that nobody asked for.
    pub fn finish(self, mistakes: &mut Mistakes) {
        for (key, _) in self.entries {
            if !self.known.contains(&&*key.name) {
                let known = self.known.iter().copied();
                mistakes.push(unknown(key, known));
            }
        }
    }
}

/// A name that is none of `known`.
pub fn unknown<'a>(key: &YamlKey, known: impl Iterator<Item = &'a str> + Clone) -> Mistake {
    let mut mistake = Mistake::new(key.spot, "unknown").with("name", &*key.name);
    if let Some(nearest) = nearest(&key.name, known.clone()) {
        mistake = mistake.with("nearest", nearest);
    }
    mistake.with("known", known.collect::<Vec<_>>().join(", "))
}

impl Yaml {
    fn expected<T>(&self, key: &'static str, mistakes: &mut Mistakes) -> Option<T> {
        mistakes.push(Mistake::new(self.spot, key));
        None
    }

    /// The text of a scalar, with or without quotes; a mistake for anything
    /// else, and for nothing.
    pub fn text(&self, mistakes: &mut Mistakes) -> Option<&str> {
        match &self.value {
            YamlValue::Scalar { text, .. } if !self.is_nothing() => Some(text),
            _ => self.expected("expected-text", mistakes),
        }
    }

    /// The truth value of a scalar: `true` or `false`, without quotes.
    pub fn truth(&self, mistakes: &mut Mistakes) -> Option<bool> {
        match self.to_json() {
            serde_json::Value::Bool(truth) => Some(truth),
            _ => self.expected("expected-truth", mistakes),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&self, mistakes: &mut Mistakes) -> Option<u64> {
        match self.to_json().as_u64() {
            Some(number) => Some(number),
            None => self.expected("expected-number", mistakes),
        }
    }

    /// The items of a list.
    pub fn list(&self, mistakes: &mut Mistakes) -> &[Yaml] {
        match &self.value {
            YamlValue::List(items) => items,
            _ => {
                mistakes.push(Mistake::new(self.spot, "expected-list"));
                &[]
            }
        }
    }

    /// The entries of a map whose names are the user's.
    pub fn entries(&self, mistakes: &mut Mistakes) -> &[(YamlKey, Yaml)] {
        match &self.value {
            YamlValue::Map(entries) => entries,
            _ => {
                mistakes.push(Mistake::new(self.spot, "expected-map"));
                &[]
            }
        }
    }

    /// The value that this text stands for in `known`; a mistake that names
    /// them all when it is none.
    pub fn one_of<T: Copy>(&self, known: &[(&str, T)], mistakes: &mut Mistakes) -> Option<T> {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        if !matches!(self.value, YamlValue::Scalar { .. }) || self.is_nothing() {
            let mistake = Mistake::new(self.spot, "expected-one-of");
            mistakes.push(mistake.with("known", names.join(", ")));
            return None;
        }
        let text = self.text(mistakes)?;
        if let Some((_, value)) = known.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let mut mistake = Mistake::new(self.spot, "one-of").with("found", text);
        if let Some(nearest) = nearest(text, names.iter().copied()) {
            mistake = mistake.with("nearest", nearest);
        }
        mistakes.push(mistake.with("known", names.join(", ")));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once_with_its_place() {
        let yaml = Yaml::read(b"naam: [x]\nOin: 1\nrol: lsa\naan: ja\naantal: -1\n").unwrap();
        let mut mistakes = Mistakes::new();
        let mut fields = Fields::of(&yaml, &mut mistakes).unwrap();
        assert_eq!(fields.text("naam", &mut mistakes), None);
        assert!(fields.required("oin", &mut mistakes).is_none());
        let role = fields.optional("rol").unwrap();
        let known = [("las", 1), ("duo", 2)];
        assert_eq!(role.one_of(&known, &mut mistakes), None);
        assert!(fields.truth("aan", true, &mut mistakes));
        assert_eq!(
            fields.optional("aantal").unwrap().count(&mut mistakes),
            None
        );
        fields.finish(&mut mistakes);
        let told: Vec<(u32, &str)> = mistakes.iter().map(|m| (m.spot.line, m.key)).collect();
        assert_eq!(
            told,
            [
                (1, "expected-text"),
                (1, "missing"),
                (3, "one-of"),
                (4, "expected-truth"),
                (5, "expected-number"),
                (2, "unknown"),
            ]
        );
        let unknown = &mistakes[5].args;
        assert!(unknown.contains(&("nearest", "oin".to_string())));
    }
}
