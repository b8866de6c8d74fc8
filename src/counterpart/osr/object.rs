//! The objects of the register as each version writes them.

use serde_json::{Map, Value, json};

use super::data::{BoardData, SchoolData, ServiceData, ServiceVersionData};
use super::entry::{Endpoint, Mandate, Principal};
use super::state::{Period, State};
use crate::edukoppeling::school_oin;

/// A version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V1,
    V2,
    V3,
}

impl Version {
    /// The version of that step in a path.
    pub fn parse(step: &str) -> Option<Self> {
        match step {
            "v1" => Some(Version::V1),
            "v2" => Some(Version::V2),
            "v3" => Some(Version::V3),
            _ => None,
        }
    }

    fn link(self, resource: &str, key: impl std::fmt::Display) -> Value {
        let version = match self {
            Version::V1 => "v1",
            Version::V2 => "v2",
            Version::V3 => "v3",
        };
        json!({ "href": format!("/api/{version}/{resource}/{key}") })
    }

    fn board_link(self, board: &BoardData) -> Value {
        match self {
            Version::V3 => self.link("boards", &board.bge_code),
            Version::V1 | Version::V2 => self.link("boards", board.id),
        }
    }
}

/// An object with members in the order in which they are given.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(name, value)| (name.to_string(), value));
    Value::Object(Map::from_iter(members))
}

pub(super) fn school(state: &State, version: Version, school: &SchoolData) -> Value {
    let board = state.board(&school.board);
    object([
        ("name", json!(school.name)),
        ("oin", json!(school_oin(&school.brin))),
        ("brin", json!(school.brin)),
        ("oa_id", json!(school.oa_id)),
        (
            "_links",
            json!({
                "self": version.link("schools", school.id),
                "board": board.map(|board| version.board_link(board)),
            }),
        ),
    ])
}

/// OSR-BOARD, OSR-BOARD-V3: `number` became `bgeCode`.
pub(super) fn board(version: Version, board: &BoardData) -> Value {
    let code = match version {
        Version::V3 => "bgeCode",
        Version::V1 | Version::V2 => "number",
    };
    object([
        ("name", json!(board.name)),
        (code, json!(board.bge_code)),
        ("_links", json!({ "self": version.board_link(board) })),
    ])
}

pub(super) fn service(version: Version, service: &ServiceData) -> Value {
    object([
        ("code", json!(service.code)),
        ("name", json!(service.name)),
        ("description", json!(service.description)),
        (
            "_links",
            json!({ "self": version.link("services", service.id) }),
        ),
    ])
}

pub(super) fn service_version(
    version: Version,
    service: &ServiceData,
    of_service: &ServiceVersionData,
) -> Value {
    object([
        ("namespace", json!(of_service.namespace)),
        ("status", json!(of_service.status)),
        (
            "_links",
            json!({
                "self": version.link("service-versions", of_service.id),
                "service": version.link("services", service.id),
            }),
        ),
    ])
}

fn mandate_links(
    state: &State,
    version: Version,
    mandate: &Mandate,
    school: &SchoolData,
    of_service: Option<&ServiceVersionData>,
) -> Value {
    let mut links = Map::new();
    links.insert("self".into(), version.link("mandates", &mandate.token));
    links.insert("school".into(), version.link("schools", school.id));
    if let Some(id) = supplier_id(state, &mandate.supplier) {
        links.insert("supplier".into(), version.link("suppliers", id));
    }
    if let Some(of_service) = of_service {
        let link = version.link("service-versions", of_service.id);
        links.insert("service_version".into(), link);
    }
    if let Principal::Board(code) = &mandate.principal
        && let Some(board) = state.board(code)
    {
        links.insert("board".into(), version.board_link(board));
    }
    Value::Object(links)
}

/// OSR-MANDAAT-EIGEN, OSR-MANDAAT-BEGIN: a mandate as its supplier sees it.
pub(super) fn mandate(
    state: &State,
    version: Version,
    mandate: &Mandate,
    school: &SchoolData,
    of_service: Option<&ServiceVersionData>,
) -> Value {
    object([
        ("token", json!(mandate.token)),
        ("start_date", json!(mandate.start.to_string())),
        ("end_date", json!(mandate.end.map(|end| end.to_string()))),
        (
            "_links",
            mandate_links(state, version, mandate, school, of_service),
        ),
    ])
}

/// A mandate in the list of all of a supplier's in a service.
pub(super) fn school_mandate(
    state: &State,
    version: Version,
    mandate: &Mandate,
    school: &SchoolData,
    of_service: Option<&ServiceVersionData>,
) -> Value {
    object([
        ("school_oin", json!(school_oin(&school.brin))),
        ("supplier_oin", json!(mandate.supplier)),
        ("token", json!(mandate.token)),
        ("start_date", json!(mandate.start.to_string())),
        ("end_date", json!(mandate.end.map(|end| end.to_string()))),
        (
            "_links",
            mandate_links(state, version, mandate, school, of_service),
        ),
    ])
}

/// OSR-ENDPOINT, OSR-UUID: an endpoint, with the days on which it is in force.
pub(super) fn endpoint(
    state: &State,
    version: Version,
    endpoint: &Endpoint,
    period: Period,
) -> Value {
    let mut members = Map::new();
    let key = match version {
        Version::V3 => {
            members.insert("uuid".into(), json!(endpoint.uuid));
            endpoint.uuid.clone()
        }
        Version::V1 | Version::V2 => {
            members.insert("id".into(), json!(endpoint.id));
            endpoint.id.to_string()
        }
    };
    let mut put = |name: &str, value: Value| members.insert(name.to_string(), value);
    put("administration_id", json!(endpoint.administration_id));
    if version > Version::V1 {
        put("routing_id", json!(endpoint.routing_id));
    }
    put("service_version_namespace", json!(endpoint.namespace));
    put("url", json!(endpoint.url));
    put("attributes", json!(endpoint.attributes));
    put("start_date", json!(period.start.to_string()));
    put("end_date", json!(period.end.map(|end| end.to_string())));
    let mut links = Map::new();
    links.insert("self".into(), version.link("endpoints", key));
    if let Some(school) = state.school(&endpoint.school) {
        links.insert("school".into(), version.link("schools", school.id));
    }
    if let Some(id) = supplier_id(state, &endpoint.supplier) {
        links.insert("supplier".into(), version.link("suppliers", id));
    }
    if let Some((_, of_service)) = state.version(&endpoint.namespace) {
        let link = version.link("service-versions", of_service.id);
        links.insert("service_version".into(), link);
    }
    put("_links", Value::Object(links));
    Value::Object(members)
}

fn supplier_id(state: &State, oin: &str) -> Option<u64> {
    let mut suppliers = state.data.suppliers.iter();
    suppliers
        .find(|known| known.oin == oin)
        .map(|known| known.id)
}
