//! A hand-made run that shows every shape of event.

use std::sync::Arc;

use ketenkeur::document::{Document, Excerpt, Gated, PlaceOf};
use ketenkeur::event::{
    BatchExcused, BatchFinding, BatchJudged, Carrier, EVENT_VERSION, Event, Excused, Grounds,
    Judged, PackInForce, PackKind, Recognised, Reported, Spool, Started, Tally,
};
use ketenkeur::exit::{Exit, Trouble};
use ketenkeur::facts::Profile;
use ketenkeur::finding::{
    Args, Class, Finding, Fingerprint, Grade, Judgement, Kind, Language, Place, Position,
    Redaction, RuleBook, RuleInfo, RuleText, Source, Template, Verdict,
};
use ketenkeur::report::{Format, Run};
use ketenkeur::text::BuiltinRules;

pub const LANGUAGES: [Language; 2] = [Language::Nl, Language::En];

/// The built-in rules, and two as a pack would carry them.
pub struct Book;

impl RuleBook for Book {
    fn rule(&self, code: &str) -> Option<Arc<RuleInfo>> {
        let rule = |title: [&str; 2], message: [&str; 2], hint: [&str; 2]| {
            let text = |at: usize| RuleText {
                title: title[at].into(),
                message: Template::parse(message[at]),
                hint: Template::parse(hint[at]),
            };
            Some(Arc::new(RuleInfo {
                code: code.into(),
                class: Class::Foutmelding,
                grade: Grade::Reconstructed,
                source: "dossier van ketenkeur (BRON po), bedrijfsregels: datums {lezing van ketenkeur | reading by ketenkeur}".into(),
                date: "".into(),
                duo: "".into(),
                contract: Some("DUO_PO_InschrijvingBO_V1".into()),
                nl: text(0),
                en: text(1),
            }))
        };
        match code {
            "KK-INS-UITSCHRIJFDATUM" => rule(
                [
                    "De uitschrijfdatum ligt niet voor de inschrijfdatum",
                    "The date of deregistration is not before the date of enrolment",
                ],
                [
                    "datumUitschrijving {uit} ligt voor datumInschrijving {in}.",
                    "datumUitschrijving {uit} is before datumInschrijving {in}.",
                ],
                [
                    "Lever een datumUitschrijving op of na {in}.",
                    "Supply a datumUitschrijving on or after {in}.",
                ],
            ),
            "KK-INS-RIO-AANBIEDER" => rule(
                [
                    "De onderwijsaanbieder bestaat in RIO op de inschrijfdatum",
                    "The onderwijsaanbieder exists in RIO on the date of enrolment",
                ],
                [
                    "Onderwijsaanbieder {a} bestaat niet.",
                    "Onderwijsaanbieder {a} does not exist.",
                ],
                ["Controleer de code.", "Check the code."],
            ),
            _ => BuiltinRules.rule(code),
        }
    }
}

pub const MESSAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<aanleverenInschrijvingBO_Request xmlns=\"http://duo.nl/schema/DUO_PO_InschrijvingBO_V1\">
  <burgerservicenummer>999912345</burgerservicenummer>
  <achternaam>van den Geheim</achternaam>
  <datumInschrijving>2026-08-01</datumInschrijving>
  <datumUitschrijving>2026-07-31</datumUitschrijving>
  <geboortedatum>2018-02-30</geboortedatum>
</aanleverenInschrijvingBO_Request>
";

/// A finding at the element `local` of `message`, as a check would make it.
pub fn finding_at(
    message: &str,
    local: &str,
    code: &str,
    kind: Kind,
    class: Class,
    args: Args,
    redaction: Redaction,
) -> Reported {
    let document = Document::from_xml(Gated::xml(message.as_bytes()).unwrap()).unwrap();
    let node = document.child(document.root_element(), local).unwrap();
    let place = document.place(node, PlaceOf::Value);
    let finding = Finding {
        code: code.into(),
        kind,
        class,
        grade: Grade::Reconstructed,
        source: "dossier van ketenkeur (BRON po), bedrijfsregels: datums {lezing van ketenkeur | reading by ketenkeur}".into(),
        contract: Some("DUO_PO_InschrijvingBO_V1".into()),
        args,
        place: place.clone(),
    };
    Reported {
        code: code.to_string(),
        kind,
        class,
        grade: finding.grade,
        source: finding.source.clone(),
        contract: finding.contract.as_deref().map(str::to_string),
        args: finding
            .args
            .iter()
            .map(|(name, arg)| (name.to_string(), arg.shown(redaction)))
            .collect(),
        start: place.start,
        end: place.end,
        in_body: false,
        path: place.path.clone(),
        words: place.words.clone(),
        keyed: place.keyed.clone(),
        excerpt: document.excerpt(&place, redaction, &|_, _| true),
        fingerprint: Fingerprint::of(&finding),
    }
}

