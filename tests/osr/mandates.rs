//! Mandates over the API: who sees what, and when.

use jiff::SignedDuration;
use ketenkeur::counterpart::osr::{Principal, Refused};

use crate::support::{
    DUO_MBO, OTHER, PROEFSTEEN, ROD_PO, SUPPLIER, World, endpoints_path, mandate_path,
};

/// OSR-MANDAAT-EIGEN, OSR-MANDAAT-DERDE, OSR-OIN-LEVERANCIER.
#[test]
fn the_supplier_sees_its_token_and_others_only_that_there_is_a_mandate() {
    let world = World::starter();
    for version in ["v1", "v2", "v3"] {
        let path = mandate_path(version, PROEFSTEEN, SUPPLIER, ROD_PO);
        let own = world.supplier().get(&path).json();
        assert_eq!(own["start_date"], "2020-08-01");
        assert!(own["end_date"].is_null() && own["token"].as_str().unwrap().len() == 36);
        let link = own["_links"]["self"]["href"].as_str().unwrap().to_string();
        assert_eq!(world.supplier().get(&link).json()["token"], own["token"]);
        assert_eq!(
            world
                .as_party("duo")
                .header("X-Api-Key", "x")
                .get(&link)
                .status,
            if version == "v1" { 404 } else { 403 }
        );
        assert_eq!(world.other().get(&link).status, 404);
        for third in [
            world.as_party("duo"),
            world.other(),
            world.as_party("school"),
        ] {
            let seen = third.get(&path);
            assert_eq!(seen.status, 200);
            assert_eq!(
                seen.json(),
                serde_json::json!({ "status": 200, "message": "OK" })
            );
        }
    }
}

