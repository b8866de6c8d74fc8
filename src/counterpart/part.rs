//! A part of a message body, by its local name.

use serde::{Deserialize, Serialize};

use super::reading::Reading;

/// A part of a body: an element by its local name, with text or with parts.
/// The order of its parts counts among equal names only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub(super) name: Box<str>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<Part>,
}

impl std::fmt::Debug for Part {
    /// Shows the shape only: the content may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

impl Part {
    /// An empty part.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            parts: Vec::new(),
        }
    }

    /// A part with a text.
    pub fn of(name: &str, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::new(name)
        }
    }

    /// The part as an element of a message holds it. Texts lose the white
    /// space around them; attributes are left out, DUO has none.
    pub fn read(reading: Reading<'_>) -> Self {
        let parts: Vec<Part> = reading.parts().map(Part::read).collect();
        Self {
            name: reading.name().into(),
            text: match parts.is_empty() {
                true => reading.value(),
                false => String::new(),
            },
            parts,
        }
    }

    /// The local name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The first part of that name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| *part.name == *name)
    }

    /// The text of the part at a path of local names.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        let mut at = self;
        for step in path.split('/') {
            at = at.part(step)?;
        }
        Some(at.text())
    }

    /// The same with one more part.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The same with one more part that holds a text.
    #[must_use]
    pub fn with_text(self, name: &str, text: impl Into<String>) -> Self {
        self.with(Part::of(name, text))
    }

    /// The same with a text where there is one.
    #[must_use]
    pub fn with_some(self, name: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.with_text(name, text),
            None => self,
        }
    }

    /// Adds a part.
    pub fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Removes all parts of that name.
    pub fn remove(&mut self, name: &str) {
        self.parts.retain(|part| *part.name != *name);
    }

    /// Puts a part in the place of those of its name.
    pub fn replace(&mut self, part: Part) {
        self.remove(&part.name.clone());
        self.parts.push(part);
    }

    /// The part of that name and number (from 1), made when it is the next.
    pub(super) fn nth_or_next(&mut self, name: &str, number: usize) -> Option<&mut Part> {
        let mut places = (0..self.parts.len()).filter(|&at| *self.parts[at].name == *name);
        let place = match places.nth(number.checked_sub(1)?) {
            Some(place) => place,
            None => {
                let count = self.parts.iter().filter(|part| *part.name == *name).count();
                if count + 1 != number {
                    return None;
                }
                self.parts.push(Part::new(name));
                self.parts.len() - 1
            }
        };
        self.parts.get_mut(place)
    }
}
