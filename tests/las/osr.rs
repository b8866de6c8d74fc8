//! An OSR that knows who is mandated and what was registered.

use std::collections::BTreeSet;
use std::sync::Mutex;

use ketenkeur::transport::{Request, Response};
use serde_json::{Value, json};

pub const ROD_PO: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:ROD-PO:1";
pub const VERZUIM: &str = "urn:ketenkeur:reconstructie:osr:dienstversie:Verzuim:1";

/// Method, path, body and headers of a registration.
type Registered = (String, String, Value, Vec<(String, String)>);

#[derive(Default)]
pub struct Osr {
    /// Schools and services without a mandate.
    pub withdrawn: Mutex<BTreeSet<(String, String)>>,
    /// It does not answer.
    pub down: Mutex<bool>,
    /// What was registered.
    pub registered: Mutex<Vec<Registered>>,
}

impl Osr {
    pub fn withdraw(&self, school_oin: &str, service: &str) {
        let key = (school_oin.to_string(), service.to_string());
        self.withdrawn.lock().unwrap().insert(key);
    }

    pub fn answer(&self, request: &Request) -> Option<Response> {
        if *self.down.lock().unwrap() {
            return None;
        }
        let (_, path) = request.url.split_once("/api/").unwrap();
        let (version, path) = path.split_once('/').unwrap();
        let json = |status: u16, body: Value| {
            Some(Response::new(
                status,
                "application/json",
                body.to_string().into_bytes(),
            ))
        };
        let keyed = request.headers.iter().any(|(name, _)| name == "X-Api-Key");
        if version != "v1" && !keyed {
            return json(
                401,
                json!({"status": 401, "message": "Authentication required"}),
            );
        }
        if let Some(query) = path.strip_prefix("mandates?") {
            let value = |name: &str| {
                let parameters = query.split('&');
                let mut found = parameters.filter_map(|one| one.strip_prefix(name));
                found.next().unwrap().replace("%3A", ":")
            };
            let key = (value("school_oin="), value("service_version_namespace="));
            assert_eq!(value("supplier_oin="), "00000003999999990000");
            return match self.withdrawn.lock().unwrap().contains(&key) {
                true => json(404, json!({"status": 404, "message": "mandate not found"})),
                false => json(
                    200,
                    json!({"token": "5c1e0d5a-7b0f-4a7e-9f53-2f4f7c1d9e01", "start_date": "2020-08-01", "end_date": null}),
                ),
            };
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut registered = self.registered.lock().unwrap();
        registered.push((
            request.method.clone(),
            format!("{version}/{path}"),
            body.clone(),
            request.headers.clone(),
        ));
        if body["url"].as_str().unwrap().contains("refused") {
            return json(
                400,
                json!({"status": 400, "message": "Validation error(s)"}),
            );
        }
        let mut made = body;
        match version {
            "v3" => made["uuid"] = json!("9b7f5b1e-3c1d-4f55-8a0e-6a1d2c3b4e5f"),
            _ => made["id"] = json!(4711),
        }
        json(if request.method == "POST" { 201 } else { 200 }, made)
    }
}
