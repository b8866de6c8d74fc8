//! Packages that are refused: with file, place and reason, and nothing changes.

use ketenkeur::finding::Language;
use ketenkeur::pack::{ImportError, ImportSource, PackageError};
use ketenkeur::text::Texts;

use crate::support::{Files, edit, official, project, rename, zip_of, zipped};

const BO: &str = "DUO_PO_InschrijvingBO_V1";
const BASIS: &str = "BasisSchema.xsd";

fn bo(what: impl FnOnce(&mut Files)) -> ImportSource {
    let mut files = official(BO);
    what(&mut files);
    zip_of(&files)
}

fn bad_packages() -> Vec<(&'static str, ImportSource)> {
    let wsdl = format!("{BO}.wsdl");
    let xsd = format!("{BO}.xsd");
    let symlinked = {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive
            .add_symlink(
                "BasisSchema.xsd",
                "/etc/passwd",
                zip::write::SimpleFileOptions::default(),
            )
            .unwrap();
        ImportSource::Zip(archive.finish().unwrap().into_inner())
    };
    vec![
        ("empty zip", zipped([])),
        (
            "no zip at all",
            ImportSource::Zip(b"PK\x03\x04 and then nothing".to_vec()),
        ),
        (
            "no schema",
            zipped([("Leesmij.pdf", &b"..."[..]), ("a/b.json", b"{}")]),
        ),
        ("only a link", symlinked),
        ("zip slip", zipped([("../../.bashrc.xsd", &b"<a/>"[..])])),
        (
            "zip slip by backslash",
            zipped([("..\\..\\a.xsd", &b"<a/>"[..])]),
        ),
        ("absolute path", zipped([("/etc/a.xsd", &b"<a/>"[..])])),
        ("drive letter", zipped([("C:/a.xsd", &b"<a/>"[..])])),
        ("bomb", zipped([("a.xsd", &vec![b' '; 8_000_000][..])])),
        (
            "one name, spelled twice",
            zipped([("a/b.xsd", &b"<a/>"[..]), ("a\\b.xsd", b"<a/>")]),
        ),
        (
            "WSDL not well-formed",
            bo(|files| edit(files, &wsdl, "</wsdl:types>", "</wsdl:type>")),
        ),
        (
            "WSDL 2.0",
            zipped([(
                "a.wsdl",
                &b"<description xmlns='http://www.w3.org/ns/wsdl'/>"[..],
            )]),
        ),
        (
            "prefix not declared",
            bo(|files| {
                edit(
                    files,
                    &wsdl,
                    "element=\"s:aanleverenInschrijvingBO_Request",
                    "element=\"z:aanleverenInschrijvingBO_Request",
                )
            }),
        ),
        (
            "operation without its message",
            bo(|files| {
                edit(
                    files,
                    &wsdl,
                    "<wsdl:message name=\"aanleverenInschrijvingBO_Request\"",
                    "<wsdl:message name=\"iets\"",
                )
            }),
        ),
        (
            "rpc style",
            bo(|files| {
                edit(
                    files,
                    &wsdl,
                    "element=\"s:aanleverenInschrijvingBO_Request\"",
                    "type=\"s:InschrijvingBO\"",
                )
            }),
        ),
        (
            "element that the schema lacks",
            bo(|files| {
                edit(
                    files,
                    &xsd,
                    "element name=\"aanleverenInschrijvingBO_Response\"",
                    "element name=\"AanleverenInschrijvingBO_Response\"",
                )
            }),
        ),
        (
            "no operations",
            bo(|files| {
                let text = files[&wsdl].clone();
                let (from, to) = (
                    text.find("  <wsdl:portType").unwrap(),
                    text.find("</wsdl:definitions>").unwrap(),
                );
                files.insert(wsdl.clone(), format!("{}{}", &text[..from], &text[to..]));
            }),
        ),
        (
            "no schema in the WSDL",
            bo(|files| {
                edit(
                    files,
                    &wsdl,
                    &format!(
                        "<xsd:import namespace=\"http://duo.nl/schema/{BO}\" schemaLocation=\"{BO}.xsd\"/>"
                    ),
                    "",
                )
            }),
        ),
        (
            "XSD not well-formed",
            bo(|files| edit(files, BASIS, "</xsd:schema>", "</xsd:schem>")),
        ),
        (
            "XSD that is another document",
            bo(|files| drop(files.insert(BASIS.into(), "<html/>".into()))),
        ),
        (
            "DTD in an XSD",
            bo(|files| {
                edit(
                    files,
                    BASIS,
                    "<!--",
                    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n<!--",
                )
            }),
        ),
        (
            "UTF-16",
            bo(|files| edit(files, BASIS, "encoding=\"UTF-8\"", "encoding=\"UTF-16\"")),
        ),
        ("missing import", bo(|files| drop(files.remove(BASIS)))),
        (
            "missing include",
            bo(|files| {
                edit(
                    files,
                    BASIS,
                    "<xsd:import ",
                    "<xsd:include schemaLocation=\"..\\Weg.xsd\"/><xsd:import ",
                )
            }),
        ),
        (
            "a file name that fits twice",
            bo(|files| {
                let other = files[BASIS]
                    .replace("maxOccurs=\"1\"", "maxOccurs=\"2\"")
                    .replace("elementFormDefault=", "id=\"x\" elementFormDefault=");
                files.insert("b/BasisSchema.xsd".into(), other);
                rename(files, BASIS, "a/BasisSchema.xsd");
            }),
        ),
        (
            "type that is not declared",
            bo(|files| {
                edit(
                    files,
                    &xsd,
                    "type=\"basis:Groep\"",
                    "type=\"basis:Groepje\"",
                )
            }),
        ),
        (
            "broken pattern",
            bo(|files| {
                edit(
                    files,
                    BASIS,
                    "<xsd:pattern value=\"",
                    "<xsd:pattern value=\"[",
                )
            }),
        ),
        (
            "two contracts of one name",
            bo(|files| {
                let again = files[&wsdl].clone();
                files.insert("acceptatie.wsdl".into(), again);
            }),
        ),
        (
            "a name that leads elsewhere",
            bo(|files| {
                edit(
                    files,
                    &wsdl,
                    &format!("name=\"{BO}\""),
                    "name=\"../../elders\"",
                )
            }),
        ),
        (
            "schema without elements",
            zipped([(
                "a.xsd",
                &b"<schema xmlns='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:a'/>"[..],
            )]),
        ),
    ]
}

