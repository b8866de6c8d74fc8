//! Triggers that make no sense.

use ketenkeur::counterpart::trigger::Action;
use serde_json::{Value, json};

use crate::world::world;

/// Values that make no sense, in every member of every action: an answer each
/// time, and nothing goes out that its contract refuses.
#[test]
fn nothing_that_a_trigger_says_makes_it_send_what_is_not_as_the_contract_says() {
    let world = world("2026-09-25T08:00:00Z");
    let base = json!({
        "leerling": "L08", "advies": "HAVO", "toetscode": "IEP", "verzuimsoort": "L", "meldingsnummer": "1",
        "vermoedelijkeReden": "Onbekend.", "begindatum": "2026-09-21",
    });
    let members = [
        "leerling",
        "burgerservicenummer",
        "onderwijsnummer",
        "instellingscode",
        "datumInschrijving",
        "datumUitschrijving",
        "perioden",
        "inschrijvingvolgnummer",
        "onderwijssoort",
        "nNCA",
        "leerjaar",
        "groep",
        "vestigingscode",
        "ontwikkelingsperspectief",
        "verblijfAndereInstelling",
        "advies",
        "adviesdatum",
        "adviesjaar",
        "soort",
        "toetscode",
        "afnamedatum",
        "resultaat",
        "verzuimsoort",
        "begindatum",
        "verzuimdag",
        "contactpersoon",
        "meldingsnummer",
        "redenIngetrokken",
        "vanaf",
        "persoon",
        "dienst",
        "url",
        "start_date",
        "reference_date",
    ];
    let long = "x".repeat(5_000);
    let values = [
        json!(null),
        json!("<&>"),
        json!("\u{0}"),
        json!(-1),
        json!([[1]]),
        json!({"datumBegin": "x"}),
        json!({"a b": 1}),
        json!(long),
    ];
    let known = |action: Action| {
        let outcome = world.act(action, json!({"?": 1}));
        outcome.text
    };
    for &action in Action::ALL {
        let said = known(action);
        let has = |member: &str| said.split([' ', ',']).any(|word| word == member);
        for member in members.into_iter().filter(|member| has(member)) {
            for value in &values {
                let mut with = base.as_object().unwrap().clone();
                with.retain(|name, _| has(name));
                with.insert(member.to_string(), value.clone());
                let outcome = world.act(action, Value::Object(with));
                let reden = outcome.data.get("reden");
                assert_ne!(
                    reden,
                    Some(&json!("intern")),
                    "{} {member} {value}",
                    action.name()
                );
                for message in world.network.taken() {
                    let broken = world.network.broken(&message);
                    let of_schema = broken.iter().any(|rule| rule.starts_with("KK-XSD"));
                    assert!(!of_schema, "{} {member} {value}: {broken:?}", action.name());
                }
            }
        }
    }
}
