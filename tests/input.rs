//! What the user names becomes inputs: nothing skipped, nothing hung, in a
//! stable order.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ketenkeur::exchange::{Direction, Exchange};
use ketenkeur::finding::Verdict;
use ketenkeur::input::{Input, InputError, Inputs, Options, UsageError};
use ketenkeur::limits::{MAX_ARCHIVE_ENTRIES, MAX_MESSAGE_BYTES};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const XML: &[u8] = b"<a/>";

/// A folder with these files; a name that ends in a slash is a folder.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn resolve(root: &Path, arguments: &[&str]) -> Result<Vec<Input>, UsageError> {
    resolve_with(root, arguments, b"")
}

fn resolve_with(
    root: &Path,
    arguments: &[&str],
    stdin: &'static [u8],
) -> Result<Vec<Input>, UsageError> {
    let arguments: Vec<PathBuf> = arguments
        .iter()
        .map(|argument| match *argument {
            "-" => PathBuf::from("-"),
            path => root.join(path),
        })
        .collect();
    let options = Options {
        stdin: Box::new(stdin),
    };
    Ok(Inputs::resolve(&arguments, options)?.collect())
}

/// Name below `root` and outcome of each input, a line each.
fn told(root: &Path, inputs: &[Input]) -> Vec<String> {
    let prefix = format!("{}/", root.display());
    inputs
        .iter()
        .map(|input| {
            let name = input.name.strip_prefix(&prefix).unwrap_or(&input.name);
            match &input.content {
                Ok(exchange) => format!("{name} {}", exchange.body.len()),
                Err(error) => format!("{name} {}", error.code()),
            }
        })
        .collect()
}

fn judge(files: &[(&str, &[u8])], arguments: &[&str]) -> Vec<String> {
    let folder = folder(files);
    let inputs = resolve(folder.path(), arguments).unwrap();
    told(folder.path(), &inputs)
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
            continue;
        }
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_folder_gives_every_file_in_a_stable_order() {
    let files: &[(&str, &[u8])] = &[
        ("b.xml", XML),
        ("a/z.json", b"{\"a\":1}"),
        ("a/.verborgen/c.xml", XML),
        (".git/config.xml", XML),
        ("a/.svn/c.xml", XML),
        (".hidden.xml", XML),
        ("README.md", b"# Titel\n"),
        (
            "schema.xsd",
            b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
        ),
        (
            "schema-zonder-naam.xml",
            b"<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>",
        ),
        ("ketenkeur.toml", b"[check]\n"),
        ("s.schema.json", b"{ \"type\": \"object\" }"),
        ("leeg.xml", b""),
        ("wit.txt", b" \n\t"),
        ("kapot.xml", b"geen xml"),
        ("kapot.json", b"{'a'"),
        ("brief.docx", &zipped(&[("word/document.xml", XML)])),
        ("foto.png", b"\x89PNG\r\n\x1a\n\0\0"),
    ];
    let expected = [
        ".hidden.xml 4",
        "README.md KK-INVOER-GEEN-BERICHT",
        "a/.verborgen/c.xml 4",
        "a/z.json 7",
        "b.xml 4",
        "brief.docx KK-INVOER-GEEN-BERICHT",
        "foto.png KK-INVOER-GEEN-BERICHT",
        "kapot.json 4",
        "kapot.xml 8",
        "ketenkeur.toml KK-INVOER-GEEN-BERICHT",
        "leeg.xml KK-INVOER-LEEG",
        "s.schema.json KK-INVOER-GEEN-BERICHT",
        "schema-zonder-naam.xml KK-INVOER-GEEN-BERICHT",
        "schema.xsd KK-INVOER-GEEN-BERICHT",
        "wit.txt KK-INVOER-LEEG",
    ];
    assert_eq!(
        judge(files, &["."]),
        expected.map(|line| format!("./{line}"))
    );
}

#[test]
fn what_lies_beside_messages_does_not_apply_and_what_is_named_does() {
    let folder = folder(&[("README.md", b"# Titel\n"), ("a.xsd", b"<a/>")]);
    let found = resolve(folder.path(), &["."]).unwrap();
    let verdict = |input: &Input| input.content.as_ref().unwrap_err().verdict();
    assert!(
        found
            .iter()
            .all(|input| verdict(input) == Verdict::NotApplicable)
    );
    let named = resolve(folder.path(), &["README.md"]).unwrap();
    assert_eq!(verdict(&named[0]), Verdict::Fail);
    assert_eq!(
        named[0].content,
        Err(InputError::NotAMessage { named: true })
    );
}

