//! The steps of a script.

use std::sync::Arc;
use std::time::Duration;

use super::data::Given;
use super::expect::Expect;
use super::model::{Bilingual, Placed, Role, named};
use super::moment::Moment;
use super::text::Text;
pub use crate::counterpart::trigger::{Action as LasAction, Status};
use crate::document::Spot;
use crate::example::Path;
use crate::finding::Code;

/// One step of a scenario.
#[derive(Debug, Clone)]
pub struct Step {
    /// The file that it stands in: the scenario's, or an included one.
    pub file: Arc<str>,
    /// Where it begins.
    pub at: Spot,
    /// What it is called in results.
    pub name: Option<Bilingual>,
    /// The requirements that its findings are about; those of the scenario
    /// when empty.
    pub requirements: Vec<Arc<str>>,
    /// It is left out when the target does not declare this capability: the
    /// operation of a message or a key.
    pub if_capability: Option<Placed<Arc<str>>>,
    /// What is done.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// A party sends a message and gets the answer.
    Send(Box<Send>),
    /// A party waits for a message and answers it.
    Receive(Box<Receive>),
    /// The LAS under test, or the built-in one, is made to act.
    Trigger(Box<Trigger>),
    /// A third person does something at a built-in party.
    Act(Box<Act>),
    /// Values are taken from what was received last.
    Capture(Vec<Capture>),
    /// A virtual clock is moved on.
    Advance(Advance),
    /// Real time passes.
    Wait(Duration),
    /// Steps are done several times.
    Repeat(Box<Repeat>),
    /// Lists of steps are done at the same time.
    Parallel(Vec<Vec<Step>>),
    /// Shared steps are done.
    Include(Box<Include>),
    /// Something is said to who watches.
    Note(Bilingual),
    /// It is tried whether a party's server refuses what it must refuse.
    Probe(Box<Probe>),
}

impl Action {
    /// The lists of steps inside the step.
    pub fn inner(&self) -> Vec<&[Step]> {
        match self {
            Action::Repeat(repeat) => vec![&repeat.steps],
            Action::Include(include) => vec![&include.steps],
            Action::Parallel(branches) => branches.iter().map(Vec::as_slice).collect(),
            _ => Vec::new(),
        }
    }

    /// The key of the step in a script.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Send(_) => "send",
            Action::Receive(_) => "receive",
            Action::Trigger(_) => "trigger",
            Action::Act(_) => "act",
            Action::Capture(_) => "capture",
            Action::Advance(_) => "advance",
            Action::Wait(_) => "wait",
            Action::Repeat(_) => "repeat",
            Action::Parallel(_) => "parallel",
            Action::Include(_) => "include",
            Action::Note(_) => "note",
            Action::Probe(_) => "probe",
        }
    }
}

/// A party sends a message and gets the answer.
#[derive(Debug, Clone)]
pub struct Send {
    /// Who sends.
    pub from: Role,
    /// Who receives.
    pub to: Role,
    /// The message.
    pub message: Outgoing,
    /// Whether the bytes of the file go out as they are, in no envelope and
    /// unsigned: for what is no message at all.
    pub raw: bool,
    /// REST: method, path and the rest, where the message's own in its pack
    /// are not meant. Without it, an XML message is sent as SOAP.
    pub rest: Option<Rest>,
    /// The test PKI's identity whose certificate is shown in TLS, instead of
    /// the sender's own.
    pub tls_identity: Option<Arc<str>>,
    /// The school on whose behalf is sent: OIN or BRIN; that of the run when
    /// absent.
    pub school: Option<Text>,
    /// Where a SOAP message goes; where the receiver is to be found when absent.
    /// For a sender who goes by an old address.
    pub url: Option<Text>,
    /// What must come of it. It is about the answer.
    pub expect: Expect,
    /// Values that are taken from the answer.
    pub capture: Vec<Capture>,
}

/// A message that is made and sent, as a request or as an answer.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// What it is made from.
    pub content: Content,
    /// What is done to the body, in order, after what `break_body` does.
    pub edits: Vec<ScriptEdit>,
    /// Whether it is put in an envelope and signed. Where absent: as the
    /// contract has it, so yes for XML and no for JSON. `Some(false)`: in an
    /// envelope, not signed.
    pub sign: Option<bool>,
    /// The rule about the envelope or the signature that is broken when it is
    /// signed (`ketenkeur sign --break`).
    pub break_envelope: Option<Placed<Code>>,
    /// The rule about the body that is broken: the edits of the rule's own
    /// case.
    pub break_body: Option<Placed<Code>>,
    /// The test PKI's identity that signs, instead of the sender's own.
    pub signing_identity: Option<Arc<str>>,
}

impl Outgoing {
    /// Whether it is signed and made as it should be, and not wrong on purpose.
    pub fn is_right(&self) -> bool {
        self.sign.is_none()
            && self.break_envelope.is_none()
            && self.break_body.is_none()
            && self.signing_identity.is_none()
    }

    /// Whether it is a file to which nothing is done.
    pub fn is_file_as_it_is(&self) -> bool {
        matches!(self.content, Content::File { .. })
            && self.edits.is_empty()
            && self.sign.is_none()
            && self.break_envelope.is_none()
            && self.break_body.is_none()
            && self.signing_identity.is_none()
    }
}

