//! Whose traffic a recorded exchange is: that of another supplier or another
//! school says nothing of the target.

use crate::check::request_facts;
use crate::document::{Document, Gated, NodeId};
use crate::edukoppeling::{institution_of, is_school};
use crate::evidence::SchoolRecord;
use crate::exchange::Exchange;

/// Who is tested, as the messages of an exchange name it.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    /// The OINs with which the tested party signs.
    pub oins: Vec<String>,
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
        let is_school = |oin: &str| self.schools.iter().any(|school| school.oin == oin);
        let other = signer.filter(|oin| {
            !self.oins.is_empty() && !self.oins.iter().any(|known| known == oin) && !is_school(oin)
        });
        let signed = other.map(|oin| Stranger {
            expected: format!("OIN {}", self.oins.join(", ")),
            found: format!("OIN {oin}"),
        });
        signed.or(school)
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
        let document = Gated::xml(&request.body).ok();
        let document = document.and_then(|gated| Document::from_xml(gated).ok());
        document.map_or_else(Self::default, |document| Self::in_document(&document))
    }

    fn in_document(document: &Document) -> Self {
        let root = document.root_element();
        let body = document.child(root, "Body");
        let content = body.and_then(|body| document.elements(body).next());
        let content = content.unwrap_or(root);
        let text = |node: NodeId| document.value(node).trim().to_string();
        let below = document.subtree(content);
        let vestigingen = below.filter(|node| document.is_element(*node));
        let vestigingen = vestigingen.filter(|node| document.local_name(*node) == VESTIGING);
        Self {
            brin: institution_of(document, content).map(text),
            vestigingen: vestigingen.map(text).collect(),
        }
    }
}

/// The element with the code of a vestiging.
const VESTIGING: &str = "vestigingscode";
