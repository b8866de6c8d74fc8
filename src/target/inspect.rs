//! Tries a target before anything runs: names, TLS, certificates, mandates,
//! clocks, and what its endpoints must refuse.

use std::sync::Arc;

use jiff::fmt::rfc2822;

use super::identity::{IdentityError, IdentitySource};
use super::model::{EndpointName, Target, TestedRole, Trigger};
use crate::clock::{RunningClock, to_the_second};
use crate::counterpart::Service;
use crate::counterpart::clock::{self, ClockTrouble};
use crate::counterpart::osr::OsrData;
use crate::edukoppeling::{SecurityContext, TransportReport, Trust};
use crate::exchange::{Exchange, path_of};
use crate::finding::Finding;
use crate::limits::NEAR_SECONDS;
use crate::pki::TestPki;
use crate::scenario::Role;
use crate::transport::{
    Client, ClientOptions, ConnectionContext, Peer, ProbeOptions, Request, TlsIdentity,
    TransportError, TransportProblem, judge_connection, judge_failure, judge_identity, judge_probe,
    probe,
};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A certificate and key of ours.
    Identity,
    /// Name, network, and TLS with an endpoint.
    Connection,
    /// The rules on that connection and its certificates.
    Rules,
    /// What an endpoint must refuse.
    Probe,
    /// Whether messages are taken at the path of an endpoint.
    Path,
    /// The difference between the clocks.
    Clock,
    /// A mandate in the OSR.
    Mandate,
    /// The way in which a role is made to act.
    Trigger,
}

/// One thing that was looked at.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// What it is.
    pub subject: Subject,
    /// Whose.
    pub role: Role,
    /// Which one: an endpoint, a certificate, a school.
    pub about: String,
    /// What came of it.
    pub outcome: Inspected,
}

/// What came of looking at something.
#[derive(Debug, Clone)]
pub enum Inspected {
    /// It is right; a fact to show with it.
    Right(String),
    /// A clock that is right and stands at this moment, far from now: what else is
    /// looked at of its party is judged at that moment.
    Elsewhen(String),
    /// These rules are broken, or could not be judged.
    Found(Vec<Finding>),
    /// The endpoint could not be reached, or broke off.
    Unreachable(Box<Finding>),
    /// An identity of ours cannot be used: the user's files are at fault.
    Unusable(IdentityError),
    /// It is not right in a way that no rule speaks of; a key of the texts
    /// (`target.<key>`) and what was found.
    Wrong(&'static str, String),
    /// It could not be seen; a key of the texts.
    Open(&'static str),
    /// It was not looked at: there is nothing to look at, or what it needs did
    /// not come about and is told of by itself. A key of the texts, which says
    /// why. Never as good as [`Inspected::Right`].
    NotDone(&'static str),
}

/// Inspects `target`, and tells of each thing as soon as it is known. Trust is
/// [`Target::trust`].
pub fn inspect(
    target: &Target,
    trust: &Arc<Trust>,
    clock: &RunningClock,
    tell: &mut dyn FnMut(Inspection),
) {
    let mut inspector = Inspector {
        target,
        trust,
        clock: clock.clone(),
        tell,
    };
    for role in Role::ALL {
        inspector.clock = inspector.clock_of(*role, clock);
        if let Some(tested) = target.under_test.get(role) {
            inspector.tested(*role, tested);
        } else if target.plays.contains_key(role) {
            inspector.identity(*role);
        }
    }
    if !target.under_test.contains_key(&Role::Osr) {
        // A DUO of somebody else's has to know where ours is.
        let is_found = target
            .plays
            .get(&Role::Osr)
            .is_some_and(|played| played.listen.is_some());
        let asks = target.under_test.contains_key(&Role::Duo);
        let why = match asks && !is_found {
            true => "osr-nowhere",
            false => "osr-ours",
        };
        inspector.skip(&[Subject::Mandate], Role::Osr, "", why);
    }
}

/// What is looked at of an endpoint, the connection first.
const OF_AN_ENDPOINT: &[Subject] = &[
    Subject::Connection,
    Subject::Path,
    Subject::Clock,
    Subject::Rules,
    Subject::Probe,
];

struct Inspector<'a> {
    target: &'a Target,
    trust: &'a Arc<Trust>,
    /// What the role that is looked at goes by.
    clock: RunningClock,
    tell: &'a mut dyn FnMut(Inspection),
}

/// Who calls a role: DUO calls a LAS, a LAS the others.
fn caller_of(role: Role) -> Role {
    match role {
        Role::Las => Role::Duo,
        Role::Duo | Role::Osr => Role::Las,
    }
}

/// Who a role is in the test PKI.
fn test_identity(role: Role) -> &'static str {
    match role {
        Role::Las => "leverancier",
        Role::Duo => "duo",
        Role::Osr => "osr",
    }
}

impl Inspector<'_> {
    /// Tells of all these that they were not looked at.
    fn skip(&mut self, subjects: &[Subject], role: Role, about: &str, why: &'static str) {
        for subject in subjects {
            self.say(*subject, role, about, Inspected::NotDone(why));
        }
    }

