//! Who speaks for whom: the OIN in the addresses, the school in the body and
//! the holder of the certificate (20-edukoppeling.md, how DUO really does it).
//!
//! On behalf of a school the addressing carries the school's OIN, while the
//! certificate carries the supplier's: the SaaS model. In the old model the
//! school has a certificate of its own, and both carry the school's. A message
//! that mixes them says two things at once.

use super::certificate::Certificate;
use super::message::{Message, Sender, Way};
use super::said::Said;
use crate::document::{Document, NodeId};
use crate::facts::{self, Profile};
use crate::finding::{Args, MessageValue};

/// OINs of schools: the register of institutions (10-landscape.md).
const SCHOOLS: &str = "00000007";
/// OINs of test environments.
const TEST: &str = "00000099";

const SHAPE: &str = "KK-EK-OIN-VORM";
const SCHOOL: &str = "KK-EK-OIN-SCHOOL";
const MIXED: &str = "KK-EK-OIN-MODEL";
const OLD_MODEL: &str = "KK-EK-OIN-SCHOOLCERTIFICAAT";
const SENDER: &str = "KK-EK-OIN-AFZENDER";
const NOT_DUO: &str = "KK-EK-OIN-DUO";

/// DUO's own OIN.
pub(super) const DUO: &str = "00000001800866472000";

/// The OIN in the query of an address (`?oin=`, in any case): the first, where
/// there are more.
pub fn oin_of(address: &str) -> Option<&str> {
    oins_of(address).next()
}

fn oins_of(address: &str) -> impl Iterator<Item = &str> {
    let query = address
        .trim()
        .split_once('?')
        .map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or(query);
    query.split('&').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("oin").then_some(value)
    })
}

/// The OIN of the school with that BRIN; `None` when it is no BRIN.
pub fn school_oin(brin: &str) -> Option<String> {
    let oin = format!("{SCHOOLS}000{brin}00000");
    facts::oin(&oin).is_ok().then_some(oin)
}

/// Whether an OIN is a school's.
pub fn is_school(oin: &str) -> bool {
    brin(oin).is_some()
}

/// Whether an OIN is one with which parties test, where that is what they do: in
/// production it is nobody's.
pub fn is_of_test(oin: &str, profile: Profile) -> bool {
    profile == Profile::Test && oin.starts_with(TEST)
}

/// The BRIN of a school's OIN.
fn brin(oin: &str) -> Option<&str> {
    (facts::oin(oin).is_ok() && oin.starts_with(SCHOOLS)).then(|| &oin[11..15])
}

pub(super) fn judge(message: &Message<'_>, said: &mut Said<'_>) {
    shape(message, said);
    if message.way == Way::Unknown {
        return;
    }
    let Some((node, from)) = oin_in(message, "From") else {
        return;
    };
    if facts::oin(&from).is_err() {
        return;
    }
    match message.sender {
        Sender::School => on_behalf_of_a_school(message, node, &from, said),
        Sender::Duo => by_duo(message, node, &from, said),
        Sender::Other => {}
    }
}

/// The element that holds an address, and the OIN in it.
fn oin_in(message: &Message<'_>, header: &str) -> Option<(NodeId, String)> {
    let document = message.document;
    let node = message.addressing.address(document, header)?;
    let oin = oin_of(&document.value(node))?.to_string();
    Some((node, oin))
}

fn shape(message: &Message<'_>, said: &mut Said<'_>) {
    for header in ["To", "From"] {
        let document = message.document;
        let Some(node) = message.addressing.address(document, header) else {
            continue;
        };
        let address = document.value(node);
        // With two of them, readers would differ on who speaks: together they
        // are no OIN.
        let found: Vec<&str> = oins_of(&address).collect();
        if found.is_empty() {
            continue;
        }
        said.judging(&[SHAPE]);
        let found = found.join(", ");
        if facts::oin(&found).is_err() {
            let args = Args::new()
                .with("header", header)
                .with("found", MessageValue::plain(found));
            said.broken_by_value(SHAPE, node, args);
        }
    }
}

fn on_behalf_of_a_school(message: &Message<'_>, node: NodeId, from: &str, said: &mut Said<'_>) {
    let school = brin(from);
    let signer = message.signer.and_then(Certificate::oin);
    if let (Some(school), Some(content)) = (school, message.content) {
        let document = message.document;
        if let Some(named) = institution_of(document, content) {
            said.judging(&[SCHOOL]);
            let code = document.value(named);
            if code.trim() != school {
                let args = Args::new()
                    .with("school", MessageValue::plain(school))
                    .with("found", MessageValue::plain(code.trim()));
                said.broken_by_value(SCHOOL, node, args);
            }
        }
    }
    let Some(signer) = signer.filter(|signer| facts::oin(signer).is_ok()) else {
        return;
    };
    said.judging(&[MIXED, OLD_MODEL]);
    let mixed = match school {
        // The supplier's own number, or whoever else's, where the school's
        // belongs.
        None => !is_of_test(from, message.profile),
        // The certificate of another school, or of the receiver.
        Some(_) => (brin(signer).is_some() && signer != from) || signer == DUO,
    };
    if mixed {
        let args = Args::new()
            .with("from", MessageValue::plain(from))
            .with("signer", MessageValue::plain(signer));
        said.broken_by_value(MIXED, node, args);
    } else if school.is_some() && signer == from {
        said.broken_by_value(
            OLD_MODEL,
            node,
            Args::new().with("signer", MessageValue::plain(signer)),
        );
    }
}

/// DUO speaks for itself: its address and its certificate carry one OIN. Its
/// test environment signs with a test OIN and names the one of production.
fn by_duo(message: &Message<'_>, node: NodeId, from: &str, said: &mut Said<'_>) {
    let signer = message.signer.and_then(Certificate::oin);
    let Some(signer) = signer.filter(|signer| facts::oin(signer).is_ok()) else {
        return;
    };
    said.judging(&[SENDER, NOT_DUO]);
    let in_test = |oin: &str| is_of_test(oin, message.profile);
    if signer != from && !in_test(signer) {
        let args = Args::new()
            .with("from", MessageValue::plain(from))
            .with("signer", MessageValue::plain(signer));
        said.broken_by_value(SENDER, node, args);
    } else if from != DUO && !in_test(from) {
        said.broken_by_value(
            NOT_DUO,
            node,
            Args::new().with("from", MessageValue::plain(from)),
        );
    }
}

/// The code of the institution that a message is about: in the message element
/// itself or in its `onderwijsinstelling`. An `instellingscode` deeper down is
/// another school's.
pub fn institution_of(document: &Document, content: NodeId) -> Option<NodeId> {
    let of = |node| document.child(node, "instellingscode");
    of(content).or_else(|| of(document.child(content, "onderwijsinstelling")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oin_is_read_from_the_query() {
        for (address, expected) in [
            (
                "http://a/anonymous?oin=0000000700025BE00000",
                Some("0000000700025BE00000"),
            ),
            ("http://a/anonymous?OIN=1&x=2", Some("1")),
            ("http://a/b?x=2&Oin=3#oin=4", Some("3")),
            ("http://a/b?oins=3", None),
            ("http://a/oin=3", None),
            ("", None),
        ] {
            assert_eq!(oin_of(address), expected, "{address}");
        }
    }

    #[test]
    fn a_school_is_known_by_its_prefix() {
        assert_eq!(brin("0000000700025BE00000"), Some("25BE"));
        assert_eq!(brin("00000001800866472000"), None);
        assert_eq!(brin("00000007"), None);
    }
}
