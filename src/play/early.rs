//! A moment at which a scenario cannot be played: no pack holds yet of what it
//! is about.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::check::recognise_xml;
use crate::document::{Document, Gated};
use crate::pack::Store;
use crate::scenario::{Action, Content, Scenario};

/// The first message of a scenario of which no pack holds yet at the moment at
/// which the scenario begins, and the day from which one does. Nothing of a
/// scenario that moves the clock itself.
pub fn too_early(store: &Store, scenario: &Scenario, now: Timestamp) -> Option<(String, Date)> {
    let today = TimeZone::UTC.to_datetime(now).date();
    let moment = scenario.at.map_or(now, |at| at.on(today));
    let day = TimeZone::UTC.to_datetime(moment).date();
    let steps = scenario.all_steps();
    let moves = |action: &Action| matches!(action, Action::Advance(_));
    if steps.iter().any(|step| moves(&step.action)) {
        return None;
    }
    steps.iter().find_map(|step| {
        let name = match &step.action {
            Action::Send(send) => match &send.message.content {
                Content::Message(name) => name.value.to_string(),
                Content::File { bytes, .. } => name_of(store, bytes)?,
                _ => return None,
            },
            Action::Receive(receive) => receive.message.as_ref()?.value.to_string(),
            _ => return None,
        };
        let from = from_when(store, &name)?;
        (from > day).then_some((name, from))
    })
}

/// The day from which a pack of a message holds; `None` where one always did.
fn from_when(store: &Store, name: &str) -> Option<Date> {
    let known = store
        .messages()
        .filter(|(_, message)| **message.id() == *name);
    let days: Option<Vec<Date>> = known
        .map(|(pack, _)| pack.manifest.valid_from.map(|day| day.0))
        .collect();
    days?.into_iter().min()
}

/// The message that some bytes hold.
fn name_of(store: &Store, bytes: &[u8]) -> Option<String> {
    let document = Document::from_xml(Gated::xml(bytes).ok()?).ok()?;
    let message = recognise_xml(store, &document).message()?;
    Some(message.id().to_string())
}
