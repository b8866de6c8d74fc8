//! No personal value of a message reaches the matrix, the store, a page that is
//! served or a run that a supplier sends.

use std::path::Path;

use ketenkeur::evidence::{Evidence, Folder};
use serde_json::{Value, json};

use crate::made::{OIN, text};
use crate::served::{Served, id_of, ketenkeur};

/// Values of a message that occur nowhere else.
const MARKED: [(&str, &str); 2] = [
    ("burgerservicenummer", "123456782"),
    ("achternaam", "Merkwaardig"),
];

/// A run of a message with the marked values, as one against a product of the
/// supplier: what was played without a target says nothing of anybody. The
/// script says who signs, so that the message is the script's own. With
/// `findings` it broke the rules that `check` says the message breaks.
fn played(root: &Path, out: &Path, findings: bool) {
    let [(_, number), (name, value)] = MARKED;
    let script = format!(
        "id: gemerkt\ntitle: {{ nl: Proef, en: Trial }}\nkey: po-inwinnen\nmandatory: false\n\
         subject: las\nsectors: [bo]\nrequirements: [BRON-INS]\ngrade: knowledge\n\
         source: a test\nat: \"2026-08-03T09:00:00Z\"\nsteps:\n\
         \x20 - send:\n      from: las\n      to: duo\n      message: aanleverenInschrijvingBO_Request\n\
         \x20     signing-identity: leverancier\n\
         \x20     edits: [{{ set: burgerservicenummer, to: \"{number}\" }}, \
         {{ after: datumInschrijving, insert: \"<{name}>{value}</{name}>\" }}]\n\
         \x20     expect: {{ status: 200 }}\n"
    );
    let work = tempfile::TempDir::new_in(root).unwrap();
    std::fs::write(work.path().join("gemerkt.yaml"), script).unwrap();
    let call = |args: &[&str], code: i32| {
        let done = ketenkeur(args, work.path()).output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{}", text(&done.stdout));
    };
    let now = "2026-09-28T09:00:00Z";
    call(&["run", "gemerkt.yaml", "--now", now, "--out", "run"], 0);
    let evidence = Evidence::open(&work.path().join("run")).unwrap();
    let record = evidence.record("exchanges/gemerkt/0001.json").unwrap();
    let kept = evidence.exchange("gemerkt", record.number).unwrap();
    std::fs::write(work.path().join("bericht.xml"), &kept.request.body).unwrap();
    call(
        &[
            "check",
            "bericht.xml",
            "--at",
            now,
            "--record",
            "check.jsonl",
        ],
        1,
    );
    let checked = std::fs::read_to_string(work.path().join("check.jsonl")).unwrap();
    let mut events = checked
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let judged = events.find(|event| event["event"] == "judged").unwrap();
    let found = judged["findings"].as_array().unwrap();
    assert!(found.len() > 1, "{judged}");
    let found: Vec<Value> = found
        .iter()
        .map(|one| json!({ "step": "1", "input": null, "expected": false, "finding": one }))
        .collect();
    let told = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        if event["event"] == "played" {
            event["about"]["own"] = json!(false);
            if findings {
                event["findings"] = json!(found);
                event["judgement"]["verdict"] = json!("fail");
            }
        }
        format!("{event}\n")
    };
    let folder = Folder::create(out).unwrap();
    for name in evidence.manifest().files.keys() {
        let content = evidence.read(name).unwrap();
        let content = match name.as_str() {
            "run.json" => {
                let mut run: Value = serde_json::from_slice(&content).unwrap();
                // The matrix is as of the minute before.
                run["began"] = json!(now);
                // Scripts of another version count, for they are not known here.
                run["tool"] = json!("0.0.1");
                run["target"] = json!({
                    "supplier": "Voorbeeld", "oin": OIN, "product": "Voorbeeld-LAS",
                    "version": "1.0", "roles": ["las"], "capabilities": {},
                });
                run["oins"]["las"] = json!(OIN);
                run.to_string().into()
            }
            "events.jsonl" => text(&content).lines().map(told).collect::<String>().into(),
            _ => content,
        };
        folder.write(name, &content).unwrap();
    }
    folder.seal(false).unwrap();
}

