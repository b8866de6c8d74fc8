//! What DUO does with what schools and samenwerkingsverbanden deliver for BRON
//! (30-bron-po.md, messages; how the exchange behaves).

use super::adviezen::{Advies, AdviesSleutel};
use super::draft::Draft;
use super::duo::day;
use super::informeren;
use super::inschrijvingen::{Inschrijving, Sleutel};
use super::personen::{Uitgifte, gegevens};
use super::signalen::{Signaal, code, goedgekeurd, woorden};
use super::state::{Entry, Weeksignaal};
use super::tlv::Tlv;
use super::toetsresultaten::Toetsresultaat;
use crate::counterpart::{Part, PersoonsgebondenNummer, Received};
use crate::finding::Class;

/// A message that is being handled.
pub(super) struct Zaak<'r> {
    /// The message.
    pub received: &'r Received,
    /// The institution that sent it.
    pub instelling: &'r str,
    /// Whether a mutation on an outdated copy is taken.
    pub takes_outdated: bool,
    /// Whether both schools hear at once of an enrolment at two.
    pub meld_dubbele_inschrijving: bool,
}

/// What comes of a message.
#[derive(Debug, Default)]
pub(super) struct Uitkomst {
    /// What is said of it.
    pub signalen: Vec<Signaal>,
    /// What the answer holds beside the judgement.
    pub parts: Vec<Part>,
}

impl Uitkomst {
    fn fout(signaal: Signaal) -> Self {
        Self {
            signalen: vec![signaal],
            parts: Vec::new(),
        }
    }
}

impl Zaak<'_> {
    /// What the rules said of the body.
    pub fn remarks(&self) -> Vec<Signaal> {
        let remarks = self.received.remarks.iter();
        remarks
            .filter(|remark| !remark.of_envelope)
            .map(|remark| Signaal::of_remark(remark, self.received))
            .collect()
    }

    fn fout(&self, code: &str, text: &str) -> Signaal {
        Signaal::fout(code, text, self.received)
    }

    fn unknown_person(&self) -> Signaal {
        self.fout(
            code::PERSOON_ONBEKEND,
            "Er is geen persoon met dit burgerservicenummer of onderwijsnummer.",
        )
    }

    /// What a message without the parts that its schema asks for gets: its own
    /// foutmelding says more, and is there already.
    fn incomplete(&self) -> Signaal {
        self.fout(
            "KK-DUO-ONVOLLEDIG",
            "Het document kan niet worden geregistreerd: er ontbreken gegevens.",
        )
    }

    /// The pupil by the number that is registered now; a melding where the
    /// message still has the old one.
    pub fn persoon(
        &self,
        draft: &Draft<'_>,
    ) -> Result<(PersoonsgebondenNummer, Option<Signaal>), Signaal> {
        let given = self.received.body().number();
        let given = given.ok_or_else(|| self.incomplete())?;
        let personen = &draft.state().personen;
        if !personen.kent(&given) {
            return Err(self.unknown_person());
        }
        let actual = personen.actueel(&given);
        let melding = (actual != given).then(|| {
            let mut signaal = Signaal::new(
                code::NUMMER_VERVANGEN,
                Class::Melding,
                "Het onderwijsnummer is vervangen door een burgerservicenummer; het document is daaronder geregistreerd.",
                self.received,
            );
            signaal.with_sleutel(actual.element(), actual.digits());
            signaal
        });
        Ok((actual, melding))
    }
}

