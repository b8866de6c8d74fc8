//! Whatever comes in, the register answers, and its answers are valid.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{KEY, PROEFSTEEN, ROD_PO, SUPPLIER, World};

/// A step of a path or a value, known or wild.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "schools", "boards", "mandates", "school-mandates", "services", "service-versions",
            "endpoints", "available-routing-id", "suppliers", "2501", "77", "41999", "5", "12",
            "4711", "h2m", "mandaten", "25BE", "inloggen", "toevoegen",
        ]).prop_map(str::to_string),
        1 => "[ -~é/%]{0,12}",
    ]
}

fn target() -> impl Strategy<Value = String> {
    let start = prop::sample::select(vec![
        "/api/v1/", "/api/v2/", "/api/v3/", "/api/", "/h2m/", "/",
    ]);
    let name = prop::sample::select(vec![
        "school_oin",
        "supplier_oin",
        "service_version_namespace",
        "routing_id",
        "administration_id",
        "reference_date",
        "include_future_endpoints",
        "service_code",
        "name",
        "brin",
        "oin",
        "oa_id",
        "attributes",
        "lang",
        "dienst",
        "gedaan",
    ]);
    let value = prop_oneof![
        Just(PROEFSTEEN.to_string()),
        Just(SUPPLIER.to_string()),
        Just(ROD_PO.to_string()),
        Just("2026-09-28".to_string()),
        Just("true".to_string()),
        Just("ROD_PO".to_string()),
        word(),
    ];
    let query = prop::collection::vec((name, value), 0..4);
    (start, prop::collection::vec(word(), 0..4), query).prop_map(|(start, steps, query)| {
        let query: Vec<String> = query
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{start}{}?{}", steps.join("/"), query.join("&"))
    })
}

/// A registration with some member replaced by anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let anything = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!({ "a": [1, 2] })),
        Just(json!("9999-12-31")),
        Just(json!("-001-01-01")),
    ];
    let member = prop::sample::select(vec![
        "mandate_token",
        "administration_id",
        "routing_id",
        "service_version_namespace",
        "url",
        "attributes",
        "start_date",
        "end_date",
        "anders",
    ]);
    prop_oneof![
        3 => (member, anything).prop_map(|(member, value)| {
            let mut body = World::starter().registration("0000000700025BE00001");
            body[member] = value;
            body.to_string().into_bytes()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => "[{}\\[\\]\",:a0 ]{0,60}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Nothing panics, nothing is an error of ours, and what has content is
    /// valid (the call itself sees to that).
    #[test]
    fn any_request_is_answered(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH", ""]),
        target in target(),
        body in body(),
        header in prop::option::of((
            prop::sample::select(vec!["JWT", "cookie", "origin", "content-type", "X-Api-Key"]),
            "[ -~]{0,60}",
        )),
        known in any::<bool>(),
    ) {
        let world = World::starter();
        let mut call = if known { world.as_party("leverancier") } else { world.browser() };
        if let Some((name, value)) = &header {
            call = call.header(name, value);
        }
        let call = call.header("X-Api-Key", KEY).header("content-type", "application/json");
        let reply = call.send(method, &target, body);
        prop_assert!((200..500).contains(&reply.status), "{} {}", reply.status, target);
    }

    #[test]
    fn any_registration_is_answered(body in body(), put in any::<bool>(), version in 1..4u8) {
        let world = World::starter();
        let call = world.supplier().header("content-type", "application/json");
        let reply = match put {
            false => call.send("POST", &format!("/api/v{version}/endpoints"), body),
            true => call.send("PUT", &format!("/api/v{version}/endpoints/4711"), body),
        };
        let expected = [200, 201, 400, 401, 403, 404];
        prop_assert!(expected.contains(&reply.status), "{}", reply.status);
    }
}
