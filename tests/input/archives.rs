//! Zip archives, whole and damaged.

use super::*;

/// An archive that is damaged in one way, and what is told of it.
fn damaged_archives() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let good = zipped(&[("a.xml", XML), ("b.xml", XML)]);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let mut encrypted = good.clone();
    for at in 0..encrypted.len() - 10 {
        // The flags of the first local header and the first central one.
        let flags = match &encrypted[at..at + 4] {
            b"PK\x03\x04" if at == 0 => at + 6,
            b"PK\x01\x02" => at + 8,
            _ => continue,
        };
        encrypted[flags] |= 1;
        if flags != 6 {
            break;
        }
    }
    let mut corrupt = zipped(&[("a.xml", &b"<a>".repeat(50)), ("b.xml", XML)]);
    corrupt[40] ^= 0x5A;
    let mut no_method = good.clone();
    let central = no_method
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    no_method[8] = 14;
    no_method[central + 10] = 14;
    let mut bomb = b"<a>".to_vec();
    bomb.resize(30 * 1024 * 1024, b' ');
    let mut picture = b"\x89PNG".to_vec();
    picture.resize(30 * 1024 * 1024, 0);
    let blank = [&b" ".repeat(20_000), XML].concat();
    vec![
        ("cut", cut, vec!["x.zip KK-INVOER-ARCHIEF-KAPOT"]),
        (
            "magic only",
            b"PK\x03\x04".to_vec(),
            vec!["x.zip KK-INVOER-ARCHIEF-KAPOT"],
        ),
        (
            "no entries",
            zipped(&[]),
            vec!["x.zip KK-INVOER-ARCHIEF-LEEG"],
        ),
        (
            "encrypted",
            encrypted,
            vec!["x.zip!a.xml KK-INVOER-ARCHIEF-VERSLEUTELD", "x.zip!b.xml 4"],
        ),
        (
            "corrupt",
            corrupt,
            vec!["x.zip!a.xml KK-INVOER-ARCHIEF-KAPOT", "x.zip!b.xml 4"],
        ),
        (
            "method",
            no_method,
            vec!["x.zip!a.xml KK-INVOER-ARCHIEF-METHODE", "x.zip!b.xml 4"],
        ),
        (
            "bomb",
            zipped(&[("bom.xml", &bomb), ("b.xml", XML)]),
            vec!["x.zip!bom.xml KK-INVOER-ARCHIEF-BOM", "x.zip!b.xml 4"],
        ),
        (
            "nested",
            zipped(&[("n.zip", &good), ("b.xml", XML)]),
            vec!["x.zip!n.zip KK-INVOER-ARCHIEF-GENEST", "x.zip!b.xml 4"],
        ),
        (
            "white space first",
            zipped(&[("blanco", &blank)]),
            vec!["x.zip!blanco 20004"],
        ),
        (
            "harmless large",
            zipped(&[("foto.png", &picture), ("b.xml", XML)]),
            vec!["x.zip!foto.png KK-INVOER-GEEN-BERICHT", "x.zip!b.xml 4"],
        ),
    ]
}

#[test]
fn a_damaged_archive_gives_one_error_and_the_rest_goes_on() {
    for (what, bytes, expected) in damaged_archives() {
        assert_eq!(judge(&[("x.zip", &bytes)], &["x.zip"]), expected, "{what}");
    }
}

#[test]
fn an_archive_is_known_by_content_and_its_names_are_only_shown() {
    let har = json!({ "log": { "entries": [entry(json!({ "status": 204 }))] } }).to_string();
    let archive = zipped(&[
        ("map/", b""),
        ("map/a.xml", XML),
        ("../../etc/passwd.xml", XML),
        ("/abs\u{1b}[2J.xml", XML),
        ("__MACOSX/._a.xml", b"\0\x05\x16\x07"),
        ("README.md", b"# Titel"),
        ("a.har", har.as_bytes()),
        ("leeg.xml", b""),
    ]);
    assert_eq!(
        judge(&[("berichten.dat", &archive)], &["berichten.dat"]),
        [
            "map/a.xml 4",
            "../../etc/passwd.xml 4",
            "/abs\u{FFFD}[2J.xml 4",
            "__MACOSX/._a.xml KK-INVOER-GEEN-BERICHT",
            "README.md KK-INVOER-GEEN-BERICHT",
            "a.har#1/request 2",
            "a.har#1/response 0",
            "leeg.xml KK-INVOER-LEEG",
        ]
        .map(|line| format!("berichten.dat!{line}"))
    );
}

#[test]
fn entries_that_share_a_name_are_all_seen() {
    let mut archive = zipped(&[("a.xml", XML), ("b.xml", b"<bb/>")]);
    for at in 0..archive.len() - 5 {
        if &archive[at..at + 5] == b"b.xml" {
            archive[at] = b'a';
        }
    }
    assert_eq!(
        judge(&[("x.zip", &archive)], &["x.zip"]),
        ["x.zip!a.xml 4", "x.zip!a.xml 5"]
    );
}

#[test]
fn an_archive_with_too_many_entries_is_refused_unread() {
    // Sixty-five thousand entries fit the plain format; more are claimed by
    // the 64-bit record, which is checked against the directory's size first.
    assert!(MAX_ARCHIVE_ENTRIES > usize::from(u16::MAX));
    let mut claim = zipped(&[("a.xml", XML)]);
    let end = claim.len() - 22;
    claim[end + 8..end + 12].copy_from_slice(&[0xFE, 0xFF, 0xFE, 0xFF]);
    assert_eq!(
        judge(&[("x.zip", &claim)], &["x.zip"]),
        ["x.zip KK-INVOER-ARCHIEF-KAPOT"]
    );
}
