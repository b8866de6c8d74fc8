//! A step that ends while the run is being interrupted: it is not judged, in
//! neither the events nor the evidence, and the run is undecided.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ketenkeur::clock::RunningClock;
use ketenkeur::event::{Event, Tally};
use ketenkeur::evidence::Folder;
use ketenkeur::exchange::Exchange;
use ketenkeur::exit::{Exit, Trouble};
use ketenkeur::facts::Profile;
use ketenkeur::finding::{Class, Redaction, Verdict};
use ketenkeur::pack::Store;
use ketenkeur::pki::{Authorities, TEST_DOMAIN, TestPki};
use ketenkeur::play::{Interrupt, Stage, StageOptions, Tested};
use ketenkeur::scenario::Library;
use ketenkeur::target::Target;
use ketenkeur::transport::{
    Answer, ClientTrust, Handler, Response, Server, ServerOptions, TlsIdentity,
};

use crate::bad_answers::{duo_at, scripts};
use crate::las::trust;

/// A DUO that answers 500, and during whose n-th answer somebody ends the run.
struct Interrupted {
    interrupt: Interrupt,
    at: Mutex<u32>,
}

impl Handler for Interrupted {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        let mut left = self.at.lock().unwrap();
        *left -= 1;
        if *left == 0 {
            self.interrupt.set();
        }
        Response::empty(500).into()
    }
}

/// Plays one scenario of two messages to DUO, whose n-th answer comes while the
/// run is being ended: its events, and the lines that the evidence has of its
/// steps.
fn played(folder: &Path, at: u32) -> (Vec<Event>, usize) {
    let interrupt = Interrupt::default();
    let clock = RunningClock::system();
    let identity = TlsIdentity::of_test(&TestPki::at(clock.read()).unwrap(), "duo").unwrap();
    let options = ServerOptions::new(clock.clone())
        .with_tls(identity, ClientTrust::Required(Arc::new(trust())));
    let handler = Interrupted {
        interrupt: interrupt.clone(),
        at: Mutex::new(at),
    };
    let server = Server::start(options, Arc::new(handler)).unwrap();
    let url = server.url(&format!("duo.{TEST_DOMAIN}"), "/duo");
    let target = Target::read(duo_at(&url).as_bytes(), folder).unwrap();
    let own = target.authorities().unwrap();
    scripts(folder);
    let script = std::fs::read_to_string(folder.join("eerste.yaml")).unwrap();
    let (head, step) = script.split_once("steps:\n").unwrap();
    std::fs::write(
        folder.join("eerste.yaml"),
        format!("{head}steps:\n{step}{step}"),
    )
    .unwrap();
    let library = Library::on_disk(&[folder.join("eerste.yaml")]).unwrap();
    let out = folder.join(format!("bewijs-{at}"));
    let evidence = Arc::new(Folder::create(&out).unwrap());
    let tested = Tested::new(Arc::new(target), own, None);
    let stage = Stage::new(
        StageOptions {
            store: Store::builtin(),
            profile: Profile::Test,
            oins: tested.oins(),
            tested: Some(Arc::new(tested)),
            authorities: Authorities::built_in(),
            seed: "proef".into(),
            now: clock.now(),
            redaction: Redaction::Mask,
            strict_provenance: false,
            fail_on: Class::Foutmelding,
            judges: 1,
            defect: None,
            named: true,
        },
        Some(evidence),
        interrupt,
    );
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let hear = Arc::new(move |event: Event| sink.lock().unwrap().push(event));
    Arc::new(stage)
        .play(&library.scenarios[0], hear, None)
        .unwrap();
    let steps = std::fs::read_to_string(out.join("steps/eerste.jsonl")).unwrap();
    let events = std::mem::take(&mut *events.lock().unwrap());
    (events, steps.lines().count())
}

#[test]
fn a_step_that_ends_while_the_run_is_being_interrupted_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    for (at, judged, verdict, exit) in [
        // The first answer comes too late to count, and the second step is not begun.
        (1, 0, Verdict::Undecided, Exit::Undecided),
        // The first step counts, and what it came to stands.
        (2, 1, Verdict::Fail, Exit::Findings),
    ] {
        let (events, recorded) = played(folder.path(), at);
        let stepped = events
            .iter()
            .filter(|event| matches!(event, Event::Stepped(_)));
        assert_eq!(
            (stepped.count(), recorded),
            (judged, judged),
            "{at}: {events:?}"
        );
        let mut tally = Tally::new();
        events.iter().for_each(|event| tally.count(event));
        let Some(Event::Played(played)) = events.last() else {
            panic!("{events:?}");
        };
        assert_eq!(played.judgement.verdict, verdict);
        assert_eq!(played.not_played.as_deref(), Some("interrupted"));
        assert_eq!(played.findings.is_empty(), judged == 0);
        assert_eq!(Exit::of(tally.summary(), Trouble::default()), exit);
    }
}