    fn say(&mut self, subject: Subject, role: Role, about: &str, outcome: Inspected) {
        (self.tell)(Inspection {
            subject,
            role,
            about: about.to_string(),
            outcome,
        });
    }

    fn context<'s>(&'s self, peer: Peer, oin: Option<&'s str>) -> ConnectionContext<'s> {
        ConnectionContext {
            peer,
            profile: self.target.profile,
            now: self.clock.now(),
            trust: self.trust,
            oin,
            connection_unknown: false,
        }
    }

    /// The certificate that a role which is played shows.
    fn source(&self, role: Role) -> IdentitySource {
        let played = self.target.plays.get(&role);
        let named = played.and_then(|played| played.tls.clone());
        named.unwrap_or_else(|| IdentitySource::Test(test_identity(role).to_string()))
    }

    /// Our certificates, as others will judge them.
    fn identity(&mut self, role: Role) {
        let about = "tls";
        let identity = match self.source(role).tls(self.clock.read()) {
            Ok(identity) => identity,
            Err(error) => {
                self.say(Subject::Identity, role, about, Inspected::Unusable(error));
                return;
            }
        };
        let report = judge_identity(&identity, &self.context(Peer::Client { asked: true }, None));
        let oin = identity.oin().unwrap_or_default().to_string();
        self.say(Subject::Identity, role, about, outcome(report, oin));
        let signing = self
            .target
            .plays
            .get(&role)
            .and_then(|played| played.signing.as_ref());
        if let Some(signing) = signing {
            let outcome = match signing.signing(self.clock.read()) {
                Ok(key) => Inspected::Right(key.oin().unwrap_or_default().to_string()),
                Err(error) => Inspected::Unusable(error),
            };
            self.say(Subject::Identity, role, "signing", outcome);
        }
    }

    fn tested(&mut self, role: Role, tested: &TestedRole) {
        // What follows is judged at the moment at which the clock stands.
        match &tested.clock {
            // A refusal at another moment than ours would be blamed on certificates.
            Some(url) if !self.virtual_clock(role, url) => {
                self.not_tried(role, tested, "without-clock");
                return;
            }
            Some(_) => {}
            None => self.skip(&[Subject::Clock], role, "", "no-clock"),
        }
        let identity = match self.source(caller_of(role)).tls(self.clock.read()) {
            Ok(identity) => identity,
            Err(error) => {
                let outcome = Inspected::Unusable(error);
                self.say(Subject::Identity, caller_of(role), "tls", outcome);
                self.not_tried(role, tested, "without-certificate");
                return;
            }
        };
        for (name, url) in &tested.endpoints {
            self.endpoint(role, *name, url, tested, &identity);
        }
        self.around(role, tested);
        if role == Role::Osr {
            self.mandates(tested, &identity);
        }
    }

    /// The endpoints of a role are not tried; only what needs no connection to
    /// them is.
    fn not_tried(&mut self, role: Role, tested: &TestedRole, why: &'static str) {
        for (name, url) in &tested.endpoints {
            let about = format!("{} {url}", name.name());
            self.skip(OF_AN_ENDPOINT, role, &about, why);
        }
        self.around(role, tested);
        if role == Role::Osr {
            self.skip(&[Subject::Mandate], role, "", why);
        }
    }

