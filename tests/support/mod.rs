//! The packs of `schemas/` read from their folder, for tests of what lies below
//! the pack store. Every test binary uses a part of it.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ketenkeur::document::{Document, Format, Gated};
use ketenkeur::example::{Example, Examples};
use ketenkeur::schema::xsd::{SchemaFiles, XsdSchema};

/// An example message and the schema it is an instance of.
pub struct Message {
    pub name: String,
    pub text: String,
    pub format: Format,
    pub at: jiff::Timestamp,
    pub contract: String,
    pub operation: String,
}

/// A contract's schema: its files and entry documents.
pub struct Contract {
    /// Where the files lie on disk, for other validators.
    pub folder: String,
    pub files: SchemaFiles,
    pub entries: Vec<String>,
}

pub struct Packs {
    pub messages: BTreeMap<String, Message>,
    pub contracts: BTreeMap<String, Contract>,
}

impl Packs {
    /// Every pack below `schemas/`.
    pub fn shipped() -> Self {
        let files = files_below("schemas");
        let mut packs = Self {
            messages: BTreeMap::new(),
            contracts: BTreeMap::new(),
        };
        for path in files.paths().filter(|path| path.ends_with("/pack.toml")) {
            packs.add(&files, path);
        }
        packs
    }

    fn add(&mut self, files: &SchemaFiles, path: &str) {
        let text = |path: &str| {
            let bytes = files.get(path).unwrap_or_else(|| panic!("{path}"));
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        let folder = path.strip_suffix("pack.toml").unwrap();
        let manifest: toml::Table = toml::from_str(&text(path)).unwrap();
        let contract = manifest["contract"].as_str().unwrap().to_string();
        let entries = manifest["schemas"].as_array().unwrap().iter();
        let entries = entries
            .map(|entry| format!("{folder}{}", entry.as_str().unwrap()))
            .filter(|entry| entry.ends_with(".xsd"))
            .collect();
        for message in manifest["message"].as_array().unwrap() {
            let said = |key: &str| message.get(key).map(|value| value.as_str().unwrap());
            let Some(example) = said("example") else {
                continue;
            };
            let name = said("root").or(said("name")).unwrap().to_string();
            let at = message["example-at"].as_datetime().unwrap().to_string();
            let message = Message {
                text: text(&format!("{folder}{example}")),
                format: match example.ends_with(".json") {
                    true => Format::Json,
                    false => Format::Xml,
                },
                at: at.parse().unwrap(),
                contract: contract.clone(),
                operation: said("operation").unwrap().to_string(),
                name: name.clone(),
            };
            self.messages.insert(name, message);
        }
        let contract_of = Contract {
            folder: "schemas".to_string(),
            files: files.clone(),
            entries,
        };
        self.contracts.insert(contract, contract_of);
    }
}

impl Examples for Packs {
    fn example(&self, name: &str) -> Option<Example<'_>> {
        self.messages.get(name).map(|message| Example {
            text: &message.text,
            format: message.format,
            at: message.at,
            contract: &message.contract,
            operation: &message.operation,
        })
    }
}

impl Contract {
    pub fn compile(&self) -> XsdSchema {
        XsdSchema::compile(&self.files, &self.entries).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The files below a folder, by their path within it.
pub fn files_below(folder: &str) -> SchemaFiles {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            (path.to_string_lossy().replace('\\', "/"), Arc::from(bytes))
        });
    SchemaFiles::new(files)
}

pub fn document(xml: &str) -> Document {
    Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap()
}

/// DUO's real vo contract with the message `tests/support/vo.xml`, where the reference
/// files are at hand.
pub fn duos_vo() -> Option<(Contract, String)> {
    let folder = "../shared/reference/duo-vo/inschrijving";
    if !Path::new(folder).exists() {
        return None;
    }
    let contract = Contract {
        folder: folder.to_string(),
        files: files_below(folder),
        entries: vec!["DUO_VOAanlevering_InschrijvingVO_V1.xsd".to_string()],
    };
    Some((
        contract,
        std::fs::read_to_string("tests/support/vo.xml").unwrap(),
    ))
}