/// What a message is made from.
#[derive(Debug, Clone)]
pub enum Content {
    /// The pack's example of that name. Before the edits, its fields that
    /// belong to one sending are renewed where it has them:
    /// `identificatiecodeBedrijfsdocument` (a fresh UUID),
    /// `datumTijdBedrijfsdocument` (the clock's now) and `instellingscode` of
    /// the message (the school's).
    Message(Placed<Arc<str>>),
    /// A file beside the script, byte for byte.
    File {
        /// Its name, as the script has it.
        name: Placed<Arc<str>>,
        /// What is in it.
        bytes: Arc<[u8]>,
    },
    /// Text in the script.
    Inline(Text),
    /// No body.
    Empty,
}

/// An edit of a message whose new text may name values
/// ([`Edit`](crate::example::Edit)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptEdit {
    /// Where the script says it.
    pub at: Spot,
    /// The path that it works on.
    pub path: Path,
    /// What it does there.
    pub change: Change,
}

/// What an edit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The new text of an element, attribute or JSON value.
    Set(Text),
    /// It goes.
    Remove,
    /// A fragment directly after it.
    After(Text),
    /// A fragment directly before it.
    Before(Text),
    /// A fragment into it, as its last child.
    Into(Text),
    /// Its new name.
    Rename(Arc<str>),
    /// It is repeated.
    Copy,
}

/// What a REST call has beside its body.
#[derive(Debug, Clone)]
pub struct Rest {
    /// The method; that of the message in its pack when absent.
    pub method: Option<Arc<str>>,
    /// The path below the party's address; that of the message in its pack
    /// when absent.
    pub path: Option<Text>,
    /// Parameters of the query.
    pub query: Vec<(Arc<str>, Text)>,
    /// Header lines beside those that the call needs.
    pub headers: Vec<(Arc<str>, Text)>,
    /// Whether the sender's API key goes along.
    pub api_key: bool,
    /// The JWT of the OSR's first version.
    pub jwt: Jwt,
}

/// Whether a JWT goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jwt {
    /// None does.
    Absent,
    /// A right one does.
    Right,
    /// One that breaks this rule does.
    Breaking(Placed<Code>),
}

/// A party waits for a message and answers it.
#[derive(Debug, Clone)]
pub struct Receive {
    /// Who waits.
    pub role: Role,
    /// Who must send it, where that matters.
    pub from: Option<Role>,
    /// The message that must come; any when absent.
    pub message: Option<Placed<Arc<str>>>,
    /// Which of those messages it is: an XPath 2.0 expression on the message
    /// element; the first to come when absent.
    pub which: Option<Text>,
    /// How long the party waits, in real time.
    pub within: Duration,
    /// No such message may come: what it waits for is that none does.
    pub absent: bool,
    /// What it does with it.
    pub answer: Reply,
    /// What must hold of the message.
    pub expect: Expect,
    /// Values that are taken from the message.
    pub capture: Vec<Capture>,
}

/// What a party does with a message that it received.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It answers by itself, from its register.
    Register,
    /// It answers this.
    Message {
        /// The answer.
        message: Box<Outgoing>,
        /// The HTTP status; 200 when absent.
        status: Option<u16>,
    },
    /// It answers a SOAP fault.
    Fault {
        /// `Client`, `Server`, or a qualified code.
        code: Text,
        /// What it says.
        text: Text,
    },
    /// It answers this status and no message.
    Status {
        /// The status.
        status: u16,
        /// Header lines.
        headers: Vec<(Arc<str>, Text)>,
        /// The body, as text.
        body: Option<Text>,
    },
    /// It does something after a while of real time.
    Delay {
        /// The while.
        by: Duration,
        /// What it does then.
        then: Box<Reply>,
    },
    /// It closes the connection without a word.
    Silent,
    /// It breaks off after that many bytes of the register's answer.
    BrokenAfter(usize),
    /// It sends this in place of an HTTP answer.
    Raw(Text),
}

/// The LAS is made to act.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// Who acts: the LAS.
    pub party: Role,
    /// What it does.
    pub action: Placed<LasAction>,
    /// With which data.
    pub with: Vec<(Arc<str>, Given)>,
    /// What must become of it: [`Status::Done`], [`Status::Refused`] (it will
    /// not do it) or [`Status::Failed`] (it tried and cannot believe what came).
    pub expect_status: Status,
    /// Whether the scenario goes on only when it is done. `false` where the
    /// steps after it answer what it sends.
    pub wait: bool,
    /// What must hold of what it says (`toon`).
    pub expect: Expect,
    /// Values that are taken from what it says.
    pub capture: Vec<Capture>,
}

/// What third persons can do.
#[derive(Debug, Clone, Copy)]
pub struct ActKind {
    /// Its name.
    pub name: &'static str,
    /// At which built-in party.
    pub party: Role,
    /// The names of what it can be given.
    pub with: &'static [&'static str],
}

