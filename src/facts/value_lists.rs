//! DUO's value lists, in the edition of a date.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::error::{FactError, Problem, SourceText};
use crate::finding::{Grade, Language, Source};

/// Why a value list cannot be used.
pub type ValueListError = FactError;

/// All value lists of a run, each read when a rule first asks for it.
#[derive(Debug, Default)]
pub struct ValueLists {
    lists: BTreeMap<String, Lazy>,
}

#[derive(Debug)]
struct Lazy {
    source: SourceText,
    list: OnceLock<Result<ValueList, ValueListError>>,
}

impl Lazy {
    fn read(&self, name: &str) -> Result<&ValueList, &ValueListError> {
        self.list
            .get_or_init(|| ValueList::from_toml(&self.source, name))
            .as_ref()
    }
}

impl ValueLists {
    /// The lists of these files. A list is called as its file without
    /// `.toml`; of two files of one name the later counts, so that an
    /// official list can take the place of ours.
    pub fn new(sources: impl IntoIterator<Item = SourceText>) -> Self {
        let lists = sources.into_iter().map(|source| {
            let file = source.file.rsplit('/').next().unwrap_or(&source.file);
            let name = file.strip_suffix(".toml").unwrap_or(file).to_string();
            let list = OnceLock::new();
            (name, Lazy { source, list })
        });
        Self {
            lists: lists.collect(),
        }
    }

    /// The list of that name, `None` when there is none or when its file
    /// cannot be used. A rule that needs it is then undecided; why it cannot
    /// be used is for [`ValueLists::check`] to say.
    pub fn get(&self, name: &str) -> Option<&ValueList> {
        self.lists.get(name)?.read(name).ok()
    }

    /// Reads every list that was not read yet. For lists that the user brings,
    /// before anything is judged; the compiled-in ones a test has read.
    ///
    /// # Errors
    /// The first list, by name, that cannot be used.
    pub fn check(&self) -> Result<(), ValueListError> {
        for (name, lazy) in &self.lists {
            lazy.read(name).map_err(Clone::clone)?;
        }
        Ok(())
    }

    /// The names of the lists, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.keys().map(String::as_str)
    }
}

/// One value list with all its editions.
#[derive(Debug, Clone)]
pub struct ValueList {
    title_nl: String,
    title_en: String,
    /// In order of validity, without overlap.
    editions: Vec<Edition>,
}

/// The values of a list over a period.
#[derive(Debug, Clone)]
struct Edition {
    from: Date,
    /// The last day, `None` for until further notice.
    until: Option<Date>,
    grade: Grade,
    source: Source,
    values: HashMap<String, Value>,
}

#[derive(Debug, Clone)]
struct Value {
    order: Option<i64>,
    title: String,
}

impl ValueList {
    /// Whether `code` is on the list on that date; `None` when no edition of
    /// the list covers the date, so that nothing can be said.
    pub fn contains(&self, code: &str, on: Date) -> Option<bool> {
        Some(self.edition(on)?.values.contains_key(code))
    }

    /// The sort order of `code` on that date; `None` when the code is not on
    /// the list then, or the list is not ordered.
    pub fn order(&self, code: &str, on: Date) -> Option<i64> {
        self.edition(on)?.values.get(code)?.order
    }

    /// What `code` means on that date, in DUO's Dutch.
    pub fn title_of(&self, code: &str, on: Date) -> Option<&str> {
        Some(&self.edition(on)?.values.get(code)?.title)
    }

    /// The codes on that date, in their order, then by name.
    pub fn codes(&self, on: Date) -> Vec<&str> {
        let mut codes: Vec<_> = self
            .edition(on)
            .into_iter()
            .flat_map(|edition| &edition.values)
            .map(|(code, value)| (value.order, code.as_str()))
            .collect();
        codes.sort_unstable();
        codes.into_iter().map(|(_, code)| code).collect()
    }