    /// What a role offers beside its endpoints and its clock: how it is made to
    /// act.
    fn around(&mut self, role: Role, tested: &TestedRole) {
        if let Some(trigger) = &tested.trigger {
            self.trigger(role, trigger);
        } else if role == Role::Las {
            self.skip(&[Subject::Trigger], role, "", "no-trigger");
        }
    }

    /// The time that a role goes by: that of the clock that it offers, else
    /// ours. At that time it judges certificates, as it does in a run.
    fn clock_of(&self, role: Role, ours: &RunningClock) -> RunningClock {
        let offered = self.target.under_test.get(&role);
        let offered = offered.and_then(|tested| tested.clock.as_ref());
        let stands = offered.and_then(|url| {
            let client = self.target.client(Arc::clone(self.trust), ours.clone());
            // What is wrong with the clock is told of by itself.
            clock::read(&Client::new(client).ok()?, url).ok()
        });
        stands.map_or_else(|| ours.clone(), RunningClock::running_from)
    }

    fn options(&self, identity: &TlsIdentity) -> ClientOptions {
        let client = self
            .target
            .client(Arc::clone(self.trust), self.clock.clone());
        client.with_identity(identity.clone())
    }

    fn endpoint(
        &mut self,
        role: Role,
        name: EndpointName,
        url: &str,
        tested: &TestedRole,
        identity: &TlsIdentity,
    ) {
        let about = format!("{} {url}", name.name());
        // Pages for people ask for no certificate.
        let for_people = name == EndpointName::H2m;
        let options = self.options(identity);
        let answer = match call(options.clone(), get(url)) {
            Ok(answer) => answer,
            Err(error) => {
                let outcome = Inspected::Unreachable(Box::new(judge_failure(&error)));
                self.say(Subject::Connection, role, &about, outcome);
                self.skip(&OF_AN_ENDPOINT[1..], role, &about, "without-connection");
                return;
            }
        };
        let shown = match &answer.tls {
            Some(tls) => format!("{}, {}", tls.version, tls.suite),
            None => "HTTP".to_string(),
        };
        self.say(Subject::Connection, role, &about, Inspected::Right(shown));
        let found = path_at(name, url, &answer, |request| call(options.clone(), request));
        self.say(Subject::Path, role, &about, found);
        self.difference(role, &about, &answer);
        if answer.tls.is_none() && url.starts_with("http:") && for_people {
            self.skip(&[Subject::Rules], role, &about, "without-tls");
            self.skip(&[Subject::Probe], role, &about, "for-people");
            return;
        }
        let peer = Peer::Server {
            certificate_offered: !for_people,
            tls13_offered: true,
        };
        let report = judge_connection(
            answer.tls.as_deref(),
            &self.context(peer, Some(&tested.oin)),
        );
        let held = report.held.len().to_string();
        self.say(Subject::Rules, role, &about, outcome(report, held));
        if for_people || answer.tls.is_none() {
            let why = if for_people {
                "for-people"
            } else {
                "without-tls"
            };
            self.skip(&[Subject::Probe], role, &about, why);
            return;
        }
        let outcome = match TestPki::at(self.clock.read()) {
            Err(_) => Inspected::Open("not-probed"),
            Ok(pki) => match probe(&ProbeOptions::of_test(options, get(url), &pki)) {
                Err(_) => Inspected::Open("not-probed"),
                Ok(probed) => {
                    let report = judge_probe(&probed);
                    let held = report.held.len().to_string();
                    outcome(report, held)
                }
            },
        };
        self.say(Subject::Probe, role, &about, outcome);
    }

