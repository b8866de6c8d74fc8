//! Output for people, written while the events come in.

use std::io::{self, Write};

use anstyle::Style;
use miette::Severity;

use super::look::{BOLD, DIM, GREEN, Look, RED, YELLOW};
use super::snippet::Snippet;
use super::totals::Totals;
use super::voice::first_and_others;
use super::{Voice, visible};
use crate::event::{
    BatchJudged, Event, Excused, Judged, PackInForce, PackKind, Reported, ScenarioJudged, Started,
};
use crate::exit::Exit;
use crate::finding::{Class, Kind, Language, RuleBook, Verdict};
use crate::text::fill;

/// How far what belongs to a finding is set in.
const INDENT: &str = "    ";

/// Writes events for people.
pub struct Human<'a, W> {
    out: W,
    voice: Voice<'a>,
    look: Look,
    started: Option<Started>,
    totals: Totals,
    /// Contracts that judged something.
    packs: Vec<PackInForce>,
    /// Whether the last line written belongs to a list, so that the next
    /// paragraph needs a line between.
    in_list: bool,
}

impl<'a, W: Write> Human<'a, W> {
    /// Writes to `out` in `language`, with the rules' texts of `book`.
    pub fn new(out: W, book: &'a dyn RuleBook, language: Language, look: Look) -> Self {
        Self::speaking(out, Voice::new(book, language), look)
    }

    pub(super) fn speaking(out: W, voice: Voice<'a>, look: Look) -> Self {
        Self {
            out,
            voice,
            look,
            started: None,
            totals: Totals::default(),
            packs: Vec::new(),
            in_list: false,
        }
    }

    /// Shows an event. The summary of the run comes with [`Human::finish`],
    /// not with `Finished`: only the caller knows how the run ends.
    pub fn show(&mut self, event: &Event) -> io::Result<()> {
        self.totals.count(event);
        match event {
            Event::Started(started) => {
                self.started = Some(started.clone());
                Ok(())
            }
            Event::Judged(judged) => self.judged(judged),
            Event::Batch(batch) => self.batch(batch),
            Event::Grounds(grounds) => {
                self.packs.clone_from(&grounds.packs);
                Ok(())
            }
            Event::Played(played) => self.played(played),
            Event::Scenario(_) | Event::Exchanged(_) | Event::Stepped(_) | Event::Finished(_) => {
                Ok(())
            }
        }
    }