    /// What the list is called.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.title_nl,
            Language::En => &self.title_en,
        }
    }

    /// How certain the edition of that date is and where it comes from.
    pub fn provenance(&self, on: Date) -> Option<(Grade, &Source)> {
        let edition = self.edition(on)?;
        Some((edition.grade, &edition.source))
    }

    fn edition(&self, on: Date) -> Option<&Edition> {
        let after = self.editions.partition_point(|edition| edition.from <= on);
        let edition = self.editions.get(after.checked_sub(1)?)?;
        edition
            .until
            .is_none_or(|until| on <= until)
            .then_some(edition)
    }

    fn from_toml(source: &SourceText, name: &str) -> Result<Self, ValueListError> {
        let file: ListFile = source.read()?;
        if file.list != name {
            let problem = Problem::Name {
                expected: name.to_string(),
                found: file.list,
            };
            return Err(source.error("list", problem));
        }
        let mut editions = Vec::with_capacity(file.edition.len());
        for (index, edition) in file.edition.into_iter().enumerate() {
            let key = format!("edition[{}]", index + 1);
            editions.push((key.clone(), edition.check(source, &key)?));
        }
        editions.sort_by_key(|(_, edition)| edition.from);
        for pair in editions.windows(2) {
            let [(before, earlier), (key, later)] = pair else {
                continue;
            };
            if earlier.until.is_none_or(|until| until >= later.from) {
                return Err(source.error(key, Problem::Overlap(before.clone())));
            }
        }
        if editions.is_empty() {
            return Err(source.error("edition", Problem::Missing("[[edition]]".into())));
        }
        Ok(Self {
            title_nl: file.title_nl,
            title_en: file.title_en,
            editions: editions.into_iter().map(|(_, edition)| edition).collect(),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ListFile {
    list: String,
    title_nl: String,
    title_en: String,
    #[serde(default)]
    edition: Vec<EditionEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct EditionEntry {
    valid_from: toml::value::Datetime,
    valid_until: Option<toml::value::Datetime>,
    grade: Grade,
    source: Source,
    values: Vec<ValueEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ValueEntry {
    code: String,
    order: Option<i64>,
    title: String,
}

impl EditionEntry {
    fn check(self, source: &SourceText, key: &str) -> Result<Edition, ValueListError> {
        let from = source.date(self.valid_from, || format!("{key}.valid-from"))?;
        let until = self
            .valid_until
            .map(|until| source.date(until, || format!("{key}.valid-until")))
            .transpose()?;
        if until.is_some_and(|until| until < from) {
            return Err(source.error(format!("{key}.valid-until"), Problem::Reversed));
        }
        let mut values = HashMap::with_capacity(self.values.len());
        for entry in self.values {
            let value = Value {
                order: entry.order,
                title: entry.title,
            };
            if values.insert(entry.code.clone(), value).is_some() {
                return Err(source.error(format!("{key}.values"), Problem::Double(entry.code)));
            }
        }
        Ok(Edition {
            from,
            until,
            grade: self.grade,
            source: self.source,
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const LIST: &str = r#"
list = "status"
title-nl = "Status"
title-en = "State"
[[edition]]
valid-from = 2020-08-12
grade = "published"
source = "b"
values = [{ code = "B", order = 20, title = "In behandeling" }, { code = "R", order = 10, title = "Geregistreerd" }]
[[edition]]
valid-from = 2009-08-01
valid-until = 2020-08-10
grade = "reconstructed"
source = "a"
values = [{ code = "D", title = "Overgedragen" }]
"#;

    fn lists(text: &str) -> ValueLists {
        ValueLists::new([SourceText::new("lijsten/status.toml", text.to_string())])
    }

    #[test]
    fn the_edition_of_the_date_counts() {
        let lists = lists(LIST);
        let list = lists.get("status").unwrap();
        let table = [
            (date(2009, 7, 31), None, None),
            (date(2009, 8, 1), Some(true), Some(false)),
            (date(2020, 8, 10), Some(true), Some(false)),
            // A day between the editions: nothing is known.
            (date(2020, 8, 11), None, None),
            (date(2020, 8, 12), Some(false), Some(true)),
            (date(2100, 1, 1), Some(false), Some(true)),
        ];
        for (on, old, new) in table {
            assert_eq!(list.contains("D", on), old, "{on}");
            assert_eq!(list.contains("R", on), new, "{on}");
        }
        let today = date(2026, 1, 1);
        assert_eq!(list.order("B", today), Some(20));
        assert_eq!(list.order("D", today), None);
        assert_eq!(list.order("D", date(2010, 1, 1)), None);
        assert_eq!(list.codes(today), ["R", "B"]);
        assert_eq!(list.title_of("B", today), Some("In behandeling"));
        assert_eq!(list.title(Language::En), "State");
        assert_eq!(
            list.provenance(today),
            Some((Grade::Published, &"b".into()))
        );
        assert_eq!(lists.check(), Ok(()));
        assert!(lists.get("onbekend").is_none());
        assert_eq!(lists.names().collect::<Vec<_>>(), ["status"]);
    }

    #[test]
    fn a_later_file_of_the_same_name_counts() {
        let other = LIST.replace("\"R\"", "\"Q\"");
        let lists = ValueLists::new([
            SourceText::new("ons/status.toml", LIST),
            SourceText::new("duo/status.toml", other),
        ]);
        let list = lists.get("status").unwrap();
        assert_eq!(list.contains("Q", date(2026, 1, 1)), Some(true));
    }

    #[test]
    fn an_unusable_list_names_file_and_key() {
        let table = [
            (
                LIST.replace("2020-08-10", "2020-08-12"),
                "lijsten/status.toml, edition[1]: overlaps with edition[2]; a day may have one only",
            ),
            (
                LIST.replace("valid-until = 2020-08-10\n", ""),
                "lijsten/status.toml, edition[1]: overlaps with edition[2]; a day may have one only",
            ),
            (
                LIST.replace("2020-08-10", "2001-01-01"),
                "lijsten/status.toml, edition[2].valid-until: the end lies before the begin",
            ),
            (
                LIST.replace("2020-08-10", "12:00:00"),
                "lijsten/status.toml, edition[2].valid-until: \"12:00:00\" is not a date; write YYYY-MM-DD, or MM-DD for a day of every year",
            ),
            (
                LIST.replace("\"B\"", "\"R\""),
                "lijsten/status.toml, edition[1].values: \"R\" occurs twice",
            ),
            (
                LIST.replace("list = \"status\"", "list = \"stand\""),
                "lijsten/status.toml, list: the list is called \"stand\", but its file says \"status\"; rename one of them",
            ),
            (
                LIST.replace("title-en", "title-fr"),
                "lijsten/status.toml:4: unknown field `title-fr`, expected one of `list`, `title-nl`, `title-en`, `edition`",
            ),
        ];
        for (text, expected) in table {
            let lists = lists(&text);
            assert!(lists.get("status").is_none());
            assert_eq!(lists.check().unwrap_err().to_string(), expected);
        }
    }
}
