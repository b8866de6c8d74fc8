//! What is served, to whom, and what suppliers may send: without a browser.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::made::{Made, OIN, text};
use crate::served::{OTHER, Served, TEAM, answered, id_of, ketenkeur};

#[test]
fn everybody_sees_what_is_theirs() {
    let served = Served::start(&[], |runs| {
        Made::default().write(&runs.join("eerste"));
        Made {
            began: "2026-09-02T10:00:00Z",
            oin: OTHER,
            ..Made::default()
        }
        .write(&runs.join("ander"));
    });
    let (team, supplier) = (Some(served.team.as_str()), Some(served.supplier.as_str()));
    let run = format!("/runs/{}", id_of(&served));
    let own = format!("/suppliers/{OIN}");
    let others = format!("/suppliers/{OTHER}");
    let (one, two) = ("geheim-blok-een", "geheim-blok-twee");
    let not_here = "Deze pagina is er niet";
    for (who, path, status, holds, lacks) in [
        (None, "/", 200, "Voorbeeld-LAS", one),
        (supplier, "/", 200, "Voorbeeld-LAS", one),
        (team, "/", 200, one, "zzz"),
        (None, &own, 200, "Voorbeeld-LAS", one),
        (supplier, &own, 200, one, two),
        (supplier, &others, 200, "Ander-LAS", two),
        (team, &others, 200, two, one),
        (None, &run, 404, not_here, "po-inwinnen"),
        (
            supplier,
            &run,
            200,
            "po-inwinnen",
            served.folder.path().to_str().unwrap(),
        ),
        (team, &run, 200, "po-inwinnen", "zzz"),
        (None, "/runs", 404, not_here, "<table"),
        (team, "/runs", 200, OTHER.get(..1).unwrap(), "zzz"),
        (None, "/live", 404, not_here, "<table"),
        (supplier, "/live", 404, not_here, "<table"),
        (team, "/live", 200, "Er is geen run bezig", "<table"),
        (
            Some("kk_verzonnen"),
            "/",
            401,
            "Dit token geldt niet",
            "Voorbeeld-LAS",
        ),
        (
            None,
            "/?lang=en",
            200,
            "Readiness of the chain",
            "Gereedheid van",
        ),
        (
            None,
            "/login?lang=en",
            200,
            "The team gives suppliers",
            "zzz",
        ),
        // Nothing is found by a path.
        (team, "/runs/..%2f..%2fs.sqlite", 404, not_here, "SQLite"),
        (team, "/runs/eerste", 404, not_here, "zzz"),
        (team, "/../s.sqlite", 404, not_here, "SQLite"),
        (team, "/suppliers/%3Cscript%3E", 404, not_here, "<script>"),
        (team, "/live/..%2feerste", 404, not_here, "zzz"),
        (team, "/compare?a=x&b=y", 404, not_here, "zzz"),
        // Nobody sends anything unless that is asked for.
        (
            supplier,
            "/upload",
            403,
            "geen runs worden ingestuurd",
            "<form",
        ),
    ] {
        let (found, headers, body) = served.get(path, who);
        let name = format!("{who:?} {path}: {found}");
        assert_eq!(found, status, "{name}\n{body}");
        assert!(body.contains(holds), "{name} lacks {holds}\n{body}");
        assert!(!body.contains(lacks), "{name} holds {lacks}");
        for header in [
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "frame-ancestors 'none'",
            "cache-control: no-store",
        ] {
            assert!(headers.contains(header), "{name}: {header}\n{headers}");
        }
        assert!(!headers.contains("unsafe"), "{headers}");
    }
    // The supplier sees its own runs alone.
    let (_, _, list) = served.get("/runs", supplier);
    assert_eq!(
        list.matches("type=\"radio\" name=\"a\"").count(),
        1,
        "{list}"
    );
    let (status, ..) = served.send(b"PK", supplier);
    assert_eq!(status, 403);
    // A token that is taken out of the file opens nothing any more.
    std::fs::write(served.folder.path().join("tokens.toml"), "").unwrap();
    assert_eq!(served.get("/", team).0, 401);
}

