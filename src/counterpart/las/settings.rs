//! What a LAS is set up with.

use std::sync::Arc;

use super::state::State;
use crate::clock::RunningClock;
use crate::counterpart::defect::Defect;
use crate::counterpart::{Bodies, Journal, Judges, Post, Service};
use crate::edukoppeling::SigningKey;

/// A generation of the OSR's API (50-osr.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OsrVersion {
    /// `/api/v1`: changes carry a JWT.
    V1,
    /// `/api/v2`: an API key.
    V2,
    /// `/api/v3`: an API key; endpoints have a UUID.
    V3,
}

impl OsrVersion {
    /// The base path of its calls.
    pub fn path(self) -> &'static str {
        match self {
            Self::V1 => "/api/v1",
            Self::V2 => "/api/v2",
            Self::V3 => "/api/v3",
        }
    }
}

/// How the LAS reaches the OSR.
#[derive(Clone)]
pub struct OsrSettings {
    /// Scheme, host and port: `https://osr.example.nl`.
    pub address: String,
    /// Which generation it calls.
    pub version: OsrVersion,
    /// The API key, from the second generation on.
    pub api_key: Option<String>,
    /// The OIN that a JWT is for; [`KENNISNET`](crate::counterpart::osr::KENNISNET).
    pub audience: String,
}

impl std::fmt::Debug for OsrSettings {
    /// Leaves out the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OsrSettings")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Where DUO's services are: a LAS looks them up in its configuration.
#[derive(Debug, Clone)]
pub struct DuoAddresses {
    /// BRON po.
    pub bron: String,
    /// Verzuim.
    pub verzuim: String,
    /// RIO.
    pub rio: String,
}

impl DuoAddresses {
    /// The same address for all services.
    pub fn all(url: &str) -> Self {
        Self {
            bron: url.to_string(),
            verzuim: url.to_string(),
            rio: url.to_string(),
        }
    }

    /// The address of a service.
    pub fn of(&self, service: Service) -> &str {
        match service {
            Service::RodPo => &self.bron,
            Service::Verzuim => &self.verzuim,
            Service::Rio => &self.rio,
        }
    }
}

/// How a LAS is configured.
#[derive(Debug, Clone)]
pub struct LasSettings {
    /// What its identificatiecodes and message ids are derived from.
    pub seed: Arc<str>,
    /// DUO's OIN.
    pub duo_oin: String,
    /// DUO's services.
    pub duo: DuoAddresses,
    /// The OSR.
    pub osr: OsrSettings,
    /// The address at which DUO finds it: what it registers as endpoint. It
    /// takes pushes at the path of it.
    pub own_address: String,
    /// What it does wrong; nothing by default.
    pub defect: Arc<Defect>,
}

/// What a LAS is made of.
pub struct LasParts {
    /// How it is configured.
    pub settings: LasSettings,
    /// The supplier's key.
    pub key: Arc<SigningKey>,
    /// The certificates above the supplier's, in DER, the issuer's first.
    pub above: Vec<Vec<u8>>,
    /// The time that it goes by.
    pub clock: RunningClock,
    /// What it judges messages with.
    pub judges: Arc<Judges>,
    /// What it makes messages with.
    pub bodies: Arc<Bodies>,
    /// What it must not forget.
    pub journal: Journal,
    /// How its messages go out.
    pub post: Arc<dyn Post>,
    /// The schools and pupils that it begins with; see [`super::shipped`].
    pub starter: State,
}
