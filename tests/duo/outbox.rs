//! Delivery to a LAS that behaves, and to those that do not.

use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::duo::{Gemeenteactie, Undelivered};
use ketenkeur::facts::synthetic_bsn;

use crate::stories::enrolment;
use crate::support::{Manner, World};

fn enrol(world: &World, school: &str, seed: u32) {
    let bsn = synthetic_bsn(seed);
    let number = ("burgerservicenummer", &*bsn);
    let body = enrolment(world, school, number, "A1", ("2026-08-01", None));
    assert_eq!(world.send(school, &body).goedgekeurd(), Some(true));
}

#[test]
fn only_a_good_confirmation_delivers() {
    let world = World::at("2026-08-03T09:00:00Z");
    enrol(&world, "25BE", 1);
    for (manner, reason) in [
        (Manner::Faults, Undelivered::Fault),
        (Manner::BreaksOff, Undelivered::Transport),
        (Manner::ConfirmsOther, Undelivered::NotConfirmed),
        (Manner::Expired, Undelivered::Answer),
    ] {
        *world.las.manner.lock().unwrap() = manner;
        let delivery = world.duo.deliver().unwrap();
        assert_eq!(delivery.delivered, []);
        let reasons: Vec<Undelivered> = delivery.waiting.iter().map(|(_, why)| *why).collect();
        assert_eq!(reasons, [reason], "{manner:?}");
        let kept = world.duo.state(|state| {
            let waiting = state.outbox.waiting();
            waiting.map(|(_, reason)| reason).collect::<Vec<_>>()
        });
        assert_eq!(kept, [Some(reason)]);
    }
    *world.las.manner.lock().unwrap() = Manner::Confirms;
    // Sent again it is the same document.
    let before = world.las.inbox.lock().unwrap().clone();
    let delivered = world.duo.deliver().unwrap().delivered;
    assert_eq!(delivered.len(), 1);
    let inbox = world.las.inbox.lock().unwrap().clone();
    assert!(
        inbox
            .iter()
            .chain(&before)
            .all(|one| one.document == delivered[0].document)
    );
    assert_eq!(world.duo.state(|state| state.outbox.delivered()), 1);
    assert_eq!(world.duo.deliver().unwrap().delivered, []);
}

#[test]
fn a_school_without_endpoint_holds_up_no_other() {
    let world = World::at("2026-08-03T09:00:00Z");
    enrol(&world, "25BE", 1);
    enrol(&world, "00AV", 2);
    *world.osr.without_endpoint.lock().unwrap() = vec!["0000000700025BE00000".to_string()];
    let delivery = world.duo.deliver().unwrap();
    assert_eq!(delivery.delivered.len(), 1);
    assert_eq!(delivery.delivered[0].instelling, "00AV");
    assert_eq!(delivery.waiting[0].1, Undelivered::NoEndpoint);
    // The endpoint is looked up again at the moment of delivery.
    world.osr.without_endpoint.lock().unwrap().clear();
    assert_eq!(world.duo.deliver().unwrap().delivered.len(), 1);
}

#[test]
fn behind_a_refused_message_the_same_pupil_waits() {
    let world = World::at("2026-10-05T08:00:00Z");
    enrol(&world, "25BE", 1);
    world.deliver();
    let bsn = synthetic_bsn(1);
    let number = ("burgerservicenummer", &*bsn);
    let last = ("2026-08-01", Some("2026-10-02"));
    let body = enrolment(&world, "25BE", number, "A1", last);
    world.send("25BE", &body);
    enrol(&world, "25BE", 7);
    *world.las.manner.lock().unwrap() = Manner::Faults;
    let delivery = world.duo.deliver().unwrap();
    let reasons: Vec<Undelivered> = delivery.waiting.iter().map(|(_, why)| *why).collect();
    use Undelivered::{Behind, Fault};
    assert_eq!(reasons, [Fault, Behind, Fault]);
}