#[test]
fn a_supplier_sends_its_own_masked_runs_and_nothing_else() {
    let served = Served::start(&["--upload"], |_| {});
    let made = || Made {
        masked: [true, true],
        not_played: Some("clock"),
        ..Made::default()
    };
    let good = served.pack(&made(), "goed");
    let supplier = Some(served.supplier.as_str());
    let before = served.kept();
    let tampered = {
        // Another file under the hash of the first.
        let name = served.folder.path().join("geknoeid");
        made().write(&name);
        let events = name.join("events.jsonl");
        let changed = std::fs::read_to_string(&events)
            .unwrap()
            .replace("undecided", "pass");
        std::fs::write(&events, changed).unwrap();
        zipped(&name)
    };
    let pack = |run: Made<'_>, name: &str| served.pack(&run, name);
    let team = Some(served.team.as_str());
    let refused = [
        ("nobody", good.clone(), None, 401, "Meld u eerst aan"),
        ("team", good.clone(), team, 403, "met zijn eigen token"),
        (
            "wrong",
            good.clone(),
            Some("kk_x"),
            401,
            "Dit token geldt niet",
        ),
        ("empty", Vec::new(), supplier, 422, "geen archief"),
        (
            "text",
            b"geen archief".to_vec(),
            supplier,
            422,
            "geen archief",
        ),
        (
            "cut",
            good[..good.len() / 2].to_vec(),
            supplier,
            422,
            "geen archief",
        ),
        (
            "tampered",
            tampered,
            supplier,
            422,
            "deze bestanden zijn niet die van het manifest: events.jsonl.",
        ),
        (
            "original",
            pack(
                Made {
                    masked: [false, true],
                    ..made()
                },
                "o",
            ),
            supplier,
            422,
            "niet gemaskeerd",
        ),
        (
            "shown",
            pack(
                Made {
                    masked: [true, false],
                    ..made()
                },
                "s",
            ),
            supplier,
            422,
            "niet gemaskeerd",
        ),
        (
            "other",
            pack(
                Made {
                    oin: OTHER,
                    ..made()
                },
                "a",
            ),
            supplier,
            403,
            OTHER,
        ),
        (
            "own",
            pack(
                Made {
                    supplier: "",
                    ..made()
                },
                "e",
            ),
            supplier,
            422,
            "zonder doel (--target)",
        ),
        (
            "future",
            pack(
                Made {
                    began: "2199-01-01T00:00:00Z",
                    ..made()
                },
                "t",
            ),
            supplier,
            422,
            "in de toekomst",
        ),
        // Its maker calls it masked, and it is not.
        (
            "number",
            pack(
                Made {
                    title: "Zoek 123456782: ",
                    ..made()
                },
                "n",
            ),
            supplier,
            422,
            "in events.jsonl staat iets dat gemaskeerd hoort",
        ),
        // Verdicts without the steps that they rest on.
        (
            "claims",
            pack(
                Made {
                    not_played: None,
                    steps: false,
                    ..made()
                },
                "c",
            ),
            supplier,
            422,
            "zegt het bewijs iets anders",
        ),
    ];
    for (name, archive, token, status, says) in refused {
        let (found, _, body) = served.send(&archive, token);
        assert_eq!(found, status, "{name}: {body}");
        assert!(body.contains(says), "{name}: {body}");
        assert_eq!(served.kept(), before, "{name}");
    }
    let huge = vec![0; 33 << 20];
    let (status, _, body) = served.send(&huge, supplier);
    assert_eq!(status, 413, "{body}");
    assert!(body.contains("groter dan hier mag"), "{body}");
    // A stranger sends a form at most, and is told that it is one.
    let long = vec![0; 65 << 10];
    let (status, _, body) = served.send(&long, None);
    assert_eq!(status, 401, "{body}");
    assert!(body.contains("Meld u eerst aan"), "{body}");
    let (status, _, body) = served.send(&long, Some("0000"));
    assert_eq!(status, 401, "{body}");
    // Who shows a token is a program, and gets a line.
    assert_eq!(body.lines().count(), 1, "{body}");
    // The good one counts, once.
    let (status, _, body) = served.send(&good, supplier);
    assert_eq!(status, 201, "{body}");
    let kept = served.kept();
    assert_eq!((kept.0.len(), kept.1), (1, 1));
    assert!(served.get("/", None).2.contains("Voorbeeld-LAS 1.0"));
    let (status, _, body) = served.send(&good, supplier);
    assert_eq!(status, 200, "{body}");
    assert_eq!(served.kept(), kept);
    // A browser that another site misled sends nothing.
    let (status, _, body) = answered(
        served
            .agent
            .post(format!("{}/upload", served.url))
            .header("authorization", format!("Bearer {}", served.supplier))
            .header("sec-fetch-site", "cross-site")
            .send(&good[..]),
    );
    assert_eq!(status, 403, "{body}");
}

