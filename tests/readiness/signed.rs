//! Who signs the evidence about a supplier: the supplier, or whom the team names.

use std::collections::BTreeMap;
use std::path::Path;

use ketenkeur::clock::Clock;
use ketenkeur::evidence::{Evidence, SignatureState, Signer, sign};
use ketenkeur::pki::TestPki;
use tempfile::TempDir;

use crate::made::{Made, OIN, text};
use crate::matrix::ketenkeur;
use crate::served::{self, OTHER, Served};

/// A run, signed by the holder of this OIN.
fn signed(run: &Made<'_>, path: &Path, oin: &str) -> Signer {
    run.write(path);
    sign_as(path, oin)
}

/// Signs a run as the holder of this OIN.
fn sign_as(path: &Path, oin: &str) -> Signer {
    let clock = Clock::at("2026-09-01T10:00:00Z".parse().unwrap());
    let key = TestPki::at(clock).unwrap();
    let key = key.signing_key_of("leverancier", oin).unwrap();
    let manifest = std::fs::read(path.join("manifest.json")).unwrap();
    sign(path, &manifest, &key).unwrap();
    match Evidence::open(path).unwrap().signature() {
        SignatureState::Signed(signer) => signer,
        other => panic!("{other:?}"),
    }
}

/// A team file that says who signs for the supplier.
fn team(signed_by: &str) -> String {
    format!(
        "[[supplier]]\noin = '{OIN}'\nname = 'Voorbeeld'\nproduct = 'Voorbeeld-LAS'\n{signed_by}\n"
    )
}

#[test]
fn a_signature_counts_when_it_is_that_of_who_signs_for_the_supplier() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let own = signed(&Made::default(), &at("own"), OIN);
    let other = signed(&Made::default(), &at("other"), OTHER);
    Made::default().write(&at("nobody"));
    let by = |names: &[&str]| format!("signed-by = {names:?}");
    let colons = |hash: &str| {
        let pairs = hash.as_bytes().chunks(2);
        let pairs: Vec<&str> = pairs.map(|pair| str::from_utf8(pair).unwrap()).collect();
        pairs.join(":").to_uppercase()
    };
    let refused = format!("{OTHER} signed the evidence and does not sign for the supplier ({OIN})");
    let own_refused = format!("{OIN} signed the evidence and does not sign");
    let for_it = format!("signed by {OTHER}, who signs for the supplier according to the team");
    let own_shown = format!("signed by {OIN}\n");
    for (run, team_file, code, says) in [
        ("nobody", team(""), 0, "unsigned"),
        ("nobody", team(&by(&[OTHER])), 0, "unsigned"),
        ("own", team(""), 0, own_shown.as_str()),
        ("own", team(&by(&[OIN, OTHER])), 0, &own_shown),
        ("own", team(&by(&[OTHER])), 1, &own_refused),
        ("own", team(&by(&[&own.certificate])), 0, &own_shown),
        (
            "own",
            team(&by(&[&colons(&own.certificate)])),
            0,
            &own_shown,
        ),
        ("own", team(&by(&[&other.certificate])), 1, &own_refused),
        ("other", team(""), 1, &refused),
        ("other", team(&by(&[OTHER])), 0, &for_it),
        ("other", team(&by(&[&other.certificate])), 0, &for_it),
        (
            "own",
            team("signed-by = ['12']"),
            2,
            "line 5: \"signed-by\" names who signs",
        ),
    ] {
        std::fs::write(at("team.toml"), &team_file).unwrap();
        let (run, file) = (at(run), at("team.toml"));
        let args = ["--lang", "en", "--team", file.to_str().unwrap()];
        let output = ketenkeur(&[&args[..], &[run.to_str().unwrap()]].concat());
        let told = text(&output.stderr) + &text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{team_file}{told}");
        assert!(told.contains(says), "{team_file}{says}\n{told}");
        assert_eq!(told.contains("not tested"), code == 1, "{team_file}{told}");
    }
    // The page of the run says so as well.
    for (run, warns) in [("own", false), ("other", true)] {
        let args = ["report", run, "--report", "html", "--lang", "en"];
        let page = served::ketenkeur(&args, folder.path()).output().unwrap();
        let page = text(&page.stdout);
        let warning = format!("The run names another OIN as the supplier&#x27;s: {OIN}.");
        assert_eq!(page.contains(&warning), warns, "{run}");
    }
    // What was kept counts no longer once the team names somebody else.
    std::fs::write(at("team.toml"), team(&by(&[OTHER]))).unwrap();
    let (store, file, run) = (at("s.sqlite"), at("team.toml"), at("other"));
    let store = ["--lang", "en", "--store", store.to_str().unwrap()];
    let with = [&store[..], &["--team", file.to_str().unwrap()]].concat();
    let output = ketenkeur(&[&with[..], &[run.to_str().unwrap()]].concat());
    assert!(text(&output.stdout).contains(&for_it));
    std::fs::write(at("team.toml"), team("")).unwrap();
    let output = ketenkeur(&with);
    assert!(
        !text(&output.stdout).contains(OTHER),
        "{}",
        text(&output.stdout)
    );
    let told = text(&output.stderr);
    let expected =
        format!("1 of the runs that were kept of Voorbeeld-LAS (OIN {OIN}) do not count");
    assert!(told.contains(&expected), "{told}");
}

