//! Reading what a script gives: values, texts and moments.

use std::sync::Arc;

use super::data::{Generator, Given, GivenContent};
use super::moment::Moment;
use super::read::Reader;
use super::text::Text;
use crate::document::{Mistake, Spot, Yaml, YamlValue};

impl Reader<'_> {
    /// Values by name.
    pub fn data(&mut self, yaml: &Yaml) -> Vec<(Arc<str>, Given)> {
        let entries = yaml.entries(&mut self.mistakes);
        entries
            .iter()
            .filter_map(|(key, value)| {
                let name = self.checked_name(&key.name, key.spot)?;
                Some((name, self.given(&key.name, value)?))
            })
            .collect()
    }

    /// The data of an action: the names are the action's.
    pub fn with(&mut self, yaml: &Yaml) -> Vec<(Arc<str>, Given)> {
        let entries = yaml.entries(&mut self.mistakes);
        entries
            .iter()
            .filter_map(|(key, value)| Some(((&*key.name).into(), self.given(&key.name, value)?)))
            .collect()
    }

    /// A value; `key` is the name of what it is the value of.
    pub fn given(&mut self, key: &str, yaml: &Yaml) -> Option<Given> {
        let content = match &yaml.value {
            YamlValue::List(items) => GivenContent::List(
                items
                    .iter()
                    .filter_map(|item| self.given(key, item))
                    .collect(),
            ),
            YamlValue::Map(entries) => GivenContent::Map(
                entries
                    .iter()
                    .filter_map(|(key, value)| {
                        Some(((&*key.name).into(), self.given(&key.name, value)?))
                    })
                    .collect(),
            ),
            YamlValue::Scalar { text, plain: true } if **text == *"auto" => {
                match Generator::of_key(key) {
                    Some(generator) => GivenContent::Generated(generator),
                    None => {
                        let known: Vec<&str> =
                            Generator::KEYS.iter().map(|(name, _)| *name).collect();
                        self.mistakes.push(
                            Mistake::new(yaml.spot, "auto")
                                .with("name", key)
                                .with("known", known.join(", ")),
                        );
                        return None;
                    }
                }
            }
            YamlValue::Scalar { text, .. } => match yaml.to_json() {
                serde_json::Value::Null => GivenContent::Null,
                serde_json::Value::Bool(value) => GivenContent::Bool(value),
                serde_json::Value::Number(value) => GivenContent::Number(value),
                _ => GivenContent::Text(self.parsed(text, yaml.spot)?),
            },
        };
        Some(Given {
            at: yaml.spot,
            content,
        })
    }

    /// A text in which values may be named.
    pub fn text(&mut self, yaml: &Yaml) -> Option<Text> {
        // A number or a truth value is its own text here.
        let text = yaml.text(&mut self.mistakes)?;
        self.parsed(text, yaml.spot)
    }

    fn parsed(&mut self, text: &str, at: Spot) -> Option<Text> {
        match Text::parse(at, text) {
            Ok(text) => Some(text),
            Err(bad) => {
                self.mistakes
                    .push(Mistake::new(at, "reference").with("found", bad.0));
                None
            }
        }
    }

    pub fn moment(&mut self, yaml: &Yaml) -> Option<Moment> {
        let text = yaml.text(&mut self.mistakes)?;
        let moment = Moment::parse(text);
        if moment.is_none() {
            self.mistakes
                .push(Mistake::new(yaml.spot, "moment").with("found", text));
        }
        moment
    }
}