#[track_caller]
fn assert_masked(what: &str, content: &str) {
    for (name, value) in MARKED {
        assert!(!content.contains(value), "{what} shows {name}: {content}");
    }
}

#[test]
fn no_marked_value_leaves_the_messages() {
    let served = Served::start(&["--upload"], |runs| {
        played(runs, &runs.join("bewijs"), true);
    });
    let root = served.folder.path();
    // It is there to be found, and a rule was broken with it.
    let bytes = |path: &Path| {
        let files = walkdir::WalkDir::new(path).into_iter();
        let files = files.map(|entry| entry.unwrap().into_path());
        let files = files.filter(|path| path.is_file());
        let texts = files.map(|path| {
            let content = std::fs::read(path).unwrap();
            String::from_utf8_lossy(&content).into_owned()
        });
        texts.collect::<String>()
    };
    let original = bytes(&root.join("runs/bewijs"));
    assert!(MARKED.iter().all(|(_, value)| original.contains(value)));
    // Every form of the matrix, and the store.
    for form in ["human", "json", "csv", "html"] {
        for edition in ["confidential", "public"] {
            let args = ["readiness", "--store", "s.sqlite", "--report", form];
            let made = ketenkeur(&[&args[..], &["--edition", edition]].concat(), root);
            let made = { made }.output().unwrap();
            assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
            assert_masked(form, &text(&made.stdout));
        }
    }
    for file in ["s.sqlite", "s.sqlite-wal", "s.sqlite-journal"] {
        let content = std::fs::read(root.join(file)).unwrap_or_default();
        assert_masked(file, &String::from_utf8_lossy(&content));
    }
    // Every page.
    let id = id_of(&served);
    for who in [&served.team, &served.supplier] {
        for path in [
            "/".to_string(),
            format!("/suppliers/{OIN}"),
            "/runs".to_string(),
            format!("/runs/{id}"),
            format!("/runs/{id}?lang=en"),
            format!("/compare?a={id}&b={id}"),
        ] {
            let (status, _, page) = served.get(&path, Some(who));
            assert_eq!(status, 200, "{path}: {page}");
            assert_masked(&path, &page);
            if path.starts_with("/runs/") {
                assert!(page.contains("KK-PRIV-ECHT"), "{path}: {page}");
            }
        }
    }
    // What a supplier sends of it is the masked view, and is taken as it is.
    played(root, &root.join("origineel"), false);
    for args in [
        &["runs", "share", "origineel", "--out", "beeld"][..],
        &["runs", "pack", "beeld", "--out", "beeld.zip"],
        &["runs", "pack", "origineel", "--out", "origineel.zip"],
    ] {
        let done = ketenkeur(args, root).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
    }
    assert_masked("view", &bytes(&root.join("beeld")));
    let send = |archive: &str| {
        let archive = std::fs::read(root.join(archive)).unwrap();
        served.send(&archive, Some(&served.supplier))
    };
    let (status, _, body) = send("beeld.zip");
    assert_eq!(status, 201, "{body}");
    let (status, _, body) = send("origineel.zip");
    assert_eq!(status, 422, "{body}");
    // An original under the name of a view.
    let evidence = Evidence::open(&root.join("origineel")).unwrap();
    let folder = Folder::create(&root.join("vals")).unwrap();
    for name in evidence.manifest().files.keys() {
        folder.write(name, &evidence.read(name).unwrap()).unwrap();
    }
    folder.seal(true).unwrap();
    let done = ketenkeur(&["runs", "pack", "vals", "--out", "vals.zip"], root);
    assert!({ done }.status().unwrap().success());
    let (status, _, body) = send("vals.zip");
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("staat iets dat gemaskeerd hoort"), "{body}");
}
