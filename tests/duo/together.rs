//! Several schools at a time.

use std::sync::Arc;
use std::time::Instant;

use ketenkeur::facts::synthetic_bsn;

use crate::stories::enrolment;
use crate::support::World;

/// Messages that come side by side, with deliveries in between, are all
/// registered, and every school hears everything once.
#[test]
fn threads_lose_and_double_nothing() {
    let world = World::at("2026-08-03T09:00:00Z");
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let world = &world;
            scope.spawn(move || {
                for pupil in 0..5 {
                    let bsn = synthetic_bsn(thread * 100 + pupil);
                    let number = ("burgerservicenummer", &*bsn);
                    let body = enrolment(world, "25BE", number, "A1", ("2026-08-01", None));
                    assert_eq!(world.send("25BE", &body).goedgekeurd(), Some(true));
                    if pupil == 2 {
                        world.duo.deliver().unwrap();
                    }
                }
            });
        }
    });
    world.duo.deliver().unwrap();
    let inbox = world.las.inbox.lock().unwrap();
    let mut documents: Vec<&str> = inbox.iter().map(|one| &*one.document).collect();
    documents.sort_unstable();
    documents.dedup();
    assert_eq!((inbox.len(), documents.len()), (20, 20));
    assert_eq!(
        world.duo.state(|state| state.inschrijvingen.iter().count()),
        20
    );
}

/// What one answer costs, without TLS: `cargo test --test duo -- --ignored
/// --nocapture`. Says it, and asserts only that it is no disaster.
#[test]
#[ignore = "measures"]
fn what_an_answer_costs() {
    let world = World::at("2026-08-03T09:00:00Z");
    let requests: Vec<_> = (0..400)
        .map(|pupil| {
            let bsn = synthetic_bsn(pupil);
            let number = ("burgerservicenummer", &*bsn);
            let body = enrolment(&world, "25BE", number, "A1", ("2026-08-01", None));
            Arc::new(world.request("25BE", &body))
        })
        .collect();
    world.respond(&requests[0]);
    let start = Instant::now();
    for request in &requests[1..] {
        assert_eq!(world.respond(request).status, 200);
    }
    let each = start.elapsed() / (requests.len() as u32 - 1);
    println!("{each:?} an answer");
    assert!(each.as_millis() < 100);
}
