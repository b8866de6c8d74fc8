//! The parties of a test: a supplier's desk that sends, and what DUO judges with.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use ketenkeur::clock::{Clock, RunningClock};
use ketenkeur::counterpart::{Bodies, Body, Desk, DeskOptions, Judges, Stamp, receiving_bench};
use ketenkeur::edukoppeling::{Revocation, Trust, TrustStore};
use ketenkeur::exchange::{Exchange, HttpFacts, StartLine};
use ketenkeur::facts::Profile;
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in};
use ketenkeur::transport::{Request, Response};

pub const DUO: &str = "00000001800866472000";
pub const SCHOOL: &str = "0000000700025BE00000";

/// Compiling schemas is the dear part: all tests share the bodies and judges.
pub static BODIES: LazyLock<Arc<Bodies>> =
    LazyLock::new(|| Arc::new(Bodies::new(Store::builtin())));
pub static JUDGES: LazyLock<Arc<Judges>> = LazyLock::new(|| {
    let (mut store, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut store, &mut lists);
    let now = Clock::at("2026-08-03T09:00:00Z".parse().unwrap());
    let bench = receiving_bench(
        Store::builtin(),
        Profile::Test,
        now,
        Trust::new(store, lists),
        None,
    );
    Arc::new(Judges::new(Arc::new(bench.unwrap()), 2))
});

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A desk of an identity of the test PKI.
pub fn desk(identity: &str, clock: &RunningClock, takes: &'static [&'static str]) -> Desk {
    let pki = TestPki::at(clock.read()).unwrap();
    Desk::new(DeskOptions {
        key: Arc::new(pki.signing_key(identity).unwrap()),
        clock: clock.clone(),
        judges: Arc::clone(&JUDGES),
        seed: identity.into(),
        takes,
    })
}

/// A body of the school 25BE made from the example.
pub fn example(root: &str, seed: &str, now: Timestamp) -> Body {
    let mut body = BODIES.example(root).unwrap();
    body.stamp(&Stamp {
        seed: &[seed.as_bytes()],
        now,
        instellingscode: None,
        from: SCHOOL,
        to: DUO,
    });
    body
}

/// A request as a server receives it.
pub fn arrived(request: &Request) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Request {
                method: request.method.clone(),
                url: "/".to_string(),
            },
            version: "HTTP/1.1".to_string(),
            headers: request.headers.clone(),
        }),
        ..Exchange::bare(Arc::clone(&request.body))
    }
}

/// A response as the client receives it.
pub fn returned(response: &Response, request: Exchange) -> Exchange {
    Exchange {
        http: Some(HttpFacts {
            start: StartLine::Response {
                status: response.status,
            },
            version: "HTTP/1.1".to_string(),
            headers: response.headers.clone(),
        }),
        answers: Some(Arc::new(request)),
        ..Exchange::bare(Arc::clone(&response.body))
    }
}
