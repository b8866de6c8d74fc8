//! Schools, boards, services; who may call at all.

use ketenkeur::counterpart::Journal;
use ketenkeur::counterpart::osr::OsrData;
use ketenkeur::facts::Profile;
use serde_json::json;

use crate::support::{PROEFSTEEN, ROD_PO, SUPPLIER, World, mandate_path};

#[test]
fn schools_are_found_by_all_parameters_together() {
    let world = World::starter();
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &["25BE", "00AV", "27ZZ", "04HR", "02WS", "12XS", "19XV"],
        ),
        ("?brin=25BE", &["25BE"]),
        ("?oin=0000000700000AV00000", &["00AV"]),
        ("?oa_id=103A456", &["02WS"]),
        ("?name=basisschool%20de", &["25BE", "04HR"]),
        ("?name=basisschool%20de&brin=25BE", &["25BE"]),
        ("?name=basisschool%20de&brin=00AV", &[]),
        ("?name=De+Proefsteen", &["25BE"]),
        ("?brin=99ZZ", &[]),
    ];
    for version in ["v1", "v2", "v3"] {
        for (query, expected) in cases {
            let reply = world
                .as_party("duo")
                .get(&format!("/api/{version}/schools{query}"));
            assert_eq!(reply.status, 200);
            let json = reply.json();
            let brins: Vec<&str> = (json.as_array().unwrap().iter())
                .map(|school| school["brin"].as_str().unwrap())
                .collect();
            assert_eq!(&brins, expected, "{version} {query}");
        }
    }
}

#[test]
fn each_version_writes_a_board_its_own_way() {
    let world = World::starter();
    for (version, key, other_key, member, link) in [
        ("v1", "77", "41999", "number", "/api/v1/boards/77"),
        ("v2", "77", "41999", "number", "/api/v2/boards/77"),
        ("v3", "41999", "77", "bgeCode", "/api/v3/boards/41999"),
    ] {
        let board = world
            .as_party("duo")
            .get(&format!("/api/{version}/boards/{key}"));
        assert_eq!(board.json()[member], "41999");
        assert_eq!(board.json()["_links"]["self"]["href"], link);
        let school = world
            .as_party("duo")
            .get(&format!("/api/{version}/schools/2501"));
        assert_eq!(school.json()["_links"]["board"]["href"], link);
        let none = world
            .as_party("duo")
            .get(&format!("/api/{version}/boards/{other_key}"));
        assert_eq!(none.status, 404);
    }
}

#[test]
fn single_objects_and_what_is_said_when_there_is_none() {
    let world = World::starter();
    for version in ["v1", "v2", "v3"] {
        for (path, expected) in [
            ("schools/2501", ""),
            ("schools/9", "404 School with id 9 does not exist"),
            ("services", ""),
            ("services?name=rod", ""),
            ("services/5", ""),
            (
                "services/999999",
                "404 Service with id 999999 does not exist",
            ),
            (
                "services/x",
                "400 Validation error(s) / id: This value is not valid.",
            ),
            ("service-versions", ""),
            ("service-versions?service_code=OSO-OV", ""),
            ("service-versions/12", ""),
            (
                "service-versions/999999",
                "404 Service version with id 999999 does not exist",
            ),
            (
                "service-versions/-1",
                "400 Validation error(s) / id: This value is not valid.",
            ),
            ("nothing", "404 Not Found"),
            ("suppliers/31", "403 Access denied"),
        ] {
            let reply = world.as_party("duo").get(&format!("/api/{version}/{path}"));
            match expected {
                "" => assert_eq!(reply.status, 200, "{version}/{path}"),
                expected => assert_eq!(reply.refusal(), expected, "{version}/{path}"),
            }
        }
    }
    let versions = world
        .as_party("duo")
        .get("/api/v3/service-versions?service_code=OSO-OV");
    assert_eq!(versions.json().as_array().unwrap().len(), 2);
    let rod = world.as_party("duo").get("/api/v3/services?name=rod");
    assert_eq!(rod.json()[0]["code"], "ROD_PO");
}

