//! DUO as a party: it answers what schools send and sends what schools must
//! know.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::aanleveren::{self, Uitkomst, Zaak};
use super::draft::{Draft, Means, Recipient};
use super::outbox::{self, Delivery, Push};
use super::signalen::{Signaal, code, goedgekeurd, komt_terug};
use super::state::{Document, Entry, State, Weeksignaal};
use super::{informeren, rio, verzuimloket, weekbestand};
use crate::counterpart::defect::Slip;
use crate::counterpart::door::post_only;
use crate::counterpart::{
    Bodies, Body, Desk, Directory, Fault, Journal, JournalError, Part, PersoonsgebondenNummer,
    Post, Query, Reading, Reason, Received, Service, Stamp, names_a_party,
};
use crate::edukoppeling::school_oin;
use crate::exchange::Exchange;
use crate::facts::Calendar;
use crate::transport::{Answer, Handler, Response};

/// Whose entries in the journal these are.
const PARTY: &str = "duo";

/// Foutmeldingen of one answer, in the contract that allows least.
const MAX_FOUTMELDINGEN: usize = 99;

/// The directions of the messages that DUO takes.
pub const TAKES: &[&str] = &["las-duo", "swv-duo", "las-rio"];

/// When the school hears what DUO thinks of a document (30-bron-po.md,
/// terugkoppeling).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Terugkoppeling {
    /// In the answer.
    #[default]
    Direct,
    /// In a message of its own later; the answer only confirms receipt (the
    /// way of vo).
    Later,
}

/// What DUO is made of.
pub struct DuoOptions {
    /// Where messages come in and are signed. It takes [`TAKES`].
    pub desk: Desk,
    /// Makes bodies for the packs in force.
    pub bodies: Arc<Bodies>,
    /// When pupils are counted.
    pub calendar: Arc<Calendar>,
    /// The OSR.
    pub directory: Arc<dyn Directory>,
    /// Delivers messages.
    pub post: Arc<dyn Post>,
    /// What must not be forgotten.
    pub journal: Journal,
    /// When schools hear what DUO thinks.
    pub terugkoppeling: Terugkoppeling,
    /// Whether both schools are told at once of an enrolment at two; today it
    /// only stands in the weekly file.
    pub meld_dubbele_inschrijving: bool,
}

/// The counterpart DUO.
pub struct Duo {
    pub(super) desk: Desk,
    pub(super) means: Means,
    directory: Arc<dyn Directory>,
    post: Arc<dyn Post>,
    journal: Journal,
    settings: Mutex<Settings>,
    known: Mutex<Known>,
    /// One delivery at a time, so that nothing is sent twice.
    delivering: Mutex<()>,
    /// Schools and suppliers that had a mandate once, for a DUO that is wrong
    /// to remember them.
    mandated: Mutex<Mandated>,
}

/// Schools and suppliers.
type Mandated = BTreeSet<(String, String)>;

/// What DUO knows, and whether that is what its journal says.
pub(super) struct Known {
    pub(super) state: State,
    /// An entry could not be written, and what was written could not be read:
    /// nothing is answered before it can.
    stale: bool,
}

#[derive(Clone, Copy)]
struct Settings {
    terugkoppeling: Terugkoppeling,
    meld_dubbele_inschrijving: bool,
}

impl std::fmt::Debug for Duo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Duo").finish_non_exhaustive()
    }
}

