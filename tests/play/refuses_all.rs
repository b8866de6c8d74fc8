//! A LAS that refuses whatever DUO sends refuses rightly now and then. That is
//! no reason to pass.

use std::sync::Arc;

use ketenkeur::counterpart::trigger::PATH;
use ketenkeur::exchange::{Exchange, path_of};
use ketenkeur::scenario::{Action, Library, Role};
use ketenkeur::transport::{Answer, Handler, Response};

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
    let scenarios = report["scenarios"].as_array().unwrap();
    let (mut asked, mut passed) = (0, Vec::new());
    for one in scenarios.iter().filter(|one| one["subject"] == "las") {
        let id = one["scenario"].as_str().unwrap();
        let scenario = Library::shipped().scenario(id).unwrap();
        let mut steps = scenario.all_steps().into_iter();
        let sends = |action: &Action| matches!(action, Action::Send(send) if send.to == Role::Las);
        if steps.any(|step| sends(&step.action)) {
            asked += 1;
            if one["verdict"] == "pass" {
                passed.push(id);
            }
        }
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(passed, [""; 0]);
}
