//! The JWT of version 1: made right, made wrong in one part, and by others.

use jiff::SignedDuration;
use ketenkeur::counterpart::osr::{JwtFault, JwtMaker, KENNISNET};
use serde_json::Value;

use crate::support::{PROEFSTEEN, ROD_PO, Reply, World, endpoints_path};

const ADMINISTRATION: &str = "0000000700025BE00001";

fn post(world: &World, jwt: Option<&str>, body: &Value) -> Reply {
    let call = world.as_party("leverancier");
    let call = match jwt {
        Some(jwt) => call.header("JWT", jwt),
        None => call,
    };
    call.post("/api/v1/endpoints", body)
}

/// A JWT by an identity of the test PKI.
fn made(world: &World, identity: &str, body: &Value, fault: Option<JwtFault>) -> String {
    let key = world.pki.signing_key(identity).unwrap();
    let chain = world.pki.certificates(identity).unwrap();
    let maker = JwtMaker {
        key: &key,
        above: &chain[1..],
        audience: KENNISNET,
    };
    let body = body.to_string();
    maker
        .make(world.clock.now(), body.as_bytes(), fault)
        .unwrap()
}

/// OSR-JWT: version 1 wants it with POST and PUT, and with nothing else.
#[test]
fn version_1_registers_with_a_jwt() {
    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    assert_eq!(
        post(&world, None, &body).refusal(),
        "401 Authentication required: no JWT"
    );
    let jwt = made(&world, "leverancier", &body, None);
    let created = post(&world, Some(&jwt), &body);
    assert_eq!(created.status, 201, "{}", created.text());
    let id = created.json()["id"].as_u64().unwrap();
    let path = format!("/api/v1/endpoints/{id}");
    let mut moved = body.clone();
    moved["url"] = "https://nieuw.example.nl/".into();
    // The JWT is over the body: that of another body does not do.
    let call = world.as_party("leverancier").header("JWT", &jwt);
    assert_eq!(call.put(&path, &moved).status, 401);
    let jwt = made(&world, "leverancier", &moved, None);
    let call = world.as_party("leverancier").header("JWT", &jwt);
    assert_eq!(call.put(&path, &moved).status, 200);
    let v3 = world
        .as_party("duo")
        .get(&endpoints_path("v3", PROEFSTEEN, ROD_PO));
    assert_eq!(v3.json()[0]["url"], "https://nieuw.example.nl/");
    assert_eq!(world.as_party("leverancier").delete(&path).status, 204);
}

#[test]
fn a_jwt_with_one_part_wrong_is_refused_for_that_part() {
    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    for fault in JwtFault::ALL {
        let expected = match fault {
            JwtFault::Algorithm => "alg is not RS256",
            JwtFault::Type => "type is not JWT",
            JwtFault::Usage | JwtFault::KeyName => "jwk is not an RSA key for signing with a name",
            JwtFault::Modulus => "n and e are not the key of the certificate",
            JwtFault::Thumbprint => "x5t is not the thumbprint of the certificate",
            JwtFault::Thumbprint256 => "x5t#256 is not the thumbprint of the certificate",
            JwtFault::Issuer => "the OIN in the certificate is not that of iss",
            JwtFault::Audience => "aud is not Kennisnet",
            JwtFault::Order => "nbf is before iat",
            JwtFault::FromTheFuture => "iat lies in the future",
            JwtFault::NotYetValid => "it is not valid yet",
            JwtFault::Expired => "it is expired",
            JwtFault::Hash => "hash is not that of the body",
            JwtFault::NoHash => "the payload is not complete",
            JwtFault::Signature => "the signature does not verify",
        };
        let jwt = made(&world, "leverancier", &body, Some(fault));
        let refused = post(&world, Some(&jwt), &body);
        let expected = format!("401 Authentication required: JWT: {expected}");
        assert_eq!(refused.refusal(), expected, "{fault:?}");
    }
}

/// OSR-JWT-X5C, OSR-JWT-ISS: by whom it is.
#[test]
fn a_jwt_is_signed_by_who_calls_with_a_trusted_certificate() {
    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    for (identity, expected) in [
        ("leverancier-g4-ondertekening", ""),
        ("duo", "iss is not the OIN of the client certificate"),
        ("fout-andere-root", "the certificate is not trusted"),
        ("fout-verlopen", "the certificate is not trusted"),
        ("fout-ingetrokken", "the certificate is not trusted"),
        ("fout-sleutelgebruik", "the certificate is not trusted"),
    ] {
        let jwt = made(&world, identity, &body, None);
        let reply = post(&world, Some(&jwt), &body);
        match expected {
            "" => assert_eq!(reply.status, 201, "{}", reply.text()),
            expected => assert_eq!(
                reply.refusal(),
                format!("401 Authentication required: JWT: {expected}"),
                "{identity}"
            ),
        }
    }
}

#[test]
fn what_is_no_jwt_is_refused() {
    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    let jwt = made(&world, "leverancier", &body, None);
    let parts: Vec<&str> = jwt.split('.').collect();
    let whole =
        |header: &str, payload: &str, signature: &str| format!("{header}.{payload}.{signature}");
    for token in [
        String::new(),
        "x".to_string(),
        "..".to_string(),
        format!("{jwt}.x"),
        whole(parts[0], parts[1], ""),
        whole(parts[0], parts[1], "AAAA"),
        whole(parts[1], parts[0], parts[2]),
        whole("e30", parts[1], parts[2]),
        whole(parts[0], "e30", parts[2]),
        whole("bm8", "bm8", "bm8"),
    ] {
        assert_eq!(post(&world, Some(&token), &body).status, 401, "{token}");
    }
    assert_eq!(post(&world, Some(&jwt), &body).status, 201);
}

/// OSR-JWT-MOMENT: a minute of difference is allowed.
#[test]
fn a_jwt_expires_on_the_clock_of_the_parties() {
    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    let jwt = made(&world, "leverancier", &body, None);
    assert!(world.clock.advance(SignedDuration::from_secs(3600 + 60)));
    assert_eq!(post(&world, Some(&jwt), &body).status, 401);
    let world = World::starter();
    let jwt = made(&world, "leverancier", &body, None);
    assert!(world.clock.advance(SignedDuration::from_secs(3600 + 59)));
    assert_eq!(
        post(&world, Some(&jwt), &world.registration(ADMINISTRATION)).status,
        201
    );
}

/// What the maker makes is what the packs say a JWT looks like.
#[test]
fn header_and_payload_are_valid_against_the_pack() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ketenkeur::document::{Document, Gated};
    use ketenkeur::pack::Store;

    let world = World::starter();
    let body = world.registration(ADMINISTRATION);
    let jwt = made(&world, "leverancier", &body, None);
    let store = Store::builtin();
    for (part, schema) in jwt.split('.').zip(["jwt-header", "jwt-payload"]) {
        let text = URL_SAFE_NO_PAD.decode(part).unwrap();
        let document = Document::from_json(Gated::json(&text).unwrap()).unwrap();
        let known = ketenkeur::check::recognise_json(
            &store,
            &document,
            Some(&format!("osr-v1-{schema}")),
            None,
        );
        assert!(matches!(known, ketenkeur::check::Recognition::Known(_)));
        crate::support::judged_as(&format!("osr-v1-{schema}"), text, world.clock.now());
    }
}