impl Duo {
    /// DUO with what its journal holds.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub fn new(options: DuoOptions) -> Result<Self, JournalError> {
        let entries: Vec<Entry> = options.journal.entries(PARTY)?;
        Ok(Self {
            means: Means {
                bodies: options.bodies,
                calendar: options.calendar,
                seed: options.desk.seed().into(),
                oin: options.desk.oin().into(),
            },
            desk: options.desk,
            directory: options.directory,
            post: options.post,
            journal: options.journal,
            settings: Mutex::new(Settings {
                terugkoppeling: options.terugkoppeling,
                meld_dubbele_inschrijving: options.meld_dubbele_inschrijving,
            }),
            known: Mutex::new(Known {
                state: State::fold(&entries),
                stale: false,
            }),
            delivering: Mutex::default(),
            mandated: Mutex::default(),
        })
    }

    /// Changes when schools hear what DUO thinks of a document.
    pub fn set_terugkoppeling(&self, terugkoppeling: Terugkoppeling) {
        self.with_settings(|settings| settings.terugkoppeling = terugkoppeling);
    }

    /// Changes whether both schools are told at once of an enrolment at two.
    pub fn set_meld_dubbele_inschrijving(&self, meld: bool) {
        self.with_settings(|settings| settings.meld_dubbele_inschrijving = meld);
    }

    pub(super) fn meldt_dubbele_inschrijving(&self) -> bool {
        self.with_settings(|settings| settings.meld_dubbele_inschrijving)
    }

    fn with_settings<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> T {
        let settings = self.settings.lock();
        change(&mut settings.unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at what DUO knows.
    pub fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.locked().state)
    }

    fn locked(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What DUO knows, as its journal says.
    pub(super) fn reliable(&self) -> Result<MutexGuard<'_, Known>, JournalError> {
        let mut known = self.locked();
        if known.stale {
            self.read_back(&mut known)?;
        }
        Ok(known)
    }

    fn read_back(&self, known: &mut Known) -> Result<(), JournalError> {
        known.stale = true;
        let entries: Vec<Entry> = self.journal.entries(PARTY)?;
        known.state = State::fold(&entries);
        known.stale = false;
        Ok(())
    }

    /// Reckons funding anew when the day has changed. Every message and every
    /// delivery does so first; for whoever moves the clock and waits.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub fn tick(&self) -> Result<(), JournalError> {
        let mut known = self.reliable()?;
        self.change(&mut known, |_| ())
    }

    /// The weekly file of an institution, as of now.
    pub fn weekbestand(&self, instelling: &str) -> Vec<Weeksignaal> {
        let today = day(self.desk.clock().now());
        weekbestand::regels(
            &self.locked().state,
            &self.means.calendar,
            instelling,
            today,
        )
    }

    /// Sends the messages that wait, each once, in order per school. What is
    /// not confirmed stays, with its reason, for the next time.
    ///
    /// # Errors
    ///
    /// The journal cannot be written; nothing that was confirmed before is
    /// lost.
    pub fn deliver(&self) -> Result<Delivery, JournalError> {
        let turn = self.delivering.lock();
        let _turn = turn.unwrap_or_else(PoisonError::into_inner);
        self.tick()?;
        let waiting: Vec<Push> = {
            let known = self.reliable()?;
            let waiting = known.state.outbox.waiting();
            waiting.map(|(push, _)| push.clone()).collect()
        };
        let mut failure = None;
        let delivery = outbox::deliver(
            waiting,
            &self.desk,
            &*self.directory,
            &*self.post,
            |push, outcome| {
                let entry = match outcome {
                    Ok(()) => Entry::Bezorgd {
                        nummer: push.nummer,
                    },
                    Err(reden) => Entry::NietBezorgd {
                        nummer: push.nummer,
                        reden,
                    },
                };
                let told = self
                    .reliable()
                    .and_then(|mut known| self.change(&mut known, |draft| draft.add(entry)));
                if let Err(error) = told {
                    failure.get_or_insert(error);
                }
            },
        );
        match failure {
            Some(error) => Err(error),
            None => Ok(delivery),
        }
    }

    /// Changes the state by entries that are in the journal when this returns.
    /// When they cannot be written, the state is what the journal says.
    pub(super) fn change<T>(
        &self,
        known: &mut Known,
        work: impl FnOnce(&mut Draft<'_>) -> T,
    ) -> Result<T, JournalError> {
        let now = self.desk.clock().now();
        let mut draft = Draft::new(&mut known.state, &self.means, now);
        reckon(&mut draft, day(now));
        let result = work(&mut draft);
        let entries = draft.into_entries();
        if entries.is_empty() {
            return Ok(result);
        }
        match self.journal.append(PARTY, &entries) {
            Ok(()) => Ok(result),
            Err(error) => {
                self.read_back(known)?;
                Err(error)
            }
        }
    }

    fn handle(&self, exchange: &Exchange) -> Result<Response, Fault> {
        let received = self.desk.receive(exchange)?;
        let school = received.school().ok_or(Reason::Envelope)?;
        // Nobody delivers in the name of another institution.
        let named = received.body().instellingscode();
        let named = named.and_then(|code| school_oin(&code));
        if named.is_some_and(|named| named != school) {
            return Err(Reason::Envelope.into());
        }
        self.check_mandate(&received, &school)?;
        let root = self.means.bodies.counterpart_of(received.root());
        let root = root.ok_or(Reason::Unknown)?;
        let body = self.means.bodies.empty(&root);
        let body = body.map_err(|_| Reason::Receiver)?;
        let action = body.action().unwrap_or_default().to_string();
        let xml = self.answered(&received, &school, body)?;
        self.desk
            .answer_xml(&received, &self.means.oin, &xml, &action, None)
            .map_err(|_| Reason::Receiver.into())
    }

    /// Whether the school lets this supplier speak for it. A school that signs
    /// with a certificate of its own needs no mandate.
    fn check_mandate(&self, received: &Received, school: &str) -> Result<(), Fault> {
        let ignores = self.desk.defect().has(Slip::IgnoresMandate);
        if received.supplier == school || ignores {
            return Ok(());
        }
        let service = received.service.ok_or(Reason::Unknown)?;
        let query = Query {
            school,
            service_version: service.namespace(),
            moment: received.moment,
        };
        if self.remembered(|known| known.contains(&(school.into(), received.supplier.clone()))) {
            return Ok(());
        }
        match self.directory.mandated(query, &received.supplier) {
            Ok(true) => {
                self.remembered(|known| known.insert((school.into(), received.supplier.clone())));
                Ok(())
            }
            Ok(false) => Err(Reason::Mandate.into()),
            Err(_) => Err(Reason::Receiver.into()),
        }
    }

    /// Looks at who had a mandate once. A DUO that does as it should asks each
    /// time, and remembers nobody.
    fn remembered(&self, look: impl FnOnce(&mut Mandated) -> bool) -> bool {
        let remembers = self.desk.defect().has(Slip::RemembersMandate);
        let known = || self.mandated.lock().unwrap_or_else(PoisonError::into_inner);
        remembers && look(&mut known())
    }

    /// The body of the answer, as text.
    fn answered(&self, received: &Received, school: &str, body: Body) -> Result<String, Fault> {
        let reading = received.body();
        let instelling = reading
            .instellingscode()
            .filter(|code| school_oin(code).is_some())
            .or_else(|| school.get(11..15).map(str::to_string))
            .unwrap_or_default();
        let enquiry = is_enquiry(&received.message.operation);
        let content = reading.content_hash();
        let id = reading.identificatiecode().filter(|_| !enquiry);
        let settings = self.with_settings(|settings| *settings);
        let mut known = self.reliable().map_err(|_| Reason::Receiver)?;
        let state = &known.state;
        let earlier = id.as_ref().and_then(|id| state.document(&instelling, id));
        if let Some(earlier) = earlier
            && earlier.inhoud == content
        {
            return Ok(earlier.xml.clone());
        }
        let reused = earlier.is_some();
        let stamp = |body: &mut Body, now: Timestamp| {
            let now_text = now.to_string();
            let message = received.facts.message_id.as_deref().unwrap_or_default();
            body.stamp(&Stamp {
                seed: &[
                    self.means.seed.as_bytes(),
                    b"antwoord",
                    instelling.as_bytes(),
                    content.as_bytes(),
                    id.as_deref().unwrap_or(message).as_bytes(),
                    now_text.as_bytes(),
                ],
                now,
                instellingscode: Some(&instelling),
                from: &self.means.oin,
                to: school,
            })
        };
        let work = |draft: &mut Draft<'_>| {
            let zaak = Zaak {
                received,
                instelling: &instelling,
                takes_outdated: self.desk.defect().has(Slip::IgnoresLock),
                meld_dubbele_inschrijving: settings.meld_dubbele_inschrijving,
            };
            let uitkomst = match reused {
                true => reuse(received),
                false => outcome(draft, &zaak),
            };
            let mut body = body;
            stamp(&mut body, draft.now());
            let later = settings.terugkoppeling == Terugkoppeling::Later
                && id.is_some()
                && may_come_later(&received.message.operation);
            for part in judgement(received, &uitkomst, later) {
                body.push(part);
            }
            if let Some(id) = id.as_ref().filter(|_| later) {
                let persoon = reading.number();
                let mut parts = vec![Part::of(
                    "identificatiecodeAangeleverdBedrijfsdocument",
                    id.as_str(),
                )];
                parts.extend(judgement(received, &uitkomst, false));
                let vestiging = vestiging_of(&reading);
                let to = Recipient {
                    instelling: &instelling,
                    vestiging: vestiging.as_deref(),
                };
                draft.push(
                    "verstrekkenTerugkoppeling_Request",
                    to,
                    persoon.as_ref(),
                    parts,
                );
            }
            let xml = body.to_xml();
            if let Some(id) = id.as_ref().filter(|_| !reused) {
                draft.add(Entry::Document(Document {
                    instelling: instelling.clone(),
                    id: id.clone(),
                    inhoud: content.clone(),
                    antwoord: body.name().to_string(),
                    xml: xml.clone(),
                }));
            }
            xml
        };
        self.change(&mut known, work)
            .map_err(|_| Reason::Receiver.into())
    }
}

