//! Endpoints over the API: registering, finding, changing, deleting.

use jiff::SignedDuration;
use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::osr::{OsrData, RateLimit};
use ketenkeur::facts::Profile;
use serde_json::{Value, json};

use crate::support::{
    DRIE, DUO_MBO, OTHER, PROEFSTEEN, ROD_PO, SUPPLIER, World, endpoints_path, mandate_path,
};

const FIRST: &str = "0000000700025BE00001";

fn found(world: &World, path: &str) -> Vec<Value> {
    let reply = world.as_party("duo").get(path);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json().as_array().unwrap().clone()
}

/// OSR-VERSIES, OSR-UUID: one register behind all versions.
#[test]
fn an_endpoint_registered_in_v2_is_found_in_v3_and_changed_there() {
    let world = World::starter();
    let mut body = world.registration(FIRST);
    let created = world.supplier().post("/api/v2/endpoints", &body);
    assert_eq!(created.status, 201);
    let id = created.json()["id"].as_u64().unwrap();
    assert_eq!(created.json()["start_date"], "2026-09-28");
    let in_v3 = found(&world, &endpoints_path("v3", PROEFSTEEN, ROD_PO));
    assert_eq!(
        (in_v3.len(), &in_v3[0]["administration_id"]),
        (1, &json!(FIRST))
    );
    assert_eq!(in_v3[0]["routing_id"], FIRST);
    let uuid = in_v3[0]["uuid"].as_str().unwrap();
    assert_eq!(
        found(&world, &endpoints_path("v1", PROEFSTEEN, ROD_PO))[0]["id"],
        id
    );
    body["url"] = json!("https://nieuw.example.nl/rod-po");
    let changed = world
        .supplier()
        .put(&format!("/api/v3/endpoints/{uuid}"), &body);
    assert_eq!(
        (changed.status, &changed.json()["uuid"]),
        (200, &json!(uuid))
    );
    let seen = world
        .as_party("duo")
        .get(&format!("/api/v2/endpoints/{id}"));
    assert_eq!(seen.json()["url"], "https://nieuw.example.nl/rod-po");
    // The keys of one version do not work in another.
    for (version, key) in [("v3", id.to_string()), ("v2", uuid.to_string())] {
        let path = format!("/api/{version}/endpoints/{key}");
        assert_eq!(world.supplier().put(&path, &body).status, 404);
        assert_eq!(world.supplier().delete(&path).status, 404);
    }
    let deleted = world.supplier().delete(&format!("/api/v2/endpoints/{id}"));
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!(
        world
            .supplier()
            .get(&format!("/api/v3/endpoints/{uuid}"))
            .refusal(),
        format!("404 Endpoint with uuid {uuid} does not exist")
    );
    assert!(found(&world, &endpoints_path("v3", PROEFSTEEN, ROD_PO)).is_empty());
    // A key never comes back.
    let again = world
        .supplier()
        .post("/api/v2/endpoints", &world.registration(FIRST));
    assert_ne!(again.json()["id"], id);
}

