//! What holds whatever comes.

use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::duo::TAKES;
use ketenkeur::document::Format;
use ketenkeur::example::mutate::mutate;
use ketenkeur::facts::synthetic_bsn;
use ketenkeur::pack::Part;
use proptest::prelude::*;

use crate::stories::enrolment;
use crate::support::{BODIES, World};

/// One message of a pupil: enrol, leave, or advise nothing.
fn send(world: &World, pupil: u32, step: usize) {
    let school = if pupil.is_multiple_of(2) {
        "25BE"
    } else {
        "00AV"
    };
    let bsn = synthetic_bsn(pupil);
    let number = ("burgerservicenummer", &*bsn);
    let days = match step {
        0 => ("2026-08-01", None),
        1 => ("2026-08-01", Some("2026-09-30")),
        _ => ("2026-08-24", None),
    };
    let body = enrolment(world, school, number, "A1", days);
    assert_eq!(world.send(school, &body).goedgekeurd(), Some(true));
}

/// Whatever one mistake stands in a message, DUO says so in a valid answer or a
/// fault, and goes on.
#[test]
fn every_mistake_gets_a_valid_answer() {
    const SEEDS: u64 = 8;
    let world = World::at("2026-10-06T09:00:00Z");
    let store = BODIES.store();
    let requests = store.messages().filter(|(_, message)| {
        let direction = message.direction.as_deref().unwrap_or_default();
        message.part == Part::Request && TAKES.contains(&direction)
    });
    let (mut refused, mut answers) = (0, Vec::new());
    for (_, message) in requests {
        let root = message.root.as_deref().unwrap();
        for seed in 0..SEEDS {
            let xml = world.message(root, "25BE").to_xml();
            let mutation = mutate(&xml, Format::Xml, seed).unwrap();
            let action = message.action.as_deref().unwrap();
            match world.send_xml("25BE", &mutation.text, action) {
                Ok(Some(answer)) => refused += u32::from(answer.goedgekeurd() == Some(false)),
                Ok(None) => refused += 1,
                Err(wrong) => answers.push(format!("{root} {}: {wrong}", mutation.what)),
            }
        }
    }
    assert_eq!(answers, Vec::<String>::new());
    assert!(refused > 50, "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Pupils do not get in each other's way: in whatever order their messages
    /// come, the register is the same, as long as each pupil's own keep theirs.
    #[test]
    fn the_order_of_pupils_does_not_matter(order in Just((0..4u32).flat_map(|pupil| [pupil; 3]).collect::<Vec<u32>>()).prop_shuffle()) {
        let straight = World::at("2026-10-05T08:00:00Z");
        for pupil in 0..4 {
            for step in 0..3 {
                send(&straight, pupil, step);
            }
        }
        let mixed = World::at("2026-10-05T08:00:00Z");
        let mut steps = [0; 4];
        for pupil in order {
            send(&mixed, pupil, steps[pupil as usize]);
            steps[pupil as usize] += 1;
        }
        let register = |world: &World| world.duo.state(|state| {
            (state.inschrijvingen.clone(), state.bekostiging.clone())
        });
        prop_assert!(register(&straight) == register(&mixed));
    }

    /// Read back, the journal gives what was known.
    #[test]
    fn a_replay_gives_the_same_state(steps in prop::collection::vec((0..3u32, 0..3usize), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duo.sqlite");
        let world = World::with("2026-10-05T08:00:00Z", Journal::open(&path).unwrap());
        for (at, (pupil, step)) in steps.into_iter().enumerate() {
            send(&world, pupil, step);
            if at.is_multiple_of(3) {
                world.advance(40);
                world.deliver();
            }
        }
        let before = world.duo.state(Clone::clone);
        let again = World::on(world.clock.clone(), Journal::open(&path).unwrap());
        prop_assert!(again.duo.state(|state| *state == before));
    }
}
