//! Reading what a target file says of the capabilities of the product.

use super::capabilities::{Capabilities, Capability, Declared};
use super::read::Reader;
use crate::document::{Fields, Mistake, Mistakes, Yaml, YamlValue, nearest};
use crate::finding::{DataClass, mask};
use crate::scenario::{Key, Sector};

impl Reader<'_> {
    pub(super) fn capabilities(&mut self, yaml: &Yaml) -> Option<Capabilities> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let mut capabilities = Capabilities::default();
        for &key in Key::ALL {
            if let Some(yaml) = fields.required(key.name(), &mut self.mistakes) {
                let declared = self.declared(yaml, true);
                capabilities.keys.insert(key, declared);
            }
        }
        if let Some(messages) = fields.optional("messages") {
            for (key, value) in messages.entries(&mut self.mistakes) {
                let declared = self.declared(value, false);
                let name = mask(&key.name, DataClass::Plain);
                capabilities.messages.insert(name, declared);
            }
        }
        fields.finish(&mut self.mistakes);
        Some(capabilities)
    }

    /// What is said for all sectors alike, or for each; of a row for each.
    fn declared(&mut self, yaml: &Yaml, each: bool) -> Declared {
        let by_sector = match &yaml.value {
            YamlValue::Map(entries) => entries
                .iter()
                .all(|(key, _)| &*key.name != "not-applicable"),
            _ => false,
        };
        if !by_sector {
            let Some(one) = self.capability(yaml) else {
                return Declared::new();
            };
            return Sector::ALL
                .iter()
                .map(|&sector| (sector, one.clone()))
                .collect();
        }
        let Some(mut fields) = Fields::of(yaml, &mut self.mistakes) else {
            return Declared::new();
        };
        let mut declared = Declared::new();
        for &sector in Sector::ALL {
            let value = if each {
                fields.required(sector.name(), &mut self.mistakes)
            } else {
                fields.optional(sector.name())
            };
            if let Some(capability) = value.and_then(|yaml| self.capability(yaml)) {
                declared.insert(sector, capability);
            }
        }
        fields.finish(&mut self.mistakes);
        declared
    }

    fn capability(&mut self, yaml: &Yaml) -> Option<Capability> {
        if let YamlValue::Scalar { .. } = &yaml.value {
            if yaml.text(&mut Mistakes::new()) == Some("not-applicable") {
                self.mistakes
                    .push(Mistake::new(yaml.spot, "reason-missing"));
                return None;
            }
            return match yaml.text(&mut self.mistakes)? {
                "yes" => Some(Capability::Yes),
                "no" => Some(Capability::No),
                other => {
                    let choices = "yes, no, { not-applicable: \"...\" }";
                    let mut mistake = Mistake::new(yaml.spot, "one-of").with("found", other);
                    if let Some(meant) = nearest(other, ["yes", "no", "not-applicable"]) {
                        mistake = mistake.with("nearest", meant);
                    }
                    self.mistakes.push(mistake.with("known", choices));
                    None
                }
            };
        }
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let reason = self.required_words(&mut fields, "not-applicable");
        fields.finish(&mut self.mistakes);
        reason.map(Capability::NotApplicable)
    }
}