    /// The other clock, as its answers tell it to the second.
    fn difference(&mut self, role: Role, about: &str, answer: &Exchange) {
        let date = answer.http.as_ref().and_then(|http| http.header("date"));
        let theirs = date.and_then(|date| {
            let zoned = rfc2822::DateTimeParser::new().parse_timestamp(date);
            zoned.ok()
        });
        let received = answer.received.unwrap_or_else(|| self.clock.now());
        // A party with a virtual clock may tell either time in its answers.
        let ours = [received, RunningClock::system().now()];
        let outcome = match theirs {
            None => Inspected::Open("no-date"),
            Some(theirs) => {
                let apart = ours.map(|ours| ours.duration_since(theirs).as_secs().abs());
                let seconds = apart[0].min(apart[1]);
                if seconds > SecurityContext::CLOCK_SKEW.as_secs() {
                    Inspected::Wrong("clock-differs", seconds.to_string())
                } else {
                    Inspected::Right(format!("{seconds} s"))
                }
            }
        };
        self.say(Subject::Clock, role, about, outcome);
    }

    fn trigger(&mut self, role: Role, trigger: &Trigger) {
        let (about, outcome) = match trigger {
            Trigger::Person => ("person".to_string(), Inspected::NotDone("by-person")),
            Trigger::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                let outcome = if is_program(program) {
                    Inspected::Right(String::new())
                } else {
                    Inspected::Wrong("no-program", program.to_string())
                };
                (program.to_string(), outcome)
            }
            Trigger::Url(url) => {
                let trust = Arc::clone(self.trust);
                let options = self.target.client(trust, self.clock.clone());
                let outcome = match Client::new(options) {
                    Err(_) => Inspected::Open("not-probed"),
                    Ok(client) => match client.connect(url) {
                        Ok(_) => trigger_at(&client, url),
                        Err(error) => Inspected::Unreachable(Box::new(judge_failure(&error))),
                    },
                };
                (url.clone(), outcome)
            }
        };
        self.say(Subject::Trigger, role, &about, outcome);
    }

    /// The virtual clock that a role offers: it is set to where it stands. Whether
    /// it says where that is.
    fn virtual_clock(&mut self, role: Role, url: &str) -> bool {
        let trust = Arc::clone(self.trust);
        let options = self.target.client(trust, self.clock.clone());
        let tried = Client::new(options).map(|client| {
            let stands = clock::read(&client, url)?;
            clock::set(&client, url, stands)
        });
        let is_read = matches!(tried, Ok(Ok(_) | Err(ClockTrouble::Refused)));
        let outcome = match tried {
            Err(_) => Inspected::Open("not-probed"),
            Ok(Ok(stands)) if is_elsewhen(stands) => Inspected::Elsewhen(to_the_second(stands)),
            Ok(Ok(stands)) => Inspected::Right(to_the_second(stands)),
            Ok(Err(ClockTrouble::Refused)) => Inspected::Wrong("clock-stays", url.to_string()),
            Ok(Err(ClockTrouble::Answer(_) | ClockTrouble::Elsewhere)) => {
                Inspected::Wrong("clock-answer", url.to_string())
            }
            Ok(Err(ClockTrouble::Transport(problem))) => {
                let error = TransportError {
                    host: url.to_string(),
                    problem,
                };
                Inspected::Unreachable(Box::new(judge_failure(&error)))
            }
        };
        self.say(Subject::Clock, role, url, outcome);
        is_read
    }

    /// Whether the OSR that is under test knows the supplier's mandates
    /// (50-osr.md: GET /mandates answers 200, or 404 for none).
    fn mandates(&mut self, tested: &TestedRole, identity: &TlsIdentity) {
        let base = [EndpointName::V3, EndpointName::V2]
            .iter()
            .find_map(|name| tested.endpoints.get(name));
        let Some(base) = base else {
            self.say(
                Subject::Mandate,
                Role::Osr,
                "",
                Inspected::Open("no-mandates"),
            );
            return;
        };
        // As in a run, the supplier shows the API key of its tests.
        let data = OsrData::starter();
        let key = data.api_key_of(identity.oin().unwrap_or_default());
        let key = (data.settings.api_key_header.clone(), key);
        for school in &self.target.schools {
            for service in Service::ALL {
                let url = format!(
                    "{}/mandates?school_oin={}&supplier_oin={}&service_version_namespace={}",
                    base.trim_end_matches('/'),
                    school.oin,
                    self.target.supplier.oin,
                    service.namespace(),
                );
                let about = format!("{} {service:?}", school.brin);
                let mut asks = get(&url);
                asks.headers.push(key.clone());
                let outcome = match call(self.options(identity), asks) {
                    Err(error) => Inspected::Unreachable(Box::new(judge_failure(&error))),
                    Ok(answer) => match answer.http.as_ref().and_then(|http| http.status()) {
                        Some(200) => Inspected::Right(String::new()),
                        Some(404) => Inspected::Wrong("no-mandate", school.oin.clone()),
                        _ => Inspected::Open("mandate-unknown"),
                    },
                };
                self.say(Subject::Mandate, Role::Osr, &about, outcome);
            }
        }
    }
}

