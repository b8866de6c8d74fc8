//! The wrong versions of our files: of every rule file each with one change in
//! one expression, of every list and table of data each with one value changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ketenkeur::pack::{BUILTIN_FILES, Store};

use crate::expressions::changes;

/// A file with one mistake in it.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// File, place and change: the name by which it is listed.
    pub id: String,
    /// Path of the file below `schemas/`.
    pub file: &'static str,
    /// The rule whose assertion was changed, where it is one.
    pub rule: Option<String>,
    /// The text of the file; of a rule file only the pattern with the mistake
    /// in it, and of its rule only the assertion where that is what changed:
    /// the rest is as it was.
    pub text: String,
    /// Of a rule file: the text of the rule that was changed.
    pub around: &'static str,
    /// Whether it is the context of the rule that was changed: it may be asked
    /// of other messages then.
    pub of_context: bool,
}

impl Mutant {
    /// The codes of the rules that are asked where the changed one is.
    pub fn codes(&self) -> BTreeSet<&'static str> {
        ids(self.around)
    }
}

/// The codes of the rules in a text.
fn ids(text: &'static str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for part in text.split("<sch:").skip(1) {
        if part.starts_with("assert") || part.starts_with("report") {
            let id = attribute_in(part, 0..end_of_tag(part, 0), "id").unwrap();
            found.insert(&part[id]);
        }
    }
    found
}

/// The codes of the rules that a file has and whose text has `part`.
pub fn rules_with(file: &str, part: &str) -> BTreeSet<&'static str> {
    let (_, text) = shipped(file);
    let rules = text.split("<sch:rule ").skip(1);
    let rules = rules.map(|rule| rule.split("</sch:rule>").next().unwrap_or(rule));
    let with = rules.filter(|rule| rule.contains(part));
    with.flat_map(ids).collect()
}

/// Every mutant of every file, in order.
pub fn mutants(store: &Store) -> Vec<Mutant> {
    let rule_files: BTreeSet<String> = store
        .packs()
        .flat_map(|pack| pack.manifest.rules.iter().map(|file| pack.resolve(file)))
        .collect();
    let mut all = Vec::new();
    for file in &rule_files {
        of_rules(file, &mut all);
    }
    let lists = BUILTIN_FILES.get_dir("waardenlijsten").unwrap().files();
    for list in lists {
        let path = list.path().to_str().unwrap();
        let name = list.path().file_stem().unwrap().to_str().unwrap();
        // Others are for the counterparts and for who reads them.
        let named = format!("'{name}'");
        if (rule_files.iter()).any(|file| !rules_with(file, &named).is_empty()) {
            of_list(path, &mut all);
        }
    }
    of_list("kalender/advies.toml", &mut all);
    of_list("kalender/bekostiging.toml", &mut all);
    of_table("batch/gegevens.toml", &mut all);
    of_table("rio/rio-gegevens.toml", &mut all);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mutant in &mut all {
        let times = seen.entry(mutant.id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            mutant.id = format!("{} ({times})", mutant.id);
        }
    }
    all
}

fn shipped(file: &str) -> (&'static str, &'static str) {
    let file = BUILTIN_FILES
        .get_file(file)
        .unwrap_or_else(|| panic!("{file}"));
    (file.path().to_str().unwrap(), file.contents_utf8().unwrap())
}

/// Of a rule file: every expression that decides anything.
fn of_rules(file: &str, all: &mut Vec<Mutant>) {
    let (file, text) = shipped(file);
    let mut context = String::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("<sch:").map(|found| at + found) {
        let tag = &text[open + 5..];
        let element = &tag[..tag.find(|c: char| !c.is_ascii_alphabetic()).unwrap()];
        let end = end_of_tag(text, open);
        at = end;
        let attribute = match element {
            "assert" | "report" => "test",
            "rule" => "context",
            "let" => "value",
            _ => continue,
        };
        let value = attribute_in(text, open..end, attribute).unwrap();
        let expression = unescaped(&text[value.clone()]);
        let name = match element {
            "rule" => {
                context = short(&expression);
                format!("context {context}")
            }
            "let" => {
                let name = attribute_in(text, open..end, "name").unwrap();
                format!("${} in {context}", &text[name])
            }
            _ => text[attribute_in(text, open..end, "id").unwrap()].to_string(),
        };
        let mut add = |change: &str, expression: &str| {
            all.push(Mutant {
                id: format!("{file} {name}: {change}"),
                file,
                rule: (attribute == "test").then(|| name.clone()),
                text: reduced(text, open, &value, &escaped(expression)),
                around: &text[text[..end].rfind("<sch:rule ").unwrap()
                    ..open + text[open..].find("</sch:rule>").unwrap()],
                of_context: attribute == "context",
            });
        };
        match attribute {
            "test" => {
                add("negated", &format!("not({expression})"));
                add(
                    "removed",
                    if element == "assert" {
                        "true()"
                    } else {
                        "false()"
                    },
                );
            }
            "context" => add("removed", "kk-nergens"),
            _ => add("removed", "()"),
        }
        for change in changes(&expression) {
            let shown = shown(&expression, &change.at, &change.to);
            add(
                &format!("{} {shown}", change.kind),
                &change.apply(&expression),
            );
        }
    }
}