impl Handler for Duo {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        // Before a word of the message is read: nobody knows who sent it.
        if !names_a_party(&request) && !self.desk.defect().has(Slip::AdmitsWithoutOin) {
            return Response::empty(403).into();
        }
        let http = request.http.as_ref();
        if http.is_some_and(|http| http.method() != Some("POST")) {
            return post_only("DUO").into();
        }
        let response = self.handle(&request);
        response.unwrap_or_else(|fault| fault.response()).into()
    }
}

/// What comes of a message whose identificatiecode has not been seen.
fn outcome(draft: &mut Draft<'_>, zaak: &Zaak<'_>) -> Uitkomst {
    match zaak.received.service {
        Some(Service::RodPo) => aanleveren::handle(draft, zaak),
        Some(Service::Verzuim) => verzuimloket::handle(draft, zaak),
        Some(Service::Rio) | None => {
            let mut signalen = zaak.remarks();
            let mut parts = Vec::new();
            if goedgekeurd(&signalen) {
                match rio::antwoord(zaak.received) {
                    Ok(found) => parts = found,
                    Err(fout) => signalen.push(fout),
                }
            }
            Uitkomst { signalen, parts }
        }
    }
}

/// A document under the identificatiecode of another one.
fn reuse(received: &Received) -> Uitkomst {
    let mut fout = Signaal::fout(
        code::DOCUMENT_HERGEBRUIKT,
        "Onder deze identificatiecode is eerder een ander document aangeleverd.",
        received,
    );
    let id = received.body().identificatiecode().unwrap_or_default();
    fout.with_sleutel("identificatiecodeBedrijfsdocument", &id);
    Uitkomst {
        signalen: vec![fout],
        parts: Vec::new(),
    }
}

