//! What RIO knows of onderwijsaanbieders and onderwijslocaties, gathered from
//! its read answers (60-rio.md).

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::dates::iso_date;
use super::error::{FactError, Problem, SourceText};
use crate::document::{Document, LocalPath, NodeId};
use crate::finding::Grade;

/// Which parts of RIO answers are read: `schemas/rio/rio-gegevens.toml`.
#[derive(Debug)]
pub struct RioPaths {
    providers: Vec<Bron>,
    provider_schools: Vec<Relatie>,
    uses: Vec<Bron>,
    use_sites: Vec<Relatie>,
}

/// What is known of onderwijsaanbieders and onderwijslocaties.
///
/// A later answer about a code takes the place of an earlier one, in whatever
/// order they are added.
#[derive(Debug, Default)]
pub struct RioData {
    providers: HashMap<Box<str>, Known>,
    locations: HashMap<Box<str>, Known>,
}

/// What the latest answers say of one code.
#[derive(Debug, Default)]
struct Known {
    /// Moment of the answer, for the order of answers.
    answered: Option<jiff::Timestamp>,
    facts: Vec<Fact>,
}

/// A period of an onderwijsaanbieder or of the use of an onderwijslocatie.
#[derive(Debug, PartialEq)]
struct Fact {
    valid: Period,
    /// The schools or vestigingen it belongs to.
    relations: Vec<(Box<str>, Period)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    from: Date,
    /// The last day, `None` for until further notice.
    until: Option<Date>,
}