/// Whether there is something at the path of an endpoint, which answered `first`
/// to a GET at its address. A service that takes messages alone may not know a
/// GET: then it gets a POST with nothing in it, which it cannot carry out.
fn path_at(
    name: EndpointName,
    url: &str,
    first: &Exchange,
    ask: impl Fn(Request) -> Result<Exchange, TransportError>,
) -> Inspected {
    let asks = match name {
        EndpointName::H2m => None,
        // At its base an API has nothing.
        EndpointName::V1 | EndpointName::V2 | EndpointName::V3 => {
            Some(get(&format!("{}/services", url.trim_end_matches('/'))))
        }
        EndpointName::RodPo | EndpointName::Verzuim | EndpointName::Rio => {
            (status_of(first) == Some(NOT_FOUND)).then(|| post(url, b""))
        }
    };
    match asks.map(ask) {
        None => of_path(url, status_of(first)),
        Some(Ok(answer)) => of_path(url, status_of(&answer)),
        Some(Err(_)) => Inspected::Open("not-probed"),
    }
}

/// Whether there is something at the URL of triggers. What it gets asks for
/// nothing.
fn trigger_at(client: &Client, url: &str) -> Inspected {
    let status = |request: &Request| client.send(request).ok().as_ref().and_then(status_of);
    match status(&get(url)) {
        Some(NOT_FOUND) => match of_path(url, status(&post(url, b"{}"))) {
            Inspected::Right(_) => Inspected::Right(String::new()),
            wrong => wrong,
        },
        _ => Inspected::Right(String::new()),
    }
}

/// The HTTP status of a server that has nothing at a path.
const NOT_FOUND: u16 = 404;

fn of_path(url: &str, status: Option<u16>) -> Inspected {
    match status {
        Some(NOT_FOUND) => Inspected::Wrong("no-path", path_of(url).to_string()),
        Some(status) => Inspected::Right(format!("HTTP {status}")),
        None => Inspected::Open("not-probed"),
    }
}

fn status_of(answer: &Exchange) -> Option<u16> {
    answer.http.as_ref()?.status()
}

fn post(url: &str, body: &[u8]) -> Request {
    Request {
        method: "POST".to_string(),
        body: Arc::from(body),
        ..get(url)
    }
}

fn outcome(report: TransportReport, shown: String) -> Inspected {
    if report.findings.is_empty() {
        Inspected::Right(shown)
    } else {
        Inspected::Found(report.findings)
    }
}

fn get(url: &str) -> Request {
    Request {
        method: "GET".to_string(),
        url: url.to_string(),
        headers: Vec::new(),
        body: Arc::from([]),
    }
}

fn call(options: ClientOptions, request: Request) -> Result<Exchange, TransportError> {
    let client = Client::new(options).map_err(|_| TransportError {
        host: String::new(),
        problem: TransportProblem::Unreachable,
    })?;
    client.send(&request)
}

/// Whether a clock stands so far from now that certificates may be judged
/// otherwise.
fn is_elsewhen(stands: jiff::Timestamp) -> bool {
    let apart = stands.duration_since(RunningClock::system().now());
    apart.as_secs().unsigned_abs() > NEAR_SECONDS
}

/// Whether the words name a program: a file, or one on the path.
fn is_program(name: &str) -> bool {
    let path = std::path::Path::new(name);
    if path.components().count() > 1 {
        return path.is_file();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    !name.is_empty() && std::env::split_paths(&folders).any(|folder| folder.join(name).is_file())
}
