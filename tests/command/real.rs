//! Contracts and an answer that really are DUO's.

use crate::call::{AT, code, example, ketenkeur, root, stderr, stdout};

#[test]
fn duos_real_contracts_are_imported_and_judge() {
    let vo = root().join("../shared/reference/duo-vo/inschrijving");
    let rio = root().join("../shared/reference/duo-rio");
    if !vo.exists() || !rio.exists() {
        println!("skipped: DUO's real contracts are absent");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for package in [&vo, &rio] {
        let output = ketenkeur(
            folder.path(),
            &["packs", "import", package.to_str().unwrap()],
        );
        assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
    }
    std::fs::copy(
        root().join("tests/support/vo.xml"),
        folder.path().join("vo.xml"),
    )
    .unwrap();
    let rio_answer = example("opvragen_onderwijslocatie_response", None);
    std::fs::write(folder.path().join("rio.xml"), rio_answer).unwrap();
    let output = ketenkeur(folder.path(), &["check", "vo.xml", "rio.xml", "--at", AT]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert_eq!(
        stdout(&output).matches("conform officieel pakket").count(),
        3,
        "{}",
        stdout(&output)
    );
    let output = ketenkeur(folder.path(), &["packs", "lock"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let output = ketenkeur(
        folder.path(),
        &["packs", "remove", "DUO_PO_InschrijvingBO_V1"],
    );
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(
        stderr(&output).contains("DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4"),
        "{}",
        stderr(&output)
    );
    let output = ketenkeur(folder.path(), &["check", "vo.xml", "--at", AT, "--locked"]);
    assert_eq!(code(&output), 0, "{}{}", stdout(&output), stderr(&output));
}

/// DUO's really signed answer: what is wrong with it today, what was then, and
/// what nobody can tell.
#[test]
fn duos_signed_answer_is_judged_as_it_is() {
    let answer = root().join("../shared/reference/duo-rio/signed-answer.xml");
    let Ok(text) = std::fs::read_to_string(&answer) else {
        eprintln!("skipped: {} is not there", answer.display());
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let judge = |text: &str, at: &str| -> (i32, Vec<String>, Vec<String>) {
        std::fs::write(folder.path().join("antwoord.xml"), text).unwrap();
        let args = [
            "check",
            "antwoord.xml",
            "--profile",
            "test",
            "--at",
            at,
            "--report",
            "json",
        ];
        let output = ketenkeur(folder.path(), &args);
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        let of_kind = |kind: &str| -> Vec<String> {
            let findings = report["messages"][0]["findings"].as_array().unwrap();
            let of_kind = findings.iter().filter(|finding| finding["kind"] == kind);
            of_kind
                .map(|f| f["code"].as_str().unwrap().to_string())
                .collect()
        };
        (code(&output), of_kind("violation"), of_kind("undecided"))
    };
    let open = [
        "KK-EK-PKI005-KETEN",
        "KK-EK-PKI003-INGETROKKEN",
        "KK-HERKEN-GEEN-PAKKET",
    ];
    let open = open.map(str::to_string).to_vec();
    let expired = ["KK-EK-WB002-VERLOPEN", "KK-EK-PKI002-VERLOPEN"];
    let expired = expired.map(str::to_string).to_vec();
    let (then, now) = ("2022-11-21T16:18:00Z", "2026-11-23T12:00:00Z");
    assert_eq!(judge(&text, then), (5, Vec::new(), open.clone()));
    assert_eq!(judge(&text, now), (1, expired, open));
    let changed = text.replace(">true<", ">false<");
    let (code, violations, _) = judge(&changed, then);
    assert_eq!(
        (code, violations),
        (1, vec!["KK-EK-WB013-DIGEST".to_string()])
    );
}
