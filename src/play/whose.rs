//! Whose a message is: that of another supplier or another school says nothing
//! of the target.

use super::content::content_of;
use crate::check::request_facts;
use crate::document::NodeId;
use crate::edukoppeling::{Certificate, institution_of, is_of_test, is_school};
use crate::evidence::SchoolRecord;
use crate::exchange::Exchange;
use crate::facts::{Profile, oin};
use crate::finding::{Args, Finding, MessageValue, Place};
use crate::scenario::Role;
use crate::text::tool_finding;

/// Who is tested, as the messages of an exchange name it.
#[derive(Debug, Clone)]
pub(super) struct Whose {
    /// The role that is tested.
    pub role: Role,
    /// Its OIN.
    pub oin: String,
    /// The schools for which it speaks; none where that is not known.
    pub schools: Vec<SchoolRecord>,
}

/// An exchange of somebody else: who that is, beside who it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranger {
    /// Who is tested.
    pub expected: String,
    /// Whose exchange it is.
    pub found: String,
}

impl Whose {
    /// Whether an exchange is somebody else's: by who signed the message of the
    /// tested party, and by the school in the address and the content of the
    /// request. What says neither may be anybody's.
    pub fn stranger(&self, request: Option<&Exchange>, signer: Option<&str>) -> Option<Stranger> {
        let school = request.and_then(|request| self.other_school(request));
        let other = signer.filter(|oin| self.is_other(oin));
        let signed = other.map(|oin| self.stranger_by(oin));
        signed.or(school)
    }

    /// Whose server showed this certificate (DER), where that is somebody else's.
    /// In tests parties use test OINs for connections.
    pub fn other_server(&self, der: &[u8], profile: Profile) -> Option<Stranger> {
        let found = Certificate::oin_of(der)?;
        let in_test = [&self.oin, &found].map(|oin| is_of_test(oin, profile));
        let is_anothers = oin(&found).is_ok() && self.is_other(&found) && in_test == [false; 2];
        is_anothers.then(|| self.stranger_by(&found))
    }

    fn stranger_by(&self, oin: &str) -> Stranger {
        Stranger {
            expected: format!("OIN {}", self.oin),
            found: format!("OIN {oin}"),
        }
    }

    /// Whether an OIN is neither that of who is tested nor of one of its schools,
    /// which signed for themselves in the old model.
    fn is_other(&self, oin: &str) -> bool {
        let is_school = |oin: &str| self.schools.iter().any(|school| school.oin == oin);
        !self.oin.is_empty() && self.oin != oin && !is_school(oin)
    }

    /// The finding that somebody else made a message of who is tested: by who
    /// signed it, and of a request by whose certificate the connection was made
    /// with. Whether those two are of one party, the rules of the connection say;
    /// so do they of a server's certificate.
    pub fn not_theirs(
        &self,
        message: &Exchange,
        signer: Option<&str>,
        is_request: bool,
        profile: Profile,
    ) -> Option<Finding> {
        // DUO's test environment signs with a test OIN, and anybody may connect
        // with one there.
        let in_test = |oin: &str| is_of_test(oin, profile);
        // A school that speaks for itself may be another of the test data.
        let from = request_facts(message).and_then(|facts| facts.from);
        let is_itself = |oin: &str| is_school(oin) && from.as_deref() == Some(oin);
        let is_las = self.role == Role::Las;
        let is_excused = |oin: &str| if is_las { is_itself(oin) } else { in_test(oin) };
        let signed = signer.filter(|oin| self.is_other(oin) && !is_excused(oin));
        if signed.is_none() && signer.is_some() {
            return None;
        }
        let connected = message.tls.as_ref().filter(|_| is_request);
        let connected = connected.and_then(|tls| tls.peer.first());
        let connected = connected.and_then(|der| Certificate::oin_of(der));
        let connected = connected.as_deref();
        let is_known = in_test(&self.oin);
        let connected = connected.filter(|oin| self.is_other(oin) && !in_test(oin) && !is_known);
        if signed.is_none() && connected.is_none() {
            return None;
        }
        let mut args = Args::new().with("expected", MessageValue::plain(&*self.oin));
        for (name, oin) in [("signer", signed), ("client", connected)] {
            if let Some(oin) = oin {
                args.push(name, MessageValue::plain(oin));
            }
        }
        Some(tool_finding("KK-SC-ANDER-OIN", args, Place::default()))
    }

    fn other_school(&self, request: &Exchange) -> Option<Stranger> {
        if self.schools.is_empty() {
            return None;
        }
        let other =
            |name: &str, of: &dyn Fn(&SchoolRecord) -> Vec<String>, found: Option<String>| {
                let known: Vec<String> = self.schools.iter().flat_map(of).collect();
                let found = found.filter(|found| !known.is_empty() && !known.contains(found))?;
                Some(Stranger {
                    expected: format!("{name} {}", known.join(", ")),
                    found: format!("{name} {found}"),
                })
            };
        let facts = request_facts(request);
        let addresses = facts.into_iter().flat_map(|facts| [facts.from, facts.to]);
        let oin = addresses.flatten().find(|oin| is_school(oin));
        let said = Said::of(request);
        other("OIN", &|school| vec![school.oin.clone()], oin)
            .or_else(|| other("BRIN", &|school| vec![school.brin.clone()], said.brin))
            .or_else(|| {
                let vestigingen = |school: &SchoolRecord| school.vestigingen.clone();
                let is_ours = |code: &&String| {
                    let mut schools = self.schools.iter();
                    schools.any(|school| code.starts_with(&school.brin))
                };
                let mut ours = said.vestigingen.iter().filter(is_ours);
                // A pupil goes from one vestiging to another: one is enough.
                let others = ours.clone().all(|code| {
                    let mut schools = self.schools.iter();
                    !schools.any(|school| school.vestigingen.contains(code))
                });
                let found = ours.next().filter(|_| others).cloned();
                other("vestiging", &vestigingen, found)
            })
    }
}

/// Whether a request is sent on behalf of a school, so by a LAS.
pub(super) fn is_from_school(request: &Exchange) -> bool {
    let from = request_facts(request).and_then(|facts| facts.from);
    from.is_some_and(|from| is_school(&from))
}

/// The institution that a message is about, in its content.
#[derive(Default)]
struct Said {
    brin: Option<String>,
    vestigingen: Vec<String>,
}

impl Said {
    fn of(request: &Exchange) -> Self {
        let Some((document, content)) = content_of(request) else {
            return Self::default();
        };
        let text = |node: NodeId| document.value(node).trim().to_string();
        let below = document.subtree(content);
        let vestigingen = below.filter(|node| document.is_element(*node));
        let vestigingen = vestigingen.filter(|node| document.local_name(*node) == VESTIGING);
        Self {
            brin: institution_of(&document, content).map(text),
            vestigingen: vestigingen.map(text).collect(),
        }
    }
}

/// The element with the code of a vestiging.
const VESTIGING: &str = "vestigingscode";