#[test]
fn patterns_and_arguments() {
    let files: &[(&str, &[u8])] = &[
        ("a/1.xml", XML),
        ("a/b/2.xml", XML),
        ("a/b/3.json", b"[]"),
        ("c[1].xml", XML),
    ];
    for (arguments, expected) in [
        (&["a/*.xml"][..], &["a/1.xml 4"][..]),
        (&["**/*.xml"], &["a/1.xml 4", "a/b/2.xml 4", "c[1].xml 4"]),
        (
            &["a/**/*.{xml,json}"],
            &["a/1.xml 4", "a/b/2.xml 4", "a/b/3.json 2"],
        ),
        (&["c[1].xml"], &["c[1].xml 4"]),
        (&["a/b/?.xml"], &["a/b/2.xml 4"]),
        // The order of the arguments counts, and a file counts once.
        (
            &["a/b/2.xml", "a", "a/./1.xml"],
            &["a/b/2.xml 4", "a/1.xml 4", "a/b/3.json 2"],
        ),
    ] {
        assert_eq!(judge(files, arguments), expected, "{arguments:?}");
    }
}

#[test]
fn arguments_that_name_nothing_are_usage_errors() {
    let folder = folder(&[("a.xml", XML), ("leeg/diep/", b"")]);
    let root = folder.path();
    let name = |path: &str| root.join(path).display().to_string();
    for (arguments, error) in [
        (&[][..], UsageError::NothingNamed),
        (&["b.xml"], UsageError::NotFound(name("b.xml"))),
        (
            &["a.xml", "*.json"],
            UsageError::NothingMatches(name("*.json")),
        ),
        (&["{a.xml"], UsageError::BadPattern(name("{a.xml"))),
        (&["leeg"], UsageError::EmptyFolder(name("leeg"))),
        (&["-", "a.xml", "-"], UsageError::StandardInputTwice),
    ] {
        assert_eq!(resolve(root, arguments).unwrap_err(), error);
    }
}

#[test]
fn standard_input_holds_a_message_or_an_archive() {
    let root = Path::new("/");
    for (stdin, expected) in [
        (XML.to_vec(), "- 4"),
        (vec![], "- KK-INVOER-LEEG"),
        (b"tekst".to_vec(), "- KK-INVOER-GEEN-BERICHT"),
        (zipped(&[("a.xml", XML)]), "-!a.xml 4"),
    ] {
        let inputs = resolve_with(root, &["-"], stdin.leak()).unwrap();
        assert_eq!(told(root, &inputs), [expected]);
    }
    let options = Options {
        stdin: Box::new(std::io::repeat(b'<')),
    };
    let endless: Vec<Input> = Inputs::resolve(&["-".into()], options).unwrap().collect();
    assert_eq!(endless[0].content, Err(InputError::TooLarge));
}

