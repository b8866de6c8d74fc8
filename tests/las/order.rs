//! Order per pupil, broken connections, restarts, and the OSR.

use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::las::{Entry, OsrVersion, State, shipped};
use ketenkeur::counterpart::trigger::{Action, Outcome, Status};
use serde_json::json;

use crate::duo::Reaction;
use crate::osr::ROD_PO;
use crate::world::{World, las, world, world_with};

fn taken(world: &World) -> Vec<String> {
    let taken = world.network.duo.taken.lock().unwrap();
    let ids = taken
        .iter()
        .map(|part| part.text_at("identificatiecodeBedrijfsdocument").unwrap());
    ids.map(str::to_string).collect()
}

#[test]
fn what_got_no_answer_goes_again_when_told_and_in_order() {
    let world = world("2026-08-24T09:00:00Z");
    world.network.duo.next(Reaction::Broken);
    let ended = world.ends(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7B"}),
    );
    assert_eq!(ended, (Status::Failed, "geen-antwoord".to_string()));
    // The next one about the pupil waits; another pupil's does not.
    let ended = world.ends(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7C"}),
    );
    assert_eq!(ended, (Status::Failed, "volgorde".to_string()));
    world.act(Action::CorrigeerInschrijving, json!({"leerling": "L03"}));
    assert_eq!(taken(&world).len(), 2);
    // Nothing goes out by itself, however much time passes and is asked.
    world.later(60 * 24);
    world.act(Action::Toon, json!({}));
    assert_eq!(taken(&world).len(), 2);
    // It breaks again: the rest keeps waiting, and one try is one message.
    world.network.duo.next(Reaction::Broken);
    let ended = world.ends(Action::OpnieuwVersturen, json!({}));
    assert_eq!(ended, (Status::Failed, "geen-antwoord".to_string()));
    assert_eq!(taken(&world).len(), 3);
    // At the same moment, another message with the same document.
    let (outcome, messages) = world.done(Action::OpnieuwVersturen, json!({}));
    assert_eq!(outcome.data["documenten"].as_array().unwrap().len(), 2);
    let groups: Vec<_> = messages
        .iter()
        .map(|message| {
            let last = message
                .parts()
                .iter()
                .rev()
                .find(|part| part.name() == "inschrijvingPeriodeBO");
            last.unwrap().text_at("groep").unwrap()
        })
        .collect();
    assert_eq!(groups, ["7B", "7C"]);
    let ids = taken(&world);
    assert_eq!((&ids[0], &ids[0]), (&ids[2], &ids[3]));
    assert_ne!(ids[3], ids[4]);
    let sent = world.network.sent.lock().unwrap().len();
    let (outcome, _) = world.done(Action::OpnieuwVersturen, json!({}));
    assert_eq!(outcome.data["documenten"], json!([]));
    assert!(sent == 0 || taken(&world).len() == 5);
}

#[test]
fn tries_at_one_moment_have_message_ids_of_their_own() {
    let world = world("2026-08-24T09:00:00Z");
    world.network.duo.next(Reaction::Broken);
    world.network.duo.next(Reaction::Broken);
    world.act(Action::CorrigeerInschrijving, json!({"leerling": "L01"}));
    world.act(Action::OpnieuwVersturen, json!({}));
    let messages = world.network.taken();
    let id = |at: usize| {
        let text = String::from_utf8_lossy(&messages[at].body).to_string();
        let (_, rest) = text.split_once("urn:uuid:").unwrap();
        rest[..36].to_string()
    };
    assert_eq!(messages.len(), 2);
    assert_ne!(id(0), id(1));
}

#[test]
fn one_pupils_messages_are_never_reordered() {
    let world = world("2026-08-24T09:00:00Z");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let world = &world;
            scope.spawn(move || {
                for turn in 0..3 {
                    let group = format!("7{thread}{turn}");
                    let with = json!({"leerling": "L01", "groep": group});
                    let outcome = world.act(Action::CorrigeerInschrijving, with);
                    assert_eq!(outcome.status, Status::Done);
                }
            });
        }
    });
    let made: Vec<String> = world
        .las
        .state()
        .documenten
        .iter()
        .map(|one| one.id.clone())
        .collect();
    assert_eq!(made.len(), 12);
    assert_eq!(taken(&world), made);
}