/// OSR-REGISTREREN, OSR-ADMINISTRATIE, OSR-NAAMRUIMTE, OSR-URL-HTTPS,
/// OSR-PERIODE, OSR-BINNEN-MANDAAT: each member wrong in each way.
#[test]
fn a_registration_is_refused_with_the_field_that_is_wrong() {
    let world = World::starter();
    let rio = world.token(
        PROEFSTEEN,
        "urn:ketenkeur:reconstructie:osr:dienstversie:RIO:1",
    );
    let cases: &[(&str, Value, &str)] = &[
        (
            "mandate_token",
            Value::Null,
            "mandate_token: This value should not be blank.",
        ),
        (
            "mandate_token",
            json!(" "),
            "mandate_token: This value should not be blank.",
        ),
        (
            "mandate_token",
            json!(7),
            "mandate_token: This value is not valid.",
        ),
        (
            "mandate_token",
            json!("x"),
            "mandate_token: This mandate token does not exist.",
        ),
        (
            "mandate_token",
            json!(rio),
            "service_version_namespace: This service version does not belong to the service of \
             the mandate.",
        ),
        (
            "administration_id",
            Value::Null,
            "administration_id: This value should not be blank.",
        ),
        (
            "administration_id",
            json!("a b"),
            "administration_id: This value is not valid.",
        ),
        (
            "administration_id",
            json!("0000000700000AV00001"),
            "administration_id: This value does not belong to the school of the mandate.",
        ),
        (
            "routing_id",
            json!("0000000700000AV00001"),
            "routing_id: This value does not belong to the school of the mandate.",
        ),
        (
            "service_version_namespace",
            json!("urn:x"),
            "service_version_namespace: This service version does not exist.",
        ),
        ("url", Value::Null, "url: This value should not be blank."),
        (
            "url",
            json!("las.example.nl"),
            "url: This value is not a valid URL.",
        ),
        (
            "url",
            json!("http://las.example.nl"),
            "url: This value is not a valid URL.",
        ),
        (
            "attributes",
            json!(["LAS"]),
            "attributes: This value is not valid.",
        ),
        (
            "start_date",
            json!("1-8-2026"),
            "start_date: This value is not a valid date.",
        ),
        (
            "start_date",
            json!("2026-02-30"),
            "start_date: This value is not a valid date.",
        ),
        (
            "start_date",
            json!("2020-07-31"),
            "start_date: The period is not within the period of the mandate.",
        ),
        (
            "end_date",
            json!("2026-09-27"),
            "end_date: The end date is before the start date.",
        ),
    ];
    for version in ["v2", "v3"] {
        for (member, value, expected) in cases {
            let mut body = world.registration(FIRST);
            body[*member] = value.clone();
            let reply = world
                .supplier()
                .post(&format!("/api/{version}/endpoints"), &body);
            let expected = format!("400 Validation error(s) / {expected}");
            assert_eq!(reply.refusal(), expected, "{member} {value}");
        }
        for (media, body, status) in [
            ("application/json", "[]", 400),
            ("application/json", "{", 400),
            ("application/json", "", 400),
            ("application/json", r#"{"url":"a","url":"b"}"#, 400),
            ("text/xml", "<a/>", 415),
        ] {
            let call = world.supplier().header("content-type", media);
            let path = format!("/api/{version}/endpoints");
            assert_eq!(
                call.send("POST", &path, body.into()).status,
                status,
                "{body}"
            );
        }
    }
    assert!(found(&world, &endpoints_path("v3", PROEFSTEEN, ROD_PO)).is_empty());
}

/// OSR-DUBBEL, OSR-ADMINISTRATIE-SCHOOL: several administrations are normal,
/// two endpoints of one at the same time are not.
#[test]
fn one_administration_has_one_active_endpoint_for_a_service_version() {
    let world = World::starter();
    let post = |body: &Value| world.supplier().post("/api/v3/endpoints", body);
    assert_eq!(post(&world.registration(FIRST)).status, 201);
    assert_eq!(
        post(&world.registration("0000000700025BE7A002")).status,
        201
    );
    let exists = "There is already an active endpoint for this value and service version.";
    assert_eq!(
        post(&world.registration(FIRST)).refusal(),
        format!("400 Validation error(s) / administration_id: {exists}")
    );
    let mut same_routing = world.registration("0000000700025BE00009");
    same_routing["routing_id"] = json!(FIRST);
    assert_eq!(
        post(&same_routing).refusal(),
        format!("400 Validation error(s) / routing_id: {exists}")
    );
    // Before and after it there is room.
    let mut earlier = world.registration(FIRST);
    earlier["start_date"] = json!("2026-08-03");
    earlier["end_date"] = json!("2026-09-27");
    assert_eq!(post(&earlier).status, 201);
    assert_eq!(
        found(&world, &endpoints_path("v3", PROEFSTEEN, ROD_PO)).len(),
        2
    );
    let then = format!(
        "{}&reference_date=2026-09-01",
        endpoints_path("v3", PROEFSTEEN, ROD_PO)
    );
    assert_eq!(found(&world, &then).len(), 1);
}

/// OSR-STROOM-5: ending the old endpoint and letting a new one begin.
#[test]
fn an_endpoint_moves_with_a_new_first_day() {
    let world = World::starter();
    let mut body = world.registration(FIRST);
    let created = world.supplier().post("/api/v3/endpoints", &body).json();
    let uuid = created["uuid"].as_str().unwrap();
    body["end_date"] = json!("2026-10-04");
    let ended = world
        .supplier()
        .put(&format!("/api/v3/endpoints/{uuid}"), &body);
    assert_eq!(
        ended.json()["start_date"],
        "2026-09-28",
        "the first day stays"
    );
    let mut next = world.registration(FIRST);
    next["url"] = json!("https://nieuw.example.nl/");
    next["start_date"] = json!("2026-10-05");
    assert_eq!(
        world.supplier().post("/api/v3/endpoints", &next).status,
        201
    );
    let path = endpoints_path("v3", PROEFSTEEN, ROD_PO);
    assert_eq!(found(&world, &path).len(), 1);
    let both = found(&world, &format!("{path}&include_future_endpoints=true"));
    assert_eq!(both.len(), 2);
    let wrong = world
        .as_party("duo")
        .get(&format!("{path}&include_future_endpoints=ja"));
    assert_eq!(wrong.status, 400);
    assert!(world.clock.advance(SignedDuration::from_hours(24 * 7)));
    let now = found(&world, &path);
    assert_eq!(
        (now.len(), &now[0]["url"]),
        (1, &json!("https://nieuw.example.nl/"))
    );
    assert_eq!(
        world.osr.endpoints_of(PROEFSTEEN, ROD_PO, None)[0].url,
        "https://nieuw.example.nl/"
    );
}

/// OSR-ENDPOINTS-PARAMETERS.
#[test]
fn endpoints_are_found_by_school_or_routing_id() {
    let world = World::starter();
    let version_of = |query: &str| {
        let namespace = format!("service_version_namespace={ROD_PO}");
        (
            format!("/api/v2/endpoints?{namespace}{query}"),
            query.to_string(),
        )
    };
    for (query, expected) in [
        (format!("&school_oin={DRIE}"), 3),
        (format!("&school_oin={DRIE}&attributes=LAS"), 3),
        (format!("&school_oin={DRIE}&attributes=RIS"), 0),
        ("&routing_id=0000000700004HR00101".to_string(), 1),
        (
            format!("&routing_id=0000000700004HR00101&school_oin={PROEFSTEEN}"),
            0,
        ),
        ("&routing_id=0000000700004HR77707".to_string(), 0),
        (format!("&school_oin={PROEFSTEEN}"), 0),
        ("&school_oin=0000000700099ZZ00000".to_string(), 0),
    ] {
        let (path, query) = version_of(&query);
        assert_eq!(found(&world, &path).len(), expected, "{query}");
    }
    // Version 1 knew administration ids only.
    let v1 = format!(
        "/api/v1/endpoints?service_version_namespace={ROD_PO}\
         &administration_id=0000000700004HR77707"
    );
    let reply = found(&world, &v1);
    assert!(reply.len() == 1 && reply[0].get("routing_id").is_none());
    for (query, expected) in [
        (
            "",
            "400 Validation error(s) / routing_id: This value should not be blank. \
             / school_oin: This value should not be blank.",
        ),
        (
            "&school_oin=25BE",
            "400 Validation error(s) / school_oin: This value is not valid.",
        ),
    ] {
        let (path, _) = version_of(query);
        assert_eq!(world.as_party("duo").get(&path).refusal(), expected);
    }
    let unknown = world
        .as_party("duo")
        .get(&endpoints_path("v3", PROEFSTEEN, "urn:x"));
    assert_eq!(unknown.status, 400);
    let without = world
        .as_party("duo")
        .get(&format!("/api/v3/endpoints?school_oin={PROEFSTEEN}"));
    assert_eq!(without.status, 400);
}

/// OSR-ENDPOINTS-LEEG, OSR-BESTUURSMANDAAT.
#[test]
fn a_service_for_boards_has_no_endpoints() {
    let world = World::starter();
    assert!(
        found(
            &world,
            &endpoints_path("v3", "0000000700002WS00000", DUO_MBO)
        )
        .is_empty()
    );
    for version in ["v1", "v2"] {
        let path = endpoints_path(version, "0000000700002WS00000", DUO_MBO);
        assert_eq!(world.as_party("duo").get(&path).status, 400);
    }
    let path = mandate_path("v3", "0000000700002WS00000", OTHER, DUO_MBO);
    let mandate = world.other().get(&path).json();
    assert!(
        mandate["_links"]["board"]["href"]
            .as_str()
            .unwrap()
            .ends_with("/boards/42888")
    );
    let body = json!({
        "mandate_token": mandate["token"],
        "administration_id": "0000000700002WS00001",
        "service_version_namespace": DUO_MBO,
        "url": "https://las.example.nl/",
    });
    assert_eq!(
        world.other().post("/api/v3/endpoints", &body).refusal(),
        "400 The given service version does not allow endpoint registrations"
    );
    assert_eq!(world.other().post("/api/v2/endpoints", &body).status, 400);
}

/// Nobody registers, changes or deletes for another.
#[test]
fn another_supplier_keeps_its_hands_off() {
    let world = World::starter();
    let body = world.registration(FIRST);
    let stolen = world.other().post("/api/v3/endpoints", &body);
    assert_eq!(stolen.refusal(), "403 Access denied");
    let uuid = world.supplier().post("/api/v3/endpoints", &body).json()["uuid"].clone();
    let path = format!("/api/v3/endpoints/{}", uuid.as_str().unwrap());
    assert_eq!(
        world.other().put(&path, &body).refusal(),
        "403 Access denied"
    );
    assert_eq!(world.other().delete(&path).refusal(), "403 Access denied");
    assert_eq!(world.other().get(&path).status, 200);
}

/// OSR-URL-HOST: in production an address is a name; in a test environment it
/// may be on the same machine.
#[test]
fn in_production_an_address_is_no_ip_address() {
    let refused = "400 Validation error(s) / url: This value is not a valid URL.";
    for (profile, expected) in [(Profile::Test, ""), (Profile::Production, refused)] {
        let world = World::with(OsrData::starter(), Journal::in_memory(), profile);
        let mut body = world.registration(FIRST);
        body["url"] = json!("https://127.0.0.1:8443/");
        let reply = world.supplier().post("/api/v3/endpoints", &body);
        match expected {
            "" => assert_eq!(reply.status, 201),
            expected => assert_eq!(reply.refusal(), expected),
        }
    }
}

/// OSR-ENDPOINTS-TEMPO: the limit counts for each caller.
#[test]
fn who_asks_too_often_waits() {
    let mut data = OsrData::starter();
    data.settings.endpoint_calls = RateLimit {
        calls: 2,
        seconds: 30,
    };
    let world = World::with(data, Journal::in_memory(), Profile::Test);
    let path = endpoints_path("v3", PROEFSTEEN, ROD_PO);
    let status = |identity: &str| world.as_party(identity).get(&path).status;
    assert_eq!(
        [status("duo"), status("duo"), status("duo")],
        [200, 200, 429]
    );
    let refused = world.as_party("duo").get(&path);
    assert_eq!(refused.header("retry-after"), Some("30"));
    assert_eq!(status("leverancier"), 200);
    assert!(world.clock.advance(SignedDuration::from_secs(30)));
    assert_eq!(status("duo"), 200);
}

/// OSR-VRIJ-KENMERK.
#[test]
fn an_available_routing_id_is_one_that_no_endpoint_uses() {
    let world = World::starter();
    let ask = |school: &str| {
        let path = format!("/api/v3/endpoints/available-routing-id?school_oin={school}");
        world.supplier().get(&path)
    };
    assert_eq!(ask(PROEFSTEEN).json()["routing_id"], FIRST);
    assert_eq!(
        ask(PROEFSTEEN).json()["routing_id"],
        FIRST,
        "asking reserves nothing"
    );
    world
        .supplier()
        .post("/api/v3/endpoints", &world.registration(FIRST));
    assert_eq!(ask(PROEFSTEEN).json()["routing_id"], "0000000700025BE00002");
    assert_eq!(ask(DRIE).json()["routing_id"], "0000000700004HR00002");
    assert_eq!(ask("0000000700027ZZ00000").refusal(), "403 Access denied");
    assert_eq!(
        ask("0000000700099ZZ00000").refusal(),
        "400 Validation error(s) / school_oin: This school does not exist."
    );
    assert_eq!(ask("25BE").status, 400);
}

/// An endpoint never outlives its mandate.
#[test]
fn an_endpoint_ends_with_its_mandate() {
    let world = World::starter();
    let created = world
        .supplier()
        .post("/api/v3/endpoints", &world.registration(FIRST));
    assert!(created.json()["end_date"].is_null());
    let mandates = world.osr.mandates();
    let mandate = mandates
        .iter()
        .find(|m| m.supplier == SUPPLIER && m.service == "ROD_PO");
    let last = "2026-10-31".parse().unwrap();
    world
        .osr
        .end_mandate(mandate.unwrap().number, Some(last))
        .unwrap();
    let path = endpoints_path("v3", PROEFSTEEN, ROD_PO);
    assert_eq!(found(&world, &path)[0]["end_date"], "2026-10-31");
    assert!(found(&world, &format!("{path}&reference_date=2026-11-01")).is_empty());
    let mut body = world.registration("0000000700025BE00002");
    body["end_date"] = json!("2026-11-01");
    assert_eq!(
        world.supplier().post("/api/v3/endpoints", &body).refusal(),
        "400 Validation error(s) / end_date: The period is not within the period of the mandate."
    );
}

/// Who calls an address outside the API is told where it is, in both languages.
#[test]
fn an_address_outside_the_api_says_where_that_is() {
    let world = World::starter();
    for path in ["/api", "/api/v9/endpoints"] {
        let reply = world.supplier().get(path);
        let told = reply.text();
        assert_eq!(reply.status, 404, "{path}");
        for part in ["wel onder /api/v3", "but below /api/v3"] {
            assert!(told.contains(part), "{path}: {told}");
        }
    }
}
