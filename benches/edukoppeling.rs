//! What signing and verifying cost: `cargo bench --bench edukoppeling`.
//!
//! Signing is set against the bare RSA operation, which no signer can do
//! without.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use criterion::{Criterion, criterion_group, criterion_main};
use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::edukoppeling::{
    Revocation, SecurityContext, SignRequest, Trust, TrustStore, address_of, judge_security,
    message_id, sign,
};
use ketenkeur::example::Examples;
use ketenkeur::facts::Profile;
use ketenkeur::pack::Store;
use ketenkeur::pki::{TestPki, trust_built_in};

fn edukoppeling(criterion: &mut Criterion) {
    let now = "2026-10-01T12:00:00Z".parse().unwrap();
    let pki = TestPki::at(Clock::at(now)).unwrap();
    let key = pki.signing_key("leverancier").unwrap();
    let store = Store::builtin();
    let body = store.example("aanleverenInschrijvingBO_Request").unwrap();
    let (from, to) = (
        address_of("0000000700025BE00000"),
        address_of("00000001800866472000"),
    );
    let message_id = message_id(&[b"bench"]);
    let signed = || {
        sign(&SignRequest {
            body: black_box(body.text),
            action: "http://duo.nl/contract/DUO_PO_InschrijvingBO_V1/aanleverenInschrijvingBO",
            from: &from,
            to: &to,
            message_id: &message_id,
            relates_to: None,
            confirms: None,
            created: now,
            lifetime: SignRequest::LIFETIME,
            key: &key,
            breaks: None,
        })
        .unwrap()
    };
    let pair = RsaKeyPair::from_pkcs8(&pki.private_key("leverancier").unwrap()).unwrap();
    let bare = || {
        let mut value = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &random, black_box(b"abc"), &mut value)
            .unwrap();
        value
    };
    let (mut roots, mut lists) = (TrustStore::empty(), Revocation::none());
    trust_built_in(&mut roots, &mut lists);
    let trust = Trust::new(roots, lists);
    let message = signed();
    let verified = || {
        let gated = Gated::xml(black_box(message.as_bytes())).unwrap();
        let document = Document::from_xml(gated).unwrap();
        let report = judge_security(&SecurityContext {
            document: &document,
            now,
            profile: Profile::Test,
            trust: &trust,
            clock_skew: SecurityContext::CLOCK_SKEW,
        });
        assert!(report.findings.is_empty() && report.signed.len() == 6);
    };

    let mut group = criterion.benchmark_group(format!("{} bytes", message.len()));
    group.bench_function("sign", |b| b.iter(signed));
    group.bench_function("the bare RSA operation", |b| b.iter(bare));
    group.bench_function("verify, from bytes", |b| b.iter(verified));
    group.finish();

    // All in turn, so that a busy machine slows them alike.
    let (mut of_signing, mut of_bare, mut of_verifying) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..100 {
        of_signing = of_signing.min(seconds(10, || drop(signed())));
        of_bare = of_bare.min(seconds(10, || drop(bare())));
        of_verifying = of_verifying.min(seconds(10, verified));
    }
    println!(
        "signing takes {:.2} times the bare RSA operation ({:.0} against {:.0} us); \
         {:.0} messages verified per second",
        of_signing / of_bare,
        of_signing * 1e6,
        of_bare * 1e6,
        1.0 / of_verifying
    );
}

/// Seconds of one call, the mean of several.
fn seconds(calls: u32, work: impl Fn()) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work());
    start.elapsed().as_secs_f64() / f64::from(calls)
}

criterion_group!(benches, edukoppeling);
criterion_main!(benches);
