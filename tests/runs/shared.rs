//! `runs share`, and `runs pack --for`.

use std::path::Path;
use std::process::Command;

use ketenkeur::check::Masker;
use ketenkeur::evidence::Evidence;
use ketenkeur::pack::Store;

use crate::support::{IDS, Work, files, send};

/// A key that no view may show.
const KEY: &str = "ketenkeur-proefsleutel";

#[test]
fn a_view_shows_no_person_and_no_secret() {
    let work = Work::new();
    let ids = ["koppeling-verzuim-duo-melding", "osr-m2m-osr-endpoint"];
    work.run("run", &["--id", ids[0], "--id", ids[1]])
        .expect(0, &[]);
    let all = |folder: &str| {
        let texts = files(&work.path(folder)).into_values();
        let texts = texts.map(|content| String::from_utf8_lossy(&content).into_owned());
        texts.collect::<String>()
    };
    let original = all("run");
    assert!(original.contains(KEY), "no API key was exchanged");
    let (from, to) = ("<toelichtingActieGewenst>", "</toelichtingActieGewenst>");
    let personal = between(&original, from, to);
    assert!(!personal.is_empty(), "nothing was said of a person");
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &["masked view"]);
    let view = all("view");
    assert!(!view.contains(KEY));
    let unmasked = |folder: &str| {
        let evidence = Evidence::open(&work.path(folder)).unwrap();
        let mut masker = Masker::new(Store::builtin());
        ketenkeur::evidence::unmasked(&evidence, &mut masker, false).unwrap()
    };
    assert_eq!(unmasked("view"), None);
    assert!(unmasked("run").unwrap().starts_with("exchanges/"));
    for text in between(&view, from, to) {
        assert!(text.chars().all(|ch| ch == '*' || ch == ' '), "{text}");
    }
    for text in personal {
        assert!(!view.contains(&text), "{text}");
    }
    // Numbers of the synthetic range stay.
    assert!(view.contains("<burgerservicenummer>9999"));
    // From a digest of the original a number could be found again.
    let message = work.read("view/exchanges/koppeling-verzuim-duo-melding/0001-request.http");
    let digests = between(&message, "DigestValue>", "</");
    assert!(!digests.is_empty());
    for digest in digests {
        assert!(digest.bytes().all(|byte| byte == b'*'), "{digest}");
    }
    // Nor does a view pass that somebody masked and left the digests in.
    let mask = format!("{}<", "*".repeat(44));
    let digest = format!("{}=<", "q".repeat(43));
    assert!(message.contains(&mask), "{message}");
    let betraying = message.replacen(&mask, &digest, 1);
    work.write(
        "view/exchanges/koppeling-verzuim-duo-melding/0001-request.http",
        betraying,
    );
    let found = unmasked("view").unwrap();
    assert!(found.ends_with("0001.json"), "{found}");
}

fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    let parts = text.split(from).skip(1);
    let parts = parts.filter_map(|part| part.split_once(to));
    parts.map(|(value, _)| value.to_string()).collect()
}

#[test]
fn a_view_is_never_a_pass_and_names_what_it_leaves_open() {
    let work = Work::new();
    work.passed("run");
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &[]);
    work.verify("view").expect(
        5,
        &[
            "files are as they were written",
            "This is a masked view",
            "Not signed",
            "steps were judged again; their verdict is the same",
            &format!("Cannot be judged again: {}, steps 1, -", IDS[1]),
        ],
    );
    for command in ["merge", "share"] {
        work.ketenkeur(&["runs", command, "view", "--out", "more"])
            .expect(2, &["masked view"]);
    }
    work.write("view/run.json", work.read("view/run.json") + " ");
    work.verify("view").expect(1, &["Changed: run.json"]);
}

#[test]
fn what_needed_no_mask_is_judged_again() {
    let work = Work::new();
    // Nothing is exchanged that could be judged again.
    let probe = "  - probe: { party: duo, refuses: [zonder-certificaat] }\n";
    work.script("leeg", probe);
    let number = "  - trigger: { party: las, action: toon, with: { burgerservicenummer: \"123456782\" }, expect-status: refused }\n";
    work.script_of("las", "persoon", number);
    work.script("bericht", &send("status: 200"));
    work.run("run", &["scripts"]);
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &[]);
    assert!(work.path("view/scenarios/scripts/bericht.yaml").exists());
    // A script in which a person stands stays behind.
    assert!(!work.path("view/scenarios/scripts/persoon.yaml").exists());
    let said = work.verify("view");
    said.expect(5, &["steps were judged again; their verdict is the same"]);
    assert!(!said.text.contains("Judged otherwise"), "{}", said.text);
}

#[test]
fn a_run_that_showed_persons_gives_a_view_that_does_not() {
    let work = Work::new();
    work.script_of(
        "las",
        "fout",
        "  - trigger:\n      party: las\n      action: toon\n      expect:\n        json:\n\
         \x20         - { path: \"$.leerlingen[0].persoon.achternaam\", equals: Anders }\n",
    );
    work.run("run", &["scripts", "--no-redact"])
        .expect(1, &["KK-SC-JSON"]);
    let shown = work.read("run/events.jsonl");
    let name = between(&shown, "\"found\",\"", "\"");
    assert!(name.len() == 1 && name[0].len() > 3, "{shown}");
    work.ketenkeur(&["runs", "share", "run", "--out", "view"])
        .expect(0, &[]);
    let view = work.read("view/events.jsonl");
    assert!(
        view.contains("\"redacted\":true") && !view.contains(&name[0]),
        "{view}"
    );
}

#[test]
fn an_archive_for_somebody_opens_with_their_key_alone() {
    let work = Work::new();
    let openssl = |call: &str| {
        let mut openssl = Command::new("openssl");
        openssl.args(call.split(' ')).current_dir(work.path(""));
        openssl.output().ok().map(|made| made.status.success())
    };
    for name in ["key", "other"] {
        let call = format!(
            "req -x509 -newkey rsa:2048 -noenc -keyout {name}.pem -out {name}.crt -days 30 -subj /CN={name}"
        );
        let Some(made) = openssl(&call) else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        assert!(made);
    }
    work.passed("run");
    let pack = |more: &[&str]| work.ketenkeur(&[&["runs", "pack", "run"], more].concat());
    pack(&["--out", "run.p7m", "--for", "key.crt"]).expect(0, &["openssl cms -decrypt"]);
    work.verify("run.p7m")
        .expect(2, &["encrypted", "openssl cms -decrypt"]);
    let open = |key: &str, out: &str| {
        openssl(&format!(
            "cms -decrypt -inform DER -in run.p7m -inkey {key}.pem -out {out}"
        ))
    };
    assert_eq!(open("other", "wrong.zip"), Some(false));
    assert_eq!(open("key", "run.zip"), Some(true));
    work.verify("run.zip")
        .expect(0, &["their verdict is the same"]);
    pack(&["--out", "no.p7m", "--for", "key.pem"]).expect(2, &["no certificate"]);
    assert!(!Path::new(&work.path("no.p7m")).exists());
}