#[test]
fn a_restart_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("las.sqlite");
    let now = "2026-09-25T08:00:00Z";
    let world = world_with(now, Journal::open(&path).unwrap(), OsrVersion::V3);
    world.act(Action::Identificeer, json!({"leerling": "L16"}));
    world.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7B"}),
    );
    world.act(Action::VraagMandaatOp, json!({}));
    world.act(Action::RegistreerEndpoint, json!({}));
    world.act(Action::HaalRioOp, json!({}));
    world.act(Action::HaalVerzuimOp, json!({}));
    world.act(
        Action::MeldVerzuim,
        json!({"leerling": "L09", "verzuimsoort": "L", "begindatum": "2026-09-14", "einddatum": "2026-09-18",
               "vermoedelijkeReden": "Gezin is volgens een klasgenoot op vakantie."}),
    );
    world.network.duo.next(Reaction::Broken);
    world.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L03", "groep": "7B"}),
    );
    let before = world.las.state().clone();
    let again = las(
        &world.clock,
        &world.network,
        Journal::open(&path).unwrap(),
        OsrVersion::V3,
    );
    assert_eq!(*again.state(), before);
    // What was under way goes on, as the same document.
    let world = World {
        las: again,
        ..world
    };
    let first = taken(&world).pop();
    world.later(1);
    world.done(Action::OpnieuwVersturen, json!({}));
    assert_eq!(taken(&world).pop(), first);
}

/// Killed after any entry: what was written is known again, and what was under
/// way can go on.
#[test]
fn it_may_be_killed_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let now = "2026-09-25T08:00:00Z";
    let whole = Journal::open(&folder.path().join("geheel.sqlite")).unwrap();
    let world = world_with(now, whole.clone(), OsrVersion::V3);
    world.act(Action::Identificeer, json!({"leerling": "L16"}));
    world.act(
        Action::Inschrijven,
        json!({"leerling": "L16", "leerjaar": 2}),
    );
    world.act(
        Action::MeldVerzuim,
        json!({"leerling": "L09", "verzuimsoort": "L", "begindatum": "2026-09-21", "einddatum": "2026-09-24",
               "vermoedelijkeReden": "Gezin is volgens een klasgenoot op vakantie."}),
    );
    world.network.duo.next(Reaction::Receipt);
    world.act(
        Action::CorrigeerInschrijving,
        json!({"leerling": "L01", "groep": "7B"}),
    );
    let entries: Vec<Entry> = whole.entries("las").unwrap();
    assert!(entries.len() > 10);
    for kept in 0..=entries.len() {
        let path = folder.path().join(format!("{kept}.sqlite"));
        let journal = Journal::open(&path).unwrap();
        journal.append("las", &entries[..kept]).unwrap();
        let world = world_with(now, journal.clone(), OsrVersion::V3);
        world.later(1);
        let before = world.las.state().clone();
        let (outcome, _) = world.done(Action::OpnieuwVersturen, json!({}));
        let open = |state: &State| {
            let documents = state.documenten.iter();
            documents
                .filter(|one| matches!(one.stand.name(), "wacht" | "onbeantwoord"))
                .count()
        };
        assert_eq!(
            outcome.data["documenten"].as_array().unwrap().len(),
            open(&before),
            "{kept}"
        );
        let after = world.las.state().clone();
        assert_eq!(
            (open(&after), after.documenten.len()),
            (0, before.documenten.len()),
            "{kept}"
        );
        // Nothing takes a number that was given before.
        let ids: std::collections::BTreeSet<_> =
            after.documenten.iter().map(|one| &one.id).collect();
        assert_eq!(ids.len(), after.documenten.len());
        assert_eq!(folded(&journal), after, "{kept}");
    }
}