/// OSR-MANDAAT-PARAMETERS; a parameter that matches nothing is 404.
#[test]
fn what_is_asked_must_be_complete_and_match() {
    let world = World::starter();
    let path = |school: &str, supplier: &str, namespace: &str, rest: &str| {
        format!("{}{rest}", mandate_path("v3", school, supplier, namespace))
    };
    let cases = [
        (path(PROEFSTEEN, OTHER, ROD_PO, ""), "404 mandate not found"),
        (
            path(PROEFSTEEN, SUPPLIER, "urn:x", ""),
            "404 mandate not found",
        ),
        (
            path("0000000700099ZZ00000", SUPPLIER, ROD_PO, ""),
            "404 mandate not found",
        ),
        (
            path("0000000700025BE77707", SUPPLIER, ROD_PO, ""),
            "404 mandate not found",
        ),
        (
            path("0000000700027ZZ00000", SUPPLIER, ROD_PO, ""),
            "404 mandate not found",
        ),
        (
            path("25BE", SUPPLIER, ROD_PO, ""),
            "400 Validation error(s) / school_oin: This value is not valid.",
        ),
        (
            path(PROEFSTEEN, SUPPLIER, ROD_PO, "&reference_date=28-09-2026"),
            "400 Validation error(s) / reference_date: This value is not a valid date.",
        ),
        (
            path(PROEFSTEEN, SUPPLIER, ROD_PO, "&school_oin=x"),
            "400 Validation error(s) / school_oin: This value is given more than once.",
        ),
        (
            "/api/v3/mandates".to_string(),
            "400 Validation error(s) / school_oin: This value should not be blank. \
             / supplier_oin: This value should not be blank. \
             / service_version_namespace: This value should not be blank.",
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(
            world.as_party("duo").get(&path).refusal(),
            expected,
            "{path}"
        );
    }
}

/// OSR-MANDAAT-PEILDATUM, and the clock of the parties.
#[test]
fn a_mandate_is_in_force_from_its_first_to_its_last_day() {
    let world = World::starter();
    let school = Principal::School("27ZZ".to_string());
    let (start, end) = ("2026-10-01".parse().unwrap(), "2026-10-31".parse().unwrap());
    let given = world
        .osr
        .give_mandate(school, SUPPLIER, "ROD_PO", start, Some(end));
    assert_eq!(given.unwrap().end, Some(end));
    let path = mandate_path("v2", "0000000700027ZZ00000", SUPPLIER, ROD_PO);
    for (day, status) in [
        ("2026-09-30", 404),
        ("2026-10-01", 200),
        ("2026-10-31", 200),
        ("2026-11-01", 404),
    ] {
        let reply = world
            .as_party("duo")
            .get(&format!("{path}&reference_date={day}"));
        assert_eq!(reply.status, status, "{day}");
    }
    assert_eq!(world.as_party("duo").get(&path).status, 404);
    assert!(world.clock.advance(SignedDuration::from_hours(24 * 3)));
    assert_eq!(world.as_party("duo").get(&path).status, 200);
    assert!(
        world
            .osr
            .is_mandated(SUPPLIER, "0000000700027ZZ00000", ROD_PO, None)
    );
    assert!(world.clock.advance(SignedDuration::from_hours(24 * 31)));
    assert_eq!(world.as_party("duo").get(&path).status, 404);
    // The mandate of the other supplier was over long before.
    let old = mandate_path("v2", "0000000700027ZZ00000", OTHER, ROD_PO);
    assert_eq!(world.as_party("duo").get(&old).status, 404);
    let then = format!("{old}&reference_date=2021-01-01");
    assert_eq!(world.as_party("duo").get(&then).status, 200);
}

/// OSR-SCHOOLMANDATEN.
#[test]
fn all_own_mandates_in_a_service_are_listed() {
    let world = World::starter();
    for version in ["v2", "v3"] {
        let path = |code: &str| format!("/api/{version}/school-mandates{code}");
        let own = world.supplier().get(&path("?service_code=ROD_PO")).json();
        assert_eq!(own.as_array().unwrap().len(), 6);
        assert!(
            own.as_array()
                .unwrap()
                .iter()
                .all(|m| m["supplier_oin"] == SUPPLIER)
        );
        // Past ones are listed, and those of a board for each school.
        let others = world.other().get(&path("?service_code=ROD_PO")).json();
        assert_eq!(others[0]["end_date"], "2022-07-31");
        let of_board = world.other().get(&path("?service_code=DUO_MBO")).json();
        assert_eq!(of_board.as_array().unwrap().len(), 3);
        assert!(of_board[0]["_links"]["board"]["href"].is_string());
        assert_eq!(
            world.supplier().get(&path("?service_code=NIETS")).refusal(),
            "400 Validation error(s) / service_code: This service does not exist."
        );
        assert_eq!(world.supplier().get(&path("")).status, 400);
    }
}

/// OSR-STROOM-6: who loses its mandate loses its endpoints with it.
#[test]
fn after_withdrawal_supplier_and_endpoint_are_gone_at_once() {
    let world = World::starter();
    let body = world.registration("0000000700025BE00001");
    let created = world.supplier().post("/api/v3/endpoints", &body);
    assert_eq!(created.status, 201);
    let mandates = world.osr.mandates();
    let mandate = mandates
        .iter()
        .find(|m| m.service == "ROD_PO" && m.principal == Principal::School("25BE".into()))
        .unwrap();
    world.osr.end_mandate(mandate.number, None).unwrap();
    for version in ["v1", "v2", "v3"] {
        let path = mandate_path(version, PROEFSTEEN, SUPPLIER, ROD_PO);
        assert_eq!(
            world.as_party("duo").get(&path).refusal(),
            "404 mandate not found"
        );
        assert_eq!(world.supplier().get(&path).status, 404);
        let yesterday = format!("{path}&reference_date=2026-09-27");
        assert_eq!(world.as_party("duo").get(&yesterday).status, 200);
        let found = world
            .as_party("duo")
            .get(&endpoints_path(version, PROEFSTEEN, ROD_PO));
        assert_eq!(found.json(), serde_json::json!([]));
    }
    let again = world.supplier().post("/api/v3/endpoints", &body);
    assert_eq!(
        again.refusal(),
        "400 Validation error(s) / mandate_token: This mandate has ended."
    );
    // Who withdraws it twice is told, and the same supplier can come back.
    assert_eq!(
        world.osr.end_mandate(mandate.number, None),
        Err(Refused::NoMandate)
    );
    let today = "2026-09-28".parse().unwrap();
    let school = Principal::School("25BE".to_string());
    let given = world
        .osr
        .give_mandate(school, SUPPLIER, "ROD_PO", today, None);
    assert_ne!(given.unwrap().token, mandate.token);
    let created = world.supplier().post(
        "/api/v3/endpoints",
        &world.registration("0000000700025BE00001"),
    );
    assert_eq!(created.status, 201);
}

#[test]
fn mandates_that_make_no_sense_are_refused() {
    let world = World::starter();
    let day = |text: &str| text.parse().unwrap();
    let school = |brin: &str| Principal::School(brin.to_string());
    let board = || Principal::Board("41999".to_string());
    for (principal, supplier, service, start, end, refused) in [
        (
            school("99ZZ"),
            SUPPLIER,
            "ROD_PO",
            "2026-10-01",
            None,
            Refused::Principal,
        ),
        (
            school("27ZZ"),
            SUPPLIER,
            "DUO_MBO",
            "2026-10-01",
            None,
            Refused::Service,
        ),
        (
            board(),
            SUPPLIER,
            "ROD_PO",
            "2026-10-01",
            None,
            Refused::Service,
        ),
        (
            school("27ZZ"),
            "00000003111111110000",
            "ROD_PO",
            "2026-10-01",
            None,
            Refused::Supplier,
        ),
        (
            school("27ZZ"),
            "00000003777777770000",
            "ROD_PO",
            "2026-10-01",
            None,
            Refused::Supplier,
        ),
        (
            school("27ZZ"),
            SUPPLIER,
            "ROD_PO",
            "2026-10-01",
            Some("2026-09-30"),
            Refused::Period,
        ),
        (
            school("25BE"),
            SUPPLIER,
            "ROD_PO",
            "2026-10-01",
            None,
            Refused::Exists,
        ),
    ] {
        let given = world
            .osr
            .give_mandate(principal, supplier, service, day(start), end.map(day));
        assert_eq!(given.unwrap_err(), refused, "{supplier} {service}");
    }
    let of_board = world
        .osr
        .give_mandate(board(), SUPPLIER, "DUO_MBO", day("2026-09-01"), None);
    let mandate = of_board.unwrap();
    assert!(world.osr.is_mandated(SUPPLIER, PROEFSTEEN, DUO_MBO, None));
    // It cannot be withdrawn in the past, nor after its own end.
    let past = world
        .osr
        .end_mandate(mandate.number, Some(day("2026-09-01")));
    assert_eq!(past, Err(Refused::Period));
    assert_eq!(
        world
            .osr
            .end_mandate(mandate.number, Some(day("2026-10-31"))),
        Ok(())
    );
    let later = world
        .osr
        .end_mandate(mandate.number, Some(day("2026-11-30")));
    assert_eq!(later, Err(Refused::NoMandate));
    assert_eq!(world.osr.end_mandate(999, None), Err(Refused::NoMandate));
}
