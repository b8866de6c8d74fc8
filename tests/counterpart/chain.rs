//! All three counterparts at once: the LAS is made to act, and calls the
//! others.

use std::process::Command;

use ketenkeur::clock::RunningClock;
use ketenkeur::counterpart::trigger::{Action, Outcome, Status, Trigger};
use ketenkeur::transport::{Client, ClientOptions};
use serde_json::{Value, json};

use crate::support::{Running, url_in};

#[test]
fn the_las_asks_the_osr_and_duo() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let osr = Running::party(&["osr"], &file("osr"));
    let duo = Running::party(&["duo", "--osr", &osr.url()], &file("duo"));
    let arguments = ["las", "--duo", &duo.url(), "--osr", &osr.url()];
    let door = ["--trigger", "127.0.0.1:0"];
    let mut las = Running::party(&[&arguments[..], &door].concat(), &file("las"));
    let door = url_in(&las.next_line());
    let client = Client::new(ClientOptions::new(
        std::sync::Arc::default(),
        RunningClock::system(),
    ));
    let client = client.unwrap();
    for (action, with) in [
        (Action::VraagMandaatOp, json!({ "dienst": "rod-po" })),
        (Action::RegistreerEndpoint, json!({ "dienst": "rod-po" })),
        (Action::HaalRioOp, json!({})),
    ] {
        let mut with = with;
        with["instellingscode"] = json!("25BE");
        let Value::Object(with) = with else {
            unreachable!("an object was made");
        };
        let answer = client.send(&Trigger::new(action, with).request(&door));
        let outcome = Outcome::read(&answer.unwrap()).unwrap();
        assert_eq!(outcome.status, Status::Done, "{action:?}: {}", outcome.text);
    }
}

/// Ctrl-C is how it is meant to end: without an error.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_in_order() {
    let mut osr = Running::start(&["osr"]);
    let process = osr.child.id().to_string();
    let asked = Command::new("kill").args(["-INT", &process]).status();
    assert!(asked.unwrap().success());
    assert_eq!(osr.child.wait().unwrap().code(), Some(0));
}
