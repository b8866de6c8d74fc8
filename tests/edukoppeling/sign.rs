//! `ketenkeur sign`, and `check` on what it signed.

use ketenkeur::pki::IDENTITIES;

use crate::call::{AT, FOLDER, RULE, all_findings, broken, done, ketenkeur, refused};

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