/// The file with `to` in the place of the value at `value`, which stands in the
/// tag at `open`, and without what that cannot change.
fn reduced(text: &str, open: usize, value: &Range<usize>, to: &str) -> String {
    const CLOSE: &str = "</sch:pattern>";
    let first = text.find("<sch:pattern").unwrap();
    let last = text.rfind(CLOSE).unwrap() + CLOSE.len();
    let from = text[..open].rfind("<sch:pattern").unwrap();
    let until = open + text[open..].find(CLOSE).unwrap() + CLOSE.len();
    let mut before = text[from..value.start].to_string();
    let mut after = text[value.end..until].to_string();
    if text[open..].starts_with("<sch:assert") || text[open..].starts_with("<sch:report") {
        let own = before.rfind("<sch:rule ").unwrap();
        let tag = open - from;
        let asserts = own
            + before[own..tag]
                .find("<sch:assert")
                .or_else(|| before[own..tag].find("<sch:report"))
                .unwrap_or(tag - own);
        before.replace_range(asserts..tag, "");
        let end = ["</sch:assert>", "</sch:report>"]
            .iter()
            .filter_map(|end| Some(after.find(end)? + end.len()))
            .min()
            .unwrap();
        let rule = after.find("</sch:rule>").unwrap();
        after.replace_range(end..rule, "");
    }
    format!("{}{before}{to}{after}{}", &text[..first], &text[last..])
}

/// A change with a little of what stands around it.
fn shown(text: &str, at: &Range<usize>, to: &str) -> String {
    const AROUND: usize = 24;
    let word = |c: char| c == ' ';
    let from = text[..at.start]
        .char_indices()
        .rev()
        .nth(AROUND)
        .map_or(0, |(at, _)| at);
    let from = text[from..at.start].find(word).map_or(at.start, |found| {
        if from == 0 { 0 } else { from + found + 1 }
    });
    let until = text[at.end..]
        .char_indices()
        .nth(AROUND)
        .map_or(text.len(), |(found, _)| at.end + found);
    let until = match until == text.len() {
        true => until,
        false => text[at.end..until]
            .rfind(word)
            .map_or(until, |found| at.end + found),
    };
    let middle = |text: &str| short(text);
    format!(
        "`{}[{}]{}` to `[{}]`",
        &text[from..at.start],
        middle(&text[at.clone()]),
        &text[at.end..until],
        middle(to)
    )
}

/// The beginning and the end of a long text.
fn short(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 60 {
        return text.to_string();
    }
    let (head, tail) = (&chars[..36], &chars[chars.len() - 20..]);
    format!(
        "{} … {}",
        head.iter().collect::<String>(),
        tail.iter().collect::<String>()
    )
}