const fn at_duo(name: &'static str, with: &'static [&'static str]) -> ActKind {
    let party = Role::Duo;
    ActKind { name, party, with }
}

const fn at_osr(name: &'static str, with: &'static [&'static str]) -> ActKind {
    let party = Role::Osr;
    ActKind { name, party, with }
}

/// The party goes down and comes back with what it kept.
const fn restart(party: Role) -> ActKind {
    let name = "herstart";
    ActKind {
        name,
        party,
        with: &[],
    }
}

/// Everything that third persons can do.
pub const ACTS: &[ActKind] = &[
    // The municipality sets the status of a verzuim case.
    at_duo("behandel-verzuim", &["meldingsnummer", "status", "reden"]),
    // DUO delivers what it has ready for schools.
    at_duo("lever-pushes", &[]),
    // DUO cannot be reached, until it is started again.
    at_duo("valt-uit", &[]),
    // The samenwerkingsverband registers a toelaatbaarheidsverklaring.
    at_duo(
        "registreer-tlv",
        &[
            "burgerservicenummer",
            "onderwijsnummer",
            "beschikkingsnummer",
            "samenwerkingsverband",
            "begindatum",
            "einddatum",
            "bekostigingscategorie",
        ],
    ),
    // Another school enrols or deregisters a pupil.
    at_duo(
        "andere-school-schrijft-in",
        &[
            "burgerservicenummer",
            "onderwijsnummer",
            "instellingscode",
            "datumInschrijving",
            "leerjaar",
            "datumUitschrijving",
            "inschrijvingvolgnummer",
        ],
    ),
    at_duo(
        "andere-school-schrijft-uit",
        &[
            "burgerservicenummer",
            "onderwijsnummer",
            "instellingscode",
            "datumUitschrijving",
            "inschrijvingvolgnummer",
        ],
    ),
    // The BRP gives a pupil another number.
    at_duo("wijzig-persoonsnummer", &["onderwijsnummer", "bsn"]),
    // A school says which of its administrations keeps a vestiging.
    at_duo("wijs-administratie-toe", &["vestiging", "kenmerk"]),
    // DUO works out funding as of a teldatum.
    at_duo("bepaal-bekostiging", &[]),
    // A school employee on the pages of the OSR.
    at_osr(
        "verleen-mandaat",
        &["dienst", "school", "leverancier", "begin", "einde"],
    ),
    at_osr(
        "trek-mandaat-in",
        &["dienst", "school", "leverancier", "laatste-dag"],
    ),
    restart(Role::Duo),
    restart(Role::Osr),
];

/// A third person does something at a built-in party.
#[derive(Debug, Clone)]
pub struct Act {
    /// Where.
    pub party: Role,
    /// What ([`ACTS`]).
    pub what: Placed<Arc<str>>,
    /// With which data.
    pub with: Vec<(Arc<str>, Given)>,
}

/// A value that is taken from what was received.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The name that it gets.
    pub name: Arc<str>,
    /// Where the script says it.
    pub at: Spot,
    /// Where it is found.
    pub from: Extract,
}

/// Where a value is found in what was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extract {
    /// The string value of an XPath 2.0 expression on the message element.
    XPath(Text),
    /// What a JSONPath finds: the value, or a list of several.
    JsonPath(Text),
    /// A header line.
    Header(Arc<str>),
    /// The HTTP status.
    Status,
}

/// How far a virtual clock is moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// By this.
    By(Duration),
    /// To this moment, which must not lie in the past.
    To(Moment),
}

/// Steps are done several times.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// How often, or for what.
    pub over: Over,
    /// The value of each turn: its number from 1, or the item.
    pub name: Option<Arc<str>>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// How often steps are done.
#[derive(Debug, Clone)]
pub enum Over {
    /// That many times.
    Times(u32),
    /// Once for each item of a list.
    Items(Given),
    /// Once for each made-up pupil of the scenario.
    Pupils,
}

/// Shared steps.
#[derive(Debug, Clone)]
pub struct Include {
    /// The file, as the script names it.
    pub path: Placed<Arc<str>>,
    /// Values that the steps need, seen from the script that includes them.
    pub with: Vec<(Arc<str>, Given)>,
    /// The steps.
    pub steps: Arc<[Step]>,
}

/// It is tried whether a party's server refuses what it must refuse.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Whose server.
    pub party: Role,
    /// What is tried, one after the other.
    pub tries: Vec<Placed<ProbeKind>>,
}

named! {
    /// What a server must refuse.
    ProbeKind {
        /// TLS 1.0 (TLS003).
        Tls10 = "tls-1.0",
        /// TLS 1.1 (TLS003).
        Tls11 = "tls-1.1",
        /// A client without a certificate (TLS001).
        NoCertificate = "zonder-certificaat",
        /// An expired certificate (PKI002).
        Expired = "verlopen",
        /// A certificate that is not valid yet (PKI002).
        NotYetValid = "nog-niet-geldig",
        /// A revoked certificate (PKI003).
        Revoked = "ingetrokken",
        /// A certificate under a root that nobody trusts (PKI005).
        Foreign = "andere-root",
        /// A certificate without an OIN (PKI001).
        WithoutOin = "zonder-oin",
    }
}
