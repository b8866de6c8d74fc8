//! What holds whatever happens.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::osr::{Endpoint, OsrData, Principal};
use ketenkeur::facts::Profile;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{OTHER, PROEFSTEEN, ROD_PO, SUPPLIER, World};

/// Something that a party does.
#[derive(Debug, Clone)]
pub enum Step {
    Give {
        other: bool,
        from: u8,
        days: Option<u8>,
    },
    End {
        number: u8,
        in_days: Option<u8>,
    },
    Register {
        other: bool,
        administration: u8,
        routing: Option<u8>,
        from: Option<u8>,
        days: Option<u8>,
    },
    Change {
        other: bool,
        which: u8,
        administration: u8,
        from: Option<u8>,
        days: Option<u8>,
    },
    Delete {
        other: bool,
        which: u8,
    },
    Wait {
        days: u8,
    },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let small = || 0..4u8;
    let some = || prop::option::of(0..20u8);
    let step = prop_oneof![
        2 => (any::<bool>(), 0..20u8, some()).prop_map(|(other, from, days)| Step::Give { other, from, days }),
        1 => (0..40u8, some()).prop_map(|(number, in_days)| Step::End { number, in_days }),
        6 => (any::<bool>(), small(), prop::option::of(small()), some(), some()).prop_map(
            |(other, administration, routing, from, days)| Step::Register {
                other, administration, routing, from, days,
            }
        ),
        3 => (any::<bool>(), small(), small(), some(), some()).prop_map(
            |(other, which, administration, from, days)| Step::Change {
                other, which, administration, from, days,
            }
        ),
        1 => (any::<bool>(), small()).prop_map(|(other, which)| Step::Delete { other, which }),
        1 => (0..8u8).prop_map(|days| Step::Wait { days }),
    ];
    prop::collection::vec(step, 1..40)
}

fn id(number: u8) -> String {
    format!("0000000700025BE0000{number}")
}

/// Does a step; whether the register went along with it.
pub fn take(world: &World, step: &Step) -> bool {
    let today = world.clock.read().today();
    let day = |after: u8| {
        let later = today.checked_add(SignedDuration::from_hours(24 * i64::from(after)));
        later.unwrap()
    };
    let oin = |other: bool| if other { OTHER } else { SUPPLIER };
    let token = |other: bool| {
        let mandates = world.osr.mandates();
        let own = mandates.iter().rev().find(|mandate| {
            mandate.supplier == oin(other)
                && mandate.service == "ROD_PO"
                && mandate.principal == Principal::School("25BE".into())
        });
        own.map(|mandate| mandate.token.clone()).unwrap_or_default()
    };
    let caller = |other: bool| {
        if other {
            world.other()
        } else {
            world.supplier()
        }
    };
    let body = |other: bool, administration: u8, from: Option<u8>, days: Option<u8>| {
        let start = from.map(day);
        let end = days.map(|days| day(from.unwrap_or(0) + days));
        json!({
            "mandate_token": token(other),
            "administration_id": id(administration),
            "service_version_namespace": ROD_PO,
            "url": "https://las.example.nl/",
            "start_date": start.map(|day| day.to_string()),
            "end_date": end.map(|day| day.to_string()),
        })
    };
    let key = |which: u8| {
        let endpoints = all(world);
        let found = endpoints.get(usize::from(which) % endpoints.len().max(1));
        found
            .map(|endpoint| endpoint.uuid.clone())
            .unwrap_or_default()
    };
    match step {
        Step::Give { other, from, days } => {
            let school = Principal::School("25BE".to_string());
            let end = days.map(|days| day(from + days));
            let given = world
                .osr
                .give_mandate(school, oin(*other), "ROD_PO", day(*from), end);
            given.is_ok()
        }
        Step::End { number, in_days } => {
            let ended = world.osr.end_mandate(u64::from(*number), in_days.map(day));
            ended.is_ok()
        }
        Step::Register {
            other,
            administration,
            routing,
            from,
            days,
        } => {
            let mut body = body(*other, *administration, *from, *days);
            body["routing_id"] = json!(routing.map(id));
            caller(*other).post("/api/v3/endpoints", &body).status == 201
        }
        Step::Change {
            other,
            which,
            administration,
            from,
            days,
        } => {
            let body = body(*other, *administration, *from, *days);
            let path = format!("/api/v3/endpoints/{}", key(*which));
            caller(*other).put(&path, &body).status == 200
        }
        Step::Delete { other, which } => {
            let path = format!("/api/v3/endpoints/{}", key(*which));
            caller(*other).delete(&path).status == 204
        }
        Step::Wait { days } => world
            .clock
            .advance(SignedDuration::from_hours(24 * i64::from(*days))),
    }
}

/// The endpoints of the school, now and later.
fn all(world: &World) -> Vec<Endpoint> {
    let today = world.clock.read().today();
    let mut seen = BTreeSet::new();
    let mut endpoints = Vec::new();
    for after in 0..60 {
        let day = today
            .checked_add(SignedDuration::from_hours(24 * after))
            .unwrap();
        for endpoint in world.osr.endpoints_of(PROEFSTEEN, ROD_PO, Some(day)) {
            if seen.insert(endpoint.id) {
                endpoints.push(endpoint);
            }
        }
    }
    endpoints
}

/// A school that begins without endpoints and without a mandate for the other
/// supplier.
pub fn world() -> World {
    World {
        judging: false,
        ..World::with(OsrData::starter(), Journal::in_memory(), Profile::Test)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// OSR-DUBBEL: on no day are two endpoints in force for one administration
    /// or one routing id, and none without its mandate.
    #[test]
    fn no_sequence_of_calls_yields_two_active_endpoints(steps in steps()) {
        let world = world();
        for step in &steps {
            take(&world, step);
            let today = world.clock.read().today();
            for after in -3..40i64 {
                let day = today.checked_add(SignedDuration::from_hours(24 * after)).unwrap();
                let endpoints = world.osr.endpoints_of(PROEFSTEEN, ROD_PO, Some(day));
                let count = endpoints.len();
                let administrations: BTreeSet<_> =
                    endpoints.iter().map(|e| &e.administration_id).collect();
                let routes: BTreeSet<_> = endpoints.iter().map(|e| &e.routing_id).collect();
                prop_assert_eq!(administrations.len(), count, "{:?} on {}", step, day);
                prop_assert_eq!(routes.len(), count, "{:?} on {}", step, day);
                for endpoint in &endpoints {
                    prop_assert!(world.osr.is_mandated(&endpoint.supplier, PROEFSTEEN, ROD_PO, Some(day)));
                }
            }
        }
    }
}

/// The steps of the law reach what it is about: most kinds succeed sometimes.
#[test]
fn the_steps_are_not_all_refused() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut taken = BTreeSet::new();
    for _ in 0..30 {
        let world = world();
        for step in steps().new_tree(&mut runner).unwrap().current() {
            if take(&world, &step) {
                taken.insert(kind(&step));
            }
        }
    }
    assert_eq!(
        taken.into_iter().collect::<Vec<_>>(),
        ["Change", "Delete", "End", "Give", "Register", "Wait"]
    );
}

/// The name of a step's kind.
fn kind(step: &Step) -> String {
    let shown = format!("{step:?}");
    shown
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_string()
}