#[test]
fn a_file_too_large_is_not_read() {
    let folder = folder(&[("groot.xml", XML), ("groot.bin", b"\0")]);
    for name in ["groot.xml", "groot.bin"] {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(folder.path().join(name))
            .unwrap();
        // Sparse: takes no room on disk.
        file.set_len(MAX_MESSAGE_BYTES as u64 * 1_000).unwrap();
    }
    let inputs = resolve(folder.path(), &["groot.bin", "groot.xml"]).unwrap();
    assert_eq!(
        told(folder.path(), &inputs),
        [
            "groot.bin KK-INVOER-GEEN-BERICHT",
            "groot.xml KK-INVOER-TE-GROOT"
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_pipes_and_locked_files_are_told() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    let folder = folder(&[("a/1.xml", XML), ("slot.xml", XML)]);
    let root = folder.path();
    symlink(root.join("a"), root.join("a/lus")).unwrap();
    symlink(root.join("weg.xml"), root.join("dood.xml")).unwrap();
    symlink(root.join("a/1.xml"), root.join("verwijzing.xml")).unwrap();
    let _socket = UnixListener::bind(root.join("socket")).unwrap();
    fs::set_permissions(root.join("slot.xml"), fs::Permissions::from_mode(0o000)).unwrap();
    let locked = match fs::File::open(root.join("slot.xml")) {
        Err(_) => "slot.xml KK-INVOER-ONLEESBAAR",
        // Nothing is locked for the superuser.
        Ok(_) => "slot.xml 4",
    };
    let inputs = resolve(root, &["."]).unwrap();
    assert_eq!(
        told(root, &inputs),
        [
            "a/1.xml 4",
            "a/lus KK-INVOER-LUS",
            "dood.xml KK-INVOER-ONLEESBAAR",
            locked,
            "socket KK-INVOER-GEEN-BERICHT",
            "verwijzing.xml 4",
        ]
        .map(|line| format!("./{line}"))
    );
    let named = resolve(root, &["dood.xml", "a/*.xml"]).unwrap();
    assert_eq!(
        told(root, &named),
        ["dood.xml KK-INVOER-ONLEESBAAR", "a/1.xml 4"]
    );
}

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

fn entry(response: serde_json::Value) -> serde_json::Value {
    json!({
        "startedDateTime": "2026-08-03T11:00:00.000+02:00",
        "time": 1500.0,
        "request": {
            "method": "POST", "url": "https://osr.example.nl/api/v3/endpoints",
            "httpVersion": "HTTP/1.1",
            "headers": [{ "name": "Content-Type", "value": "application/json; charset=utf-8" }],
            "postData": { "mimeType": "application/json", "text": "{}" }
        },
        "response": response
    })
}

#[test]
fn a_har_capture_gives_both_sides_of_every_entry() {
    let page = json!({ "status": 200, "content": { "size": 6, "mimeType": "text/html", "text": "<html>" } });
    let encoded = STANDARD.encode("{\"a\":1}");
    let answer = json!({ "status": 201, "content": { "text": encoded, "encoding": "base64" } });
    let unread = json!({ "status": 200, "content": { "size": 10 } });
    let broken = json!({ "status": 200, "content": { "text": "%%", "encoding": "base64" } });
    let claimed = json!({
        "status": 200,
        "headers": [{ "name": "content-type", "value": "application/json" }],
        "content": { "text": "oeps" }
    });
    let never = json!({ "status": 0 });
    let entries: Vec<_> = [page, answer, unread, broken, claimed, never]
        .into_iter()
        .map(entry)
        .collect();
    let har = json!({ "log": { "version": "1.2", "entries": entries } }).to_string();
    let folder = folder(&[("x.har", har.as_bytes())]);
    let inputs = resolve(folder.path(), &["x.har"]).unwrap();
    let responses: Vec<String> = told(folder.path(), &inputs)
        .into_iter()
        .filter(|line| !line.contains("/request 2"))
        .collect();
    assert_eq!(
        responses,
        [
            "x.har#1/response KK-INVOER-GEEN-BERICHT",
            "x.har#2/response 7",
            "x.har#3/response KK-INVOER-NIET-VASTGELEGD",
            "x.har#4/response KK-INVOER-BASE64",
            "x.har#5/response 4",
            "x.har#6/response KK-INVOER-NIET-VASTGELEGD",
        ]
    );
    assert_eq!(inputs.len(), 12);
    let answer = inputs[3].content.as_ref().unwrap();
    let facts = answer.http.as_ref().unwrap();
    assert_eq!(
        (facts.direction(), facts.status()),
        (Direction::Response, Some(201))
    );
    assert_eq!(
        answer.received.unwrap().to_string(),
        "2026-08-03T09:00:01.5Z"
    );
    let asked = answer.answers.as_ref().unwrap();
    let facts = asked.http.as_ref().unwrap();
    assert_eq!(facts.method(), Some("POST"));
    assert_eq!(facts.url(), Some("https://osr.example.nl/api/v3/endpoints"));
    assert_eq!(facts.media_type().as_deref(), Some("application/json"));
    assert_eq!(asked.received.unwrap().to_string(), "2026-08-03T09:00:00Z");

    let nothing = judge(&[("x.har", b"{\"log\":{\"entries\":[]}}")], &["x.har"]);
    assert_eq!(nothing, ["x.har KK-INVOER-ARCHIEF-LEEG"]);
    for (text, name) in [
        ("{\"log\":{\"entries\":[{}]}}", "x.har"),
        ("{\"a\":1}", "y.har"),
        ("not JSON at all", "z.har"),
    ] {
        let lines = judge(&[(name, text.as_bytes())], &[name]);
        assert_eq!(lines, [format!("{name} KK-INVOER-HAR-KAPOT")]);
    }
}

#[test]
fn raw_http_messages_are_read_by_their_lengths() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "request",
            "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>",
            &["x.http 4"],
        ),
        (
            "line feeds only",
            "POST /a HTTP/1.1\nContent-Length: 4\n\n<a/>\n\n",
            &["x.http 4"],
        ),
        (
            "no length",
            "HTTP/2 200\r\ncontent-type: text/xml\r\n\r\n<a>\n</a>",
            &["x.http 8"],
        ),
        (
            "no body",
            "GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n",
            &["x.http 0"],
        ),
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\n<a\r\n2\r\n/>\r\n0\r\n\r\n",
            &["x.http 4"],
        ),
        (
            "chunked, cut",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n<a",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "chunked, broken",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<a",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "chunk of all bytes",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n<a",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "cut",
            "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "cut in the header",
            "POST /a HTTP/1.1\r\nContent-Le",
            &["x.http KK-INVOER-HTTP-AFGEBROKEN"],
        ),
        (
            "too long",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-LENGTE"],
        ),
        (
            "two lengths",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "negative length",
            "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n<a/>",
            &["x.http KK-INVOER-HTTP-KAPOT"],
        ),
        (
            "packed",
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\n\r\n\x1f",
            &["x.http KK-INVOER-CODERING"],
        ),
        (
            "page",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
            &["x.http KK-INVOER-GEEN-BERICHT"],
        ),
        (
            "requests only, then an answer to one of them",
            "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}",
            &[
                "x.http#1/request 0",
                "x.http#2/request 0",
                "x.http#3/response 2",
            ],
        ),
        (
            "a second one that breaks off",
            "GET /a HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            &[
                "x.http#1/request 0",
                "x.http#1/response KK-INVOER-HTTP-AFGEBROKEN",
            ],
        ),
        (
            "a conversation",
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}\r\nPOST /b HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n<a/>HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 X\r\n\r\n<a/>",
            &[
                "x.http#1/request 0",
                "x.http#1/response 2",
                "x.http#2/request 4",
                "x.http#2/response 0",
                "x.http#2/response 4",
            ],
        ),
    ];
    for (what, text, expected) in table {
        let lines = judge(&[("x.http", text.as_bytes())], &["x.http"]);
        assert_eq!(&lines, expected, "{what}");
    }
}

