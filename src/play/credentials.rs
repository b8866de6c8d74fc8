//! What a party shows and signs with when a script lets it send: its own, those
//! of another identity, or none.

use std::sync::Arc;

use super::addresses::osr_data;
use super::cast::{Cast, DUO_PATH, Party, chain_above};
use super::speak::Unspeakable;
use super::tested::client_options;
use crate::counterpart::osr::{JwtFault, JwtMaker, KENNISNET};
use crate::document::Spot;
use crate::edukoppeling::SigningKey;
use crate::finding::Code;
use crate::pki::TestPki;
use crate::scenario::{Placed, Role};
use crate::transport::{Client, ClientOptions, Request, TlsIdentity};

/// The identity of who has no certificate.
const NO_IDENTITY: &str = "geen";

impl Cast {
    /// The key that signs: the party's own, or that of another identity.
    pub(super) fn signing_key(
        &self,
        party: &Party,
        identity: Option<&str>,
        at: Spot,
    ) -> Result<Arc<SigningKey>, Unspeakable> {
        match identity {
            None => Ok(Arc::clone(&party.key)),
            Some(name) => self
                .pki
                .signing_key(name)
                .map(Arc::new)
                .map_err(|_| Unspeakable::new(at, "identity-unknown", name)),
        }
    }

    /// A client that shows the certificate of another identity; `geen` shows
    /// none.
    pub(super) fn client_as(&self, identity: &str, at: Spot) -> Result<Client, Unspeakable> {
        let unknown = || Unspeakable::new(at, "identity-unknown", identity);
        let options = client_options(self.stage.tested.as_deref(), &self.stage.trust, &self.clock);
        let options = if identity == NO_IDENTITY {
            options
        } else {
            let identity = TlsIdentity::of_test(&self.pki, identity).map_err(|_| unknown())?;
            options.with_identity(identity)
        };
        Client::new(options).map_err(|_| unknown())
    }

    /// The header with the API key of a party.
    pub(super) fn api_key(&self, role: Role) -> Option<(String, String)> {
        let data = osr_data(self.stage.target(), &self.party(Role::Las).oin);
        let key = data.api_key(&self.party(role).oin)?;
        Some((data.settings.api_key_header.clone(), key.to_string()))
    }

    /// The header with the JWT of the OSR's first version.
    pub(super) fn jwt(
        &self,
        role: Role,
        body: &[u8],
        breaks: Option<&Placed<Code>>,
        at: Spot,
    ) -> Result<(String, String), Unspeakable> {
        let failed = || Unspeakable::new(at, "jwt-failed", "");
        let fault = match breaks {
            None => None,
            Some(rule) => Some(
                jwt_fault(&rule.value)
                    .ok_or_else(|| Unspeakable::new(rule.at, "not-breakable", &*rule.value))?,
            ),
        };
        let party = self.party(role);
        let above = chain_above(&self.identities[role as usize]);
        let maker = JwtMaker {
            key: &party.key,
            above: &above,
            audience: KENNISNET,
        };
        let jwt = maker
            .make(self.clock.now(), body, fault)
            .ok_or_else(failed)?;
        Ok(("JWT".to_string(), jwt))
    }

    /// With what a party's server is probed: a right client, a request that
    /// changes nothing, and the PKI that makes the wrong ones.
    pub(super) fn probing(&self, role: Role) -> Option<(ClientOptions, Request, &TestPki)> {
        let asker = match role {
            Role::Duo | Role::Osr => Role::Las,
            Role::Las => Role::Duo,
        };
        let identity = self.identities[asker as usize].clone();
        let options = client_options(self.stage.tested.as_deref(), &self.stage.trust, &self.clock);
        let party = self.party(role);
        let request = Request {
            method: "GET".to_string(),
            url: match (party.ours, role) {
                (true, Role::Duo) => format!("{}{DUO_PATH}", party.url),
                (true, _) => format!("{}/", party.url),
                (false, _) => party.url.clone(),
            },
            headers: Vec::new(),
            body: Arc::from([]),
        };
        Some((options.with_identity(identity), request, &self.pki))
    }
}

/// The one part of a JWT that breaks a requirement on it
/// (`schemas/requirements/osr.toml`).
fn jwt_fault(requirement: &str) -> Option<JwtFault> {
    Some(match requirement {
        "OSR-JWT-KOP" => JwtFault::Algorithm,
        "OSR-JWT-VINGERAFDRUK" => JwtFault::Thumbprint,
        "OSR-JWT-ISS" | "OSR-JWT-X5C" => JwtFault::Issuer,
        "OSR-JWT-AUD" => JwtFault::Audience,
        "OSR-JWT-TIJD" => JwtFault::Order,
        "OSR-JWT-MOMENT" => JwtFault::Expired,
        "OSR-JWT-HASH" => JwtFault::Hash,
        "OSR-JWT-INHOUD" => JwtFault::NoHash,
        "OSR-JWT-HANDTEKENING" => JwtFault::Signature,
        _ => return None,
    })
}
