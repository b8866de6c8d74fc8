//! Personal data in what is printed.

use crate::call::{AT, example, ketenkeur, stderr, stdout};

/// Values that must not leave a message: a number outside the synthetic range,
/// names, a date of birth, an address, telephone and e-mail.
const SECRETS: &[&str] = &[
    "123456782",
    "Geheimenaam",
    "1999-12-31",
    "Geheimestraat",
    "0612345678",
    "geheim@example.nl",
];

#[test]
fn personal_data_stays_in_the_message_whatever_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [
        // A value of each kind in its own element, wrong, so that it is quoted.
        example("aanleverenIdentificerenPersoon_Request", None)
            .replace("<geboortedatum>", "<geboortedatum>1999-12-31 Geheimenaam "),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:burgerservicenummer>",
            "<gen:burgerservicenummer>123456782 ",
        ),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:inschrijvingvolgnummer>",
            "<Geheim>Geheimestraat 0612345678</Geheim><gen:inschrijvingvolgnummer>",
        ),
        example("aanleverenVerwijderingInschrijvingBO_Request", None).replace(
            "<gen:instellingscode>",
            "geheim@example.nl<gen:instellingscode>123456782 ",
        ),
        // Not well-formed: there are no types to go by.
        "<bericht><naam>Geheimenaam 123456782</naam><straat a='Geheimestraat'>".to_string(),
        "{\"naam\": \"Geheimenaam\", 123456782".to_string(),
    ];
    for (number, message) in messages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.xml")), message).unwrap();
    }
    let record = folder.path().join("gebeurtenissen.jsonl");
    for format in ["human", "json", "junit", "sarif", "github"] {
        for lang in ["nl", "en"] {
            let args = [
                "check",
                ".",
                "--at",
                AT,
                "--lang",
                lang,
                "--report",
                format,
                "--record",
                "gebeurtenissen.jsonl",
            ];
            let output = ketenkeur(folder.path(), &args);
            let said =
                stdout(&output) + &stderr(&output) + &std::fs::read_to_string(&record).unwrap();
            for secret in SECRETS {
                assert!(
                    !said.contains(secret),
                    "{secret} in {format} {lang}:\n{said}"
                );
            }
            std::fs::remove_file(&record).unwrap();
        }
    }
    let shown = ketenkeur(folder.path(), &["check", ".", "--at", AT, "--no-redact"]);
    assert!(stdout(&shown).contains("123456782"), "{}", stdout(&shown));
}
