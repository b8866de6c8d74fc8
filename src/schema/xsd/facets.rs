//! What a simple type demands of a value, in terms a finding can name.

use std::collections::BTreeMap;

use xsd_schema::SchemaSet;
use xsd_schema::ids::TypeKey;
use xsd_schema::parser::frames::ComplexContentResult;

/// The demands of a simple type, gathered from its derivation chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facets {
    /// The built-in type at the end of the chain (`date`, `string`).
    pub builtin: String,
    /// Patterns that must all match; alternatives of one step joined by `|`.
    pub patterns: Vec<String>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub enumeration: Vec<String>,
    pub min: Option<String>,
    pub max: Option<String>,
    pub total_digits: Option<u32>,
    pub fraction_digits: Option<u32>,
}

impl Facets {
    /// The facets of a type; those of its content for a complex type.
    pub fn of(set: &SchemaSet, key: TypeKey) -> Self {
        let mut facets = Self::default();
        let mut at = Some(key);
        for _ in 0..100 {
            let Some(key) = at else { break };
            at = match key {
                TypeKey::Simple(simple) => {
                    let data = &set.arenas.simple_types[simple];
                    facets.take(&data.facets);
                    if set.get_type_code(simple).is_some() && facets.builtin.is_empty() {
                        let is_builtin = data.source.is_none();
                        if is_builtin {
                            facets.builtin = data
                                .name
                                .and_then(|name| set.name_table.try_resolve_ref(name))
                                .unwrap_or("")
                                .to_string();
                        }
                    }
                    data.resolved_base_type
                }
                TypeKey::Complex(complex) => {
                    let data = &set.arenas.complex_types[complex];
                    match data.content {
                        ComplexContentResult::Simple(_) => data
                            .resolved_simple_content_type
                            .or(data.resolved_base_type),
                        _ => None,
                    }
                }
            };
        }
        facets
    }

