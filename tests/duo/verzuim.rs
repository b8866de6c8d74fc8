//! A case of absence from report to end.

use ketenkeur::counterpart::Body;
use ketenkeur::counterpart::duo::{DuoError, Gemeenteactie, code};

use crate::support::{Antwoord, World};

fn report(world: &World) -> String {
    let body = world.message("meldenRelatiefVerzuim_Request", "25BE");
    let answer = world.send("25BE", &body);
    assert_eq!(answer.text("status"), "R");
    answer.text("meldingsnummer")
}

fn changed(world: &World, since: (&str, &str)) -> Antwoord {
    let mut body = world.message("aanvraagGewijzigdeMeldingen_Request", "25BE");
    body.set("selectieperiode/datumBeginSelectieperiode", since.0)
        .unwrap()
        .set("selectieperiode/tijdstipBeginSelectieperiode", since.1)
        .unwrap();
    world.send("25BE", &body)
}

fn mutation(world: &World, number: &str, seen: (&str, &str)) -> Body {
    let mut body = world.message("mutatieMeldingRelatiefVerzuim_Request", "25BE");
    body.set("meldingsnummer", number)
        .unwrap()
        .set("procesverloop/datumLaatsteMutatie", seen.0)
        .unwrap()
        .set("procesverloop/tijdstipLaatsteMutatie", seen.1)
        .unwrap();
    body
}

/// Date and time of the last change of the first case in an answer.
fn last_change(answer: &Antwoord) -> (String, String) {
    (
        answer.text("verzuimgeval/procesverloop/datumLaatsteMutatie"),
        answer.text("verzuimgeval/procesverloop/tijdstipLaatsteMutatie"),
    )
}

#[test]
fn a_case_lives_from_report_to_closing() {
    let world = World::at("2026-10-01T13:40:03.880Z");
    let number = report(&world);
    let all = changed(&world, ("2026-09-28", "07:00:00.000"));
    assert_eq!(all.text("verzuimgeval/melding/meldingsnummer"), number);
    let seen = last_change(&all);
    assert_eq!(
        (&*seen.0, &*seen.1),
        ("2026-10-01", "15:40:03.880"),
        "local time"
    );
    let next = (
        all.text("selectieperiode/datumBeginSelectieperiode"),
        all.text("selectieperiode/tijdstipBeginSelectieperiode"),
    );
    // A municipality acts; the school's copy is outdated, also while the clock
    // stands still.
    world
        .duo
        .municipality(&number, &Gemeenteactie::InBehandeling)
        .unwrap();
    let stale = world.send("25BE", &mutation(&world, &number, (&seen.0, &seen.1)));
    assert_eq!(
        stale.signalen(),
        [format!("FOUTMELDING {}", code::VERZUIM_VEROUDERD)]
    );
    let fresh = changed(&world, (&next.0, &next.1));
    assert_eq!(fresh.text("verzuimgeval/status"), "B");
    assert_eq!(
        fresh.text("verzuimgeval/behandelaar/gemeente"),
        "Voorbeelddam"
    );
    let seen = last_change(&fresh);
    world.advance(1);
    let done = world.send("25BE", &mutation(&world, &number, (&seen.0, &seen.1)));
    assert_eq!(done.text("status"), "B");
    let einddatum = world.duo.state(|state| {
        let geval = state.verzuim.get(&number).unwrap();
        geval.datum("einddatum").unwrap().to_string()
    });
    assert_eq!(einddatum, "2026-09-29");
    world
        .duo
        .municipality(
            &number,
            &Gemeenteactie::Afsluiten {
                reden: "GESPREK_GEVOERD".to_string(),
            },
        )
        .unwrap();
    let closed = changed(&world, ("2026-09-28", "07:00:00.000"));
    assert_eq!(closed.text("verzuimgeval/status"), "G");
    assert_eq!(
        closed.text("verzuimgeval/redenMeldingAfgesloten"),
        "GESPREK_GEVOERD"
    );
    // Closed is closed.
    let seen = last_change(&closed);
    let late = world.send("25BE", &mutation(&world, &number, (&seen.0, &seen.1)));
    assert_eq!(
        late.signalen(),
        [format!("FOUTMELDING {}", code::VERZUIM_STATUS)]
    );
    assert_eq!(
        world
            .duo
            .municipality(&number, &Gemeenteactie::InBehandeling),
        Err(DuoError::Transition)
    );
}

#[test]
fn a_school_withdraws_and_another_school_cannot() {
    let world = World::at("2026-10-01T13:40:03.880Z");
    let number = report(&world);
    let withdraw = |school: &str| {
        let mut body = world.message("intrekkenMeldingRelatiefVerzuim_Request", school);
        body.set("meldingsnummer", number.as_str())
            .unwrap()
            .set("onderwijsinstelling/instellingscode", school)
            .unwrap()
            .set("onderwijsinstelling/vestigingscode", format!("{school}00"))
            .unwrap();
        world.send(school, &body)
    };
    assert_eq!(
        withdraw("00AV").signalen(),
        [format!("FOUTMELDING {}", code::NIET_GEREGISTREERD)]
    );
    assert_eq!(withdraw("25BE").text("status"), "I");
    assert_eq!(
        withdraw("25BE").signalen(),
        [format!("FOUTMELDING {}", code::VERZUIM_STATUS)]
    );
    assert_eq!(
        world
            .duo
            .municipality("12", &Gemeenteactie::TerKennisgeving),
        Err(DuoError::UnknownReport)
    );
    let all = changed(&world, ("2026-09-28", "07:00:00.000"));
    assert_eq!(all.text("verzuimgeval/redenIngetrokken"), "V");
}
