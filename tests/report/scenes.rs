//! A hand-made run of scenarios: one that passes, one that fails, one that
//! expects a finding, one that was not played.

use std::collections::{BTreeMap, BTreeSet};

use ketenkeur::event::{
    EVENT_VERSION, Event, Exchanged, Grounds, PackInForce, PackKind, ScenarioInfo, ScenarioJudged,
    Started, StepFinding, Stepped, Tally,
};
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Args, Class, Grade, Judgement, Kind, Redaction, Verdict};
use ketenkeur::report::{Known, KnownRequirement, Origin, Proof, Time};

use crate::stream::{MESSAGE, finding_at};

pub fn about(scenario: &str, key: &str, mandatory: bool) -> ScenarioInfo {
    ScenarioInfo {
        scenario: scenario.to_string(),
        title_nl: format!("Titel van {scenario}"),
        title_en: format!("Title of {scenario}"),
        key: key.to_string(),
        mandatory,
        subject: "las".to_string(),
        own: false,
        recorded: false,
        no_target: false,
        defect: None,
        sectors: vec!["bo".to_string(), "sbo".to_string()],
        requirements: vec!["BRON-INS".to_string()],
        hash: "1".repeat(64),
    }
}

fn exchanged(scenario: &str, number: u32, parties: [&str; 2], end: Result<u16, &str>) -> Event {
    Event::Exchanged(Exchanged {
        scenario: scenario.to_string(),
        number,
        from: parties[0].to_string(),
        to: parties[1].to_string(),
        name: "aanleverenInschrijvingBO".to_string(),
        status: end.ok(),
        tls: end
            .ok()
            .map(|_| "TLSv1.3 TLS_AES_256_GCM_SHA384".to_string()),
        problem: end.err().map(str::to_string),
    })
}

fn stepped(scenario: &str, step: &str, exchange: Option<u32>, verdict: Verdict) -> Event {
    Event::Stepped(Stepped {
        said: false,
        undeclared: None,
        scenario: scenario.to_string(),
        step: step.to_string(),
        label: "send las -> duo aanleverenInschrijvingBO_Request".to_string(),
        line: 12,
        exchange,
        judgement: Judgement::new(verdict, Grade::Reconstructed),
    })
}

fn played(about: ScenarioInfo, verdict: Verdict) -> ScenarioJudged {
    ScenarioJudged {
        about,
        judgement: Judgement::new(verdict, Grade::Reconstructed),
        pack: Some(PackKind::Reconstruction),
        contracts: BTreeSet::new(),
        unreachable: false,
        not_played: None,
        undeclared: Vec::new(),
        steps: 1,
        said: 0,
        said_by: None,
        findings: Vec::new(),
    }
}

fn found(scenario: &str, expected: bool) -> StepFinding {
    let args = Args::new()
        .with("uit", "2026-07-31")
        .with("in", "2026-08-01");
    StepFinding {
        step: "1".to_string(),
        input: Some(format!("{scenario}#1/request")),
        expected,
        finding: finding_at(
            MESSAGE,
            "datumUitschrijving",
            "KK-INS-UITSCHRIJFDATUM",
            Kind::Violation,
            Class::Foutmelding,
            args,
            Redaction::Mask,
        ),
    }
}