/// The scenarios start with the same pupils, whatever was done before.
#[test]
fn it_begins_anew_and_uses_no_identificatiecode_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("las.sqlite");
    let now = "2026-08-24T09:00:00Z";
    let begun = world_with(now, Journal::open(&path).unwrap(), OsrVersion::V3);
    let before = begun.las.state().inschrijvingen.clone();
    let enrol = json!({"leerling": "L14", "datumInschrijving": "2026-08-01", "leerjaar": 1});
    let (first, _) = begun.done(Action::Inschrijven, enrol.clone());
    let ended = begun.ends(Action::Inschrijven, enrol.clone());
    assert_eq!(ended, (Status::Refused, "bestaat".to_string()));
    // A slip of the pen does not throw everything away.
    let ended = begun.ends(Action::LaadBegingegevens, json!({"leerling": "L14"}));
    assert_eq!(ended, (Status::Refused, "trigger".to_string()));
    assert_eq!(begun.documents("L14").len(), 1);
    let loaded = begun.act(Action::LaadBegingegevens, json!({}));
    assert_eq!(loaded.status, Status::Done);
    assert_eq!(begun.las.state().inschrijvingen, before);
    assert!(begun.documents("L14").is_empty());
    let (again, _) = begun.done(Action::Inschrijven, enrol);
    let id = |outcome: &Outcome| outcome.data["identificatiecodeBedrijfsdocument"].clone();
    assert_ne!(id(&first), id(&again));
    // So it is after a restart.
    let known = begun.las.state().clone();
    drop(begun);
    let restarted = world_with(now, Journal::open(&path).unwrap(), OsrVersion::V3);
    assert_eq!(*restarted.las.state(), known);
}

fn folded(journal: &Journal) -> State {
    let mut state = shipped(0).unwrap();
    for entry in journal.entries::<Entry>("las").unwrap() {
        state.apply(&entry);
    }
    state
}

#[test]
fn the_same_seed_gives_the_same_messages() {
    let run = || {
        let world = world("2026-08-24T09:00:00Z");
        world.act(
            Action::CorrigeerInschrijving,
            json!({"leerling": "L01", "groep": "7B"}),
        );
        world.act(Action::HaalRioOp, json!({}));
        world.act(Action::Inschrijven, json!({"leerling": "L14"}));
        let sent = world.network.sent.lock().unwrap();
        sent.iter()
            .map(|request| request.body.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn endpoints_are_registered_and_moved() {
    for (version, id, begin) in [
        (OsrVersion::V1, "4711", "v1"),
        (OsrVersion::V2, "4711", "v2"),
        (OsrVersion::V3, "9b7f5b1e-3c1d-4f55-8a0e-6a1d2c3b4e5f", "v3"),
    ] {
        let world = world_with("2026-08-03T09:00:00Z", Journal::in_memory(), version);
        let (outcome, _) = world.done(Action::VraagMandaatOp, json!({"dienst": "Verzuim"}));
        assert_eq!(outcome.data["gemandateerd"], true);
        let (outcome, _) = world.done(
            Action::RegistreerEndpoint,
            json!({"end_date": "2027-07-31"}),
        );
        assert_eq!(outcome.data["id"], id);
        let with =
            json!({"url": "https://nieuw.las.example.nl/rod-po", "start_date": "2026-09-01"});
        let (outcome, _) = world.done(Action::VerplaatsEndpoint, with);
        assert_eq!(outcome.data["url"], "https://nieuw.las.example.nl/rod-po");
        let registered = world.network.osr.registered.lock().unwrap();
        let (method, path, body, _) = &registered[0];
        assert_eq!(
            (&**method, &**path),
            ("POST", &*format!("{begin}/endpoints"))
        );
        assert_eq!(
            *body,
            json!({
                "mandate_token": "5c1e0d5a-7b0f-4a7e-9f53-2f4f7c1d9e01",
                "administration_id": "0000000700025BE00001",
                "service_version_namespace": ROD_PO,
                "url": "https://las.example.nl/rod-po",
                "attributes": "LAS",
                "start_date": "2026-08-03",
                "end_date": "2027-07-31",
            })
        );
        let (method, path, body, headers) = &registered[1];
        assert_eq!(
            (&**method, &**path),
            ("PUT", &*format!("{begin}/endpoints/{id}"))
        );
        assert_eq!(
            (&body["start_date"], &body["end_date"]),
            (&json!("2026-09-01"), &json!("2027-07-31"))
        );
        let names: Vec<&str> = headers.iter().map(|(name, _)| &**name).collect();
        let shown = if version == OsrVersion::V1 {
            "JWT"
        } else {
            "X-Api-Key"
        };
        assert_eq!(names, ["accept", "content-type", shown]);
        drop(registered);
        let ended = world.ends(
            Action::RegistreerEndpoint,
            json!({"url": "https://refused.example.nl/"}),
        );
        assert_eq!(ended, (Status::Failed, "fout".to_string()));
    }
}