    /// Hands on what was written so far, where `out` gathers it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn played(&mut self, played: &ScenarioJudged) -> io::Result<()> {
        let unexpected: Vec<_> = played.findings.iter().filter(|f| !f.expected).collect();
        if unexpected.is_empty() {
            self.in_list = true;
            return self.played_heading(played);
        }
        self.paragraph()?;
        self.played_heading(played)?;
        let mut last = None;
        for found in unexpected {
            let place = (found.step.as_str(), found.input.as_deref());
            if last.replace(place) != Some(place) {
                self.step(place.0, place.1)?;
            }
            self.finding(found.input.as_deref(), &found.finding, &[])?;
        }
        writeln!(self.out)
    }

    /// The line that says which step and which recorded message the findings
    /// below it are about.
    fn step(&mut self, step: &str, input: Option<&str>) -> io::Result<()> {
        let step = match step {
            "-" => self.voice.texts.run.no_step.clone(),
            step => fill(&self.voice.texts.run.step, &[("step", step)]),
        };
        let line = match input {
            Some(input) => format!("{step}: {}", visible(input)),
            None => step,
        };
        writeln!(self.out, "\n  {}", self.look.paint(BOLD, &line))
    }

    /// The line that says which scenario this is and how it fared.
    fn played_heading(&mut self, played: &ScenarioJudged) -> io::Result<()> {
        let verdict = style(played.judgement.verdict);
        let verdict = self.look.paint(verdict, &self.voice.played(played));
        let name = format!("{}/{}", played.about.key, played.about.scenario);
        let name = self.look.paint(BOLD, &visible(&name));
        let title = visible(played.about.title(self.voice.language()));
        let title = self.look.paint(DIM, &format!("({title})"));
        let tool = self.started.as_ref().map_or("", |started| &started.tool);
        let own = self.voice.own_script(tool, &played.about);
        let own = own.map_or_else(String::new, |words| format!(" [{words}]"));
        writeln!(self.out, "{name}: {verdict} {title}{own}")
    }

    fn judged(&mut self, judged: &Judged) -> io::Result<()> {
        let strict = self.voice.strict(self.started.as_ref(), judged);
        let silent = judged.findings.is_empty()
            && judged.excused.is_empty()
            && judged.more == 0
            && strict.is_none();
        if silent {
            let goes_without_saying = matches!(
                judged.judgement.verdict,
                Verdict::Pass | Verdict::NotApplicable
            );
            if self.look.passes || !goes_without_saying {
                self.in_list = true;
                self.heading(judged)?;
            }
            return Ok(());
        }
        self.paragraph()?;
        self.heading(judged)?;
        if let Some(strict) = strict {
            self.wrapped(INDENT, &strict)?;
        }
        for finding in &judged.findings {
            self.finding(Some(&judged.input), finding, &[])?;
        }
        for excused in &judged.excused {
            self.excused(excused, &[])?;
        }
        self.more(judged.more)?;
        writeln!(self.out)
    }

    fn excused(&mut self, excused: &Excused, inputs: &[String]) -> io::Result<()> {
        writeln!(self.out)?;
        let wording = self.voice.wording(&excused.finding);
        let text = format!("{}: {}", visible(&excused.finding.code), wording.message);
        self.wrapped(INDENT, &text)?;
        if !inputs.is_empty() {
            self.wrapped(INDENT, &visible(&inputs.join(", ")))?;
        }
        self.wrapped(INDENT, &self.voice.excuse(excused))
    }

    fn more(&mut self, count: u64) -> io::Result<()> {
        if let Some(more) = self.voice.more(count) {
            writeln!(self.out)?;
            self.wrapped(INDENT, &more)?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &BatchJudged) -> io::Result<()> {
        if batch.findings.is_empty() && batch.excused.is_empty() {
            return Ok(());
        }
        self.paragraph()?;
        let texts = self.voice.texts;
        let verdict = batch.judgement.verdict;
        let verdict = self
            .look
            .paint(style(verdict), texts.verdict(verdict, None));
        writeln!(self.out, "{}: {verdict}", texts.message.batch)?;
        for found in &batch.findings {
            let (first, others) = first_and_others(&found.inputs);
            self.finding(first, &found.finding, others)?;
        }
        for found in &batch.excused {
            self.excused(&found.excused, &found.inputs)?;
        }
        self.more(batch.more)?;
        writeln!(self.out)
    }

    /// The line that says which input this is and how it fared.
    fn heading(&mut self, judged: &Judged) -> io::Result<()> {
        let texts = self.voice.texts;
        let verdict = self
            .look
            .paint(style(judged.judgement.verdict), self.voice.verdict(judged));
        let input = self.look.paint(BOLD, &visible(&judged.input));
        let detail = match &judged.message {
            Some(message) => fill(
                &texts.message.detail,
                &[
                    ("name", &visible(&message.name)),
                    ("contract", &visible(&message.contract)),
                    ("carrier", texts.carrier(message.carrier)),
                ],
            ),
            None => self.voice.unrecognised(judged),
        };
        let detail = self.look.paint(DIM, &format!("({detail})"));
        writeln!(self.out, "{input}: {verdict} {detail}")
    }

    fn finding(
        &mut self,
        input: Option<&str>,
        finding: &Reported,
        others: &[String],
    ) -> io::Result<()> {
        let texts = self.voice.texts;
        let wording = self.voice.wording(finding);
        let head = match finding.kind {
            Kind::Violation => texts.class(finding.class),
            Kind::Undecided => texts.kind(finding.kind),
        };
        let mut snippet = Snippet::new(format!("{head}: {}", wording.message), severity(finding));
        let at = finding.start.zip(input);
        if let (Some((at, input)), Some(excerpt)) = (at, &finding.excerpt) {
            snippet = snippet.with_source(input, at, excerpt, self.look);
        }
        let drawing = snippet.draw(self.look).map_err(io::Error::other)?;
        write!(self.out, "\n{drawing}")?;

        let place = self.voice.place(finding, input);
        let place = match (at, snippet.shows_place()) {
            (Some((at, input)), false) => {
                format!("{place} ({}:{}:{})", visible(input), at.line, at.column)
            }
            _ => place,
        };
        let code = visible(&finding.code);
        let class = texts.class(finding.class);
        let rule = if wording.title == code {
            format!("{code} ({class})")
        } else {
            format!("{code} ({class}): {}", wording.title)
        };
        let source = self.voice.source(finding);
        let others = others
            .iter()
            .map(|other| visible(other))
            .collect::<Vec<_>>()
            .join(", ");
        let lines = [
            (&texts.finding.place, &place),
            (&texts.finding.also_in, &others),
            (&texts.finding.rule, &rule),
            (&texts.finding.source, &source),
            (&texts.finding.hint, &wording.hint),
            (&texts.finding.disputed, &wording.disputes.join("; ")),
        ];
        let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
        let width = lines.clone().map(|(label, _)| label.chars().count()).max();
        for (label, text) in lines {
            self.labelled(label, width.unwrap_or(0), text)?;
        }
        Ok(())
    }

    /// A label and a text that is set in behind it.
    fn labelled(&mut self, label: &str, width: usize, text: &str) -> io::Result<()> {
        let behind = format!("{INDENT}{}", " ".repeat(width + 2));
        let padding = " ".repeat(width - label.chars().count().min(width));
        let options = self.look.wrapping().subsequent_indent(&behind);
        let room = options.initial_indent(&behind);
        for (number, line) in textwrap::wrap(text, room).iter().enumerate() {
            match (number, line.strip_prefix(&*behind)) {
                (0, Some(line)) => {
                    let label = self.look.paint(DIM, label);
                    writeln!(self.out, "{INDENT}{label}{padding}  {line}")?;
                }
                _ => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    fn wrapped(&mut self, indent: &str, text: &str) -> io::Result<()> {
        let options = self
            .look
            .wrapping()
            .initial_indent(indent)
            .subsequent_indent(indent);
        for line in textwrap::wrap(text, options) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    /// Starts a paragraph: a line between it and a list before it.
    fn paragraph(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.in_list) {
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// Writes what the run came to. Gives back where it wrote.
    pub fn finish(mut self, exit: Exit) -> io::Result<W> {
        self.paragraph()?;
        let texts = self.voice.texts;
        writeln!(self.out, "{}", self.look.paint(BOLD, &texts.summary.title))?;
        writeln!(self.out, "  {}", self.totals.inputs(self.voice))?;
        let rows = self.totals.rows(self.voice);
        let width = rows
            .iter()
            .map(|(count, _, _)| count.to_string().len())
            .max();
        for (count, verdict, name) in rows {
            let count = format!("{count:>width$}", width = width.unwrap_or(0));
            let count = self.look.paint(style(verdict), &count);
            writeln!(self.out, "    {count} {name}")?;
        }
        if let Some(exempt) = self.totals.exempt(self.voice) {
            self.wrapped("  ", &format!("¶ {exempt}"))?;
        }
        let findings = self.totals.findings(self.voice);
        self.wrapped("  ", &findings)?;
        self.packs()?;
        if self
            .started
            .as_ref()
            .is_some_and(|run| run.strict_provenance)
        {
            self.wrapped("  ", &texts.summary.strict)?;
        }
        if self.started.as_ref().is_some_and(|run| !run.redacted) {
            self.wrapped("  ", &texts.summary.unmasked)?;
        }
        let line = self.totals.exit(self.voice, exit);
        self.wrapped("  ", &line)?;
        Ok(self.out)
    }

    /// The packs that judged something, and what a reconstruction is.
    fn packs(&mut self) -> io::Result<()> {
        if self.packs.is_empty() {
            return Ok(());
        }
        let texts = self.voice.texts;
        writeln!(self.out, "  {}", texts.summary.packs)?;
        let packs = std::mem::take(&mut self.packs);
        for pack in &packs {
            let line = self
                .voice
                .pack(&pack.contract, &pack.version, pack.kind, pack.grade);
            self.wrapped("    ", &line)?;
        }
        if packs
            .iter()
            .any(|pack| pack.kind == PackKind::Reconstruction)
        {
            self.wrapped("  ", &texts.summary.reconstruction_note)?;
        }
        Ok(())
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail => RED,
        Verdict::Undecided => YELLOW,
        Verdict::NotApplicable => DIM,
    }
}

fn severity(finding: &Reported) -> Severity {
    match (finding.kind, finding.class) {
        (Kind::Violation, Class::Foutmelding) => Severity::Error,
        (Kind::Undecided, _) | (_, Class::Melding | Class::Signaal) => Severity::Warning,
        _ => Severity::Advice,
    }
}
