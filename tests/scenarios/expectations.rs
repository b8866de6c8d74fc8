//! Whether expectations hold of what was received.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ketenkeur::check::Judge;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::duo::rio_facts;
use ketenkeur::counterpart::{Bodies, receiving_bench};
use ketenkeur::document::Spot;
use ketenkeur::edukoppeling::Trust;
use ketenkeur::event::{Judged, Reported};
use ketenkeur::exchange::{Exchange, HttpFacts, StartLine, TlsFacts};
use ketenkeur::facts::{Facts, Profile};
use ketenkeur::finding::{
    Args, Class, Fingerprint, Grade, Kind, Language, Place, Redaction, Source, Verdict,
};
use ketenkeur::input::Input;
use ketenkeur::pack::Store;
use ketenkeur::report::Voice;
use ketenkeur::scenario::{
    Action, Expect, Got, Judgment, Placed, Receive, Send, Values, capture, judge,
};
use ketenkeur::text::{BuiltinRules, tool_finding};
use ketenkeur::transport::TransportProblem;

use crate::reading::{read, script};

const NOW: &str = "2026-08-24T07:40:00Z";

fn clock() -> RunningClock {
    RunningClock::standing_at(NOW.parse().unwrap())
}

fn facts() -> Facts {
    let now: Timestamp = NOW.parse().unwrap();
    ketenkeur::check::shipped_facts(Clock::at(now), Profile::Test)
}

/// The expectation of a `send`, as a script writes it.
fn expectation(expect: &str) -> Expect {
    let indented = expect.replace('\n', "\n      ");
    let text = script(&format!(
        "data: {{leerling: {{bsn: '999990019'}}, quote: \"it's\", n: 2}}\nsteps:\n- send:\n    from: las\n    to: duo\n    message: m\n    expect:\n      {indented}\n"
    ));
    match &read(&text).steps[0].action {
        Action::Send(send) => {
            let send: &Send = send;
            send.expect.clone()
        }
        _ => panic!("a send"),
    }
}

fn values() -> Values {
    let mut values = Values::new(clock(), "proef");
    let text =
        script("data: {leerling: {bsn: '999990019'}, quote: \"it's\", n: 2}\nsteps:\n- wait: 1s\n");
    values.define(&read(&text).data).unwrap();
    values
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Response { status },
            version: "HTTP/1.1".to_string(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        }),
        tls: Some(Arc::new(TlsFacts {
            version: "TLSv1.2".to_string(),
            suite: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384".to_string(),
            server_name: None,
            peer: Vec::new(),
            own: None,
            port: 443,
        })),
        ..Exchange::bare(body.as_bytes().to_vec())
    }
}

fn judged(codes: &[(&str, Kind, Class)], verdict: Verdict) -> Judged {
    Judged {
        input: "x".to_string(),
        message: None,
        other: None,
        judgement: ketenkeur::finding::Judgement::new(verdict, Grade::Published),
        findings: codes
            .iter()
            .map(|(code, kind, class)| Reported {
                in_body: false,
                code: (*code).to_string(),
                kind: *kind,
                class: *class,
                grade: Grade::Published,
                source: Source::default(),
                contract: None,
                args: Vec::new(),
                start: None,
                end: None,
                path: "/*:a/*:b".to_string(),
                words: String::new(),
                keyed: String::new(),
                excerpt: None,
                fingerprint: Fingerprint::of(&tool_finding(
                    "KK-SC-SCHOON",
                    Args::new(),
                    Place::default(),
                )),
            })
            .collect(),
        excused: Vec::new(),
        more: 0,
    }
}

fn judge_on(expect: &str, exchange: &Exchange, judged: Option<&Judged>) -> Vec<Judgment> {
    let got = Got {
        arrival: Ok(exchange),
        judged,
        brings_about: &[],
        took: Duration::from_millis(1500),
        confirmed: None,
    };
    judge(&expectation(expect), &got, &mut values(), &facts())
}

/// Every judgment as `expectation verdict code`, but those that hold.
fn told(judgments: &[Judgment]) -> Vec<String> {
    judgments
        .iter()
        .filter(|judgment| judgment.verdict != Verdict::Pass)
        .map(|judgment| {
            let finding = judgment.finding.as_ref().expect("what is the matter");
            let args: Vec<String> = finding
                .args
                .iter()
                .map(|(name, arg)| format!("{name}={}", arg.shown(Redaction::Mask)))
                .collect();
            format!(
                "{} {:?} {} {} @{}",
                judgment.expectation,
                judgment.verdict,
                finding.code,
                args.join(" "),
                finding.place.path
            )
        })
        .collect()
}