/// The parts of an answer that say what DUO thinks of the message.
fn judgement(received: &Received, uitkomst: &Uitkomst, later: bool) -> Vec<Part> {
    if later {
        return vec![Part::of("ontvangstBevestiging", "J")];
    }
    let approved = goedgekeurd(&uitkomst.signalen);
    let mut parts = vec![Part::of("requestGoedgekeurd", approved.to_string())];
    if received.service == Some(Service::RodPo) {
        let back = uitkomst.signalen.iter().filter(|one| komt_terug(one));
        parts.extend(back.map(Signaal::part));
    } else if !approved {
        let wrong = uitkomst.signalen.iter();
        let wrong = wrong.filter(|one| one.soort == crate::finding::Class::Foutmelding);
        let of_rio = received.service == Some(Service::Rio);
        let wrong = wrong.take(MAX_FOUTMELDINGEN);
        parts.extend(wrong.map(|fout| fout.foutmelding(of_rio)));
    }
    parts.extend(uitkomst.parts.iter().cloned());
    parts
}

/// Whether a message only asks for data: asked again, it is answered anew.
fn is_enquiry(operation: &str) -> bool {
    operation.starts_with("opvragen") || operation.starts_with("aanvraag")
}

/// Whether what DUO thinks may come in a message of its own: of what is
/// delivered, but for an identification, whose answer is the number.
fn may_come_later(operation: &str) -> bool {
    operation.starts_with("aanleveren") && operation != "aanleverenIdentificerenPersoon"
}

/// The vestiging that a document is about: its own, else that of its last
/// period.
fn vestiging_of(document: &Reading<'_>) -> Option<String> {
    let of = |part: &Reading<'_>| part.text("vestigingscode");
    let of_period = || document.parts().filter_map(|part| of(&part)).last();
    of(document).or_else(of_period)
}

/// Reckons the funding of all enrolments, once a day.
fn reckon(draft: &mut Draft<'_>, today: Date) {
    if draft.state().geteld.is_some_and(|last| today <= last) {
        return;
    }
    let mut persons: Vec<PersoonsgebondenNummer> = draft
        .state()
        .inschrijvingen
        .iter()
        .map(|enrolment| enrolment.sleutel.persoon.clone())
        .collect();
    persons.sort_unstable();
    persons.dedup();
    for persoon in persons {
        informeren::bekostiging_van(draft, &persoon, today);
    }
    draft.add(Entry::Geteld { op: today });
}

/// The day of a moment, in UTC.
pub(super) fn day(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}
