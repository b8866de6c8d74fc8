//! What a script says, as a recording must show it.

use std::sync::Arc;

use serde_json::Value;

use super::schools::School;
use super::stage::Stage;
use crate::document::Spot;
use crate::finding::Code;
use crate::scenario::{Assertion, Change, Outgoing, Piece, Placed, ScriptEdit, StatusRange, Text};

/// The rules that a message breaks on purpose, by which it is known; `None` where
/// that is not a rule but who signed.
pub(super) fn broken_by(message: &Outgoing) -> Option<Vec<Placed<Code>>> {
    if message.signing_identity.is_some() || message.sign.is_some() {
        return None;
    }
    let rules = message.break_envelope.iter().chain(&message.break_body);
    Some(rules.cloned().collect())
}

/// What a message must say that a script edits so; `None` where the edits do
/// more than give values.
pub(super) fn as_edited(message: &Outgoing) -> Option<Vec<Assertion>> {
    let edits = message.edits.iter();
    edits.map(assertion).collect()
}

/// That an element has the value that an edit gives it.
fn assertion(edit: &ScriptEdit) -> Option<Assertion> {
    let Change::Set(to) = &edit.change else {
        return None;
    };
    let path = edit.path.to_string();
    if path == "." || path.starts_with('[') {
        return None;
    }
    let steps = path.split('/').map(|step| match step.strip_prefix('@') {
        Some(attribute) => format!("@*:{attribute}"),
        None => format!("*:{step}"),
    });
    let steps: Vec<String> = steps.collect();
    let literal = |text: &str| Piece::Literal(text.into());
    let mut pieces = vec![literal(&format!("{} = '", steps.join("/")))];
    pieces.extend(to.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => literal(&text.replace('\'', "''")),
        Piece::Value(_) => piece.clone(),
    }));
    pieces.push(literal("'"));
    let test = Text { at: to.at, pieces };
    Some(Assertion { test, says: None })
}

/// Exactly this HTTP status.
pub(super) fn one_status(at: Spot, status: u16) -> Placed<Vec<StatusRange>> {
    let (from, to) = (status, status);
    let value = vec![StatusRange { from, to }];
    Placed { value, at }
}

/// The values that every script can name, as far as no party needs to listen
/// for them.
pub(super) fn known_values(stage: &Stage) -> Vec<(&'static str, Value)> {
    let target = stage.tested.as_ref().map(|tested| &tested.target);
    let Some(school) = School::of_run(stage.tested.as_deref()) else {
        return Vec::new();
    };
    let vestiging = school.vestigingscode(target.map(Arc::as_ref));
    let mut values = vec![
        ("school.vestigingscode", vestiging),
        ("school.oin", school.oin),
        ("school.brin", school.brin),
        ("sector", "bo".to_string()),
    ];
    if let Some(target) = target {
        values.push(("leverancier.oin", target.supplier.oin.clone()));
        values.push(("leverancier.naam", target.supplier.name.clone()));
    }
    let values = values.into_iter();
    values
        .map(|(name, text)| (name, Value::String(text)))
        .collect()
}