const SOAP: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
    <m xmlns=\"urn:m\"><nummer>7</nummer><bsn>123456782</bsn><achternaam>Jansen</achternaam>\
    <tekst>it's</tekst></m></s:Body></s:Envelope>";

const FAULT: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
    <s:Fault><faultcode>s:Client</faultcode><faultstring>bsn 123456782</faultstring></s:Fault>\
    </s:Body></s:Envelope>";

const JSON: &str = r#"{"endpoints":[{"url":"https://a.example/x","school":{"naam":"A"},"n":2},
    {"url":"https://b.example/y","n":3}],"bsn":"123456782"}"#;

#[test]
fn every_expectation_holds_where_it_should() {
    let exchange = response(200, &[("Content-Type", "text/xml; charset=UTF-8")], SOAP);
    let clean = judged(
        &[
            ("KK-MELDING", Kind::Violation, Class::Melding),
            ("KK-WEL", Kind::Violation, Class::Signaal),
        ],
        Verdict::Pass,
    );
    let expect = "status: [2xx, 503]\nfault: false\nclean: true\nfinding: [KK-WEL]\n\
        no-finding: [KK-NIET]\nassert:\n- nummer = 7\n- \"*:tekst = ${quote}\"\n\
        - \"tekst = '${quote}'\"\n- count(//*:Body) = 1\n- 'not(bsn = ${leerling.bsn})'\n\
        headers: {content-type: 'text/xml*', CONTENT-TYPE: true}\ntransport: ok\n\
        tls: {version: [TLSv1.2, TLSv1.3]}\nwithin: 2s";
    let judgments = judge_on(expect, &exchange, Some(&clean));
    assert_eq!(told(&judgments), [] as [&str; 0]);
    assert_eq!(judgments.len(), 15);
    assert_eq!(judgments[0].expectation, "transport");

    let exchange = response(200, &[], JSON);
    let expect = "json:\n- {path: '$.endpoints[*]', count: 2}\n- {path: '$.endpoints[*]', count: 2}\n\
        - {path: '$.endpoints[0].url', equals: https://a.example/x}\n\
        - {path: '$.endpoints[?@.n == 2].n', equals: '2'}\n\
        - {path: '$.endpoints[*].url', matches: 'https://*.example/*'}\n\
        - {path: '$.weg', exists: false}\n- {path: '$.bsn', exists: true}";
    assert_eq!(told(&judge_on(expect, &exchange, None)), [] as [&str; 0]);
    let fault = response(500, &[], FAULT);
    for expect in ["fault: true", "fault: Client"] {
        assert_eq!(told(&judge_on(expect, &fault, None)), [] as [&str; 0]);
    }
}

