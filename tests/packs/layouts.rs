//! Whatever the layout, the same contract comes out.

use ketenkeur::document::{Document, Gated};
use ketenkeur::pack::{Change, ImportSource, Store};
use ketenkeur::schema::xsd::XsdSchema;

use crate::support::{Files, edit, official, project, rename, write, wsdl, zip_of, zipped};

const BO: &str = "DUO_PO_InschrijvingBO_V1";
const GENERIC: &str = "DUO_PO_GeneriekBasisgegevens_V1.xsd";

/// Whether the example of our reconstruction is valid under the imported pack.
fn judges(store: &Store) -> bool {
    let builtin = Store::builtin();
    let pack = store.pack(BO).unwrap();
    let example = builtin
        .pack(BO)
        .unwrap()
        .text("voorbeelden/aanleverenInschrijvingBO_Request.xml")
        .unwrap();
    let schema = XsdSchema::compile(pack.files(), &pack.entries()).unwrap();
    let document = Document::from_xml(Gated::xml(example.as_bytes()).unwrap()).unwrap();
    schema
        .validate(&document, document.root_element())
        .mistakes
        .is_empty()
}

type Rearrange = fn(&mut Files);

#[test]
fn every_layout_is_followed() {
    let bo_xsd = format!("{BO}.xsd");
    let bo_wsdl = format!("{BO}.wsdl");
    let (bo_xsd, bo_wsdl) = (&*bo_xsd, &*bo_wsdl);
    let layouts: &[(&str, Rearrange, usize)] = &[
        ("beside each other", |_| {}, 0),
        (
            "in a folder, with names that need no change",
            |files| {
                let all: Vec<String> = files.keys().cloned().collect();
                for path in all {
                    rename(files, &path, &format!("Levering 2026/v1/{path}"));
                }
            },
            0,
        ),
        (
            "schemas in a folder below",
            |files| {
                for path in [
                    &format!("{BO}.xsd"),
                    GENERIC,
                    "BasisSchema.xsd",
                    "KerntypenSchema.xsd",
                ] {
                    rename(files, path, &format!("xsd/{path}"));
                }
                let (file, schema) = (format!("{BO}.wsdl"), format!("\"{BO}.xsd"));
                edit(files, &file, &schema, &format!("\"xsd/{BO}.xsd"));
            },
            0,
        ),
        (
            "WSDL and schemas in folders of their own, with ..",
            |files| {
                rename(files, &format!("{BO}.wsdl"), &format!("wsdl/{BO}.wsdl"));
                for path in [GENERIC, "BasisSchema.xsd", "KerntypenSchema.xsd"] {
                    rename(files, path, &format!("gedeeld/{path}"));
                }
                rename(files, &format!("{BO}.xsd"), &format!("xsd/{BO}.xsd"));
                edit(
                    files,
                    &format!("wsdl/{BO}.wsdl"),
                    &format!("\"{BO}.xsd"),
                    &format!("\"../xsd/{BO}.xsd"),
                );
                edit(
                    files,
                    &format!("xsd/{BO}.xsd"),
                    "schemaLocation=\"",
                    "schemaLocation=\"../gedeeld/",
                );
            },
            0,
        ),
        (
            "backslashes",
            |files| {
                rename(files, "KerntypenSchema.xsd", "kern/KerntypenSchema.xsd");
                edit(
                    files,
                    "BasisSchema.xsd",
                    "\"KerntypenSchema",
                    "\"kern\\KerntypenSchema",
                );
            },
            1,
        ),
        (
            "addresses on the network",
            |files| {
                edit(
                    files,
                    "BasisSchema.xsd",
                    "\"KerntypenSchema",
                    "\"http://duo.nl/schema/KerntypenSchema",
                );
                edit(
                    files,
                    &format!("{BO}.wsdl"),
                    &format!("\"{BO}.xsd"),
                    &format!("\"https://duo.nl/x/{BO}.xsd?v=2&amp;w#a"),
                );
            },
            1,
        ),
        (
            "flattened by somebody",
            |files| {
                edit(
                    files,
                    &format!("{BO}.xsd"),
                    "schemaLocation=\"",
                    "schemaLocation=\"../../gedeeld/v1/",
                );
            },
            2,
        ),
        (
            "another case of the names",
            |files| rename(files, "KerntypenSchema.xsd", "KERNTYPENSCHEMA.XSD"),
            1,
        ),
        (
            "a file of that name twice, one of the namespace",
            |files| {
                let text = files["BasisSchema.xsd"].replace("NL:OCW:GWB:BASIS", "NL:OCW:GWB:OUD");
                rename(files, "BasisSchema.xsd", "nieuw/BasisSchema.xsd");
                files.insert("oud/BasisSchema.xsd".into(), text);
                edit(files, "nieuw/BasisSchema.xsd", "\"Kern", "\"../Kern");
            },
            2,
        ),
        (
            "an import without location",
            |files| {
                edit(
                    files,
                    "BasisSchema.xsd",
                    " schemaLocation=\"KerntypenSchema.xsd\"",
                    "",
                )
            },
            0,
        ),
        (
            "schema within the WSDL",
            |files| {
                let schema = files.remove(&format!("{BO}.xsd")).unwrap();
                let schema = &schema[schema.find("<xsd:schema").unwrap()..];
                let file = format!("{BO}.wsdl");
                let text = &files[&file];
                let (before, rest) = text.split_once("<xsd:schema>").unwrap();
                let (_, after) = rest.split_once("</xsd:schema>").unwrap();
                // The prefix of the schema language is inherited.
                let schema = schema.replace(" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"", "");
                let text = format!("{before}{schema}{after}");
                files.insert(file, text);
            },
            0,
        ),
        (
            "no WSDL",
            |files| drop(files.remove(&format!("{BO}.wsdl"))),
            0,
        ),
    ];
    for (what, rearrange, rewritten) in layouts {
        let mut files = official(BO);
        assert!(files.contains_key(bo_xsd) && files.contains_key(bo_wsdl));
        rearrange(&mut files);
        let temporary = project();
        let imported = temporary
            .import(&zip_of(&files))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(imported.packs.len(), 1, "{what}");
        let pack = &imported.packs[0];
        assert_eq!(&*pack.contract, BO, "{what}");
        assert_eq!(pack.messages, 4, "{what}");
        assert_eq!(
            pack.replaces.as_ref().unwrap().other_namespace,
            None,
            "{what}"
        );
        assert!(judges(&temporary.store()), "{what}");
        let expected = if *what == "addresses on the network" {
            1
        } else {
            *rewritten
        };
        assert_eq!(
            pack.rewritten.len(),
            expected,
            "{what}: {:?}",
            pack.rewritten
        );

        // As a folder the package is the same.
        let unpacked = tempfile::tempdir().unwrap();
        write(unpacked.path(), &files);
        let source = ImportSource::open(unpacked.path()).unwrap();
        let again = temporary.import(&source).unwrap();
        assert_eq!(again.packs[0].change, Change::Unchanged, "{what}");
    }
}

#[test]
fn folders_around_a_package_and_other_files_change_nothing() {
    let temporary = project();
    let files = official(BO);
    temporary.import(&zip_of(&files)).unwrap();
    let mut around = Files::new();
    for (path, text) in &files {
        around.insert(format!("Downloads/DUO/{path}"), text.clone());
    }
    around.insert("Downloads/Leesmij.pdf".into(), "…".into());
    around.insert("__MACOSX/DUO/._BasisSchema.xsd".into(), "…".into());
    let again = temporary.import(&zip_of(&around)).unwrap();
    assert_eq!(again.packs[0].change, Change::Unchanged);
    assert_eq!(
        again.ignored,
        ["Downloads/Leesmij.pdf", "__MACOSX/DUO/._BasisSchema.xsd"]
    );
}

#[test]
fn several_contracts_give_several_packs() {
    let temporary = project();
    let mut files = official(BO);
    files.extend(official("DUO_PO_AdviesVO_V1"));
    files.insert(
        "Los.xsd".into(),
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:los'/>".into(),
    );
    let imported = temporary.import(&zip_of(&files)).unwrap();
    let contracts: Vec<&str> = imported.packs.iter().map(|pack| &*pack.contract).collect();
    assert_eq!(contracts, ["DUO_PO_AdviesVO_V1", BO]);
    assert_eq!(imported.unused, ["Los.xsd"]);
    let store = temporary.store();
    // Each has only the files it needs.
    let advies = store.pack("DUO_PO_AdviesVO_V1").unwrap();
    assert!(advies.files().get("schema/BasisSchema.xsd").is_some());
    assert!(advies.files().get(&format!("schema/{BO}.xsd")).is_none());
}

#[test]
fn another_version_takes_the_place_of_the_first_and_says_so() {
    let temporary = project();
    let mut files = official(BO);
    let first = temporary.import(&zip_of(&files)).unwrap();
    edit(
        &mut files,
        &format!("{BO}.xsd"),
        "version=\"40001\"",
        "version=\"40002\"",
    );
    let second = temporary.import(&zip_of(&files)).unwrap();
    assert_eq!(&*second.packs[0].version, "1.0+40002");
    assert_eq!(
        second.packs[0].change,
        Change::Replaced {
            version: "1.0+40001".into(),
            hash: first.packs[0].hash.clone()
        }
    );
    let store = temporary.store();
    assert_eq!(store.pack(BO).unwrap().hash(), second.packs[0].hash);
    // Nothing of the first is left, nor of the way there.
    let left: Vec<String> = temporary.snapshot().into_keys().collect();
    assert!(
        left.iter().all(|path| !path.contains(".import")),
        "{left:?}"
    );
}

#[test]
fn an_official_namespace_supersedes_ours() {
    let temporary = project();
    let imported = temporary
        .import(&zip_of(&official("DUO_PO_TLV_V1")))
        .unwrap();
    let replaced = imported.packs[0].replaces.as_ref().unwrap();
    let ours = "urn:ketenkeur:reconstructie:DUO_PO_TLV_V1";
    assert_eq!(replaced.other_namespace.as_deref(), Some(ours));
    let store = temporary.store();
    assert!(store.message(ours, "aanleverenTLV_Request").is_none());
    let superseded = store.superseded(ours, "aanleverenTLV_Request").unwrap();
    assert_eq!(
        superseded.official.manifest.schema_namespace.as_deref(),
        Some("http://duo.nl/schema/DUO_PO_TLV_V1")
    );
    assert!(store.superseded(ours, "iets").is_none());
    let (pack, message) = store
        .message(
            "http://duo.nl/schema/DUO_PO_TLV_V1",
            "aanleverenTLV_Request",
        )
        .unwrap();
    // What only we know stays with the message, and so do our rules.
    assert_eq!(message.direction.as_deref(), Some("swv-duo"));
    assert_eq!(&*pack.rules_home().manifest.contract, "DUO_PO_TLV_V1");
    assert_eq!(
        pack.rules_home().manifest.kind,
        ketenkeur::event::PackKind::Reconstruction
    );
}

#[test]
fn an_official_contract_of_another_name_can_replace_ours() {
    let (ours, theirs) = ("DUO_PO_TLV_V1", "DUO_PO_Toelaatbaarheid_V3");
    let files: Files = official(ours)
        .into_iter()
        .map(|(path, text)| (path.replace(ours, theirs), text.replace(ours, theirs)))
        .collect();
    let temporary = project();
    let imported = temporary.import(&zip_of(&files)).unwrap();
    assert_eq!(imported.packs[0].similar.as_deref(), Some(ours));
    assert!(temporary.store().pack(ours).is_some());

    let imported = temporary.import_with(&zip_of(&files), Some(ours)).unwrap();
    assert_eq!(
        &*imported.packs[0].replaces.as_ref().unwrap().contract,
        ours
    );
    let store = temporary.store();
    assert!(store.pack(ours).is_none());
    assert_eq!(
        &*store.pack(theirs).unwrap().rules_home().manifest.contract,
        ours
    );
    let superseded = store
        .superseded(
            &format!("urn:ketenkeur:reconstructie:{ours}"),
            "aanleverenTLV_Request",
        )
        .unwrap();
    assert_eq!(&*superseded.official.manifest.contract, theirs);
}

#[test]
fn a_wsdl_in_two_files_with_actions_of_its_own() {
    let contract = "Test_V2";
    let whole = wsdl(contract, "Test.xsd", &["doeIets"]);
    let at = whole.find("  <wsdl:binding").unwrap();
    let end = whole.find("</wsdl:definitions>").unwrap();
    let open = &whole[..whole.find("  <wsdl:documentation>").unwrap()];
    let interface = format!("{}</wsdl:definitions>", &whole[..at])
        .replace(
            "<wsdl:output message",
            "<wsdl:output xmlns:wsam=\"http://www.w3.org/2007/05/addressing/metadata\" wsam:Action=\"urn:antwoord\" message",
        );
    let outer = format!(
        "{open}  <wsdl:import namespace=\"http://duo.nl/contract/{contract}\" location=\"interface\\I.wsdl\"/>\n{}</wsdl:definitions>",
        &whole[at..end]
    );
    let schema = format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='http://duo.nl/schema/{contract}'>\
         <xs:element name='doeIets_Request' type='xs:string'/><xs:element name='doeIets_Response' type='xs:date'/></xs:schema>"
    );
    let files = [
        ("dienst.wsdl", outer.as_str()),
        ("interface/I.wsdl", interface.as_str()),
        ("Test.xsd", schema.as_str()),
    ];
    let temporary = project();
    let imported = temporary
        .import(&zipped(
            files.iter().map(|(path, text)| (*path, text.as_bytes())),
        ))
        .unwrap();
    assert_eq!(imported.packs.len(), 1);
    let store = temporary.store();
    let pack = store.pack(contract).unwrap();
    let action = |root: &str| pack.manifest.message(root).unwrap().action.clone().unwrap();
    assert_eq!(
        &*action("doeIets_Request"),
        "http://duo.nl/contract/Test_V2/doeIets"
    );
    assert_eq!(&*action("doeIets_Response"), "urn:antwoord");
    assert_eq!(pack.manifest.wsdl.as_deref(), Some("schema/dienst.wsdl"));
    assert_eq!(&*pack.manifest.family, "overig");
}
