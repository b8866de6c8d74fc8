//! Findings of the tool's own rules.

use super::recognise::Known;
use crate::document::{Document, NodeId, NodeKind, PlaceOf};
use crate::facts::Facts;
use crate::finding::{Args, DataClass, Finding, Kind, RuleInfo, is_synthetic_number};
use crate::pack::Pack;
pub(super) use crate::text::tool_finding;

/// Gives a schema finding the grade and source of the declaration it is about.
pub(super) fn of_pack(finding: Finding, pack: &Pack, declaration: &str) -> Finding {
    let (grade, source) = pack.manifest.provenance_of(declaration);
    Finding {
        grade,
        source,
        contract: Some(pack.manifest.contract.clone()),
        ..finding
    }
}

/// A rule that speaks of something the official schema does not know.
pub(super) fn unbound_finding(
    rule: &RuleInfo,
    path: &str,
    document: &Document,
    known: &Known,
) -> Finding {
    Finding {
        code: rule.code.clone(),
        kind: Kind::Undecided,
        class: rule.class,
        grade: rule.grade,
        source: rule.source.clone(),
        contract: Some(known.pack.manifest.contract.clone()),
        args: Args::new()
            .with("reason", "unbound-path")
            .with("path", path),
        place: document.place(known.root, PlaceOf::Name),
    }
}

/// The finding that schema or rules of a pack could not be carried out.
pub(super) fn not_compiled(
    pack: &Pack,
    reason: &str,
    document: &Document,
    known: &Known,
) -> Finding {
    let place = document.place(known.root, PlaceOf::Name);
    let mut finding = tool_finding("KK-PACK-REGELS", Args::new().with("reason", reason), place);
    finding.kind = Kind::Undecided;
    finding.contract = Some(pack.manifest.contract.clone());
    finding
}

/// The finding that there is no pack of the contract of a message.
pub(super) fn no_pack_at_hand(document: &Document, content: NodeId, contract: &str) -> Finding {
    let args = Args::new().with("contract", contract);
    let place = document.place(content, PlaceOf::Name);
    let mut finding = tool_finding("KK-HERKEN-GEEN-PAKKET", args, place);
    finding.kind = Kind::Undecided;
    finding
}

/// The finding that the content of a message is encrypted.
pub(super) fn encrypted(document: &Document, content: NodeId) -> Finding {
    let place = document.place(content, PlaceOf::Name);
    let mut finding = tool_finding("KK-HERKEN-VERSLEUTELD", Args::new(), place);
    finding.kind = Kind::Undecided;
    finding
}

/// The finding that no pack of the contract holds on the day of judging.
pub(super) fn outside_validity(
    pack: &Pack,
    document: &Document,
    known: &Known,
    facts: &Facts,
) -> Option<Finding> {
    let today = facts.clock.today();
    let from = pack.manifest.valid_from.map(|day| day.0);
    let until = pack.manifest.valid_until.map(|day| day.0);
    if from.is_none_or(|from| from <= today) && until.is_none_or(|until| today <= until) {
        return None;
    }
    let shown =
        |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |day| day.to_string());
    let args = Args::new()
        .with("contract", pack.manifest.contract.clone())
        .with("date", today.to_string())
        .with("from", shown(from))
        .with("until", shown(until))
        .with("reason", "no-pack");
    let place = document.place(known.root, PlaceOf::Name);
    let mut finding = tool_finding("KK-HERKEN-PERIODE", args, place);
    finding.kind = Kind::Undecided;
    Some(finding)
}

/// Points out the first number that may be a real person's: test messages
/// should hold numbers of the synthetic range (10-landscape.md, test data).
pub(super) fn real_person(document: &Document, known: &Known) -> Option<Finding> {
    let element = document.subtree(known.root).find(|&node| {
        document.kind(node) == NodeKind::Element
            && document.data_class(node) == DataClass::PersonNumber
            && {
                let value = document.value(node);
                let digits = value.trim();
                digits.len() == 9
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
                    && !is_synthetic_number(digits)
            }
    })?;
    let args = Args::new().with("element", document.local_name(element));
    let place = document.place(element, PlaceOf::Value);
    Some(tool_finding("KK-PRIV-ECHT", args, place))
}