#[test]
fn versions_have_their_own_resources_and_methods() {
    let world = World::starter();
    for (method, path, status) in [
        ("GET", "/api/v1/school-mandates?service_code=ROD_PO", 404),
        ("GET", "/api/v1/endpoints/available-routing-id", 404),
        ("GET", "/api/v2/endpoints/available-routing-id", 404),
        ("GET", "/api/v4/schools", 404),
        ("GET", "/api", 404),
        ("POST", "/api/v2/schools", 405),
        ("PATCH", "/api/v2/endpoints/1", 405),
        ("PUT", "/api/v3/endpoints", 405),
        ("DELETE", "/api/v3/mandates", 405),
        ("GET", "/api/v2/schools?name=%ff", 400),
    ] {
        let reply = world.supplier().send(method, path, Vec::new());
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("allow").is_some(), status == 405);
    }
    let large = world
        .supplier()
        .send("POST", "/api/v3/endpoints", vec![b' '; 70_000]);
    assert_eq!(large.status, 413);
}

/// OSR-TLS, OSR-OIN-CERTIFICAAT: a certificate with an OIN, valid at the
/// moment. That its chain is trusted the connection has seen to.
#[test]
fn a_certificate_says_who_calls() {
    let world = World::starter();
    for (identity, status) in [
        ("leverancier", 200),
        ("leverancier-g4-tls", 200),
        ("duo", 200),
        ("fout-zonder-oin", 403),
        ("fout-vorm-oin", 403),
        ("fout-verlopen", 403),
        ("fout-nog-niet-geldig", 403),
        ("fout-test-oin", 200),
    ] {
        let reply = world.as_party(identity).get("/api/v3/schools/2501");
        assert_eq!(reply.status, status, "{identity}");
    }
    let anonymous = world.browser().get("/api/v3/schools/2501");
    assert_eq!(
        anonymous.refusal(),
        "401 Authentication required: no client certificate"
    );
    let production = World::with(
        OsrData::starter(),
        Journal::in_memory(),
        Profile::Production,
    );
    let reply = production
        .as_party("fout-test-oin")
        .get("/api/v3/schools/2501");
    assert_eq!(reply.refusal(), "403 Access denied");
}

/// OSR-APIKEY, OSR-APIKEY-ZONDER: since version 2 for one's own data.
#[test]
fn own_data_need_an_api_key_of_ones_own() {
    let world = World::starter();
    let own = |version: &str| mandate_path(version, PROEFSTEEN, SUPPLIER, ROD_PO);
    let calls = |version: &str| {
        [
            ("GET", own(version)),
            (
                "GET",
                format!("/api/{version}/school-mandates?service_code=ROD_PO"),
            ),
            ("POST", format!("/api/{version}/endpoints")),
            ("PUT", format!("/api/{version}/endpoints/1")),
            ("DELETE", format!("/api/{version}/endpoints/1")),
        ]
    };
    for version in ["v2", "v3"] {
        for (method, path) in calls(version) {
            let none = world
                .as_party("leverancier")
                .send(method, &path, Vec::new());
            assert_eq!(
                none.refusal(),
                "401 Authentication required: no API key",
                "{path}"
            );
            for key in ["verzonnen", crate::support::OTHER_KEY] {
                let call = world.as_party("leverancier").header("X-Api-Key", key);
                let wrong = call.send(method, &path, Vec::new());
                assert_eq!(wrong.refusal(), "403 Access denied", "{method} {path}");
            }
        }
    }
    assert_eq!(world.as_party("leverancier").get(&own("v1")).status, 200);
}

#[test]
fn the_header_of_the_api_key_can_be_chosen() {
    let mut data = OsrData::starter();
    data.settings.api_key_header = "OSR-Key".to_string();
    let world = World::with(data, Journal::in_memory(), Profile::Test);
    let path = mandate_path("v3", PROEFSTEEN, SUPPLIER, ROD_PO);
    let call = world.as_party("leverancier");
    assert_eq!(
        call.header("osr-key", crate::support::KEY)
            .get(&path)
            .status,
        200
    );
    assert_eq!(world.supplier().get(&path).status, 401);
    assert_eq!(
        world
            .supplier()
            .post("/api/v3/endpoints", &json!({}))
            .status,
        401
    );
}

/// The judge of these tests sees what is wrong with an answer.
#[test]
#[should_panic(expected = "KK-JSON-ONTBREEKT")]
fn an_answer_without_a_member_would_be_noticed() {
    crate::support::judged_answer("GET", "/api/v3/boards/41999", 200, &json!({ "name": "x" }));
}

#[test]
#[should_panic(expected = "no pack knows the answer")]
fn an_answer_that_no_pack_knows_would_be_noticed() {
    crate::support::judged_answer("GET", "/api/v3/schools", 418, &json!({ "name": "x" }));
}
