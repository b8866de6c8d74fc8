//! Mistakes in the call and in files of the user.

use crate::call::{AT, code, folder, ketenkeur, stderr, stdout};

/// Names that nothing has are refused before anything is judged.
#[test]
fn what_does_not_exist_is_a_mistake_in_the_call() {
    let (folder, _) = folder(|text| text);
    let deviation = "[[deviation]]\nrule = \"KK-XSD-PATRON\"\nowner = \"a\"\nreason = \"b\"\nuntil = 2026-12-31\n";
    std::fs::write(folder.path().join("a.toml"), deviation).unwrap();
    std::fs::write(folder.path().join("leeg.crl"), "niets").unwrap();
    let check = ["check", "bericht.xml", "--at", AT];
    for (more, said) in [
        (
            &["--as", "osr-v2-error-401-respons"][..],
            "osr-v2-error-401-response",
        ),
        (
            &["--deviations", "a.toml"],
            "a.toml, regel 1: er is geen regel «KK-XSD-PATRON». Bedoelt u «KK-XSD-PATROON»?",
        ),
        (&["--request", "nee.xml"], "nee.xml bestaat niet"),
        (&["--rio", "nee"], "nee bestaat niet; --rio"),
        (&["--rio", "bericht.xml"], "--rio"),
        (&["--crl", "leeg.crl"], "geen intrekkingslijst"),
        (&["--jobs", "0"], "«0» kan niet bij --jobs <N>"),
    ] {
        let output = ketenkeur(folder.path(), &[&check[..], more].concat());
        assert_eq!(code(&output), 2, "{more:?}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    for (rule, said) in [
        ("KK-XML-DTD", "bestaat"),
        ("KK-BATCH-DOCUMENT-DUBBEL", "berichten samen"),
        ("KK-XML-DT", "Bedoelt u «KK-XML-DTD»"),
    ] {
        let output = ketenkeur(folder.path(), &["example", "--break", rule]);
        assert_eq!(code(&output), 2, "{rule}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_deviation_excuses_until_its_end_date_and_is_reported_when_nobody_needs_it() {
    let (folder, _) = folder(|text| text.replace("25BE<", "25be<"));
    let entry = |rule: &str, until: &str| {
        format!(
            "[[deviation]]\nrule = \"{rule}\"\nowner = \"team\"\nreason = \"proef\"\nuntil = {until}\n"
        )
    };
    for (file, expected, said) in [
        (entry("KK-XSD-PATROON", "2026-12-31"), 0, "team"),
        (
            entry("KK-XSD-PATROON", "2026-01-01"),
            1,
            "KK-AFWIJKING-VERLOPEN",
        ),
        (
            entry("KK-XSD-PATROON", "2026-12-31") + &entry("KK-XSD-LEEG", "2026-12-31"),
            0,
            "KK-AFWIJKING-ONGEBRUIKT",
        ),
        (
            "[[deviation]]\nrule = 1\n".to_string(),
            2,
            "afwijkingen.toml",
        ),
    ] {
        std::fs::write(folder.path().join("afwijkingen.toml"), &file).unwrap();
        let args = [
            "check",
            "bericht.xml",
            "--at",
            AT,
            "--deviations",
            "afwijkingen.toml",
        ];
        let output = ketenkeur(folder.path(), &args);
        assert_eq!(
            code(&output),
            expected,
            "{file}\n{}{}",
            stdout(&output),
            stderr(&output)
        );
        assert!(
            (stdout(&output) + &stderr(&output)).contains(said),
            "{file}\n{}",
            stdout(&output)
        );
    }
}

#[test]
fn settings_hold_and_the_command_line_wins() {
    let (folder, _) = folder(|text| text.replace("25BE<", "25be<"));
    std::fs::write(folder.path().join("ketenkeur.toml"), "lang = \"en\"\n").unwrap();
    let english = ketenkeur(folder.path(), &["check", "bericht.xml", "--at", AT]);
    assert!(
        stdout(&english).contains("does not conform"),
        "{}",
        stdout(&english)
    );
    let dutch = ketenkeur(
        folder.path(),
        &["check", "bericht.xml", "--at", AT, "--lang", "nl"],
    );
    assert!(
        stdout(&dutch).contains("voldoet niet"),
        "{}",
        stdout(&dutch)
    );
    std::fs::write(
        folder.path().join("ketenkeur.toml"),
        "lang = \"en\"\nfoutje = 1\n",
    )
    .unwrap();
    let wrong = ketenkeur(folder.path(), &["check", "bericht.xml"]);
    assert_eq!(code(&wrong), 2);
    assert!(
        stderr(&wrong).contains('2') && stderr(&wrong).contains("foutje"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn mistakes_in_files_of_the_user_are_told_in_both_languages() {
    let (folder, _) = folder(|text| text);
    let path = folder.path();
    for (settings, nl, en) in [
        (
            "\nlagn = 'nl'\n",
            "ketenkeur.toml, regel 2: de sleutel «lagn» bestaat niet. Bedoelt u «lang»?",
            "ketenkeur.toml, line 2: there is no key \"lagn\". Do you mean \"lang\"?",
        ),
        (
            "fail-on = 'fout'\n",
            "«fail-on» kan dit niet zijn; kies uit bekostigingssignaal, signaal, melding, foutmelding.",
            "\"fail-on\" cannot be this; choose from bekostigingssignaal, signaal, melding, foutmelding.",
        ),
        (
            "locked = 'ja'\n",
            "regel 1: «locked» is true of false",
            "line 1: \"locked\" is true or false",
        ),
        (
            "rio = 'rio.xml'\n",
            "regel 1: «rio» is een lijst. Schrijf: rio = [",
            "line 1: \"rio\" is a list. Write: rio = [",
        ),
        (
            "lang: nl\n",
            "regel 1: dit is geen geldige TOML",
            "line 1: this is not valid TOML",
        ),
    ] {
        std::fs::write(path.join("ketenkeur.toml"), settings).unwrap();
        for (language, text) in [("nl", nl), ("en", en)] {
            let output = ketenkeur(path, &["check", ".", "--lang", language]);
            assert_eq!(code(&output), 2, "{settings}");
            let said = stderr(&output);
            assert!(said.contains(text), "{settings}: {said}");
        }
    }
    std::fs::remove_file(path.join("ketenkeur.toml")).unwrap();
    let deviation = "[[deviation]]\nrule = 'KK-A'\nowner = 'a'\nreason = 'b'\n";
    for (file, text) in [
        (deviation.to_string(), "regel 1: hier ontbreekt «until»."),
        (
            format!("{deviation}until = 'morgen'\n"),
            "regel 5: «until» is een datum zonder aanhalingstekens",
        ),
    ] {
        std::fs::write(path.join("afwijkingen.toml"), file).unwrap();
        let output = ketenkeur(path, &["check", ".", "--deviations", "afwijkingen.toml"]);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
    }
}
