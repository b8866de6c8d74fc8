//! `ketenkeur pki init` and `ketenkeur sign` as a user runs them.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use ketenkeur::clock::Clock;
use ketenkeur::edukoppeling::{KeyError, Passphrase, SigningKey};
use ketenkeur::example::Examples;
use ketenkeur::pack::Store;
use ketenkeur::pki::{FilesError, IDENTITIES, TestPki, write_files};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tempfile::TempDir;

const AT: &str = "2026-10-01T12:00:00Z";
const RULE: &str = "KK-EK-WB004-BODY";

fn ketenkeur(folder: &Path, args: &[&str], passphrase: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ketenkeur"));
    command.args(args).current_dir(folder).env("NO_COLOR", "1");
    command.env_remove("KETENKEUR_PASSPHRASE");
    if let Some(passphrase) = passphrase {
        command.env("KETENKEUR_PASSPHRASE", passphrase);
    }
    command.output().unwrap()
}

/// A command that must succeed; its output.
fn done(folder: &Path, args: &[&str]) -> String {
    let output = ketenkeur(folder, args, None);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// A command that is refused with exit code 2; its one line.
fn refused(folder: &Path, args: &[&str], passphrase: Option<&str>) -> String {
    let output = ketenkeur(folder, args, passphrase);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// The rules that `check` finds broken in a file.
fn broken(folder: &Path, file: &str, more: &[&str]) -> Vec<String> {
    let mut args = vec!["check", file, "--at", AT, "--report", "json"];
    args.extend(more);
    let output = ketenkeur(folder, &args, None);
    let text = String::from_utf8(output.stdout).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut rules = Vec::new();
    collect(&report, &mut rules);
    rules
}

/// The codes of violations of Edukoppeling's rules, wherever they stand in a
/// report.
fn collect(value: &serde_json::Value, rules: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(|value| value.as_str());
            let code = text("code").or_else(|| text("rule"));
            if let (Some(code), Some("violation")) = (code, text("kind")) {
                rules.extend(code.starts_with("KK-EK").then(|| code.to_string()));
            }
            members.values().for_each(|value| collect(value, rules));
        }
        serde_json::Value::Array(values) => {
            values.iter().for_each(|value| collect(value, rules));
        }
        _ => {}
    }
}

/// A folder with a test PKI of fresh keys, made once, and a body.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::builtin();
    for (id, file) in [
        ("aanleverenInschrijvingBO_Request", "verzoek.xml"),
        ("aanleverenInschrijvingBO_Response", "antwoord.xml"),
    ] {
        std::fs::write(folder.path().join(file), store.example(id).unwrap().text).unwrap();
    }
    done(folder.path(), &["pki", "init", "pki", "--at", AT]);
    folder
});

#[test]
fn a_pki_is_complete_and_its_keys_are_the_owners() {
    let pki = FOLDER.path().join("pki");
    for name in IDENTITIES.iter().map(|identity| identity.name) {
        for (file, secret) in [
            (format!("{name}.key.pem"), true),
            (format!("{name}.p12"), true),
            (format!("{name}.pem"), false),
        ] {
            let found = std::fs::metadata(pki.join(&file)).expect(&file);
            assert!(found.len() > 0);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                let others = found.permissions().mode() & 0o077;
                assert_eq!(others == 0, secret, "{file}");
            }
        }
    }
    let readme = std::fs::read_to_string(pki.join("README.txt")).unwrap();
    assert!(IDENTITIES.iter().all(|one| readme.contains(one.name)));
    assert!(readme.contains("geen enkele waarde"));
    let said = refused(FOLDER.path(), &["pki", "init", "pki"], None);
    assert!(said.contains("is niet leeg"), "{said}");
    let said = refused(FOLDER.path(), &["pki", "init", "pki", "--lang", "en"], None);
    assert!(said.contains("is not empty"), "{said}");
}