/// The team file counts as it is now; while it is broken, as it was.
#[test]
fn the_team_file_is_read_again_when_it_changes() {
    let served = Served::start(&[], |_| {});
    let team = Some(served.team.as_str());
    let write = |text: &str| std::fs::write(served.folder.path().join("team.toml"), text).unwrap();
    let broken = "Het teambestand is veranderd en kan niet worden gelezen";
    let shows = |name: &str, is_broken: bool| {
        for (who, told) in [(team, is_broken), (None, false)] {
            let (status, _, page) = served.get("/", who);
            assert_eq!(status, 200);
            assert!(page.contains(name), "{name}: {page}");
            assert_eq!(page.contains(broken), told, "{name} {who:?}");
        }
    };
    shows("Ander-LAS", false);
    write("[[supplier]]\noin = \"00000003123456780000\"\n");
    shows("Ander-LAS", true);
    let supplier =
        "[[supplier]]\noin = \"00000003123456780000\"\nname = \"Nieuw\"\nproduct = \"Nieuw-LAS\"\n";
    write(supplier);
    shows("Nieuw-LAS", false);
    // What it says and cannot mean is told to the team alone.
    let waiver = format!(
        "{supplier}[[waiver]]\noin = \"{OIN}\"\nproduct = \"Nieuw-LAS\"\nscenario = \"po-inwinnen-lsa\"\n\
         owner = \"<b>a\"\nreason = \"b\"\nuntil = 2025-01-01\n"
    );
    write(&waiver);
    let doubts = [
        "voor Nieuw-LAS wordt een scenario gedoogd dat niemand kent: po-inwinnen-lsa",
        "po-inwinnen-lsa werd voor Nieuw-LAS gedoogd tot en met 2025-01-01",
    ];
    let own = Some(served.supplier.as_str());
    for (who, path, told) in [
        (team, "/", true),
        (team, "/suppliers/00000003123456780000", false),
        (own, "/", false),
        (own, "/suppliers/00000003123456780000", false),
        (None, "/", false),
    ] {
        let (_, _, page) = served.get(path, who);
        for doubt in doubts {
            assert_eq!(page.contains(doubt), told, "{who:?} {path}: {page}");
        }
    }
    write(supplier);
    assert!(!served.get("/", team).2.contains(doubts[0]));
    // An answer of the OSR that it names counts with it.
    let answer = served.folder.path().join("osr.json");
    std::fs::write(&answer, "[]").unwrap();
    write(&format!("{supplier}osr-mandates = [\"osr.json\"]\n"));
    shows("0 scholen met mandaat", false);
    std::fs::write(&answer, "[").unwrap();
    shows("0 scholen met mandaat", true);
    let mandate = serde_json::json!([
        { "start_date": "2026-08-01", "_links": { "school": { "href": "/api/v2/schools/1" } } }
    ]);
    std::fs::write(&answer, mandate.to_string()).unwrap();
    shows("1 scholen met mandaat", false);
}