/// A finding about an input as a whole.
fn finding(code: &str, kind: Kind, args: &[(&str, &str)]) -> Reported {
    let rule = Book.rule(code);
    let class = rule.as_ref().map_or(Class::Melding, |rule| rule.class);
    let grade = rule.as_ref().map_or(Grade::Knowledge, |rule| rule.grade);
    let source = rule.map_or_else(Source::default, |rule| rule.source.clone());
    let bare = Finding {
        code: code.into(),
        kind,
        class,
        grade,
        source: source.clone(),
        contract: None,
        args: Args::new(),
        place: Place::default(),
    };
    Reported {
        code: code.to_string(),
        kind,
        class,
        grade,
        source,
        contract: None,
        args: args
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        start: None,
        end: None,
        in_body: false,
        path: String::new(),
        words: String::new(),
        keyed: String::new(),
        excerpt: None,
        fingerprint: Fingerprint::of(&bare),
    }
}

fn recognised(contract: &str, kind: PackKind, carrier: Carrier) -> Option<Recognised> {
    Some(Recognised {
        contract: contract.to_string(),
        kind,
        operation: "aanleverenInschrijvingBO".to_string(),
        name: "aanleverenInschrijvingBO_Request".to_string(),
        carrier,
    })
}

fn judged(input: &str, message: Option<Recognised>, judgement: Judgement) -> Judged {
    Judged {
        input: input.to_string(),
        message,
        other: None,
        judgement,
        findings: Vec::new(),
        excused: Vec::new(),
        more: 0,
    }
}

/// Whether the run counts only what rests on published facts.
#[derive(Clone, Copy, PartialEq)]
pub enum Provenance {
    Any,
    Strict,
}