/// The same keys in other hands, where openssl is installed.
#[test]
fn openssl_opens_what_we_write_and_we_what_it_writes() {
    let pki = FOLDER.path().join("pki");
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl")
            .args(args)
            .current_dir(&pki)
            .output();
        output.map(|output| output.status.success())
    };
    if let Err(error) = openssl(&["version"]) {
        println!("skipped: openssl is not installed ({error})");
        return;
    }
    for identity in IDENTITIES {
        let file = format!("{}.p12", identity.name);
        let opened = openssl(&[
            "pkcs12",
            "-in",
            &file,
            "-passin",
            "pass:ketenkeur",
            "-noout",
        ]);
        assert!(opened.unwrap(), "{file}");
    }
    let verifies = ["verify", "-attime", "1790000000", "-CAfile", "root.pem"];
    let leaf = ["-untrusted", "leverancier.pem", "leverancier.pem"];
    assert!(openssl(&[&verifies[..], &leaf[..]].concat()).unwrap());

    let (key, cert) = ("leverancier.key.pem", "leverancier.pem");
    let to_sign = |file: &str, more: &[&str], passphrase| {
        let mut args = vec!["sign", "../verzoek.xml", "--at", AT];
        args.extend([more[0], file]);
        args.extend(&more[1..]);
        ketenkeur(&pki, &args, passphrase).status.code()
    };
    let p12 = [
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        cert,
        "-passout",
        "pass:geheim",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (modern, legacy, encrypted, pkcs1) =
        (path("a.p12"), path("b.p12"), path("c.pem"), path("d.pem"));
    assert!(openssl(&[&p12[..], &["-out", &modern]].concat()).unwrap());
    assert_eq!(to_sign(&modern, &["--p12"], Some("geheim")), Some(0));
    assert_eq!(to_sign(&modern, &["--p12"], Some("fout")), Some(2));
    // What Windows wrote for years; a build of openssl may not have it.
    let old = [
        "-certpbe",
        "PBE-SHA1-3DES",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-macalg",
        "sha1",
    ];
    if openssl(&[&p12[..], &old, &["-out", &legacy]].concat()).unwrap() {
        assert_eq!(to_sign(&legacy, &["--p12"], Some("geheim")), Some(0));
        assert_eq!(to_sign(&legacy, &["--p12"], Some("fout")), Some(2));
    }
    let pkcs8 = [
        "pkcs8",
        "-topk8",
        "-in",
        key,
        "-passout",
        "pass:geheim",
        "-out",
    ];
    assert!(openssl(&[&pkcs8[..], &[&encrypted]].concat()).unwrap());
    let with_cert = ["--key", "--cert", cert];
    assert_eq!(to_sign(&encrypted, &with_cert, Some("geheim")), Some(0));
    assert_eq!(to_sign(&encrypted, &with_cert, Some("fout")), Some(2));
    assert_eq!(to_sign(&encrypted, &with_cert, None), Some(2));
    if openssl(&["rsa", "-in", key, "-traditional", "-out", &pkcs1]).unwrap() {
        assert_eq!(to_sign(&pkcs1, &with_cert, None), Some(0));
    }
}

#[test]
fn what_is_signed_is_checked_without_a_word() {
    let folder = FOLDER.path();
    // The built-in test PKI, which profile test trusts.
    let args = ["sign", "verzoek.xml", "--at", AT, "--out", "ingebouwd.xml"];
    assert_eq!(done(folder, &args), "");
    assert_eq!(
        broken(folder, "ingebouwd.xml", &["--profile", "test"]),
        [""; 0]
    );
    // Reproducible at a moment, and never the same without.
    let at = ["sign", "verzoek.xml", "--at", AT];
    assert_eq!(done(folder, &at), done(folder, &at));
    let now = ["sign", "verzoek.xml"];
    assert_ne!(done(folder, &now), done(folder, &now));
    // The user's own key, by both roads.
    let own = [
        "--key",
        "pki/leverancier.key.pem",
        "--cert",
        "pki/leverancier.pem",
    ];
    let message = done(folder, &[&at[..], &own[..]].concat());
    std::fs::write(folder.join("eigen.xml"), &message).unwrap();
    let trust = ["--trust", "pki/trust", "--crl", "pki/crl"];
    let test = [&trust[..], &["--profile", "test"]].concat();
    assert_eq!(broken(folder, "eigen.xml", &test), [""; 0]);
    // To trust a root for tests makes it none of production.
    let root = "KK-EK-PKI005-TESTROOT";
    assert_eq!(broken(folder, "eigen.xml", &trust), [root]);
    let secret = folder.join("wachtwoord");
    std::fs::write(&secret, "ketenkeur\n").unwrap();
    let p12 = [
        "--p12",
        "pki/leverancier.p12",
        "--passphrase-file",
        "wachtwoord",
    ];
    assert_eq!(done(folder, &[&at[..], &p12[..]].concat()), message);
    // An answer to it.
    let answer = ["sign", "antwoord.xml", "--at", AT, "--answer", "eigen.xml"];
    std::fs::write(folder.join("geantwoord.xml"), done(folder, &answer)).unwrap();
    let paired = ["--profile", "test", "--request", "eigen.xml"];
    assert_eq!(broken(folder, "geantwoord.xml", &paired), [""; 0]);
}