#[test]
fn a_restart_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duo.sqlite");
    let world = World::with("2026-08-03T09:00:00Z", Journal::open(&path).unwrap());
    enrol(&world, "25BE", 1);
    enrol(&world, "25BE", 2);
    *world.las.manner.lock().unwrap() = Manner::Faults;
    world.duo.deliver().unwrap();
    let body = world.message("meldenRelatiefVerzuim_Request", "25BE");
    let number = world.send("25BE", &body).text("meldingsnummer");
    let before = world.duo.state(Clone::clone);
    let clock = world.clock.clone();
    drop(world);
    let world = World::on(clock, Journal::open(&path).unwrap());
    assert!(world.duo.state(|state| *state == before));
    // The answer that may not have arrived is given again.
    assert_eq!(world.send("25BE", &body).text("meldingsnummer"), number);
    assert_eq!(world.duo.state(|state| state.verzuim.iter().count()), 1);
    assert_eq!(world.deliver().len(), 2);
    assert_eq!(world.deliver().len(), 0);
}

/// Whatever DUO writes, it reads back as it was.
#[test]
fn everything_is_read_back_from_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duo.sqlite");
    let world = World::with("2026-10-06T09:00:00Z", Journal::open(&path).unwrap());
    let number = world
        .send(
            "25BE",
            &world.message("aanleverenIdentificerenPersoon_Request", "25BE"),
        )
        .text("onderwijsnummer");
    let report = world.message("meldenRelatiefVerzuim_Request", "25BE");
    let report = world.send("25BE", &report).text("meldingsnummer");
    for (school, root) in [
        ("25BE", "aanleverenInschrijvingSO_Request"),
        ("25BE", "aanleverenInschrijvingVSO_Request"),
        ("25BE", "aanleverenInschrijvingBO_Request"),
        ("25BE", "aanleverenToetsresultaat_Request"),
        ("25BE", "aanleverenAdviesVO_Request"),
        ("30ZW", "aanleverenTLV_Request"),
    ] {
        let answer = world.send(school, &world.message(root, school));
        assert_eq!(answer.goedgekeurd(), Some(true), "{root}");
    }
    let mut remove = world.message("aanleverenVerwijderingAdviesVO_Request", "25BE");
    remove
        .remove("onderwijsnummer")
        .unwrap()
        .set("burgerservicenummer", "999924059")
        .unwrap()
        .set("adviesvolgnummer", "2026A0017")
        .unwrap();
    assert_eq!(world.send("25BE", &remove).goedgekeurd(), Some(true));
    world.duo.replace_number(&number, None).unwrap();
    world
        .duo
        .municipality(&report, &Gemeenteactie::InBehandeling)
        .unwrap();
    let before = world.duo.state(Clone::clone);
    assert_eq!(before.adviezen.iter().count(), 0);
    assert_eq!(before.toetsresultaten.iter().count(), 1);
    assert_eq!(before.tlvs.iter().count(), 1);
    assert_eq!(before.inschrijvingen.iter().count(), 3);
    let again = World::on(world.clock.clone(), Journal::open(&path).unwrap());
    assert!(again.duo.state(|state| *state == before));
}

/// A register that cannot be written answers nothing, and knows nothing of what
/// it could not write.
#[test]
fn what_cannot_be_written_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duo.sqlite");
    let world = World::with("2026-08-03T09:00:00Z", Journal::open(&path).unwrap());
    enrol(&world, "25BE", 1);
    let before = world.duo.state(Clone::clone);
    let other = rusqlite::Connection::open(&path).unwrap();
    let sql = |text: &str| other.execute_batch(text).unwrap();
    sql("CREATE TRIGGER stop BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'vol'); END");
    let body = world.message("aanleverenInschrijvingBO_Request", "25BE");
    assert_eq!(world.refused("25BE", &body), "TECHNISCHE_FOUT");
    assert!(world.duo.deliver().is_err());
    assert!(world.duo.state(|state| *state == before));
    // When not even reading is possible, what is known is not relied on.
    sql("ALTER TABLE entry RENAME COLUMN party TO elders");
    assert_eq!(world.refused("25BE", &body), "TECHNISCHE_FOUT");
    assert_eq!(world.refused("25BE", &body), "TECHNISCHE_FOUT");
    sql("ALTER TABLE entry RENAME COLUMN elders TO party; DROP TRIGGER stop");
    assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
    assert_eq!(
        world.duo.state(|state| state.inschrijvingen.iter().count()),
        2
    );
    // What was delivered and could not be noted is sent again, as the same
    // document.
    let seen = world.las.inbox.lock().unwrap().clone();
    let again = world.deliver();
    assert!(again.iter().any(|one| one.document == seen[0].document));
}
