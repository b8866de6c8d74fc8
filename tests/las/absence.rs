//! Absence reports: seen before they are changed, and closed for good.

use ketenkeur::counterpart::Part;
use ketenkeur::counterpart::trigger::Action;
use serde_json::json;

use crate::actions::text;
use crate::duo::Reaction;
use crate::world::world;

#[test]
fn a_report_is_fetched_before_it_is_changed_and_after_a_lock_conflict() {
    let world = world("2026-09-25T08:00:00Z");
    let report = json!({
        "leerling": "L09", "verzuimsoort": "L", "begindatum": "2026-09-14", "einddatum": "2026-09-18",
        "vermoedelijkeReden": "Gezin is volgens een klasgenoot op vakantie.",
    });
    let (outcome, _) = world.done(Action::MeldVerzuim, report);
    assert_eq!(outcome.data["meldingsnummer"], "7004512");
    assert_eq!(outcome.data["status"], "R");
    world.later(60);
    let with = json!({"meldingsnummer": "7004512", "einddatum": "2026-09-21"});
    let (_, messages) = world.done(Action::WijzigVerzuim, with);
    let roots: Vec<_> = messages.iter().map(Part::name).collect();
    assert_eq!(
        roots,
        [
            "aanvraagGewijzigdeMeldingen_Request",
            "mutatieMeldingRelatiefVerzuim_Request"
        ]
    );
    assert_eq!(
        text(&messages, "procesverloop/tijdstipLaatsteMutatie"),
        Some("08:00:00.000")
    );
    // What it saw last is enough the next time.
    world.later(60);
    let with = json!({"leerling": "L09", "toelichtingActieGewenst": "Graag een gesprek."});
    let (_, messages) = world.done(Action::WijzigVerzuim, with.clone());
    assert_eq!(messages.len(), 1);
    assert_eq!(text(&messages, "einddatum"), Some("2026-09-21"));
    // Somebody was before it: fetched, and changed once more.
    world.later(60);
    world.network.duo.next(Reaction::Conflict);
    world.network.duo.reports.lock().unwrap()[0].status = "B";
    let (outcome, messages) = world.done(Action::WijzigVerzuim, with.clone());
    let roots: Vec<_> = messages.iter().map(Part::name).collect();
    assert_eq!(
        roots,
        [
            "mutatieMeldingRelatiefVerzuim_Request",
            "aanvraagGewijzigdeMeldingen_Request",
            "mutatieMeldingRelatiefVerzuim_Request"
        ]
    );
    assert_eq!(
        text(&messages, "procesverloop/tijdstipLaatsteMutatie"),
        Some("23:59:59.999")
    );
    assert_eq!(
        (&outcome.data["pogingen"], &outcome.data["status"]),
        (&json!(2), &json!("B"))
    );
    // And no third time.
    world.later(60);
    for reaction in [Reaction::Conflict, Reaction::Signal(""), Reaction::Reject] {
        world.network.duo.next(reaction);
    }
    let (outcome, messages) = world.done(Action::WijzigVerzuim, with.clone());
    assert_eq!(
        (messages.len(), &outcome.data["geregistreerd"]),
        (3, &json!(false))
    );
    // What the municipality closed stays closed.
    world.network.duo.reports.lock().unwrap()[0].status = "G";
    world.network.duo.reports.lock().unwrap()[0].seen.0 = "2026-09-26".to_string();
    world.later(60 * 24);
    let (outcome, _) = world.done(Action::HaalVerzuimOp, json!({}));
    assert_eq!(outcome.data["meldingen"][0]["status"], "G");
    let with = json!({"meldingsnummer": "7004512", "einddatum": "2026-09-22"});
    assert_eq!(world.ends(Action::WijzigVerzuim, with).1, "afgesloten");
}

#[test]
fn a_report_is_withdrawn_and_then_final() {
    let world = world("2026-09-25T08:00:00Z");
    let report = json!({
        "leerling": "L09", "verzuimsoort": "L", "begindatum": "2026-09-14", "einddatum": "2026-09-18",
        "vermoedelijkeReden": "Gezin is volgens een klasgenoot op vakantie.",
    });
    world.done(Action::MeldVerzuim, report);
    world.later(60);
    let (outcome, messages) = world.done(Action::TrekVerzuimIn, json!({"leerling": "L09"}));
    assert_eq!(outcome.data["status"], "I");
    assert_eq!(text(&messages, "redenIngetrokken"), Some("V"));
    let with = json!({"meldingsnummer": "7004512"});
    assert_eq!(world.ends(Action::TrekVerzuimIn, with).1, "afgesloten");
}
