//! Sending again what got no answer: the same document under the same
//! identificatiecode, in the order in which it was made, once for each time
//! that somebody asks for it.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use serde_json::{Map, Value, json};

use super::conduct;
use super::ended::Ended;
use super::party::Las;
use super::person;
use super::with::With;
use crate::counterpart::trigger::{Action, Outcome, Status};

/// `opnieuw-versturen`.
pub(super) fn resend(las: &Las, with: &Map<String, Value>) -> Result<Outcome, Ended> {
    let with = With::new(with, Action::OpnieuwVersturen)?;
    let id = with.text("identificatiecodeBedrijfsdocument")?;
    let one = with.has("leerling") || with.number()?.is_some();
    let pupil = match one {
        true => Some(person::known(las, &with)?.leerling.sleutel),
        false => None,
    };
    let pupils: BTreeSet<String> = {
        let state = las.state();
        let documents = state.documenten.iter().filter(|document| {
            conduct::is_open(document)
                && pupil
                    .as_ref()
                    .is_none_or(|pupil| document.leerling == *pupil)
                && id.as_ref().is_none_or(|id| document.id == *id)
        });
        documents
            .map(|document| document.leerling.clone())
            .collect()
    };
    let mut sent = Vec::new();
    let mut held = None;
    for pupil in pupils {
        if let Err(ended) = resend_of(las, &pupil, id.as_deref(), &mut sent) {
            held = Some(ended);
        }
    }
    match held {
        Some(ended) => Err(ended.with("documenten", sent)),
        None => {
            let text = format!("{} documents went out again", sent.len());
            Ok(Outcome::new(Status::Done, text).with("documenten", sent))
        }
    }
}

/// The documents of a pupil up to the first that gets no answer; up to the
/// one named, where one is.
fn resend_of(
    las: &Las,
    pupil: &str,
    last: Option<&str>,
    sent: &mut Vec<Value>,
) -> Result<(), Ended> {
    let turn = las.turn_of(pupil);
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    let waiting: Vec<(String, String, String)> = {
        let state = las.state();
        let waiting = state
            .documenten_over(pupil)
            .filter(|document| conduct::is_open(document));
        let named = |document: &super::document::Document| {
            (
                document.id.clone(),
                document.root.clone(),
                document.instellingscode.clone(),
            )
        };
        waiting.map(named).collect()
    };
    for (id, root, school) in waiting {
        let school = las.school(&school)?;
        las.permitted(&school, las.service_of(&root)?)?;
        let delivered = las.deliver(&id)?;
        sent.push(json!({
            "identificatiecodeBedrijfsdocument": delivered.id,
            "stand": delivered.stand.name(),
        }));
        if last == Some(&*id) {
            break;
        }
    }
    Ok(())
}
