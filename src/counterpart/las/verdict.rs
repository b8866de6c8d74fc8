//! What DUO's answers and pushes say, read by local names.

use super::document::{FOUTMELDING, Fout, Oordeel, Push, Signaal, Stand};
use super::state::Geval;
use crate::counterpart::{Part, PersoonsgebondenNummer};
use crate::document::{Document, Gated};
use crate::edukoppeling::Envelope;

/// The messages that DUO pushes (30-bron-po.md, messages).
pub const PERSOONSGEGEVENS: &str = "informerenPersoonsgegevens_Request";
/// Funding status.
pub const BEKOSTIGINGSSTATUS: &str = "informerenBekostigingsstatus_Request";
/// Notice of an enrolment or its end.
pub const INSCHRIJVING: &str = "informerenInschrijving_Request";
/// Notice of a double enrolment.
pub const DUBBELE_INSCHRIJVING: &str = "informerenDubbeleInschrijving_Request";
/// The verdict on a document, the vo way.
pub const TERUGKOPPELING: &str = "verstrekkenTerugkoppeling_Request";

/// All of them.
pub const PUSHES: [&str; 5] = [
    PERSOONSGEGEVENS,
    BEKOSTIGINGSSTATUS,
    INSCHRIJVING,
    DUBBELE_INSCHRIJVING,
    TERUGKOPPELING,
];

/// What a message about an absence report has beside the content of the report
/// (40-verzuim.md, operations).
pub const OF_THE_MUTATION: [&str; 4] = [
    "onderwijsinstelling",
    "meldingsnummer",
    "procesverloop",
    "redenIngetrokken",
];

/// The namespace of SOAP 1.1.
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// Where a document stands after this answer; `None` when it says nothing of
/// it.
pub fn of_answer(answer: &Part) -> Option<Stand> {
    let text = |name: &str| Some(answer.part(name)?.text().to_string());
    let Some(goedgekeurd) = text("requestGoedgekeurd") else {
        return (text("ontvangstBevestiging")? == "J").then_some(Stand::Ontvangen);
    };
    Some(Stand::Beoordeeld(Oordeel {
        goedgekeurd: matches!(&*goedgekeurd, "true" | "1"),
        signalen: signals(answer),
        nummer: number(answer),
        meldingsnummer: text("meldingsnummer"),
        status: text("status"),
        procesverloop: answer.part("procesverloop").and_then(last_mutation),
    }))
}

/// The document that a push gives the verdict on, and where it stands then.
pub fn of_push(push: &Push) -> Option<(String, Stand)> {
    if push.root != TERUGKOPPELING {
        return None;
    }
    let document = push.text("identificatiecodeAangeleverdBedrijfsdocument")?;
    Some((document.to_string(), of_answer(&push.inhoud)?))
}

/// The number that a push about a person puts in the place of the old one.
pub fn replacement(push: &Push) -> Option<PersoonsgebondenNummer> {
    number(push.inhoud.part("nieuwPersoonsgebondenNummer")?)
}

/// The number of a pupil in a part.
pub fn number(part: &Part) -> Option<PersoonsgebondenNummer> {
    let text = |name: &str| Some(part.part(name)?.text().to_string());
    let bsn = text("burgerservicenummer").map(PersoonsgebondenNummer::Bsn);
    bsn.or_else(|| text("onderwijsnummer").map(PersoonsgebondenNummer::Onderwijsnummer))
}

/// The signals of BRON and the foutmeldingen of verzuim and RIO
/// (30-bron-po.md, terugkoppeling; house style).
fn signals(answer: &Part) -> Vec<Signaal> {
    let text = |part: &Part, name: &str| {
        let part = part.part(name);
        part.map_or_else(String::new, |part| part.text().to_string())
    };
    let parts = answer.parts().iter();
    let signals = parts.filter_map(|part| match part.name() {
        "signaal" => Some(Signaal {
            code: text(part, "code"),
            soort: text(part, "soort"),
            omschrijving: text(part, "omschrijving"),
        }),
        "foutmelding" => Some(Signaal {
            code: text(part, "foutcode"),
            soort: FOUTMELDING.to_string(),
            omschrijving: text(part, "fouttekst"),
        }),
        _ => None,
    });
    signals.collect()
}

fn last_mutation(part: &Part) -> Option<(String, String)> {
    let text = |name: &str| Some(part.part(name)?.text().to_string());
    Some((
        text("datumLaatsteMutatie")?,
        text("tijdstipLaatsteMutatie")?,
    ))
}

/// The reports in an answer to aanvraagGewijzigdeMeldingen, and from which
/// moment to ask the next time.
pub fn fetched(answer: &Part) -> (Vec<Geval>, Option<(String, String)>) {
    let reports = answer
        .parts()
        .iter()
        .filter(|part| part.name() == "verzuimgeval");
    let reports = reports.filter_map(|part| {
        let melding = part.part("melding")?;
        let gegevens = melding.parts().iter();
        let gegevens = gegevens.filter(|part| part.name() != "meldingsnummer");
        Some(Geval {
            nummer: number(part),
            meldingsnummer: melding.part("meldingsnummer")?.text().to_string(),
            gegevens: gegevens
                .chain(part.part("onderwijsdeelname"))
                .cloned()
                .collect(),
            status: part.part("status")?.text().to_string(),
            procesverloop: part.part("procesverloop").and_then(last_mutation)?,
        })
    });
    let next = answer.part("selectieperiode").and_then(|part| {
        let text = |name: &str| Some(part.part(name)?.text().to_string());
        Some((
            text("datumBeginSelectieperiode")?,
            text("tijdstipBeginSelectieperiode")?,
        ))
    });
    (reports.collect(), next)
}

/// The SOAP fault that a body is; `None` when it is none. A fault carries no
/// signature: it can refuse, and nothing else.
pub fn fault(body: &[u8]) -> Option<Fout> {
    let document = Document::from_xml(Gated::xml(body).ok()?).ok()?;
    let fault = document.elements(Envelope::of(&document)?.body?).next()?;
    if document.local_name(fault) != "Fault" || document.namespace(fault) != SOAP {
        return None;
    }
    let text = |node| document.value(node).trim().to_string();
    let of_detail = document.child(fault, "detail").and_then(|detail| {
        let mut within = document.subtree(detail);
        within.find(|&node| document.is_element(node) && document.local_name(node) == "code")
    });
    let faultcode = document.child(fault, "faultcode");
    let party = faultcode.map_or_else(String::new, text);
    let code = of_detail.or(faultcode);
    Some(Fout {
        code: code.map_or_else(String::new, text),
        tekst: document
            .child(fault, "faultstring")
            .map_or_else(String::new, text),
        partij: party.rsplit(':').next().unwrap_or_default().to_string(),
    })
}
