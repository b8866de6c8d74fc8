//! What DUO does with messages about absence (40-verzuim.md, operations).

use jiff::{SignedDuration, Timestamp};

use super::aanleveren::{Uitkomst, Zaak};
use super::draft::Draft;
use super::signalen::{Signaal, code, goedgekeurd};
use super::state::Entry;
use super::verzuim::{Geval, Status, selectieperiode, tijdstip_van};
use crate::counterpart::Part;
use crate::limits::CLOCK_SECONDS;

/// Handles a message about absence. Nothing is registered when there is a
/// foutmelding.
pub(super) fn handle(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Uitkomst {
    let said = zaak.remarks();
    if !goedgekeurd(&said) {
        return Uitkomst {
            signalen: said,
            parts: Vec::new(),
        };
    }
    let outcome = match &*zaak.received.message.operation {
        "meldenRelatiefVerzuim" => melden(draft, zaak),
        "mutatieMeldingRelatiefVerzuim" => mutatie(draft, zaak),
        "intrekkenMeldingRelatiefVerzuim" => intrekken(draft, zaak),
        _ => gewijzigde(draft, zaak),
    };
    match outcome {
        Ok(parts) => Uitkomst {
            signalen: said,
            parts,
        },
        Err(fout) => Uitkomst {
            signalen: said.into_iter().chain([fout]).collect(),
            parts: Vec::new(),
        },
    }
}

fn melden(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Result<Vec<Part>, Signaal> {
    let (persoon, _) = zaak.persoon(draft)?;
    let body = zaak.received.body();
    let geval = draft.state().verzuim.nieuw(body, persoon, draft.now());
    let geval = geval.ok_or_else(|| unknown(zaak))?;
    let parts = vec![
        Part::of("meldingsnummer", geval.meldingsnummer.as_str()),
        Part::of("status", geval.status.letter()),
    ];
    draft.add(Entry::Verzuim(geval));
    Ok(parts)
}

fn mutatie(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Result<Vec<Part>, Signaal> {
    let geval = open_geval(draft, zaak)?;
    let body = zaak.received.body();
    let seen = tijdstip_van(
        body.text("procesverloop/datumLaatsteMutatie"),
        body.text("procesverloop/tijdstipLaatsteMutatie"),
    );
    if seen != Some(geval.mutatie) && !zaak.takes_outdated {
        return Err(Signaal::fout(
            code::VERZUIM_VEROUDERD,
            "De melding is intussen gewijzigd. Vraag de actuele stand op en wijzig opnieuw.",
            zaak.received,
        ));
    }
    let changed = geval.gewijzigd(body, draft.now());
    if let (Some(first), Some(last)) = (changed.datum("begindatum"), changed.datum("einddatum"))
        && last < first
    {
        return Err(Signaal::fout(
            code::VERZUIM_EINDDATUM,
            "De einddatum ligt voor de begindatum van de melding.",
            zaak.received,
        ));
    }
    Ok(registreer(draft, changed))
}

fn intrekken(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Result<Vec<Part>, Signaal> {
    let geval = open_geval(draft, zaak)?;
    let reden = zaak.received.body().text("redenIngetrokken");
    let changed = geval.in_status(Status::I, reden, draft.now());
    Ok(registreer(draft, changed))
}

fn gewijzigde(draft: &Draft<'_>, zaak: &Zaak<'_>) -> Result<Vec<Part>, Signaal> {
    let body = zaak.received.body();
    let since = tijdstip_van(
        body.text("selectieperiode/datumBeginSelectieperiode"),
        body.text("selectieperiode/tijdstipBeginSelectieperiode"),
    );
    let since = since.ok_or_else(|| {
        Signaal::fout(
            "KK-DUO-SELECTIEPERIODE",
            "Het begin van de selectieperiode bestaat niet.",
            zaak.received,
        )
    })?;
    let vestiging = body.text("onderwijsinstelling/vestigingscode");
    let verzuim = &draft.state().verzuim;
    // A clock that was set back knows nothing of what came later. What changes
    // twice at one moment lies a little ahead of it.
    let ahead = SignedDuration::from_secs(CLOCK_SECONDS.cast_signed());
    let until = draft.now().checked_add(ahead).unwrap_or(Timestamp::MAX);
    let changed = verzuim.gewijzigd_in(zaak.instelling, vestiging.as_deref(), since..=until);
    let mut parts: Vec<Part> = changed.map(Geval::part).collect();
    parts.push(selectieperiode(draft.now()));
    Ok(parts)
}

fn registreer(draft: &mut Draft<'_>, geval: Geval) -> Vec<Part> {
    let parts = vec![
        Part::of("meldingsnummer", geval.meldingsnummer.as_str()),
        Part::of("status", geval.status.letter()),
        geval.procesverloop(),
    ];
    draft.add(Entry::Verzuim(geval));
    parts
}

/// The case that a school may still change.
fn open_geval(draft: &Draft<'_>, zaak: &Zaak<'_>) -> Result<Geval, Signaal> {
    let number = zaak.received.body().text("meldingsnummer");
    let geval = number
        .and_then(|number| draft.state().verzuim.get(&number).cloned())
        .filter(|geval| geval.instelling() == zaak.instelling)
        .ok_or_else(|| unknown(zaak))?;
    if !geval.status.is_open() {
        let mut fout = Signaal::fout(
            code::VERZUIM_STATUS,
            "De melding is afgehandeld en kan niet meer worden gewijzigd of ingetrokken.",
            zaak.received,
        );
        fout.with_sleutel("status", geval.status.letter());
        return Err(fout);
    }
    Ok(geval)
}

fn unknown(zaak: &Zaak<'_>) -> Signaal {
    Signaal::fout(
        code::NIET_GEREGISTREERD,
        "Er is voor deze school geen melding met dit meldingsnummer geregistreerd.",
        zaak.received,
    )
}