/// Handles a message of BRON. Nothing is registered when there is a
/// foutmelding.
pub(super) fn handle(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Uitkomst {
    let said = zaak.remarks();
    if !goedgekeurd(&said) {
        return Uitkomst {
            signalen: said,
            parts: Vec::new(),
        };
    }
    let operation = &*zaak.received.message.operation;
    let mut uitkomst = match operation {
        "aanleverenIdentificerenPersoon" => identificeren(draft, zaak),
        "opvragenRegistratieoverzicht" => opvragen(draft, zaak),
        _ => match zaak.persoon(draft) {
            Err(fout) => Uitkomst::fout(fout),
            Ok((persoon, melding)) => {
                let signalen = registreer(draft, zaak, operation, persoon);
                Uitkomst {
                    signalen: melding.into_iter().chain(signalen).collect(),
                    parts: Vec::new(),
                }
            }
        },
    };
    uitkomst.signalen.splice(0..0, said);
    if goedgekeurd(&uitkomst.signalen) {
        weekbestand(draft, zaak.instelling, &uitkomst.signalen);
    }
    uitkomst
}

/// What stands in the weekly file only.
pub(super) fn weekbestand(draft: &mut Draft<'_>, instelling: &str, signalen: &[Signaal]) {
    for signaal in signalen {
        if signaal.soort == Class::Signaal {
            draft.add(Entry::Weeksignaal(Weeksignaal {
                instelling: instelling.to_string(),
                code: signaal.code.clone(),
                omschrijving: signaal.omschrijving.clone(),
                sleutels: signaal.sleutels.clone(),
            }));
        }
    }
}

fn registreer(
    draft: &mut Draft<'_>,
    zaak: &Zaak<'_>,
    operation: &str,
    persoon: PersoonsgebondenNummer,
) -> Vec<Signaal> {
    let body = zaak.received.body();
    let instelling = zaak.instelling;
    match operation {
        _ if operation.starts_with("aanleverenInschrijving") => {
            match Inschrijving::read(body, instelling, persoon) {
                Some(enrolment) => inschrijving(draft, zaak, &enrolment),
                None => vec![zaak.incomplete()],
            }
        }
        _ if operation.starts_with("aanleverenVerwijderingInschrijving") => {
            let volgnummer = body.text("inschrijvingvolgnummer").unwrap_or_default();
            let sleutel = Sleutel {
                instelling: instelling.to_string(),
                persoon,
                volgnummer,
            };
            verwijder_inschrijving(draft, zaak, sleutel)
        }
        "aanleverenAdviesVO" => match Advies::read(body, instelling, persoon) {
            Some(advies) => {
                draft.add(Entry::Advies(advies));
                Vec::new()
            }
            None => vec![zaak.incomplete()],
        },
        "aanleverenVerwijderingAdviesVO" => {
            let sleutel = AdviesSleutel {
                instelling: instelling.to_string(),
                persoon,
                volgnummer: body.text("adviesvolgnummer").unwrap_or_default(),
            };
            if draft.state().adviezen.get(&sleutel).is_none() {
                return vec![zaak.fout(
                    code::NIET_GEREGISTREERD,
                    "Er is geen advies met dit adviesvolgnummer geregistreerd.",
                )];
            }
            draft.add(Entry::AdviesVerwijderd(sleutel));
            Vec::new()
        }
        "aanleverenToetsresultaat" => match Toetsresultaat::read(body, instelling, persoon) {
            Some(result) => {
                draft.add(Entry::Toetsresultaat(result));
                Vec::new()
            }
            None => vec![zaak.incomplete()],
        },
        "aanleverenTLV" => match Tlv::read(body, instelling, persoon) {
            Some(tlv) => {
                registreer_tlv(draft, tlv);
                Vec::new()
            }
            None => vec![zaak.incomplete()],
        },
        _ => vec![zaak.incomplete()],
    }
}

fn inschrijving(draft: &mut Draft<'_>, zaak: &Zaak<'_>, enrolment: &Inschrijving) -> Vec<Signaal> {
    let meld = zaak.meld_dubbele_inschrijving;
    registreer_inschrijving(draft, enrolment, meld)
        .iter()
        .map(|opmerking| {
            let Opmerking { code, soort, args } = opmerking;
            Signaal::of_rule(code, *soort, args, zaak.received)
        })
        .collect()
}

/// What is said of an enrolment that is registered, beside those that were.
pub(super) struct Opmerking {
    code: &'static str,
    soort: Class,
    args: Vec<(&'static str, String)>,
}

impl Opmerking {
    /// The signal about an enrolment for which there was no message.
    pub fn signaal(&self, sleutel: &Sleutel) -> Signaal {
        Signaal {
            code: self.code.to_string(),
            soort: self.soort,
            omschrijving: woorden(self.code, &self.args),
            sleutels: vec![(
                "inschrijvingvolgnummer".to_string(),
                sleutel.volgnummer.clone(),
            )],
        }
    }
}

/// Registers an enrolment and tells the schools concerned; `meld` also of an
/// enrolment at two. Gives what the school that delivers it is told.
pub(super) fn registreer_inschrijving(
    draft: &mut Draft<'_>,
    enrolment: &Inschrijving,
    meld: bool,
) -> Vec<Opmerking> {
    let before = draft
        .state()
        .inschrijvingen
        .get(&enrolment.sleutel)
        .cloned();
    let mut opmerkingen = Vec::new();
    opmerkingen.extend(nieuw_volgnummer(draft, enrolment, before.as_ref()));
    opmerkingen.extend(aansluiting(draft, enrolment, before.as_ref()));
    draft.add(Entry::Inschrijving(enrolment.clone()));
    opmerkingen.extend(informeren::overlap(draft, enrolment).map(|args| Opmerking {
        code: code::DUBBELE_INSCHRIJVING,
        soort: Class::Signaal,
        args: args.to_vec(),
    }));
    informeren::inschrijving(draft, before.as_ref(), enrolment);
    if meld {
        informeren::dubbele_inschrijving(draft, before.as_ref(), enrolment);
    }
    let today = day(draft.now());
    informeren::bekostiging_van(draft, &enrolment.sleutel.persoon, today);
    opmerkingen
}

/// Registers a toelaatbaarheidsverklaring and tells the schools what it changes
/// in their funding.
pub(super) fn registreer_tlv(draft: &mut Draft<'_>, tlv: Tlv) {
    let persoon = tlv.persoon.clone();
    draft.add(Entry::Tlv(tlv));
    let today = day(draft.now());
    informeren::bekostiging_van(draft, &persoon, today);
}

/// A correction that comes with a new volgnummer makes a second enrolment.
fn nieuw_volgnummer(
    draft: &Draft<'_>,
    enrolment: &Inschrijving,
    before: Option<&Inschrijving>,
) -> Option<Opmerking> {
    if before.is_some() {
        return None;
    }
    let key = &enrolment.sleutel;
    let mut own = draft.state().inschrijvingen.van(&key.persoon);
    let earlier = own.find(|other| {
        other.sleutel.instelling == key.instelling
            && other.inschrijving == enrolment.inschrijving
            && other.sleutel.volgnummer != key.volgnummer
    })?;
    Some(Opmerking {
        code: code::NIEUW_VOLGNUMMER,
        soort: Class::Melding,
        args: vec![
            ("volgnummer", key.volgnummer.clone()),
            ("eerder", earlier.sleutel.volgnummer.clone()),
            ("datum", enrolment.inschrijving.to_string()),
            ("instelling", key.instelling.clone()),
            ("ander", "geregistreerd".to_string()),
        ],
    })
}

/// The next enrolment is exactly one day after the deregistration.
fn aansluiting(
    draft: &Draft<'_>,
    enrolment: &Inschrijving,
    before: Option<&Inschrijving>,
) -> Option<Opmerking> {
    if before.is_some_and(|before| before.inschrijving == enrolment.inschrijving) {
        return None;
    }
    let previous = draft.state().inschrijvingen.vorige(enrolment)?;
    let last = previous.uitschrijving?;
    let expected = last.tomorrow().ok()?;
    // An overlap is another signal.
    (enrolment.inschrijving > expected).then(|| Opmerking {
        code: code::AANSLUITING,
        soort: Class::Melding,
        args: vec![
            ("datum", enrolment.inschrijving.to_string()),
            ("uitschrijving", last.to_string()),
            ("verwacht", expected.to_string()),
            ("andere-instelling", previous.sleutel.instelling.clone()),
            ("ander", "geregistreerd".to_string()),
        ],
    })
}

fn verwijder_inschrijving(
    draft: &mut Draft<'_>,
    zaak: &Zaak<'_>,
    sleutel: Sleutel,
) -> Vec<Signaal> {
    let persoon = sleutel.persoon.clone();
    // A removal of another sector's contract is none of this enrolment.
    let sector = zaak
        .received
        .message
        .operation
        .trim_start_matches("aanleverenVerwijderingInschrijving")
        .to_string();
    let known = draft.state().inschrijvingen.get(&sleutel);
    if known.is_none_or(|known| known.sector != sector) {
        return vec![zaak.fout(
            code::NIET_GEREGISTREERD,
            "Er is geen inschrijving met dit inschrijvingvolgnummer geregistreerd.",
        )];
    }
    draft.add(Entry::InschrijvingVerwijderd(sleutel));
    let today = day(draft.now());
    informeren::bekostiging_van(draft, &persoon, today);
    Vec::new()
}

fn identificeren(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Uitkomst {
    let body = zaak.received.body();
    let huidig = body.text("huidigOnderwijsnummer");
    let huidig = huidig.map(PersoonsgebondenNummer::Onderwijsnummer);
    if let Some(huidig) = &huidig
        && !draft.state().personen.kent(huidig)
    {
        return Uitkomst::fout(zaak.unknown_person());
    }
    let given = body.first("metPGN").and_then(|met| met.number());
    let nummer = match (given, &huidig) {
        (Some(given), _) if !draft.state().personen.kent(&given) => {
            return Uitkomst::fout(zaak.unknown_person());
        }
        (Some(given), _) => draft.state().personen.actueel(&given),
        (None, Some(huidig)) => draft.state().personen.actueel(huidig),
        (None, None) => {
            let seed = &draft.means().seed;
            let gegevens = gegevens(body);
            let Some(nummer) = draft.state().personen.nummer_voor(seed, &gegevens) else {
                return Uitkomst::fout(zaak.fout(
                    "KK-DUO-NUMMERS-OP",
                    "Er is geen onderwijsnummer meer uit te geven.",
                ));
            };
            if let PersoonsgebondenNummer::Onderwijsnummer(onderwijsnummer) = &nummer {
                draft.add(Entry::Uitgifte(Uitgifte {
                    onderwijsnummer: onderwijsnummer.clone(),
                    gegevens,
                    instelling: zaak.instelling.to_string(),
                }));
            }
            nummer
        }
    };
    if let (Some(PersoonsgebondenNummer::Onderwijsnummer(oud)), PersoonsgebondenNummer::Bsn(bsn)) =
        (&huidig, &nummer)
    {
        vervang(draft, oud, bsn);
    }
    Uitkomst {
        signalen: Vec::new(),
        parts: vec![Part::of(nummer.element(), nummer.digits())],
    }
}

/// Lets a BSN take the place of an onderwijsnummer and tells the schools.
pub(super) fn vervang(draft: &mut Draft<'_>, onderwijsnummer: &str, bsn: &str) {
    if draft.state().personen.is_vervangen(onderwijsnummer) {
        return;
    }
    informeren::persoonsgegevens(draft, onderwijsnummer, bsn);
    draft.add(Entry::NummerVervangen {
        onderwijsnummer: onderwijsnummer.to_string(),
        bsn: bsn.to_string(),
    });
}

fn opvragen(draft: &Draft<'_>, zaak: &Zaak<'_>) -> Uitkomst {
    let wanted = match zaak.received.body().number() {
        None => None,
        Some(_) => match zaak.persoon(draft) {
            Ok((persoon, _)) => Some(persoon),
            Err(fout) => return Uitkomst::fout(fout),
        },
    };
    let own = draft.state().inschrijvingen.bij(zaak.instelling);
    let shown = own.filter(|enrolment| {
        let persoon = &enrolment.sleutel.persoon;
        wanted.as_ref().is_none_or(|wanted| wanted == persoon)
    });
    Uitkomst {
        signalen: Vec::new(),
        parts: shown.map(Inschrijving::overzicht).collect(),
    }
}