impl Period {
    fn holds(self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

impl RioData {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what `document` says below its message element `message`.
    /// Returns how many onderwijsaanbieders and uses of locations it named:
    /// zero for a message that is no RIO answer with data, or whose request
    /// was refused. An entry without code or without a begin that is a date is
    /// left out; the schema has more to say of it.
    pub fn add(&mut self, paths: &RioPaths, document: &Document, message: NodeId) -> usize {
        let root = document.local_name(message);
        let answered = document
            .child(message, "datumTijdBedrijfsdocument")
            .and_then(|node| document.value(node).trim().parse().ok());
        let mut taken = 0;
        for (sources, relations, known) in [
            (
                &paths.providers,
                &paths.provider_schools,
                &mut self.providers,
            ),
            (&paths.uses, &paths.use_sites, &mut self.locations),
        ] {
            for source in sources.iter().filter(|source| *source.root == *root) {
                for entry in source.path.all(document, message) {
                    let Some((code, fact)) = read_fact(document, entry, source, relations) else {
                        continue;
                    };
                    known.entry(code).or_default().take(answered, fact);
                    taken += 1;
                }
            }
        }
        taken
    }

    /// Whether onderwijsaanbieder `code` is valid on that date; `None` when no
    /// answer spoke of it. An unknown code is not an invalid one: it may belong
    /// to a board that was never asked about.
    pub fn aanbieder_valid(&self, code: &str, on: Date) -> Option<bool> {
        let known = self.providers.get(code)?;
        Some(known.facts.iter().any(|fact| fact.valid.holds(on)))
    }

    /// Whether onderwijslocatie `location` is in use for the school of
    /// onderwijsaanbieder `provider` on that date.
    ///
    /// No answer ties the two directly: they meet in the school. They belong
    /// together when both and their relations are valid on the date and the
    /// vestigingscode of the one begins with the instellingscode of the other.
    /// `None` when no answer relates the provider to a school or the location
    /// to a vestiging.
    pub fn locatie_bij_aanbieder(&self, provider: &str, location: &str, on: Date) -> Option<bool> {
        let provider = self.providers.get(provider)?;
        let location = self.locations.get(location)?;
        if !provider.is_related() || !location.is_related() {
            return None;
        }
        let sites: Vec<&str> = location.relations_on(on).collect();
        Some(
            provider
                .relations_on(on)
                .any(|school| sites.iter().any(|site| site.starts_with(school))),
        )
    }
}

impl Known {
    fn take(&mut self, answered: Option<jiff::Timestamp>, fact: Fact) {
        match answered.cmp(&self.answered) {
            // What an older answer says of a code is out of date.
            std::cmp::Ordering::Less => return,
            std::cmp::Ordering::Greater => self.facts.clear(),
            std::cmp::Ordering::Equal => {}
        }
        self.answered = answered;
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    fn is_related(&self) -> bool {
        self.facts.iter().any(|fact| !fact.relations.is_empty())
    }

    fn relations_on(&self, on: Date) -> impl Iterator<Item = &str> {
        self.facts
            .iter()
            .filter(move |fact| fact.valid.holds(on))
            .flat_map(|fact| &fact.relations)
            .filter(move |(_, period)| period.holds(on))
            .map(|(code, _)| &**code)
    }
}

fn read_fact(
    document: &Document,
    entry: NodeId,
    source: &Bron,
    relations: &[Relatie],
) -> Option<(Box<str>, Fact)> {
    let code = source.fields.code(document, entry)?;
    let valid = source.fields.period(document, entry)?;
    let relations = relations
        .iter()
        .flat_map(|relation| {
            let nodes = relation.path.all(document, entry).into_iter();
            nodes.filter_map(|node| {
                let code = relation.fields.code(document, node)?;
                Some((code, relation.fields.period(document, node)?))
            })
        })
        .collect();
    Some((code, Fact { valid, relations }))
}

#[derive(Debug)]
struct Bron {
    root: Box<str>,
    path: LocalPath,
    fields: Fields,
}

#[derive(Debug)]
struct Relatie {
    path: LocalPath,
    fields: Fields,
}

#[derive(Debug)]
struct Fields {
    code: LocalPath,
    from: LocalPath,
    until: LocalPath,
    /// Whether the end is the last valid day; else it is the day after.
    inclusive: bool,
}

impl Fields {
    fn code(&self, document: &Document, node: NodeId) -> Option<Box<str>> {
        let code = document.value(self.code.first(document, node)?);
        let code = code.trim();
        (!code.is_empty()).then(|| code.into())
    }

    fn period(&self, document: &Document, node: NodeId) -> Option<Period> {
        let date = |path: &LocalPath| -> Option<Option<Date>> {
            match path.first(document, node) {
                Some(node) => iso_date(&document.value(node)).map(Some),
                None => Some(None),
            }
        };
        let from = date(&self.from)??;
        let until = match date(&self.until)? {
            Some(end) if !self.inclusive => Some(end.yesterday().ok()?),
            end => end,
        };
        Some(Period { from, until })
    }
}

impl RioPaths {
    /// Reads which parts of RIO answers count.
    ///
    /// # Errors
    /// What the file lacks or says wrongly, with the key.
    pub fn from_toml(source: &SourceText) -> Result<Self, FactError> {
        let file: PathFile = source.read()?;
        let mut paths = Self {
            providers: Vec::new(),
            provider_schools: Vec::new(),
            uses: Vec::new(),
            use_sites: Vec::new(),
        };
        for (index, entry) in file.bron.into_iter().enumerate() {
            let key = format!("bron[{}]", index + 1);
            let bron = Bron {
                path: local_path(source, &entry.pad, || format!("{key}.pad"))?,
                fields: entry.fields().read(source, &key)?,
                root: entry.root.into(),
            };
            match entry.gegeven.as_str() {
                "aanbieder" => paths.providers.push(bron),
                "locatiegebruik" => paths.uses.push(bron),
                _ => {
                    let problem = Problem::Unknown(entry.gegeven, "aanbieder, locatiegebruik");
                    return Err(source.error(format!("{key}.gegeven"), problem));
                }
            }
        }
        for (index, entry) in file.relatie.into_iter().enumerate() {
            let key = format!("relatie[{}]", index + 1);
            let relatie = Relatie {
                path: local_path(source, &entry.pad, || format!("{key}.pad"))?,
                fields: entry.fields().read(source, &key)?,
            };
            match entry.bij.as_str() {
                "aanbieder" => paths.provider_schools.push(relatie),
                "locatiegebruik" => paths.use_sites.push(relatie),
                _ => {
                    let problem = Problem::Unknown(entry.bij, "aanbieder, locatiegebruik");
                    return Err(source.error(format!("{key}.bij"), problem));
                }
            }
        }
        Ok(paths)
    }
}

fn local_path(
    source: &SourceText,
    text: &str,
    key: impl FnOnce() -> String,
) -> Result<LocalPath, FactError> {
    LocalPath::parse(text).ok_or_else(|| {
        let problem = Problem::Unknown(text.to_string(), "local names with slashes between them");
        source.error(key(), problem)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, for readers of it")]
struct PathFile {
    bron: Vec<BronEntry>,
    relatie: Vec<RelatieEntry>,
    koppeling: toml::Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, for readers of it")]
struct BronEntry {
    gegeven: String,
    root: String,
    pad: String,
    code: String,
    van: String,
    tot: String,
    tot_soort: EndKind,
    grade: Grade,
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "required of the file, for readers of it")]
struct RelatieEntry {
    gegeven: String,
    bij: String,
    pad: String,
    code: String,
    van: String,
    tot: String,
    tot_soort: EndKind,
    grade: Grade,
    source: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum EndKind {
    Inclusive,
    Exclusive,
}

struct FieldEntry<'a> {
    code: &'a str,
    van: &'a str,
    tot: &'a str,
    tot_soort: EndKind,
}

impl BronEntry {
    fn fields(&self) -> FieldEntry<'_> {
        FieldEntry {
            code: &self.code,
            van: &self.van,
            tot: &self.tot,
            tot_soort: self.tot_soort,
        }
    }
}

impl RelatieEntry {
    fn fields(&self) -> FieldEntry<'_> {
        FieldEntry {
            code: &self.code,
            van: &self.van,
            tot: &self.tot,
            tot_soort: self.tot_soort,
        }
    }
}

impl FieldEntry<'_> {
    fn read(&self, source: &SourceText, key: &str) -> Result<Fields, FactError> {
        Ok(Fields {
            code: local_path(source, self.code, || format!("{key}.code"))?,
            from: local_path(source, self.van, || format!("{key}.van"))?,
            until: local_path(source, self.tot, || format!("{key}.tot"))?,
            inclusive: self.tot_soort == EndKind::Inclusive,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Gated;
    use jiff::civil::date;

    const PATHS: &str = r#"
[[bron]]
gegeven = "aanbieder"
root = "opvragen_onderwijsaanbieder_response"
pad = "onderwijsaanbieder"
code = "onderwijsaanbiedercode"
van = "inBedrijfdatum"
tot = "uitBedrijfdatum"
tot-soort = "inclusive"
grade = "reconstructed"
source = "s"
[[relatie]]
gegeven = "aanbieder-instelling"
bij = "aanbieder"
pad = "juridischeRelatie"
code = "instellingserkenningscode"
van = "begindatum"
tot = "einddatum"
tot-soort = "exclusive"
grade = "published"
source = "s"
[[bron]]
gegeven = "locatiegebruik"
root = "gebruik_response"
pad = "onderwijslocatiegebruik"
code = "onderwijslocatie/onderwijslocatiecode"
van = "inBedrijfdatum"
tot = "uitBedrijfdatum"
tot-soort = "inclusive"
grade = "reconstructed"
source = "s"
[[relatie]]
gegeven = "locatiegebruik-vestiging"
bij = "locatiegebruik"
pad = "relatie"
code = "code"
van = "begindatum"
tot = "einddatum"
tot-soort = "exclusive"
grade = "published"
source = "s"
[koppeling]
"#;

    fn provider(answered: &str, until: &str, relation: &str) -> String {
        format!(
            "<r:opvragen_onderwijsaanbieder_response xmlns:r='urn:x'>\
             <datumTijdBedrijfsdocument>{answered}</datumTijdBedrijfsdocument>\
             <r:onderwijsaanbieder><onderwijsaanbiedercode>100A001</onderwijsaanbiedercode>\
             <inBedrijfdatum>2022-01-01</inBedrijfdatum>{until}{relation}</r:onderwijsaanbieder>\
             </r:opvragen_onderwijsaanbieder_response>"
        )
    }

    const SCHOOL: &str = "<juridischeRelatie><instellingserkenningscode>25BE\
        </instellingserkenningscode><begindatum>2022-01-01</begindatum>\
        <einddatum>2026-08-01</einddatum></juridischeRelatie>";

    const USE: &str = "<gebruik_response><onderwijslocatiegebruik><inBedrijfdatum>2022-01-01\
        </inBedrijfdatum><onderwijslocatie><onderwijslocatiecode>100X001</onderwijslocatiecode>\
        </onderwijslocatie><relatie><code>25BE00</code><begindatum>2023-01-01</begindatum></relatie>\
        </onderwijslocatiegebruik></gebruik_response>";

    fn data(answers: &[&str]) -> (RioData, usize) {
        let paths = RioPaths::from_toml(&SourceText::new("rio.toml", PATHS)).unwrap();
        let mut data = RioData::new();
        let taken = answers
            .iter()
            .map(|xml| {
                let gated = Gated::xml(xml.as_bytes()).unwrap();
                let document = Document::from_xml(gated).unwrap();
                data.add(&paths, &document, document.root_element())
            })
            .sum();
        (data, taken)
    }

    #[test]
    fn an_aanbieder_is_valid_from_its_first_to_its_last_day() {
        let until = "<uitBedrijfdatum>2026-07-31</uitBedrijfdatum>";
        let (data, taken) = data(&[&provider("2026-01-01T00:00:00Z", until, "")]);
        assert_eq!(taken, 1);
        let table = [
            (date(2021, 12, 31), false),
            (date(2022, 1, 1), true),
            (date(2026, 7, 31), true),
            (date(2026, 8, 1), false),
        ];
        for (on, expected) in table {
            assert_eq!(data.aanbieder_valid("100A001", on), Some(expected), "{on}");
        }
        assert_eq!(data.aanbieder_valid("100A002", date(2026, 1, 1)), None);
    }

    #[test]
    fn the_latest_answer_counts_in_any_order() {
        let old = provider("2026-01-01T00:00:00Z", "", "");
        let until = "<uitBedrijfdatum>2026-07-31</uitBedrijfdatum>";
        let new = provider("2026-02-01T00:00:00Z", until, "");
        for answers in [[&*old, &*new], [&*new, &*old]] {
            let (data, _) = data(&answers);
            assert_eq!(
                data.aanbieder_valid("100A001", date(2026, 9, 1)),
                Some(false)
            );
        }
    }

    #[test]
    fn a_location_meets_its_aanbieder_in_the_school() {
        let related = provider("2026-01-01T00:00:00Z", "", SCHOOL);
        let (known, taken) = data(&[&related, USE]);
        assert_eq!(taken, 2);
        let table = [
            (date(2022, 12, 31), false),
            (date(2023, 1, 1), true),
            // The einddatum of a relation is the day after the last.
            (date(2026, 7, 31), true),
            (date(2026, 8, 1), false),
        ];
        for (on, expected) in table {
            let found = known.locatie_bij_aanbieder("100A001", "100X001", on);
            assert_eq!(found, Some(expected), "{on}");
        }
        let day = date(2025, 1, 1);
        assert_eq!(known.locatie_bij_aanbieder("100A001", "100X009", day), None);
        assert_eq!(known.locatie_bij_aanbieder("100A009", "100X001", day), None);
        let (unrelated, _) = data(&[&provider("2026-01-01T00:00:00Z", "", ""), USE]);
        assert_eq!(
            unrelated.locatie_bij_aanbieder("100A001", "100X001", day),
            None
        );
        let elsewhere = related.replace("25BE", "00AV");
        let (other, _) = data(&[&elsewhere, USE]);
        assert_eq!(
            other.locatie_bij_aanbieder("100A001", "100X001", day),
            Some(false)
        );
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        let (known, taken) = data(&[
            "<iets/>",
            "<opvragen_onderwijsaanbieder_response><requestGoedgekeurd>false</requestGoedgekeurd></opvragen_onderwijsaanbieder_response>",
            &provider("gisteren", "<uitBedrijfdatum>ooit</uitBedrijfdatum>", ""),
        ]);
        assert_eq!(taken, 0);
        assert_eq!(known.aanbieder_valid("100A001", date(2026, 1, 1)), None);
    }

    #[test]
    fn an_unusable_file_names_the_key() {
        let text = PATHS.replace("juridischeRelatie", "juridischeRelatie/");
        let error = RioPaths::from_toml(&SourceText::new("rio.toml", text)).unwrap_err();
        assert_eq!(
            (error.file.as_str(), error.key.as_str()),
            ("rio.toml", "relatie[1].pad")
        );
    }
}
