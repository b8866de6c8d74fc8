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

mod archives;
mod captures;

use captures::entry;

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
