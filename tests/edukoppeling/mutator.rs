//! A seeded mutator over gate, envelope and signature: nothing panics or
//! hangs, and nothing that was changed is said to be signed.
//!
//! It runs for `KETENKEUR_MUTATE_SECONDS` from the seed in
//! `KETENKEUR_MUTATE_SEED`, and is ignored otherwise: `.ci/run` gives it a
//! minute, `benches/full.sh` ten.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use ketenkeur::document::{Document, Gated, NodeId, NodeKind};
use ketenkeur::edukoppeling::{
    EnvelopeContext, SecurityContext, Trust, judge_envelope, judge_security,
};
use ketenkeur::facts::Profile;

use super::signer::{NOW, Party, Shape};

/// xorshift64*, so that a seed gives the same mutations everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// What an attacker would try to put somewhere.
const PIECES: &[&str] = &[
    "<s:Body wsu:Id=\"Body\"><a/></s:Body>",
    "<s:Body><a/></s:Body>",
    "</s:Body>",
    "</s:Header>",
    "<wsse:Security>",
    "</wsse:Security>",
    " wsu:Id=\"Body\"",
    " Id=\"Body\"",
    " xml:id=\"Body\"",
    "URI=\"\"",
    "URI=\"#To\"",
    "<!---->",
    "<?a?>",
    "<![CDATA[1]]>",
    "&#49;",
    "&amp;",
    "\r",
    "\u{FEFF}",
    "<ds:Reference URI=\"#Body\"/>",
    "<ds:Object Id=\"Body\"><a/></ds:Object>",
    "<ds:KeyValue/>",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
    " xmlns:v=\"urn:ander\"",
    " xmlns=\"urn:ander\"",
];

fn mutate(message: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = message.to_vec();
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] = b' ' + (random.next() % 95) as u8,
            2 => {
                let end = (at + random.below(60)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            4 => {
                // A piece behind the end of a tag, where markup can stand.
                let tag = bytes[at..].iter().position(|byte| *byte == b'>');
                let at = tag.map_or(at, |tag| at + tag + 1);
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            5 => {
                let end = (at + random.below(400)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
        if bytes.is_empty() {
            bytes.push(b' ');
        }
    }
    bytes
}

/// What an element says, however it is written.
fn content(document: &Document, node: NodeId, into: &mut String) {
    match document.kind(node) {
        NodeKind::Element => {
            into.push_str(&format!(
                "<{{{}}}{}",
                document.namespace(node),
                document.local_name(node)
            ));
            let mut attributes: Vec<String> = document
                .attributes(node)
                .map(|a| format!(" {{{}}}{}={:?}", a.name.namespace, a.name.local, a.value))
                .collect();
            attributes.sort();
            into.extend(attributes);
            into.push('>');
            for child in document.children(node) {
                content(document, child, into);
            }
            into.push_str("</>");
        }
        _ => into.push_str(document.text(node)),
    }
}

fn parts(document: &Document, nodes: &[NodeId]) -> Vec<String> {
    let mut parts: Vec<String> = nodes
        .iter()
        .map(|&node| {
            let mut said = String::new();
            content(document, node, &mut said);
            said
        })
        .collect();
    parts.sort();
    parts
}

/// Judges a message; gives what was verified.
fn verified(bytes: &[u8], trust: &Trust) -> Option<Vec<String>> {
    let document = Document::from_xml(Gated::xml(bytes).ok()?).ok()?;
    let now: Timestamp = NOW.parse().unwrap();
    let security = SecurityContext {
        document: &document,
        now,
        profile: Profile::Test,
        trust,
        clock_skew: SecurityContext::CLOCK_SKEW,
    };
    let report = judge_security(&security);
    let whole = judge_envelope(&EnvelopeContext {
        security,
        contract: None,
        http: None,
        request: None,
    });
    assert!(
        report.signed.is_empty() || whole.is_some(),
        "signed, and no envelope"
    );
    Some(parts(&document, &report.signed))
}

#[test]
#[ignore = "runs for KETENKEUR_MUTATE_SECONDS"]
fn nothing_changed_is_accepted() {
    let variable = |name: &str, default: u64| {
        let value = std::env::var(name);
        value.map_or(default, |value| value.parse().expect(name))
    };
    let seconds = variable("KETENKEUR_MUTATE_SECONDS", 10);
    let seed = variable("KETENKEUR_MUTATE_SEED", 20_260_801);
    let signed = Shape::default().signed(&Party::supplier());
    let trust = Trust::default();
    let right = verified(signed.as_bytes(), &trust).unwrap();
    assert_eq!(right.len(), 6);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random(seed | 1);
    let (mut tried, mut read, mut accepted) = (0u64, 0u64, 0u64);
    while Instant::now() < until {
        let state = random.0;
        let bytes = mutate(signed.as_bytes(), &mut random);
        let begun = Instant::now();
        if let Some(found) = verified(&bytes, &trust) {
            read += 1;
            accepted += u64::from(!found.is_empty());
            let unchanged = found.iter().all(|part| right.contains(part));
            assert!(unchanged, "state {state}: a changed part was accepted");
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(5), "state {state}: {took:?}");
        tried += 1;
    }
    println!("{tried} mutations, {read} well-formed, {accepted} still signed, seed {seed}");
    assert!(
        read > 0 && accepted > 0,
        "the mutator reaches the signature"
    );
}