#[test]
fn the_shipped_captures_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/wire");
    let inputs = resolve(&root, &["."]).unwrap();
    let read: Vec<&Exchange> = inputs
        .iter()
        .filter_map(|i| i.content.as_ref().ok())
        .collect();
    assert_eq!(read.len(), 14, "{:?}", told(&root, &inputs));
    let bodyless = read.iter().filter(|exchange| exchange.body.is_empty());
    assert!(
        bodyless
            .clone()
            .all(|exchange| exchange.http.as_ref().unwrap().method() == Some("GET"))
    );
    assert_eq!(bodyless.count(), 3);
    let others = inputs
        .iter()
        .filter_map(|input| input.content.as_ref().err());
    assert!(
        others
            .clone()
            .all(|error| error.verdict() == Verdict::NotApplicable)
    );
    assert_eq!(others.count() + read.len(), inputs.len());
}

#[test]
fn inputs_are_opened_one_at_a_time() {
    let folder = folder(&[("a.xml", XML), ("b.xml", XML)]);
    let mut inputs = Inputs::resolve(&[folder.path().to_path_buf()], Options::default()).unwrap();
    assert!(inputs.next().unwrap().content.is_ok());
    fs::remove_file(folder.path().join("b.xml")).unwrap();
    let gone = inputs.next().unwrap();
    assert!(matches!(gone.content, Err(InputError::Unreadable(_))));
    assert!(inputs.next().is_none());
}

#[test]
fn debug_shows_no_content() {
    let folder = folder(&[(
        "x.http",
        b"POST /a?bsn=123456782 HTTP/1.1\r\nX-Api-Key: geheim\r\n\r\n<bsn>123456782</bsn>",
    )]);
    let inputs = resolve(folder.path(), &["x.http"]).unwrap();
    assert!(inputs[0].content.is_ok());
    let shown = format!("{inputs:?}");
    assert!(
        !shown.contains("6782") && !shown.contains("geheim"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is done to an archive, a capture or a raw message: no panic,
    /// no hang, and at least one input.
    #[test]
    fn damage_never_makes_an_input_vanish(
        which in 0..4usize,
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        truncate in any::<bool>(),
    ) {
        let mut bytes = match which {
            0 => zipped(&[("a.xml", XML), ("b/c.json", b"{}")]),
            1 => json!({ "log": { "entries": [entry(json!({ "status": 200 }))] } }).to_string().into_bytes(),
            2 => b"POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n".to_vec(),
            _ => XML.repeat(3),
        };
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if truncate {
            bytes.truncate(cut.index(bytes.len()));
        }
        let stdin: Box<dyn Read + Send> = Box::new(Cursor::new(bytes));
        let inputs = Inputs::resolve(&["-".into()], Options { stdin }).unwrap();
        prop_assert!(inputs.count() > 0);
    }
}