/// Who has no token asks for so much from one address; who has one goes on.
#[test]
fn an_address_asks_for_no_more_than_is_fair() {
    let served = Served::start(&[], |_| {});
    let get = |from: &str, token: Option<&str>| {
        let request = served.agent.get(&served.url);
        let request = request.header("x-forwarded-for", format!("192.0.2.9, {from}"));
        answered(
            match token {
                Some(token) => request.header("authorization", format!("Bearer {token}")),
                None => request,
            }
            .call(),
        )
    };
    for _ in 0..ketenkeur::limits::MAX_REQUESTS_PER_MINUTE {
        assert_eq!(get("198.51.100.1", None).0, 200);
    }
    let (status, headers, body) = get("198.51.100.1", None);
    assert_eq!(status, 429, "{body}");
    assert!(headers.contains("retry-after: 60"), "{headers}");
    assert!(
        body.contains("Probeer het over een minuut opnieuw"),
        "{body}"
    );
    let own = Some(served.supplier.as_str());
    assert_eq!(get("198.51.100.1", own).0, 200);
    assert_eq!(get("198.51.100.2", None).0, 200);
}

/// A folder as an archive, whatever its manifest says.
fn zipped(folder: &Path) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["events.jsonl", "manifest.json", "run.json"] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        archive
            .write_all(&std::fs::read(folder.join(name)).unwrap())
            .unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn it_answers_to_its_own_name_and_ends_in_order() {
    let mut served = Served::start(&["--host", "gereed.voorbeeld.nl"], |_| {});
    let port = served.url.rsplit(':').next().unwrap().to_string();
    for (host, status) in [
        (format!("127.0.0.1:{port}"), 200),
        (format!("localhost:{port}"), 200),
        ("gereed.voorbeeld.nl".to_string(), 200),
        (format!("kwaad.voorbeeld.nl:{port}"), 421),
        ("127.0.0.1".to_string(), 421),
        ("127.0.0.1:1".to_string(), 421),
    ] {
        let request = served.agent.get(&served.url).header("host", &host);
        let (found, _, body) = answered(request.call());
        assert_eq!(found, status, "{host}: {body}");
    }
    let (status, ..) = answered(served.agent.delete(&served.url).call());
    assert_eq!(status, 405);
    let ended = Command::new("kill")
        .args(["-INT", &served.process.id().to_string()])
        .status()
        .unwrap();
    assert!(ended.success());
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[test]
fn the_confidential_edition_is_for_this_machine_alone() {
    let served = Served::start(&["--edition", "confidential"], |runs| {
        Made::default().write(&runs.join("run"));
    });
    let asked = |header: Option<&str>, token: Option<&str>| {
        let mut request = served.agent.get(format!("{}/runs", served.url));
        if let Some(header) = header {
            request = request.header(header, "192.0.2.1");
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answered(request.call()).0
    };
    assert_eq!(asked(None, None), 200);
    for header in ["x-forwarded-for", "forwarded"] {
        assert_eq!(asked(Some(header), None), 404, "{header}");
        assert_eq!(asked(Some(header), Some(&served.team)), 200, "{header}");
    }
}

#[test]
fn what_would_open_too_much_is_refused() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    ketenkeur::readiness::RunStore::open(&root.join("s.sqlite")).unwrap();
    std::fs::write(root.join("team.toml"), TEAM).unwrap();
    let token = ketenkeur(&["token", "t.toml", "--supplier", "12"], root)
        .output()
        .unwrap();
    assert_eq!(token.status.code(), Some(2));
    assert!(!root.join("t.toml").exists());
    for (args, says) in [
        (&["--listen", "0.0.0.0:0"][..], "--host"),
        (
            &[
                "--listen",
                "0.0.0.0:0",
                "--host",
                "a.nl",
                "--edition",
                "confidential",
            ],
            "vertrouwelijke editie",
        ),
        (
            &["--host", "gereed.nl", "--edition", "confidential"],
            "achter de proxy",
        ),
        (&["--upload"], "--tokens"),
        (&["--tokens", "nergens.toml"], "nergens.toml"),
        (&["--runs", "nergens"], "nergens"),
        (&["--tokens", "team.toml"], "regel 1"),
        (&["--listen", "overal"], "overal"),
    ] {
        let args = [&["serve", "--store", "s.sqlite"], args].concat();
        let output = ketenkeur(&args, root).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = text(&output.stderr);
        assert!(said.contains(says), "{args:?}: {said}");
    }
    // A store that is not there is not made by looking at it.
    let output = ketenkeur(&["serve", "--store", "geen.sqlite"], root)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("geen.sqlite bestaat niet"), "{said}");
    assert!(!root.join("geen.sqlite").exists());
}