#[test]
fn bad_packages_are_refused_and_change_nothing() {
    let temporary = project();
    temporary.import(&bo(|_| {})).unwrap();
    let before = temporary.snapshot();
    let mut told = String::new();
    for (what, source) in bad_packages() {
        let error = temporary.refused(&source);
        let problem = error.problem();
        let text = |language| problem.text(Texts::of(language));
        let (nl, en) = (text(Language::Nl), text(Language::En));
        assert_ne!(nl, en, "{what}");
        told.push_str(&format!("{what}\n  {error}\n  nl: {nl}\n  en: {en}\n"));
        assert_eq!(temporary.snapshot(), before, "{what}");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("packs-refused", told));
}

#[test]
fn a_package_too_many_changes_none_of_the_others() {
    // The first contract of the package is right, the second is not.
    let temporary = project();
    let mut files = official(BO);
    files.extend(official("DUO_PO_TLV_V1"));
    edit(
        &mut files,
        "DUO_PO_TLV_V1.xsd",
        "name=\"aanleverenTLV_Response\"",
        "name=\"anders\"",
    );
    assert!(matches!(
        temporary.refused(&zip_of(&files)),
        ImportError::MissingElement { .. }
    ));
    assert!(temporary.snapshot().is_empty());
}

#[test]
fn what_is_no_package_is_told_from_what_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bericht.xml");
    std::fs::write(&file, "<a/>").unwrap();
    assert!(matches!(
        ImportSource::open(&file),
        Err(PackageError::NotAPackage { .. })
    ));
    assert!(matches!(
        ImportSource::open(&folder.path().join("weg.zip")),
        Err(PackageError::Io {
            kind: std::io::ErrorKind::NotFound,
            ..
        })
    ));
}

#[cfg(unix)]
#[test]
fn links_in_a_folder_are_not_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let basis = elsewhere.path().join(BASIS);
    let mut files = official(BO);
    std::fs::write(&basis, files.remove(BASIS).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    crate::support::write(folder.path(), &files);
    std::os::unix::fs::symlink(&basis, folder.path().join(BASIS)).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("rond")).unwrap();
    let temporary = project();
    let error = temporary.refused(&ImportSource::open(folder.path()).unwrap());
    assert!(matches!(error, ImportError::Layout(_)), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]

    /// No damage to a package ends in a panic, whatever else comes of it.
    #[test]
    fn damaged_packages_are_refused_or_imported(
        file in 0usize..5,
        at in 0.0f64..1.0,
        length in 0usize..40,
        with in "[<>/\"a-z:=&\u{e9} ]{0,12}",
    ) {
        let mut files = official(BO);
        let name = files.keys().nth(file).unwrap().clone();
        let text = files.get_mut(&name).unwrap();
        let boundary = |mut index: usize| {
            while !text.is_char_boundary(index) {
                index -= 1;
            }
            index
        };
        let start = boundary((text.len() as f64 * at) as usize);
        let end = boundary((start + length).min(text.len()));
        text.replace_range(start..end, &with);
        let temporary = project();
        match temporary.import(&zip_of(&files)) {
            Ok(_) => proptest::prop_assert!(temporary.store().pack(BO).is_some()),
            Err(error) => {
                proptest::prop_assert!(!error.to_string().is_empty());
                proptest::prop_assert!(temporary.snapshot().is_empty());
            }
        }
    }
}