/// Where the tag that opens at `open` ends; a `>` in a value is none.
fn end_of_tag(text: &str, open: usize) -> usize {
    let mut quote = None;
    for (at, c) in text[open..].char_indices() {
        match (quote, c) {
            (None, '>') => return open + at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    panic!("a rule file of ours is not closed")
}

/// The value of an attribute of a tag.
fn attribute_in(text: &str, tag: Range<usize>, name: &str) -> Option<Range<usize>> {
    let start = tag.start + text[tag.clone()].find(&format!(" {name}="))? + name.len() + 2;
    let quote = text[start..].chars().next()?;
    let end = start + 1 + text[start + 1..].find(quote)?;
    Some(start + 1..end)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// Of a list or calendar: every boundary in time by a day or a year, and the
/// first and the last value gone.
fn of_list(file: &str, all: &mut Vec<Mutant>) {
    let (file, text) = shipped(file);
    let mut lines = Lines { file, text, all };
    let values: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("{ code"))
        .collect();
    for (number, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once(" = ") else {
            continue;
        };
        match key {
            // The first edition begins where knowledge begins: no rule hangs
            // on that day.
            "valid-from" if !text.lines().take(number).any(|line| line.starts_with(key)) => {}
            "valid-from" | "valid-until" | "date" => {
                let day: jiff::civil::Date = value.parse().unwrap();
                lines.replace(number, &format!("{key} = {}", day.tomorrow().unwrap()));
                lines.replace(number, &format!("{key} = {}", day.yesterday().unwrap()));
            }
            "begin" | "end" if file.ends_with("advies.toml") => {
                let day: jiff::civil::Date =
                    format!("2024-{}", value.trim_matches('"')).parse().unwrap();
                for other in [day.tomorrow().unwrap(), day.yesterday().unwrap()] {
                    lines.replace(number, &format!("{key} = \"{}\"", &other.to_string()[5..]));
                }
            }
            "year" | "from-schoolyear" | "until-schoolyear" => {
                let year: i16 = value.parse().unwrap();
                lines.replace(number, &format!("{key} = {}", year + 1));
                lines.replace(number, &format!("{key} = {}", year - 1));
            }
            "sectors" => lines.drop_each(number),
            // The other days are counted by nobody yet.
            "days" if text.lines().nth(number - 1) == Some("kind = \"regulier\"") => {
                lines.replace(number, "days = [\"02-02\"]");
                lines.replace(number, "days = [\"01-31\"]");
            }
            _ => {}
        }
    }
    // An edition is a run of lines with codes.
    for (index, (number, line)) in values.iter().enumerate() {
        let first = index == 0 || values[index - 1].0 + 1 < *number;
        let last = values.get(index + 1).is_none_or(|next| next.0 > number + 1);
        if first || last {
            lines.replace(*number, "");
            let code = line.split('"').nth(1).unwrap();
            lines.replace(*number, &line.replacen(code, &format!("{code}X"), 1));
        }
    }
}

/// Of a table of paths: every path gone, every fixed value another.
fn of_table(file: &str, all: &mut Vec<Mutant>) {
    let (file, text) = shipped(file);
    let mut lines = Lines { file, text, all };
    for (number, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once(" = ") else {
            continue;
        };
        match key {
            "grade" | "source" => {}
            "tot-soort" => {
                let other = if value.contains("inclusive") {
                    "exclusive"
                } else {
                    "inclusive"
                };
                lines.replace(number, &format!("{key} = \"{other}\""));
            }
            "verzuimsoort-16-uur" => lines.drop_each(number),
            // The second of two paths is for a layout that only DUO's own
            // packages may have.
            _ if value.starts_with('[') => lines.replace(number, &format!("{key} = []")),
            "fixed.status" => lines.replace(number, &format!("{key} = \"R\"")),
            "sector" => lines.replace(
                number,
                &format!(
                    "{key} = \"{}\"",
                    if value.contains("\"bo\"") { "so" } else { "bo" }
                ),
            ),
            "pad" | "code" | "van" | "tot" | "bestuur" | "locatie" | "instelling" => {
                lines.replace(number, &format!("{key} = \"nergens\""));
            }
            _ => {}
        }
    }
}

/// A file of lines and where its mutants go.
struct Lines<'a> {
    file: &'static str,
    text: &'static str,
    all: &'a mut Vec<Mutant>,
}

impl Lines<'_> {
    fn replace(&mut self, number: usize, to: &str) {
        let lines: Vec<&str> = self.text.lines().collect();
        let table = lines[..number]
            .iter()
            .rev()
            .find(|line| line.starts_with('['));
        let which = lines[..number]
            .iter()
            .filter(|line| Some(*line) == table)
            .count();
        let from = lines[number].trim();
        let mut changed = lines.clone();
        changed[number] = to;
        self.all.push(Mutant {
            id: format!(
                "{} {} {which}: `{}` to `{}`",
                self.file,
                table.unwrap_or(&""),
                short(from),
                short(to.trim())
            ),
            file: self.file,
            rule: None,
            around: "",
            of_context: false,
            text: changed.join("\n"),
        });
    }

    /// Each entry of a list in one line gone.
    fn drop_each(&mut self, number: usize) {
        let line = self.text.lines().nth(number).unwrap();
        let (head, list) = line.split_once(" = [").unwrap();
        let entries: Vec<&str> = list.trim_end_matches(']').split(", ").collect();
        for index in 0..entries.len() {
            let mut left = entries.clone();
            left.remove(index);
            self.replace(number, &format!("{head} = [{}]", left.join(", ")));
        }
    }
}