/// The run.
pub fn events() -> Vec<Event> {
    let mut failing = played(about("po-inwinnen-mis", "po-inwinnen", true), Verdict::Fail);
    failing.findings = vec![found("po-inwinnen-mis", false)];
    let mut expecting = played(
        about("koppeling-bron-weigert", "koppeling-bron", true),
        Verdict::Pass,
    );
    expecting.findings = vec![found("koppeling-bron-weigert", true)];
    let mut silent = played(about("rio-po-klok", "rio-po", true), Verdict::Undecided);
    silent.not_played = Some("clock".to_string());
    silent.steps = 0;
    let scenes: [(ScenarioJudged, Vec<Event>); 4] = [
        (
            played(
                about("po-inwinnen-goed", "po-inwinnen", true),
                Verdict::Pass,
            ),
            vec![
                exchanged("po-inwinnen-goed", 2, ["duo", "osr"], Ok(200)),
                exchanged("po-inwinnen-goed", 1, ["las", "duo"], Ok(200)),
                stepped("po-inwinnen-goed", "1", Some(1), Verdict::Pass),
            ],
        ),
        (
            failing,
            vec![
                exchanged("po-inwinnen-mis", 1, ["las", "duo"], Err("timed-out")),
                stepped("po-inwinnen-mis", "1", Some(1), Verdict::Fail),
            ],
        ),
        (
            expecting,
            vec![
                exchanged("koppeling-bron-weigert", 1, ["las", "duo"], Ok(500)),
                stepped("koppeling-bron-weigert", "1", Some(1), Verdict::Pass),
            ],
        ),
        (silent, Vec::new()),
    ];
    let mut events = vec![Event::Started(Started {
        version: EVENT_VERSION,
        // The scripts of another version are not known here: they count.
        tool: "0.0.1".to_string(),
        redacted: true,
        strict_provenance: false,
        fail_on: Class::Foutmelding,
        at: None,
        profile: Profile::Test,
    })];
    for (judged, happened) in scenes {
        events.push(Event::Scenario(Box::new(judged.about.clone())));
        events.extend(happened);
        events.push(Event::Played(Box::new(judged)));
    }
    let mut tally = Tally::new();
    events.iter().for_each(|event| tally.count(event));
    events.push(Event::Grounds(Grounds {
        packs: vec![PackInForce {
            contract: "DUO_PO_InschrijvingBO_V1".to_string(),
            version: "1".to_string(),
            kind: PackKind::Reconstruction,
            grade: Grade::Reconstructed,
            hash: "0".repeat(64),
        }],
        held: BTreeMap::new(),
    }));
    events.push(Event::Finished(tally.summary().clone()));
    events
}

/// Where that run comes from.
pub fn origin() -> Origin {
    let time = Time {
        at: "2026-09-28T09:00:00Z".to_string(),
        took: 12,
    };
    Origin {
        name: "bewijs".to_string(),
        supplier: "Voorbeeldleverancier".to_string(),
        oin: "00000003999999990000".to_string(),
        product: "Voorbeeld-LAS".to_string(),
        version: "5.1".to_string(),
        roles: vec!["las".to_string()],
        began: "2026-09-28T09:00:00Z".to_string(),
        now: "2026-09-28T09:00:00Z".to_string(),
        virtual_clock: false,
        profile: "test".to_string(),
        seed: "ketenkeur".to_string(),
        shard: None,
        masked: true,
        proof: Proof::Unsigned,
        manifest: "2".repeat(64),
        differences: vec![("file-changed", "run.json".to_string())],
        times: [(("po-inwinnen-goed".to_string(), 1), time)].into(),
    }
}

/// What there is to test.
pub fn known() -> Known {
    let requirement = |id: &str, rules: &[&str]| KnownRequirement {
        is_explained: false,
        id: id.into(),
        title_nl: format!("Eis {id}").into(),
        title_en: format!("Requirement {id}").into(),
        source: "PvE ROD-PO 1.14.2".into(),
        grade: Grade::Published,
        rules: rules.iter().map(|rule| (*rule).into()).collect(),
    };
    Known {
        keys: vec![
            "koppeling-bron",
            "po-inwinnen",
            "po-bekostigen",
            "rio-po",
            "osr-h2m",
        ],
        scenarios: vec![
            about("po-inwinnen-goed", "po-inwinnen", true),
            about("po-bekostigen-terug", "po-bekostigen", true),
        ],
        requirements: vec![
            requirement("BRON-INS", &["KK-INS-UITSCHRIJFDATUM"]),
            requirement("BRON-ANDERS", &["KK-ANDERS"]),
        ],
    }
}
