//! What a target file says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::capabilities::Capabilities;
use super::identity::IdentitySource;
use crate::clock::RunningClock;
use crate::edukoppeling::{MaterialError, Revocation, Trust, TrustStore};
use crate::facts::Profile;
use crate::pki::Authorities;
use crate::scenario::Role;
use crate::transport::{ClientOptions, Proxy};

/// A target file, read.
#[derive(Debug, Clone)]
pub struct Target {
    /// The product that is tested.
    pub product: Product,
    /// Its supplier.
    pub supplier: Supplier,
    /// The environment that is judged for.
    pub profile: Profile,
    /// The roles under test.
    pub under_test: BTreeMap<Role, TestedRole>,
    /// How the other roles are played; one that does not stand here is played
    /// with the test PKI, on loopback.
    pub plays: BTreeMap<Role, PlayedRole>,
    /// Roots and other authorities to trust: files or folders.
    pub trust: Vec<PathBuf>,
    /// Revocation lists: files or folders.
    pub crl: Vec<PathBuf>,
    /// The proxy to the outside.
    pub proxy: Option<Proxy>,
    /// The schools with which is tested, at least one.
    pub schools: Vec<School>,
    /// What the product can do, as its supplier says.
    pub capabilities: Capabilities,
}

/// The product under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version: results hold for this one.
    pub version: String,
}

/// Who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplier {
    /// Its name.
    pub name: String,
    /// The OIN in its certificates.
    pub oin: String,
}

/// A role under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestedRole {
    /// Where it listens. None for a party that only calls.
    pub endpoints: BTreeMap<EndpointName, String>,
    /// The OIN in its certificates.
    pub oin: String,
    /// How it is made to act; a LAS always has a way.
    pub trigger: Option<Trigger>,
    /// Where its virtual clock is moved, when it offers one.
    pub clock: Option<String>,
    /// How many of the made-up pupils a LAS has beside the starter data.
    pub pupils: u32,
}

/// An endpoint of a role under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointName {
    /// BRON po: of DUO, or where a LAS receives.
    RodPo,
    /// Verzuim.
    Verzuim,
    /// RIO.
    Rio,
    /// The OSR's first version.
    V1,
    /// The OSR's second version.
    V2,
    /// The OSR's third version.
    V3,
    /// The OSR's pages for people.
    H2m,
}

/// How a role under test is made to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// Somebody does what is asked for on the screen.
    Person,
    /// A program with its arguments; what to do comes on its standard input
    /// (docs/trigger.md).
    Command(Vec<String>),
    /// The trigger contract over HTTP (docs/trigger.md).
    Url(String),
}

/// A role that ketenkeur plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlayedRole {
    /// The certificate for its connections; without one, the test PKI's.
    pub tls: Option<IdentitySource>,
    /// The certificate that it signs with; without one, that of `tls`.
    pub signing: Option<IdentitySource>,
    /// Where it listens; without one, on loopback at any free port.
    pub listen: Option<SocketAddr>,
    /// Under which address others reach it.
    pub public_url: Option<String>,
    /// TLS ends at a proxy before it: it speaks plain HTTP itself.
    pub tls_ends_at_proxy: bool,
}

/// A school with which is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// Its institution code.
    pub brin: String,
    /// Its OIN.
    pub oin: String,
    /// Its vestigingen, six characters each.
    pub vestigingen: Vec<String>,
}

impl EndpointName {
    /// All of them.
    pub const ALL: [EndpointName; 7] = [
        EndpointName::RodPo,
        EndpointName::Verzuim,
        EndpointName::Rio,
        EndpointName::V1,
        EndpointName::V2,
        EndpointName::V3,
        EndpointName::H2m,
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            EndpointName::RodPo => "rod-po",
            EndpointName::Verzuim => "verzuim",
            EndpointName::Rio => "rio",
            EndpointName::V1 => "v1",
            EndpointName::V2 => "v2",
            EndpointName::V3 => "v3",
            EndpointName::H2m => "h2m",
        }
    }

    /// Whether a role has such an endpoint.
    pub fn is_of(self, role: Role) -> bool {
        let of_osr = matches!(
            self,
            EndpointName::V1 | EndpointName::V2 | EndpointName::V3 | EndpointName::H2m
        );
        match role {
            Role::Osr => of_osr,
            Role::Duo => !of_osr,
            Role::Las => matches!(self, EndpointName::RodPo | EndpointName::Verzuim),
        }
    }
}

impl Target {
    /// The roots that are trusted and the revocation lists at hand: those of
    /// the file, and in the test profile the built-in test PKI's.
    ///
    /// # Errors
    /// A file or folder that cannot be used.
    pub fn trust(&self) -> Result<Arc<Trust>, MaterialError> {
        let all = self.authorities()?.of_target(self.profile);
        Ok(Arc::new(all.trust()))
    }

    /// The authorities and revocation lists that the file names.
    ///
    /// # Errors
    /// A file or folder that cannot be used.
    pub fn authorities(&self) -> Result<Authorities, MaterialError> {
        Ok(Authorities {
            store: TrustStore::load(&self.trust)?,
            lists: Revocation::load(&self.crl)?,
        })
    }

    /// How a role that is played is to be played.
    pub fn played(&self, role: Role) -> PlayedRole {
        self.plays.get(&role).cloned().unwrap_or_default()
    }

    /// The outgoing side of a role that is played, without an identity yet.
    pub fn client(&self, trust: Arc<Trust>, clock: RunningClock) -> ClientOptions {
        ClientOptions {
            proxy: self.proxy.clone(),
            ..ClientOptions::new(trust, clock)
        }
    }
}
