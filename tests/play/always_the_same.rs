//! LASes that are right now and then by saying the same to everything: that is no
//! reason to pass.

use std::sync::Arc;

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::trigger::{Outcome, PATH, Status};
use ketenkeur::exchange::{Exchange, path_of};
use ketenkeur::scenario::{Action, Library, Role};
use ketenkeur::transport::{Answer, Handler, Response, Server, ServerOptions};
use serde_json::Value;

use crate::las::{free, start_as};
use crate::target::{run, target};

/// Does what it is asked, and answers every message with a SOAP fault.
struct RefusesAll(Arc<dyn Handler>);

const FAULT: &str = r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>Nee</faultstring></s:Fault></s:Body></s:Envelope>"#;

impl Handler for RefusesAll {
    fn answer(&self, request: Arc<Exchange>) -> Answer {
        let url = request.http.as_ref().and_then(|http| http.url());
        match url.map(path_of) == Some(PATH) {
            true => self.0.answer(request),
            false => Response::new(500, "text/xml; charset=utf-8", FAULT.as_bytes()).into(),
        }
    }
}

#[test]
fn a_las_that_refuses_everything_passes_nothing_in_which_duo_sends() {
    let folder = tempfile::tempdir().unwrap();
    let (duo, osr) = (free(), free());
    let las = start_as(duo, osr, |las| Arc::new(RefusesAll(las)));
    let file = target(&las.endpoint, &las.trigger, duo, osr)
        .replace("koppeling-verzuim: no", "koppeling-verzuim: yes");
    let (_, report) = run(folder.path(), &file, &[]);
    let (mut asked, mut passed) = (0, Vec::new());
    for (id, passes) in of_las(&report) {
        let scenario = Library::shipped().scenario(id).unwrap();
        let mut steps = scenario.all_steps().into_iter();
        let sends = |action: &Action| matches!(action, Action::Send(send) if send.to == Role::Las);
        if steps.any(|step| sends(&step.action)) {
            asked += 1;
            if passes {
                passed.push(id);
            }
        }
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(passed, [""; 0]);
}

/// The scenarios of a LAS in a report, and whether it passed them.
fn of_las(report: &Value) -> impl Iterator<Item = (&str, bool)> {
    let scenarios = report["scenarios"].as_array().unwrap().iter();
    let of_las = scenarios.filter(|one| one["subject"] == "las");
    of_las.map(|one| (one["scenario"].as_str().unwrap(), one["verdict"] == "pass"))
}

/// Says yes to everything, and asks nobody.
struct SaysYes;

impl Handler for SaysYes {
    fn answer(&self, _: Arc<Exchange>) -> Answer {
        let yes = Outcome::new(Status::Done, "gedaan")
            .with("gemandateerd", true)
            .with("geregistreerd", true);
        yes.response().into()
    }
}

#[test]
fn a_las_that_says_yes_to_everything_has_seen_no_mandate() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServerOptions::new(RunningClock::system());
    let server = Server::start(options, Arc::new(SaysYes)).unwrap();
    let endpoint = "https://leverancier.ketenkeur.invalid:1/bron";
    let file = target(endpoint, &server.url("127.0.0.1", PATH), free(), free())
        .replace(r#"{ not-applicable: "een mens doet dat" }"#, "yes");
    let (_, report) = run(folder.path(), &file, &["--key=osr-h2m"]);
    let (passed, others): (Vec<_>, Vec<_>) = of_las(&report).partition(|(_, passes)| *passes);
    assert!(others.len() > 4, "{others:?}");
    assert_eq!(passed, []);
}