#[test]
fn what_does_not_hold_says_what_was_found_and_masks_it() {
    let soap = response(200, &[("x", "y")], SOAP);
    let fault = response(500, &[], FAULT);
    let json = response(200, &[], JSON);
    let html = response(200, &[], "nothing of ours");
    let empty = response(204, &[], "");
    let dirty = judged(
        &[
            ("KK-FOUT", Kind::Violation, Class::Foutmelding),
            ("KK-FOUT", Kind::Violation, Class::Foutmelding),
            ("KK-ANDERS", Kind::Violation, Class::Foutmelding),
            ("KK-ONBESLIST", Kind::Undecided, Class::Foutmelding),
        ],
        Verdict::Fail,
    );
    let lightly_open = judged(
        &[("KK-ONBESLIST", Kind::Undecided, Class::Signaal)],
        Verdict::Undecided,
    );
    let nothing = judged(&[], Verdict::NotApplicable);
    let open = judged(&[], Verdict::Undecided);
    let cases: Vec<(&str, &Exchange, Option<&Judged>)> = vec![
        ("status: [200, 4xx]", &fault, None),
        ("fault: false", &fault, None),
        ("fault: true", &soap, None),
        ("fault: Server", &soap, None),
        ("fault: Server", &fault, None),
        ("clean: true", &soap, Some(&dirty)),
        ("clean: true", &html, Some(&nothing)),
        ("clean: true", &soap, Some(&open)),
        ("clean: true", &soap, Some(&lightly_open)),
        ("clean: true", &soap, None),
        ("finding: [KK-WEG]", &soap, Some(&dirty)),
        ("finding: [KK-ONBESLIST]", &soap, Some(&dirty)),
        ("no-finding: [KK-FOUT]", &soap, Some(&dirty)),
        ("no-finding: [KK-ONBESLIST]", &soap, Some(&dirty)),
        ("assert: ['nummer = 8']", &soap, None),
        ("assert: ['bsn = ${leerling.bsn}']", &soap, None),
        ("assert: ['achternaam = 1']", &soap, None),
        ("assert: ['exists(weg)']", &soap, None),
        ("assert: ['xs:date(achternaam) = 1']", &soap, None),
        ("assert: ['a']", &json, None),
        ("assert: ['a']", &empty, None),
        ("json: [{path: $.bsn, equals: x}]", &json, None),
        ("json: [{path: '$.endpoints[1].n', equals: 4}]", &json, None),
        ("json: [{path: '$.endpoints', equals: x}]", &json, None),
        ("json: [{path: '$.weg', equals: x}]", &json, None),
        ("json: [{path: '$.weg', exists: true}]", &json, None),
        ("json: [{path: '$.bsn', exists: false}]", &json, None),
        ("json: [{path: '$.endpoints[*]', count: 3}]", &json, None),
        (
            "json: [{path: '$.endpoints[*].url', matches: 'https://a*'}]",
            &json,
            None,
        ),
        ("json: [{path: $.a, exists: true}]", &soap, None),
        ("headers: {x: z, w: true}", &soap, None),
        ("transport: fails", &soap, None),
        ("tls: {version: [TLSv1.3]}", &soap, None),
        ("within: 1s", &soap, None),
    ];
    let mut all = String::new();
    for (expect, exchange, judged) in cases {
        let judgments = judge_on(expect, exchange, judged);
        let told = told(&judgments);
        assert!(!told.is_empty(), "{expect}");
        all += &format!("{expect}\n");
        for one in told {
            assert!(
                !one.contains("123456782") && !one.contains("Jansen"),
                "{one}"
            );
            all += &format!("  {one}\n");
        }
    }
    insta::with_settings!({snapshot_path => "../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("scenario-expectations", all);
    });
}

/// What the script brings about itself says nothing of who made the message,
/// unless it is so grave that the message is sent back.
#[test]
fn what_the_script_brings_about_leaves_a_message_clean() {
    let exchange = response(200, &[], SOAP);
    let open = |class| judged(&[("KK-OPEN", Kind::Undecided, class)], Verdict::Undecided);
    for (class, code, verdict) in [
        (Class::Signaal, "KK-OPEN", Verdict::Pass),
        (Class::Melding, "KK-OPEN", Verdict::Pass),
        (Class::Signaal, "KK-ANDERS", Verdict::Undecided),
        (Class::Foutmelding, "KK-OPEN", Verdict::Undecided),
    ] {
        let judged = open(class);
        let brings_about = [Placed {
            at: Spot { line: 1, column: 1 },
            value: code.into(),
        }];
        let got = Got {
            arrival: Ok(&exchange),
            judged: Some(&judged),
            brings_about: &brings_about,
            took: Duration::ZERO,
            confirmed: None,
        };
        let judgments = judge(&expectation("clean: true"), &got, &mut values(), &facts());
        let clean = judgments.iter().find(|one| one.expectation == "clean");
        assert_eq!(clean.unwrap().verdict, verdict, "{class:?} {code}");
    }
}

#[test]
fn a_connection_that_fails_is_judged_by_how_it_fails() {
    let judge_problem = |expect: &str, problem: TransportProblem| {
        let got = Got {
            arrival: Err(problem),
            judged: None,
            brings_about: &[],
            took: Duration::ZERO,
            confirmed: None,
        };
        let judgments = judge(&expectation(expect), &got, &mut values(), &facts());
        judgments
            .iter()
            .map(|judgment| judgment.verdict)
            .collect::<Vec<_>>()
    };
    let judge_failure = |expect: &str| judge_problem(expect, TransportProblem::CertificateRefused);
    assert_eq!(
        judge_failure("transport: certificate-refused"),
        [Verdict::Pass]
    );
    assert_eq!(judge_failure("transport: fails"), [Verdict::Pass]);
    assert_eq!(judge_failure("transport: expired"), [Verdict::Fail]);
    // Without a word about it an answer must come; the rest is not judged.
    assert_eq!(judge_failure("status: 200"), [Verdict::Fail]);
    // Who was not there, or is not accepted by us, has refused nothing.
    for problem in TransportProblem::ALL {
        let refuses = match problem.name() {
            "certificate-refused" | "certificate-required" | "nothing-in-common" | "broken" => {
                Verdict::Pass
            }
            "too-large" => Verdict::Fail,
            _ => Verdict::Undecided,
        };
        let name = problem.name();
        assert_eq!(
            judge_problem("transport: fails", problem),
            [refuses],
            "{name}"
        );
        let named = format!("transport: {name}");
        assert_eq!(judge_problem(&named, problem), [Verdict::Pass], "{name}");
    }
    let absent = judge_problem("transport: expired", TransportProblem::Unreachable);
    assert_eq!(absent, [Verdict::Undecided]);
}

