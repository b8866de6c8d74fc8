//! DUO's real contracts, where they are at hand.

use std::path::Path;

use ketenkeur::document::{Document, Gated};
use ketenkeur::event::PackKind;
use ketenkeur::pack::{Change, ImportSource, Part};
use ketenkeur::schema::xsd::XsdSchema;

use crate::support::project;

const VO: &str = "../shared/reference/duo-vo/inschrijving";
const RIO: &str = "../shared/reference/duo-rio";

fn is_there(folder: &str) -> bool {
    let there = Path::new(folder).exists();
    if !there {
        println!("skipped: {folder} is absent");
    }
    there
}

#[test]
fn the_vo_contract_becomes_a_pack_that_judges() {
    if !is_there(VO) {
        return;
    }
    let temporary = project();
    let source = ImportSource::open(Path::new(VO)).unwrap();
    let imported = temporary.import(&source).unwrap();
    let [pack] = imported.packs.as_slice() else {
        panic!("{imported:?}");
    };
    assert_eq!(&*pack.contract, "DUO_VOAanlevering_InschrijvingVO_V1");
    assert_eq!(&*pack.version, "1.0+18565");
    assert_eq!((pack.messages, &pack.change), (4, &Change::New));
    assert!(pack.replaces.is_none() && pack.binding.is_none() && pack.rewritten.is_empty());
    assert!(imported.unused.is_empty() && imported.ignored.is_empty());

    let store = temporary.store();
    let namespace = "http://duo.nl/schema/DUO_VOAanlevering_InschrijvingVO_V1";
    let (pack, message) = store
        .message(namespace, "aanleverenInschrijvingVO_Request")
        .unwrap();
    assert_eq!(pack.manifest.kind, PackKind::Official);
    assert_eq!(&*pack.manifest.family, "bron-vo");
    assert_eq!(
        message.action.as_deref(),
        Some("http://duo.nl/contract/DUO_VOAanlevering_InschrijvingVO_V1/aanleverenInschrijvingVO")
    );
    assert_eq!(
        (message.part, message.direction.as_deref()),
        (Part::Request, Some("las-duo"))
    );
    let schema = XsdSchema::compile(pack.files(), &pack.entries()).unwrap();
    let good = std::fs::read("tests/support/vo.xml").unwrap();
    let document = Document::from_xml(Gated::xml(&good).unwrap()).unwrap();
    assert!(
        schema
            .validate(&document, document.root_element())
            .mistakes
            .is_empty()
    );

    let before = temporary.snapshot();
    let again = temporary.import(&source).unwrap();
    assert_eq!(again.packs[0].change, Change::Unchanged);
    assert_eq!(temporary.snapshot(), before);
    temporary.project.verify_lock(&store).unwrap();
}

#[test]
fn the_rio_contract_takes_the_place_of_our_reconstruction() {
    if !is_there(RIO) {
        return;
    }
    let temporary = project();
    let source = ImportSource::open(Path::new(RIO)).unwrap();
    let contract = "DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4";
    let imported = temporary.import(&source).unwrap();
    let [pack] = imported.packs.as_slice() else {
        panic!("{imported:?}");
    };
    let replaced = pack.replaces.as_ref().unwrap();
    assert_eq!(&*replaced.contract, contract);
    assert_eq!(replaced.other_namespace, None);
    assert!(replaced.lost.is_empty(), "{:?}", replaced.lost);
    assert_eq!(pack.messages, 28);
    assert_eq!(imported.ignored, ["signed-answer.xml"]);
    let binding = pack.binding.as_ref().unwrap();
    // All that our rules read is there for the messages that we reconstructed.
    assert!(
        binding.nowhere.is_empty() && binding.count > 10,
        "{}",
        binding.count
    );

    let store = temporary.store();
    let pack = store.pack(contract).unwrap();
    assert_eq!(&*pack.reconstruction().unwrap().manifest.contract, contract);
    assert!(
        pack.rule_files()
            .iter()
            .map(|file| file.rules)
            .sum::<usize>()
            > 10
    );
    let mut messages = pack.manifest.messages.iter();
    let known = messages
        .find(|message| &**message.id() == "opvragen_onderwijslocatie_request")
        .unwrap();
    assert_eq!(&*known.title_en, "Ask for an onderwijslocatie");
    // The answer that DUO signed belongs to another contract (Beheren).
    let answer = std::fs::read(format!("{RIO}/signed-answer.xml")).unwrap();
    let document = Document::from_xml(Gated::xml(&answer).unwrap()).unwrap();
    let envelope = document.root_element();
    let body = document.child(envelope, "Body").unwrap();
    let element = document.elements(body).next().unwrap();
    let found = store.message(document.namespace(element), document.local_name(element));
    assert!(found.is_none());
    let (pack, _) = store
        .message(
            "http://duo.nl/schema/DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4",
            "opvragen_onderwijslocatie_request",
        )
        .unwrap();
    assert_eq!(pack.manifest.kind, PackKind::Official);
}