/// A forgotten or needless `--answer` makes a message that nobody expects.
#[test]
fn a_request_that_is_signed_as_an_answer_is_remarked_on() {
    let folder = FOLDER.path();
    let said = |args: &[&str]| {
        let output = ketenkeur(folder, &[args, &["--at", AT]].concat(), None);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let vraag = ["sign", "verzoek.xml", "--out", "vraag-vooraf.xml"];
    assert_eq!(said(&vraag), "");
    let answer = ["--answer", "vraag-vooraf.xml"];
    assert_eq!(said(&[&["sign", "antwoord.xml"][..], &answer].concat()), "");
    let request = said(&[&["sign", "verzoek.xml"][..], &answer].concat());
    assert!(request.contains("is een verzoek"), "{request}");
    let alone = said(&["sign", "antwoord.xml"]);
    assert!(alone.contains("is een antwoord"), "{alone}");
}

/// A pass rests on the weakest rule that held: some rules about certificates
/// are how the field works, not what a specification says.
#[test]
fn a_pass_is_no_more_certain_than_the_rules_that_held() {
    let folder = FOLDER.path();
    let fault = "<s:Fault xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
                 <faultcode>s:Server</faultcode><faultstring>Storing</faultstring></s:Fault>";
    std::fs::write(folder.join("fout.xml"), fault).unwrap();
    let args = ["sign", "verzoek.xml", "--at", AT, "--out", "gevraagd.xml"];
    done(folder, &args);
    let args = [
        "sign",
        "fout.xml",
        "--at",
        AT,
        "--answer",
        "gevraagd.xml",
        "--action",
        "urn:fout",
        "--out",
        "antwoord-fout.xml",
    ];
    done(folder, &args);
    let args = [
        "check",
        "antwoord-fout.xml",
        "--at",
        AT,
        "--profile",
        "test",
        "--request",
        "gevraagd.xml",
        "--report",
        "json",
    ];
    let report: serde_json::Value = serde_json::from_str(&done(folder, &args)).unwrap();
    let judged = &report["messages"][0];
    assert_eq!(
        (judged["verdict"].as_str(), judged["grade"].as_str()),
        (Some("pass"), Some("knowledge")),
        "{judged}"
    );
}

#[test]
fn a_broken_rule_is_what_check_finds() {
    let folder = FOLDER.path();
    for (rule, profile) in [
        (RULE, "test"),
        ("kk-ek-wa001-from", "test"),
        ("KK-EK-PKI002-VERLOPEN", "test"),
        ("KK-EK-PKI003-INGETROKKEN", "test"),
        ("KK-EK-OIN-SCHOOLCERTIFICAAT", "test"),
        ("KK-EK-PKI001-TESTOIN", "production"),
    ] {
        let file = format!("breekt-{rule}.xml");
        let args = [
            "sign",
            "verzoek.xml",
            "--at",
            AT,
            "--break",
            rule,
            "--out",
            &file,
        ];
        done(folder, &args);
        let found = broken(folder, &file, &["--profile", profile]);
        assert_eq!(found, [rule.to_uppercase()]);
    }
    // The answer of a DUO whose certificate is wrong, and nothing else.
    done(
        folder,
        &["sign", "verzoek.xml", "--at", AT, "--out", "vraag.xml"],
    );
    for rule in [
        "KK-EK-PKI002-VERLOPEN",
        "KK-EK-PKI001-ONTBREEKT",
        "KK-EK-PKI001-VORM",
    ] {
        let args = ["sign", "antwoord.xml", "--answer", "vraag.xml", "--at", AT];
        let more = ["--break", rule, "--out", "antwoord-breekt.xml"];
        done(folder, &[&args[..], &more].concat());
        let found = broken(folder, "antwoord-breekt.xml", &["--profile", "test"]);
        assert_eq!(found, [rule]);
    }
    let args = ["sign", "antwoord.xml", "--answer", "vraag.xml"];
    let said = refused(
        folder,
        &[&args[..], &["--break", "KK-EK-PKI001-TESTOIN"]].concat(),
        None,
    );
    assert!(said.contains("--answer"), "{said}");
    let listed = done(folder, &["sign", "--list-breaks"]);
    assert!(listed.lines().count() > 80);
    assert!(
        listed
            .lines()
            .all(|line| line.starts_with("KK-EK-") && line.len() > 40)
    );
    let line = |rule: &str| listed.lines().find(|line| line.starts_with(rule)).unwrap();
    assert!(line("KK-EK-PKI001-TESTOIN").ends_with("(--profile production)"));
    assert!(line("KK-EK-PKI005-KETEN").ends_with("(--trust)"));
    assert!(line("KK-EK-WB014").ends_with("(--request)"));
}

/// The codes of all findings and the exit code of a check.
fn all_findings(folder: &Path, args: &[&str]) -> (Vec<String>, Option<i32>) {
    let output = ketenkeur(folder, args, None);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut codes = Vec::new();
    let messages = report["messages"].as_array().unwrap().iter();
    for said in messages.chain(report["batch"].as_array().unwrap()) {
        for finding in said["findings"].as_array().unwrap() {
            let code = finding.get("finding").unwrap_or(finding)["code"].as_str();
            codes.push(code.unwrap().to_string());
        }
    }
    (codes, output.status.code())
}

/// A request that nothing was compared with is said to be unused, and that is
/// no pass.
#[test]
fn a_named_request_is_never_ignored_in_silence() {
    let folder = FOLDER.path();
    let (request, answer) = ("paar-verzoek.xml", "paar-antwoord.xml");
    done(
        folder,
        &["sign", "verzoek.xml", "--at", AT, "--out", request],
    );
    let args = [
        "sign",
        "antwoord.xml",
        "--at",
        AT,
        "--answer",
        request,
        "--out",
        answer,
    ];
    done(folder, &args);
    let check = |inputs: &[&str]| {
        let options = [
            "--at",
            AT,
            "--profile",
            "test",
            "--request",
            request,
            "--report",
            "json",
        ];
        let (codes, exit) = all_findings(folder, &[&["check"], inputs, &options].concat());
        let about = codes.into_iter().filter(|code| code.contains("VERZOEK"));
        (about.collect::<Vec<_>>(), exit)
    };
    let (of_request, unused) = ("KK-INVOER-VERZOEK", "KK-INVOER-VERZOEK-ONGEBRUIKT");
    assert_eq!(check(&[answer]), (vec![], Some(0)));
    assert_eq!(check(&[request]).0, [of_request, unused]);
    assert_eq!(check(&[request, answer]).0, [of_request]);
    // A bare answer has no addressing to compare.
    assert_eq!(
        check(&["antwoord.xml"]),
        (vec![unused.to_string()], Some(5))
    );
}

/// The commands that break rules name each other, and so does the explanation.
#[test]
fn whoever_looks_for_a_break_is_shown_the_way() {
    let folder = FOLDER.path();
    let said = refused(folder, &["example", "--break", "kk-ek-wb004-body"], None);
    assert!(
        said.contains("ketenkeur sign BERICHT --break KK-EK-WB004-BODY"),
        "{said}"
    );
    for (rule, way) in [
        (
            "KK-EK-WB004-BODY",
            "ketenkeur sign BODY --break KK-EK-WB004-BODY",
        ),
        ("KK-EK-PKI005-KETEN", "(--trust)"),
        ("KK-EK-WS002", "niet: gaat over het HTTP-bericht"),
        (
            "KK-INS-EERSTE-PERIODE",
            "ketenkeur example --break KK-INS-EERSTE-PERIODE",
        ),
    ] {
        let explained = done(folder, &["rules", "explain", rule]);
        let line = explained.lines().find(|line| line.starts_with("te breken"));
        assert!(line.is_some_and(|line| line.contains(way)), "{explained}");
    }
}

/// What is missing to judge a chain is named by the option that brings it.
#[test]
fn an_open_chain_hints_at_trust_and_lists() {
    let folder = FOLDER.path();
    done(
        folder,
        &["sign", "verzoek.xml", "--at", AT, "--out", "open.xml"],
    );
    let said = |more: &[&str]| {
        let output = ketenkeur(
            folder,
            &[&["check", "open.xml", "--at", AT], more].concat(),
            None,
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let open = said(&["--lang", "en"]);
    assert!(
        open.contains("Give the root and the issuers in between with --trust"),
        "{open}"
    );
    let open = said(&["--trust", "pki/trust"]);
    assert!(
        !open.contains("Geef de intrekkingslijst"),
        "another root: {open}"
    );
    let own = [
        "--key",
        "pki/leverancier.key.pem",
        "--cert",
        "pki/leverancier.pem",
    ];
    let sign = ["sign", "verzoek.xml", "--at", AT, "--out", "open.xml"];
    done(folder, &[&sign[..], &own[..]].concat());
    let open = said(&["--trust", "pki/trust", "--profile", "test"]);
    assert!(
        open.contains("Geef de intrekkingslijst van de uitgever mee met --crl"),
        "{open}"
    );
}

/// What README.txt says of a certificate is what `sign` and `check` make of it.
#[test]
fn wrong_certificates_break_what_their_readme_says() {
    let folder = FOLDER.path();
    let readme = std::fs::read_to_string(folder.join("pki/README.txt")).unwrap();
    let told = |name: &str| {
        let line = readme.lines().find(|line| line.contains(name));
        line.unwrap()
            .trim_start_matches([' '])
            .split_once(' ')
            .unwrap()
            .1
            .trim()
            .to_string()
    };
    let secret = folder.join("sleutelwoord");
    std::fs::write(&secret, "ketenkeur").unwrap();
    for identity in IDENTITIES
        .iter()
        .filter(|one| one.name.starts_with("fout-"))
    {
        let name = identity.name;
        let (key, cert) = (format!("pki/{name}.key.pem"), format!("pki/{name}.pem"));
        let file = format!("onder-{name}.xml");
        let sign = ["sign", "verzoek.xml", "--at", AT];
        let pem = ["--key", &key, "--cert", &cert, "--out", &file];
        done(folder, &[&sign[..], &pem[..]].concat());
        let told = told(name);
        let production = told.contains("--profile production");
        let profile = if production { "production" } else { "test" };
        let receiver = [
            "--profile",
            profile,
            "--trust",
            "pki/trust",
            "--crl",
            "pki/crl",
        ];
        let mut found = broken(folder, &file, &receiver);
        if production {
            found.retain(|rule| rule != "KK-EK-PKI005-TESTROOT");
        }
        assert_eq!(found, Vec::from_iter(identity.breaks), "{name}: {told}");
        if let Some(rule) = identity.breaks {
            assert!(told.starts_with(rule), "{told}");
        }
        // The other road leads to the same message.
        let p12 = format!("pki/{name}.p12");
        let p12 = ["--p12", &p12, "--passphrase-file", "sleutelwoord"];
        let signed = std::fs::read_to_string(folder.join(&file)).unwrap();
        assert_eq!(done(folder, &[&sign[..], &p12[..]].concat()), signed);
    }
    // What signs in the place of the weak key says so.
    let weak = [
        "--key",
        "pki/fout-zwakke-sleutel.key.pem",
        "--cert",
        "pki/fout-zwakke-sleutel.pem",
    ];
    let output = ketenkeur(
        folder,
        &[&["sign", "verzoek.xml"], &weak[..]].concat(),
        None,
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("sterke testsleutel"));
}

/// Every mistake of the user's is one line that says what to do.
#[test]
fn mistakes_are_one_clear_line() {
    let folder = FOLDER.path();
    let sign = |more: &[&str], passphrase| {
        let args = [&["sign", "verzoek.xml"][..], more].concat();
        refused(folder, &args, passphrase)
    };
    let cert = "pki/leverancier.pem";
    for (more, passphrase, said) in [
        (&["--p12", "pki/duo.p12"][..], None, "KETENKEUR_PASSPHRASE"),
        (
            &["--p12", "pki/duo.p12"],
            Some("fout"),
            "wachtwoordzin klopt niet",
        ),
        (&["--p12", cert], Some("x"), "geen privésleutel"),
        (&["--key", cert, "--cert", cert], None, "geen privésleutel"),
        (
            &["--key", "pki/duo.key.pem", "--cert", cert],
            None,
            "hoort niet bij",
        ),
        (
            &["--key", "pki/duo.key.pem", "--cert", "verzoek.xml"],
            None,
            "geen certificaat",
        ),
        (
            &["--key", "pki/fout-zwakke-sleutel.key.pem", "--cert", cert],
            None,
            "hoort niet bij",
        ),
        (&["--key", "geen", "--cert", cert], None, "bestaat niet"),
        (&["--break", "KK-EK-WS002"], None, "--list-breaks"),
        (&["--break", "KK-EK-WB004-BODI"], None, "KK-EK-WB004-BODY"),
        (
            &["--break", "kk-ins-eerste-periode"],
            None,
            "example --break KK-INS-EERSTE-PERIODE",
        ),
        (&["--break", "KK-EK-WB014"], None, "--answer"),
        (
            &[
                "--break",
                "KK-EK-PKI-DOEL",
                "--key",
                "pki/duo.key.pem",
                "--cert",
                "pki/duo.pem",
            ],
            None,
            "--key",
        ),
        (&["--school", "25BE"], None, "geen OIN"),
        (&["--to", "duo"], None, "geen OIN"),
        (
            &["--contract", "aanleverenInschrijvingB0"],
            None,
            "aanleverenInschrijvingBO",
        ),
        (&["--at", "gisteren"], None, "geen datum"),
        (&["--at", "9999-12-30T22:00:00Z"], None, "Timestamp"),
    ] {
        let line = sign(more, passphrase);
        assert!(line.contains(said), "{more:?}: {line}");
    }
    let curve = crate::signer::Party::on_a_curve().private_key();
    std::fs::write(folder.join("kromme.pem"), curve).unwrap();
    let line = sign(&["--key", "kromme.pem", "--cert", cert], None);
    assert!(line.contains("geen RSA"), "{line}");
    std::fs::write(folder.join("vreemd.xml"), "<a xmlns='urn:a'/>").unwrap();
    let line = refused(folder, &["sign", "vreemd.xml"], None);
    assert!(line.contains("--action"), "{line}");
    let line = refused(folder, &["sign", "vreemd.xml", "--action", "urn:a"], None);
    assert!(line.contains("--school"), "{line}");
    std::fs::write(folder.join("kapot.xml"), "<a>").unwrap();
    let line = refused(folder, &["sign", "kapot.xml"], None);
    assert!(line.contains("geen goed gevormde XML"), "{line}");
}

/// Nothing that a key file may hold makes the reader fall.
#[test]
fn damaged_key_files_are_refused() {
    let pki = FOLDER.path().join("pki");
    let p12 = std::fs::read(pki.join("leverancier.p12")).unwrap();
    let passphrase = Passphrase::new("ketenkeur");
    for at in (0..p12.len()).step_by(p12.len() / 40) {
        let mut damaged = p12.clone();
        damaged[at] ^= 0x5A;
        assert!(SigningKey::from_pkcs12(&damaged, &passphrase).is_err());
        assert!(SigningKey::from_pkcs12(&p12[..at], &passphrase).is_err());
    }
    let key = std::fs::read(pki.join("leverancier.key.pem")).unwrap();
    let cert = std::fs::read(pki.join("leverancier.pem")).unwrap();
    let whole = SigningKey::from_pem(&key, &cert, None).unwrap();
    assert_eq!(whole.oin(), Some("00000003999999990000"));
    // What can be shown of a key shows nothing of it.
    let shown = format!("{whole:?} {passphrase:?}");
    assert!(!shown.contains("ketenkeur") && shown.len() < 200, "{shown}");
    for end in (0..key.len() - 40).step_by(100) {
        let refused = SigningKey::from_pem(&key[..end], &cert, None);
        assert_eq!(refused.unwrap_err(), KeyError::NoKey);
    }
    let refused = SigningKey::from_pem(&key, b"", None);
    assert_eq!(refused.unwrap_err(), KeyError::NoCertificate);
}

/// The authorities of the built-in test PKI are the same whenever it is made,
/// so that trust in them lasts; moments out of reach do no harm.
#[test]
fn the_built_in_roots_last() {
    let pki = |at: &str| TestPki::at(Clock::at(at.parse().unwrap())).unwrap();
    let authorities = |pki: &TestPki| -> Vec<Vec<u8>> {
        pki.authorities().map(|(_, der)| der.to_vec()).collect()
    };
    let now = pki(AT);
    assert_eq!(authorities(&now).len(), 6);
    for at in [
        "2020-01-01T00:00:00Z",
        "-009999-01-02T01:59:59Z",
        "9999-12-30T22:00:00Z",
    ] {
        let other = pki(at);
        assert_eq!(authorities(&other), authorities(&now), "{at}");
        for identity in IDENTITIES {
            assert!(
                other.signing_key(identity.name).is_ok(),
                "{at} {}",
                identity.name
            );
        }
        assert_eq!(other.revocation_lists().unwrap().len(), 6);
    }
    // The file that receivers trust by is of these keys.
    let file = include_bytes!("../../src/pki/testgezag.pem");
    let trusted: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(file)
        .map(|der| der.unwrap().to_vec())
        .collect();
    assert_eq!(trusted, authorities(&now));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("iets"), "").unwrap();
    let error = write_files(folder.path(), &now, &Passphrase::new("x"), "").unwrap_err();
    assert!(matches!(error, FilesError::NotEmpty));
}
