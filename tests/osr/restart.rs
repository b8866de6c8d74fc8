//! What was confirmed survives a restart.

use std::sync::Arc;

use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::osr::{Osr, OsrData, OsrError, OsrOptions, Principal};
use ketenkeur::facts::Profile;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::laws::{steps, take};
use crate::support::{DRIE, PROEFSTEEN, ROD_PO, SUPPLIER, World, endpoints_path, mandate_path};

/// The answers by which two registers are compared.
fn answers(world: &World) -> Vec<String> {
    let mut paths = vec![
        "/api/v2/school-mandates?service_code=ROD_PO".to_string(),
        "/api/v3/school-mandates?service_code=ROD_PO".to_string(),
    ];
    for version in ["v1", "v2", "v3"] {
        paths.push(mandate_path(version, PROEFSTEEN, SUPPLIER, ROD_PO));
        for school in [PROEFSTEEN, DRIE] {
            let path = endpoints_path(version, school, ROD_PO);
            for day in ["2026-09-01", "2026-09-28", "2026-10-05", "2026-10-20"] {
                paths.push(format!(
                    "{path}&reference_date={day}&include_future_endpoints=1"
                ));
            }
        }
    }
    paths.push(format!(
        "/api/v3/endpoints/available-routing-id?school_oin={PROEFSTEEN}"
    ));
    let answer = |path: &String| {
        let mut both = String::new();
        for call in [world.supplier(), world.other()] {
            let reply = call.get(path);
            both += &format!("{} {}\n", reply.status, reply.text());
        }
        format!("{path}\n{both}")
    };
    paths.iter().map(answer).collect()
}

#[test]
fn a_register_goes_on_where_it_was() {
    let mut runner = TestRunner::deterministic();
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toestand.sqlite");
        let open = || Journal::open(&path).unwrap();
        let judging = round == 0;
        let world = World {
            judging,
            ..World::with(OsrData::starter(), open(), Profile::Test)
        };
        let mut taken = 0;
        for step in steps().new_tree(&mut runner).unwrap().current() {
            taken += usize::from(take(&world, &step));
        }
        let restarted = World {
            osr: std::sync::Arc::new(started(open(), &world, 1).unwrap()),
            clock: world.clock.clone(),
            pki: world.pki.clone(),
            judging,
        };
        assert_eq!(
            answers(&restarted),
            answers(&world),
            "round {round}, {taken} steps"
        );
        // And both go on alike: the next keys and tokens are the same.
        let next = |world: &World| {
            let school = Principal::School("27ZZ".to_string());
            let today = world.clock.read().today();
            let given = world
                .osr
                .give_mandate(school, SUPPLIER, "ROD_PO", today, None);
            given.unwrap().token
        };
        assert_eq!(next(&restarted), next(&world));
    }
}

/// Starts a register with another's clock.
fn started(journal: Journal, world: &World, seed: u64) -> Result<Osr, OsrError> {
    Osr::start(OsrOptions {
        data: OsrData::starter(),
        journal,
        clock: world.clock.clone(),
        seed,
        profile: Profile::Test,
        trust: std::sync::Arc::default(),
        defect: Arc::default(),
    })
}

#[test]
fn the_state_of_other_data_or_another_seed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toestand.sqlite");
    let open = || Journal::open(&path).unwrap();
    let world = World::with(OsrData::starter(), open(), Profile::Test);
    assert!(started(open(), &world, 1).is_ok());
    assert!(matches!(
        started(open(), &world, 2),
        Err(OsrError::OtherData)
    ));
    let mut data = OsrData::starter();
    data.schools[0].name = "Andere School".to_string();
    let other = Osr::start(OsrOptions {
        data,
        journal: open(),
        clock: world.clock.clone(),
        seed: 1,
        profile: Profile::Test,
        trust: std::sync::Arc::default(),
        defect: Arc::default(),
    });
    assert!(matches!(other, Err(OsrError::OtherData)));
}

/// Same seed and same calls, same answers; another seed, other tokens.
#[test]
fn tokens_and_keys_come_from_the_seed() {
    let token = |seed: u64| {
        let world = World::starter();
        let osr = started(Journal::in_memory(), &world, seed).unwrap();
        osr.mandates()[0].token.clone()
    };
    assert_eq!(token(1), token(1));
    assert_ne!(token(1), token(2));
}
