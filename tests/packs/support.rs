//! Packages made from our own reconstruction, laid out as suppliers have them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use ketenkeur::finding::Grade;
use ketenkeur::pack::{
    ImportError, ImportOptions, ImportSource, Imported, Project, ProjectError, Store,
};
use ketenkeur::rules::{Origin, RulePaths, RuleSet};

/// Files of a package by path.
pub type Files = BTreeMap<String, String>;

/// Our reconstruction of a contract as DUO might publish it: its schema files
/// beside each other, without our names, and a WSDL.
pub fn official(contract: &str) -> Files {
    let store = Store::builtin();
    let pack = store.pack(contract).unwrap();
    let mut files = Files::new();
    for (path, bytes) in pack.own_files() {
        if let Some(stem) = path.strip_suffix(".reconstructie.xsd") {
            let name = stem.rsplit('/').next().unwrap();
            let text = String::from_utf8(bytes.to_vec())
                .unwrap()
                .replace("../gedeeld/", "")
                .replace(".reconstructie.xsd", ".xsd")
                .replace("urn:ketenkeur:reconstructie:", "http://duo.nl/schema/")
                .replace("version=\"reconstructie\"", "version=\"40001\"");
            files.insert(format!("{name}.xsd"), text);
        }
    }
    let mut operations: Vec<&str> = Vec::new();
    for message in &pack.manifest.messages {
        if !operations.contains(&&*message.operation) {
            operations.push(&message.operation);
        }
    }
    files.insert(
        format!("{contract}.wsdl"),
        wsdl(contract, &format!("{contract}.xsd"), &operations),
    );
    files
}

/// A WSDL in DUO's style that imports one schema file.
pub fn wsdl(contract: &str, schema: &str, operations: &[&str]) -> String {
    let mut messages = String::new();
    let mut port = String::new();
    let mut binding = String::new();
    for operation in operations {
        for part in ["Request", "Response"] {
            messages.push_str(&format!(
                "  <wsdl:message name=\"{operation}_{part}\">\n    <wsdl:part name=\"body\" element=\"s:{operation}_{part}\"/>\n  </wsdl:message>\n"
            ));
        }
        port.push_str(&format!(
            "    <wsdl:operation name=\"{operation}\">\n      <wsdl:input message=\"tns:{operation}_Request\"/>\n      <wsdl:output message=\"tns:{operation}_Response\"/>\n    </wsdl:operation>\n"
        ));
        binding.push_str(&format!(
            "    <wsdl:operation name=\"{operation}\">\n      <soap:operation soapAction=\"http://duo.nl/contract/{contract}/{operation}\"/>\n    </wsdl:operation>\n"
        ));
    }
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:s="http://duo.nl/schema/{contract}"
    xmlns:tns="http://duo.nl/contract/{contract}" name="{contract}" targetNamespace="http://duo.nl/contract/{contract}">
  <wsdl:documentation>Versie 1.0</wsdl:documentation>
  <wsdl:types>
    <xsd:schema>
      <xsd:import namespace="http://duo.nl/schema/{contract}" schemaLocation="{schema}"/>
    </xsd:schema>
  </wsdl:types>
{messages}  <wsdl:portType name="PT">
{port}  </wsdl:portType>
  <wsdl:binding name="B" type="tns:PT">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
{binding}  </wsdl:binding>
</wsdl:definitions>
"#
    )
}

/// Replaces text in a file of a package; it must be there.
pub fn edit(files: &mut Files, file: &str, from: &str, to: &str) {
    let text = files.get_mut(file).unwrap_or_else(|| panic!("no {file}"));
    assert!(text.contains(from), "{file} has no {from}");
    *text = text.replace(from, to);
}

/// Moves a file within a package.
pub fn rename(files: &mut Files, from: &str, to: &str) {
    let text = files.remove(from).unwrap_or_else(|| panic!("no {from}"));
    files.insert(to.to_string(), text);
}

/// The package as a folder.
pub fn write(folder: &Path, files: &Files) {
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

/// The package as a zip archive.
pub fn zipped<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> ImportSource {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        archive
            .start_file(path, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    ImportSource::Zip(archive.finish().unwrap().into_inner())
}

/// A package of text files as a zip archive.
pub fn zip_of(files: &Files) -> ImportSource {
    zipped(files.iter().map(|(path, text)| (&**path, text.as_bytes())))
}

/// A project in a temporary folder.
pub struct Temporary {
    pub folder: tempfile::TempDir,
    pub project: Project,
}

pub fn project() -> Temporary {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::at(folder.path());
    Temporary { folder, project }
}

impl Temporary {
    pub fn import(&self, source: &ImportSource) -> Result<Imported, ProjectError> {
        self.import_with(source, None)
    }

    pub fn import_with(
        &self,
        source: &ImportSource,
        replaces: Option<&str>,
    ) -> Result<Imported, ProjectError> {
        let builtin = Store::builtin();
        let options = ImportOptions {
            builtin: &builtin,
            replaces,
        };
        self.project.import(source, options, None)
    }

    pub fn refused(&self, source: &ImportSource) -> ImportError {
        match self.import(source) {
            Err(ProjectError::Import(error)) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub fn store(&self) -> Store {
        ketenkeur::pack::in_force(Some(&self.project), None).unwrap()
    }

    /// Every file below the project with its bytes.
    pub fn snapshot(&self) -> BTreeMap<String, Vec<u8>> {
        walkdir::WalkDir::new(self.folder.path())
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(self.folder.path()).unwrap();
                (
                    path.to_string_lossy().replace('\\', "/"),
                    std::fs::read(entry.path()).unwrap(),
                )
            })
            .collect()
    }
}

/// Rules as (code, context, test), read as the product reads its own.
pub fn rules(rules: &[(&str, &str, &str)]) -> Vec<RulePaths> {
    let mut patterns = String::new();
    for (code, context, test) in rules {
        patterns.push_str(&format!(
            "<sch:pattern><sch:rule context=\"{context}\"><sch:assert id=\"{code}\" test=\"{test}\">x</sch:assert></sch:rule></sch:pattern>"
        ));
    }
    let text = format!(
        "<sch:schema xmlns:sch=\"http://purl.oclc.org/dsdl/schematron\" queryBinding=\"xslt2\">{patterns}</sch:schema>"
    );
    let origin = Origin {
        file: "regels.sch".into(),
        contract: None,
        grade: Grade::Reconstructed,
        source: "test".into(),
        phase: None,
    };
    RuleSet::read(text.as_bytes(), &origin, &|_| None)
        .unwrap()
        .paths()
}