/// Every shape of event once.
pub fn events(provenance: Provenance) -> Vec<Event> {
    const BO: &str = "DUO_PO_InschrijvingBO_V1";
    const RIO: &str = "DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4";
    let pass = |grade| Judgement::new(Verdict::Pass, grade);
    let fail = Judgement::new(Verdict::Fail, Grade::Reconstructed);
    let undecided = Judgement::new(Verdict::Undecided, Grade::Reconstructed);
    let bo = || recognised(BO, PackKind::Reconstruction, Carrier::Bare);

    let mut broken = judged("berichten/fout.xml", bo(), fail);
    let dates = || {
        Args::new()
            .with("uit", "2026-07-31")
            .with("in", "2026-08-01")
    };
    let at = |local, code, kind, class, args| {
        finding_at(MESSAGE, local, code, kind, class, args, Redaction::Mask)
    };
    broken.findings = vec![
        at(
            "datumUitschrijving",
            "KK-INS-UITSCHRIJFDATUM",
            Kind::Violation,
            Class::Foutmelding,
            dates(),
        ),
        at(
            "geboortedatum",
            "KK-XSD-TYPE",
            Kind::Violation,
            Class::Foutmelding,
            Args::new()
                .with("element", "geboortedatum")
                .with("value", "**********")
                .with("type", "xs:date"),
        ),
    ];
    broken.more = 7;

    let mut open = judged(
        "berichten/onbeslist.xml",
        recognised(BO, PackKind::Reconstruction, Carrier::Soap),
        undecided,
    );
    open.findings = vec![at(
        "datumInschrijving",
        "KK-INS-RIO-AANBIEDER",
        Kind::Undecided,
        Class::Foutmelding,
        Args::new().with("reason", "rio-missing"),
    )];

    let mut excused = judged(
        "berichten/uitgezonderd.xml",
        bo(),
        pass(Grade::Reconstructed),
    );
    excused.excused = vec![Excused {
        finding: at(
            "datumUitschrijving",
            "KK-INS-UITSCHRIJFDATUM",
            Kind::Violation,
            Class::Foutmelding,
            dates(),
        ),
        owner: "Team Inschrijvingen".to_string(),
        reason: "conversie van oude dossiers".to_string(),
        until: "2027-01-31".to_string(),
    }];

    let mut signal = judged("berichten/signaal.xml", bo(), pass(Grade::Reconstructed));
    signal.findings = vec![finding_at(
        &MESSAGE.replace("999912345", "123456782"),
        "burgerservicenummer",
        "KK-PRIV-ECHT",
        Kind::Violation,
        Class::Signaal,
        Args::new().with("element", "burgerservicenummer"),
        Redaction::Mask,
    )];

    let mut unknown = judged(
        "pakket.zip!map/vreemd bericht.xml",
        None,
        Judgement::new(Verdict::Fail, Grade::Published),
    );
    unknown.findings = vec![finding(
        "KK-HERKEN-NAAMRUIMTE",
        Kind::Violation,
        &[
            ("namespace", "http://duo.nl/schema/DUO_PO_InschrijvingBO_V2"),
            ("nearest", "http://duo.nl/schema/DUO_PO_InschrijvingBO_V1"),
        ],
    )];

    let mut hostile = judged(
        "kwaad\u{1b}[2J\u{202e}lmx.xml",
        None,
        Judgement::new(Verdict::Fail, Grade::Published),
    );
    let mut twisted = finding(
        "VREEMD-\u{1b}]0;x\u{7}1",
        Kind::Violation,
        &[
            ("a", "\u{202e}omgekeerd\u{2066}"),
            ("b", "]]>&<\"%,:\r\n::error::x"),
        ],
    );
    twisted.words = "rij \u{200f} › \u{9b}31m".to_string();
    twisted.path = "/*:a\u{1b}[31m".to_string();
    twisted.start = Some(Position { line: 1, column: 4 });
    twisted.end = Some(Position { line: 1, column: 6 });
    twisted.excerpt = Some(Excerpt {
        first_line: 1,
        lines: vec!["<a>\u{202e}漢字\u{1b}[31m</a>".to_string()],
        line: 0,
        column: 3,
        width: 2,
    });
    hostile.findings = vec![twisted];

    let strict_pass = match provenance {
        Provenance::Any => pass(Grade::HouseStyle),
        Provenance::Strict => pass(Grade::HouseStyle).strict(),
    };
    let messages = [
        judged("berichten/goed.xml", bo(), strict_pass),
        judged(
            "log.har#12/response",
            recognised(RIO, PackKind::Official, Carrier::Soap),
            pass(Grade::Published),
        ),
        broken,
        open,
        excused,
        signal,
        unknown,
        hostile,
        judged("berichten/leesmij.txt", None, Judgement::NOT_APPLICABLE),
    ];

    let batch = BatchJudged {
        judgement: fail,
        findings: vec![
            BatchFinding {
                finding: at(
                    "datumInschrijving",
                    "KK-XSD-UNIEK",
                    Kind::Violation,
                    Class::Foutmelding,
                    Args::new().with("element", "inschrijvingvolgnummer"),
                ),
                inputs: vec![
                    "berichten/goed.xml".to_string(),
                    "berichten/signaal.xml".to_string(),
                ],
            },
            BatchFinding {
                finding: finding(
                    "KK-AFWIJKING-ONGEBRUIKT",
                    Kind::Violation,
                    &[("entry", "KK-INS-UITSCHRIJFDATUM"), ("line", "2")],
                ),
                inputs: Vec::new(),
            },
        ],
        excused: vec![BatchExcused {
            excused: Excused {
                finding: finding("KK-XSD-UNIEK", Kind::Violation, &[("element", "leerjaar")]),
                owner: "team".to_string(),
                reason: "conversie".to_string(),
                until: "2026-12-31".to_string(),
            },
            inputs: vec!["berichten/signaal.xml".to_string()],
        }],
        more: 3,
    };

    let pack = |contract: &str, kind, grade| PackInForce {
        contract: contract.to_string(),
        version: "1".to_string(),
        kind,
        grade,
        hash: "0".repeat(64),
    };
    let mut events = vec![Event::Started(Started {
        version: EVENT_VERSION,
        tool: "0.1.0".to_string(),
        redacted: true,
        strict_provenance: provenance == Provenance::Strict,
        fail_on: Class::Melding,
        at: Some("2026-09-28T09:00:00Z".parse().unwrap()),
        profile: Profile::Production,
    })];
    events.extend(messages.map(|judged| Event::Judged(Box::new(judged))));
    events.push(Event::Batch(batch));
    let mut tally = Tally::new();
    events.iter().for_each(|event| tally.count(event));
    events.push(Event::Grounds(Grounds {
        packs: vec![
            pack(BO, PackKind::Reconstruction, Grade::Reconstructed),
            pack(RIO, PackKind::Official, Grade::Published),
        ],
        held: [("KK-INS-UITSCHRIJFDATUM".to_string(), 3)].into(),
    }));
    events.push(Event::Finished(tally.summary().clone()));
    events
}

pub fn spool(events: &[Event]) -> Spool {
    let mut spool = Spool::new();
    for event in events {
        spool.push(event).unwrap();
    }
    spool
}

/// The report of `events` in a format and a language.
pub fn report(events: &[Event], format: Format, language: Language) -> String {
    let mut tally = Tally::new();
    events.iter().for_each(|event| tally.count(event));
    let exit = Exit::of(tally.summary(), Trouble::default());
    let spool = spool(events);
    let mut out = Vec::new();
    let run = Run {
        moment: Some("2026-09-28T09:00:00Z".parse().unwrap()),
        ..Run::new(&spool, &Book, language, exit)
    };
    format.write(&run, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_same_events_give_the_same_bytes() {
    let events = events(Provenance::Any);
    for format in Format::ALL {
        for language in LANGUAGES {
            assert_eq!(
                report(&events, format, language),
                report(&events, format, language)
            );
        }
    }
}