/// What a supplier sends is signed by whoever signs for it, as the team file says
/// when it comes; what the team doubts stands on its page alone.
#[test]
fn who_signs_what_is_sent_the_team_says() {
    let served = Served::start(&["--upload"], |_| {});
    let supplier = Some(served.supplier.as_str());
    let root = served.folder.path();
    let masked = Made {
        masked: [true, true],
        not_played: Some("clock"),
        ..Made::default()
    };
    signed(&masked, &root.join("beeld"), OTHER);
    let archive = served.packed("beeld");
    let (status, _, body) = served.send(&archive, supplier);
    assert_eq!(status, 403, "{body}");
    assert!(body.contains(OTHER), "{body}");
    let team_file =
        |signed_by: &str| std::fs::write(root.join("team.toml"), team(signed_by)).unwrap();
    team_file(&format!("signed-by = ['{OTHER}']"));
    let (status, _, body) = served.send(&archive, supplier);
    assert_eq!(status, 201, "{body}");
    let doubt = "die tekent niet voor de leverancier";
    assert!(!served.get("/", Some(&served.team)).2.contains(doubt));
    team_file("");
    for (who, path, shows) in [
        (Some(served.team.as_str()), "/", true),
        (Some(&served.team), "/?lang=en", false),
        (supplier, "/", false),
        (None, "/", false),
    ] {
        let (_, _, page) = served.get(path, who);
        assert_eq!(page.contains(doubt), shows, "{who:?} {path}");
        let english = "does not sign for the supplier";
        assert_eq!(
            page.contains(english),
            path.contains("en") && who.is_some(),
            "{path}"
        );
    }
}

/// A run that is signed after it was kept is signed from then on, sent or imported
/// again; the signature of a stranger is refused as at the first time, and one that
/// is gone again changes nothing.
#[test]
fn a_signature_that_comes_later_is_taken_over() {
    let served = Served::start(&["--upload"], |_| {});
    let supplier = Some(served.supplier.as_str());
    let root = served.folder.path();
    let masked = Made {
        masked: [true, true],
        not_played: Some("clock"),
        ..Made::default()
    };
    for name in ["kaal", "eigen", "vreemd"] {
        masked.write(&root.join(name));
    }
    sign_as(&root.join("eigen"), OIN);
    sign_as(&root.join("vreemd"), OTHER);
    let shown = format!("getekend door {OIN}");
    let archive = |name: &str| (name.to_string(), served.packed(name));
    let archives = BTreeMap::from(["kaal", "eigen", "vreemd"].map(archive));
    let page = || served.get(&format!("/suppliers/{OIN}"), supplier).2;
    for (name, status, says, is_signed) in [
        ("kaal", 201, "is bewaard", false),
        ("kaal", 200, "er is niets veranderd", false),
        ("vreemd", 403, OTHER, false),
        ("eigen", 200, "is nu ondertekend", true),
        ("eigen", 200, "er is niets veranderd", true),
        ("kaal", 200, "er is niets veranderd", true),
        ("vreemd", 403, OTHER, true),
    ] {
        let (code, _, body) = served.send(&archives[name], supplier);
        assert_eq!(code, status, "{name}: {body}");
        assert!(body.contains(says), "{name}: {says}: {body}");
        assert_eq!(page().contains(&shown), is_signed, "{name}: {}", page());
    }
    // What is kept of it is the signed archive.
    let kept = walkdir::WalkDir::new(root.join("runs")).into_iter();
    let kept = kept.map(|entry| entry.unwrap().into_path());
    let kept: Vec<_> = kept.filter(|path| path.is_file()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let signature = Evidence::open(&kept[0]).unwrap().signature();
    assert!(matches!(signature, SignatureState::Signed(_)));
    // The same of files: in a store, and of two copies beside each other.
    let row = |args: &[&str], code: i32| {
        let paths: Vec<String> = args
            .iter()
            .map(
                |name| match name.starts_with("--") || name.ends_with("sqlite") {
                    true => (*name).to_string(),
                    false => root.join(name).display().to_string(),
                },
            )
            .collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let output = ketenkeur(&[&["--report", "csv"][..], &paths].concat());
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        text(&output.stdout).contains(&format!("Z,{OIN},"))
    };
    let store = root.join("eigen.sqlite");
    let store = store.to_str().unwrap();
    for (name, code, is_signed) in [
        ("kaal", 0, false),
        ("vreemd", 1, false),
        ("eigen", 0, true),
        ("kaal", 0, true),
    ] {
        assert_eq!(row(&["--store", store, name], code), is_signed, "{name}");
    }
    assert!(row(&["kaal", "eigen"], 0));
    assert!(row(&["eigen", "kaal"], 0));
}