    /// The demands by their names in XML Schema.
    pub fn named(&self) -> BTreeMap<&'static str, String> {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let text = |value: &str| (!value.is_empty()).then(|| value.to_string());
        [
            ("type", text(&self.builtin)),
            ("pattern", text(&self.patterns.join(" & "))),
            ("minLength", number(self.min_length)),
            ("maxLength", number(self.max_length)),
            ("enumeration", text(&self.enumeration.join(" | "))),
            ("minInclusive", self.min.clone()),
            ("maxInclusive", self.max.clone()),
            ("totalDigits", number(self.total_digits.map(u64::from))),
            (
                "fractionDigits",
                number(self.fraction_digits.map(u64::from)),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Adds the facets of one derivation step; what a nearer step said stays.
    fn take(&mut self, step: &xsd_schema::types::facets::FacetSet) {
        for alternatives in &step.patterns {
            let joined: Vec<&str> = alternatives
                .iter()
                .map(|pattern| pattern.value.as_str())
                .collect();
            let joined = joined.join("|");
            if !self.patterns.contains(&joined) {
                self.patterns.push(joined);
            }
        }
        let length = step.length.as_ref().map(|length| length.value);
        self.min_length = self
            .min_length
            .or(length)
            .or(step.min_length.as_ref().map(|l| l.value));
        self.max_length = self
            .max_length
            .or(length)
            .or(step.max_length.as_ref().map(|l| l.value));
        if self.enumeration.is_empty()
            && let Some(enumeration) = &step.enumeration
        {
            self.enumeration = enumeration.values.iter().cloned().collect();
            self.enumeration.sort();
        }
        self.min = self
            .min
            .take()
            .or(step.min_inclusive.as_ref().map(|bound| bound.value.clone()))
            .or(step
                .min_exclusive
                .as_ref()
                .map(|bound| format!("> {}", bound.value)));
        self.max = self
            .max
            .take()
            .or(step.max_inclusive.as_ref().map(|bound| bound.value.clone()))
            .or(step
                .max_exclusive
                .as_ref()
                .map(|bound| format!("< {}", bound.value)));
        self.total_digits = self
            .total_digits
            .or(step.total_digits.as_ref().map(|digits| digits.value));
        self.fraction_digits = self
            .fraction_digits
            .or(step.fraction_digits.as_ref().map(|digits| digits.value));
    }
}

/// A value that a simple pattern accepts, to show what is meant: `12AB` for
/// `([0-9]{2}[A-Z]{2})?`. `None` when the pattern says more than classes and
/// counts.
pub fn example_of_pattern(pattern: &str) -> Option<String> {
    let mut example = String::new();
    let mut rest = pattern;
    let (mut digit, mut upper, mut lower) = (0u8, 0u8, 0u8);
    while !rest.is_empty() {
        let (unit, after) = unit(rest)?;
        let (count, after) = count(after)?;
        for _ in 0..count {
            let next = match unit {
                Unit::Group => continue,
                Unit::Literal(ch) => ch,
                Unit::Digit => {
                    digit = digit % 9 + 1;
                    char::from(b'0' + digit)
                }
                Unit::Upper => {
                    upper += 1;
                    char::from(b'A' + (upper - 1) % 26)
                }
                Unit::Lower => {
                    lower += 1;
                    char::from(b'a' + (lower - 1) % 26)
                }
            };
            example.push(next);
        }
        rest = after;
    }
    (!example.is_empty()).then_some(example)
}

enum Unit {
    Digit,
    Upper,
    Lower,
    Literal(char),
    /// A bracket of a group: its content stands for itself.
    Group,
}

fn unit(pattern: &str) -> Option<(Unit, &str)> {
    if let Some(after) = pattern.strip_prefix("\\d") {
        return Some((Unit::Digit, after));
    }
    if let Some(after) = pattern.strip_prefix('[') {
        let end = after.find(']')?;
        let unit = match &after[..end] {
            "0-9" | "0-9a-fA-F" | "0-9A-F" | "0-9a-f" | "1-9" => Unit::Digit,
            "A-Z" | "A-Z0-9" | "A-Z0-9_" => Unit::Upper,
            "a-z" | "a-zA-Z" | "A-Za-z" => Unit::Lower,
            class if class.chars().all(|ch| ch.is_ascii_alphanumeric()) => {
                Unit::Literal(class.chars().next()?)
            }
            _ => return None,
        };
        return Some((unit, &after[end + 1..]));
    }
    let mut chars = pattern.chars();
    match chars.next()? {
        '(' | ')' => Some((Unit::Group, chars.as_str())),
        '\\' => {
            let escaped = chars.next().filter(|ch| !ch.is_alphanumeric())?;
            Some((Unit::Literal(escaped), chars.as_str()))
        }
        '|' | '.' | '*' | '+' | '?' | '{' | '}' | ']' | '^' | '$' => None,
        literal => Some((Unit::Literal(literal), chars.as_str())),
    }
}

/// How often the unit before occurs: `{n}`, `{n,m}` (the least), `?`, `+`.
fn count(after: &str) -> Option<(usize, &str)> {
    if let Some(braced) = after.strip_prefix('{') {
        let end = braced.find('}')?;
        let least = braced[..end]
            .split(',')
            .next()?
            .parse()
            .ok()
            .filter(|&n| n <= 64)?;
        return Some((least, &braced[end + 1..]));
    }
    match after.chars().next() {
        Some('?' | '+') => Some((1, &after[1..])),
        Some('*') => None,
        _ => Some((1, after)),
    }
}

#[cfg(test)]
mod tests {
    use super::example_of_pattern;

    #[test]
    fn simple_patterns_have_an_example() {
        for (pattern, example) in [
            ("([0-9]{2}[A-Z]{2})", "12AB"),
            (r"\d{9}", "123456789"),
            (r"(\d{3}A\d{3})", "123A456"),
            ("([0-9]{2}[A-Z]{2}[0-9]{2})?", "12AB34"),
            (r"\d{1,2}", "1"),
        ] {
            assert_eq!(
                example_of_pattern(pattern).as_deref(),
                Some(example),
                "{pattern}"
            );
        }
        assert_eq!(example_of_pattern("a|b"), None);
        assert_eq!(example_of_pattern("[A-Za-z0-9._ ]*"), None);
    }
}