/// The texts that a person reads, with the words of the scenario in their
/// language.
#[test]
fn an_assertion_says_what_the_script_says_of_it() {
    let expect =
        "assert:\n- test: nummer = 8\n  text: {nl: Het nummer is acht., en: The number is eight.}";
    let judgments = judge_on(expect, &response(200, &[], SOAP), None);
    let finding = judgments[1].finding.as_ref().unwrap();
    let reported = Reported {
        code: finding.code.to_string(),
        args: finding
            .args
            .iter()
            .map(|(name, arg)| (name.to_string(), arg.shown(Redaction::Mask)))
            .collect(),
        ..judged(
            &[("KK-SC-BEWERING", Kind::Violation, Class::Foutmelding)],
            Verdict::Fail,
        )
        .findings[0]
            .clone()
    };
    for (language, words) in [
        (
            Language::Nl,
            "Het nummer is acht. Op dit bericht is niet waar: nummer = 8 (gevonden: 7).",
        ),
        (
            Language::En,
            "The number is eight. Not true of this message: nummer = 8 (found: 7).",
        ),
    ] {
        let wording = Voice::new(&BuiltinRules, language).wording(&reported);
        assert_eq!(wording.message, words);
    }
}

#[test]
fn values_are_captured_and_what_is_missing_is_told() {
    let text = script(
        "steps:\n- receive:\n    as: duo\n    capture:\n      nummer: nummer\n      code: status\n      soort: {header: x}\n      alles: $.endpoints[*].n\n      een: $.bsn\n      weg: weg\n",
    );
    let scenario = read(&text);
    let Action::Receive(receive) = &scenario.steps[0].action else {
        panic!("a receive")
    };
    let receive: &Receive = receive;
    let soap = response(200, &[("X", "y")], SOAP);
    let json = response(200, &[], JSON);
    let mut values = values();
    let mut results = Vec::new();
    for (one, exchange) in receive
        .capture
        .iter()
        .zip([&soap, &soap, &soap, &json, &json, &soap])
    {
        results.push(capture(one, exchange, &mut values, &facts()).err());
    }
    let missing = results.pop().unwrap().unwrap();
    assert_eq!(&*missing.code, "KK-SC-VANGST");
    assert!(results.iter().all(Option::is_none));
    let text = |written: &str, values: &mut Values| {
        let at = ketenkeur::document::Spot::START;
        values
            .text(&ketenkeur::scenario::Text::parse(at, written).unwrap())
            .unwrap()
    };
    assert_eq!(
        text("${nummer} ${code} ${soort} ${alles.1} ${een}", &mut values),
        "7 200 y 3 123456782"
    );
}

/// The real judge, on a shipped example: what `clean` and `finding` read.
#[test]
fn clean_and_findings_are_those_of_check() {
    let bench = receiving_bench(
        Store::builtin(),
        Profile::Test,
        clock().read(),
        Trust::default(),
        rio_facts(&Bodies::new(Store::builtin())).map(Arc::new),
    );
    let mut judge = Judge::new(Arc::new(bench));
    let store = Store::builtin();
    let example = ketenkeur::example::Examples::example(&store, "aanleverenInschrijvingBO_Request")
        .expect("an example");
    let outcome = |judge: &mut Judge, text: &str| {
        let exchange = Exchange {
            received: Some(example.at),
            ..Exchange::bare(text.as_bytes().to_vec())
        };
        let input = Input {
            body: ketenkeur::input::BodyAt::Start,
            name: "x.xml".to_string(),
            content: Ok(exchange.clone()),
        };
        (judge.judge(0, input).judged, exchange)
    };
    let (good, exchange) = outcome(&mut judge, example.text);
    assert_eq!(
        told(&judge_on(
            "clean: true\nno-finding: [KK-INS-EERSTE-PERIODE]",
            &exchange,
            Some(&good)
        )),
        [] as [&str; 0]
    );
    let broken = example.text.replacen("<datumBegin>", "<datumBegin>1", 1);
    assert_ne!(broken, example.text, "the example has a datumBegin");
    let (bad, exchange) = outcome(&mut judge, &broken);
    let told = told(&judge_on("clean: true", &exchange, Some(&bad)));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("KK-SC-SCHOON"), "{told:?}");
}
