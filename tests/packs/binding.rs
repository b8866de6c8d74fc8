//! Rules of our reconstruction under an official schema: none is ever silent.

use std::sync::Arc;

use ketenkeur::pack::{Binding, BoundMessage, Store, bind};
use ketenkeur::rules::RulePaths;
use ketenkeur::schema::xsd::{SchemaFiles, XsdSchema};

use crate::support::{edit, official, project, rules, zip_of};

const BO: &str = "DUO_PO_InschrijvingBO_V1";
const REQUEST: &str = "aanleverenInschrijvingBO_Request";

fn schema(content: &str) -> XsdSchema {
    let text = format!(
        "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='urn:t' targetNamespace='urn:t' elementFormDefault='qualified'>{content}</xs:schema>"
    );
    let files = SchemaFiles::new([("a.xsd".to_string(), Arc::from(text.as_bytes()))]);
    XsdSchema::compile(&files, &["a.xsd"]).unwrap()
}

/// An element `m` with a sequence of elements; `name{...}` nests, `@a` is an
/// attribute.
fn message(shape: &str) -> XsdSchema {
    fn content(shape: &mut std::iter::Peekable<std::str::SplitWhitespace<'_>>) -> String {
        let (mut elements, mut attributes) = (String::new(), String::new());
        while let Some(word) = shape.next() {
            if word == "}" {
                break;
            } else if let Some(name) = word.strip_prefix('@') {
                attributes.push_str(&format!("<xs:attribute name='{name}'/>"));
            } else if let Some(name) = word.strip_suffix('{') {
                let inner = content(shape);
                elements.push_str(&format!("<xs:element name='{name}'>{inner}</xs:element>"));
            } else {
                elements.push_str(&format!(
                    "<xs:element name='{word}' type='xs:string' minOccurs='0'/>"
                ));
            }
        }
        format!(
            "<xs:complexType><xs:sequence>{elements}</xs:sequence>{attributes}</xs:complexType>"
        )
    }
    schema(&format!(
        "<xs:element name='m'>{}</xs:element>",
        content(&mut shape.split_whitespace().peekable())
    ))
}

fn bound(ours: &str, theirs: &str, rules: &[RulePaths]) -> Binding {
    let m: (Arc<str>, Arc<str>) = ("urn:t".into(), "m".into());
    let messages = [BoundMessage {
        official: m.clone(),
        reconstruction: Some(m),
    }];
    bind(
        rules,
        message(theirs).structure(),
        message(ours).structure(),
        &messages,
        &[],
    )
}

#[test]
fn what_cannot_match_is_listed_with_what_may_be_meant() {
    // Ours, theirs, context, test; then path @ step, other spelling, elsewhere.
    type Entry<'a> = (
        &'a str,
        &'a str,
        &'a str,
        &'a str,
        &'a [(&'a str, &'a str, &'a str)],
    );
    let table: &[Entry<'_>] = &[
        ("a b", "a b c", "*:m", "*:a = *:b", &[]),
        ("a b", "a", "*:m", "*:a = *:b", &[("*:b @ b", "", "")]),
        ("a b", "a B", "*:m", "*:a = *:b", &[("*:b @ b", "B", "")]),
        (
            "a b",
            "a w{ b }",
            "*:m",
            "*:a = *:b",
            &[("*:b @ b", "", "w/b")],
        ),
        // A union is bound when one branch is.
        ("a b", "a w{ b }", "*:m", "*:a = (*:b | *:w/*:b)", &[]),
        // What we did not have either is a guard.
        ("a b", "a b", "*:m", "*:a = *:b or *:c", &[]),
        // The context is gone.
        ("p{ a }", "q{ a }", "*:p", "*:a", &[("//*:p @ p", "", "")]),
        ("p{ a }", "P{ a }", "*:p", "*:a", &[("//*:p @ p", "P", "")]),
        // It may stand anywhere.
        ("p{ a }", "q{ p{ a } }", "*:p", "*:a", &[]),
        // Of a union of contexts each is judged for itself.
        (
            "p{ a } q{ a }",
            "p{ a } q{ b }",
            "*:p | *:q",
            "*:a",
            &[("*:a @ a", "", "p/a")],
        ),
        (
            "p{ a } q{ a }",
            "p{ a }",
            "*:p | *:q",
            "*:a",
            &[("//*:q @ q", "", "")],
        ),
        // Upward, sideward, attributes, text, descendants, absolute.
        (
            "p{ a } b",
            "p{ a } b",
            "*:a",
            "../../*:b and //*:p and /*:m/*:b",
            &[],
        ),
        (
            "p{ a } b",
            "p{ a }",
            "*:a",
            "../../*:b",
            &[("../../*:b", "", "")],
        ),
        ("p{ a @k }", "p{ a }", "*:p", "@k", &[("@*:k @ k", "", "")]),
        ("p{ a @k }", "p{ a @k }", "*:p", "@k and *:a/text()", &[]),
        ("p{ q{ a } }", "p{ a }", "*:m", ".//*:a", &[]),
        (
            "p{ q{ a } }",
            "p{ q }",
            "*:m",
            "some $x in *:p satisfies $x/*:q/*:a",
            &[("*:p/*:q/*:a @ a", "", "")],
        ),
        (
            "p{ a b }",
            "p{ a }",
            "*:p[*:b]",
            "*:a",
            &[("//*:p/*:b @ b", "", "")],
        ),
    ];
    for (ours, theirs, context, test, expected) in table {
        let binding = bound(ours, theirs, &rules(&[("KK-T", context, test)]));
        let found: Vec<(String, String, String)> = binding
            .unbound("m")
            .iter()
            .map(|entry| {
                // The engine writes upward steps with a node test.
                let path = entry.path.replace("parent::node()", "..");
                let shown = if path.starts_with("..") {
                    path
                } else {
                    format!("{path} @ {}", entry.step)
                };
                (
                    shown,
                    entry.spelled.clone().unwrap_or_default(),
                    entry.elsewhere.clone().unwrap_or_default(),
                )
            })
            .collect();
        let found: Vec<(&str, &str, &str)> = found
            .iter()
            .map(|(path, spelled, elsewhere)| (&**path, &**spelled, &**elsewhere))
            .collect();
        assert_eq!(&found, expected, "{ours} → {theirs}: {context}, {test}");
    }
}

#[test]
fn a_schema_that_holds_itself_is_bounded() {
    let recursive = "<xs:element name='m' type='T'/><xs:complexType name='T'><xs:sequence>\
        <xs:element name='a' type='T' minOccurs='0'/><xs:element name='b' type='T' minOccurs='0'/>\
        <xs:element name='c' type='T' minOccurs='0'/></xs:sequence></xs:complexType>";
    let schema = schema(recursive);
    let m: (Arc<str>, Arc<str>) = ("urn:t".into(), "m".into());
    let messages = [BoundMessage {
        official: m.clone(),
        reconstruction: Some(m),
    }];
    let rules = rules(&[("KK-T", "*:a", "*:b")]);
    let binding = bind(
        &rules,
        schema.structure(),
        schema.structure(),
        &messages,
        &[],
    );
    assert!(binding.is_whole());
}

#[test]
fn the_same_schema_binds_every_rule_of_every_pack() {
    let builtin = Store::builtin();
    let contracts = builtin
        .packs()
        // JSON has no XSD; verzuim's package would need the folder of another family.
        .filter(|pack| !["osr", "verzuim"].contains(&&*pack.manifest.family))
        .map(|pack| pack.manifest.contract.to_string());
    for contract in contracts {
        let temporary = project();
        let store = builtin.pack(&contract).unwrap();
        // Our RIO and verzuim reconstructions name their messages otherwise
        // than the WSDL made here; they come without one.
        let mut files = official(&contract);
        if &*store.manifest.family != "bron-po" {
            files.remove(&format!("{contract}.wsdl"));
        }
        let imported = temporary
            .import(&zip_of(&files))
            .unwrap_or_else(|error| panic!("{contract}: {error}"));
        let binding = imported.packs[0].binding.as_ref().unwrap();
        assert!(binding.is_whole(), "{contract}: {binding:#?}");
        assert!(binding.count > 0, "{contract}");
    }
}

#[test]
fn another_layout_leaves_rules_undecided_by_name() {
    let temporary = project();
    let mut files = official(BO);
    let generic = "DUO_PO_GeneriekBasisgegevens_V1.xsd";
    // The number in a wrapper, one optional element gone, one written otherwise.
    let text = files[generic].clone();
    let (before, rest) = text
        .split_once("    <xsd:choice>\n      <xsd:element name=\"burgerservicenummer\"")
        .unwrap();
    let (choice, after) = rest.split_once("    </xsd:choice>").unwrap();
    files.insert(
        generic.into(),
        format!(
            "{before}    <xsd:sequence><xsd:element name=\"persoonsgebondenNummer\"><xsd:complexType><xsd:choice>\n      \
             <xsd:element name=\"burgerservicenummer\"{choice}    </xsd:choice></xsd:complexType></xsd:element></xsd:sequence>{after}"
        ),
    );
    let xsd = format!("{BO}.xsd");
    edit(&mut files, &xsd, "name=\"leerjaar\"", "name=\"Leerjaar\"");
    edit(
        &mut files,
        &xsd,
        "      <xsd:element name=\"onderwijslocatie\" type=\"basis:OnderwijslocatieID-v01\" minOccurs=\"0\" maxOccurs=\"1\"/>\n",
        "",
    );
    let imported = temporary.import(&zip_of(&files)).unwrap();
    let binding = imported.packs[0].binding.clone().unwrap();
    let listing: String = binding
        .messages()
        .flat_map(|(root, unbound)| unbound.iter().map(move |entry| (root, entry)))
        .map(|(root, entry)| {
            format!(
                "{root}: {} {} @ {}{}{}\n",
                entry.code,
                entry.path,
                entry.step,
                entry
                    .spelled
                    .as_ref()
                    .map_or(String::new(), |name| format!(" (spelled {name})")),
                entry
                    .elsewhere
                    .as_ref()
                    .map_or(String::new(), |way| format!(" (elsewhere {way})")),
            )
        })
        .collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("packs-binding", listing));
    // The wrapper hides nothing from the rules about the numbers themselves.
    let numbers = |code: &str| code.starts_with("KK-PGN-BSN");
    assert!(
        binding
            .unbound(REQUEST)
            .iter()
            .all(|entry| !numbers(&entry.code))
    );

    let store = temporary.store();
    let pack = store.pack(BO).unwrap();
    assert_eq!(pack.binding(), Some(&binding));
    assert_eq!(pack.rules_affected(), binding.rules_affected());
    assert!(pack.rules_affected() > 0 && pack.rules_affected_of(REQUEST) > 0);

    // A binding that was made with other rules is made again.
    let file = temporary
        .project
        .packs_folder()
        .join(BO)
        .join("binding.toml");
    std::fs::write(&file, "rules = \"x\"\npack = \"y\"\ncount = 0\n").unwrap();
    assert_eq!(
        temporary.store().pack(BO).unwrap().binding(),
        Some(&binding)
    );
    std::fs::write(&file, "not toml").unwrap();
    assert_eq!(
        temporary.store().pack(BO).unwrap().binding(),
        Some(&binding)
    );
}

#[test]
fn rules_about_a_message_that_is_gone_are_listed() {
    let temporary = project();
    let mut files = official("DUO_PO_Informeren_V1");
    let wsdl = "DUO_PO_Informeren_V1.wsdl";
    let text = files[wsdl].clone();
    let operation = "<wsdl:operation name=\"informerenInschrijving\">\n      <wsdl:input";
    let start = text.find(operation).unwrap();
    let end = start + text[start..].find("</wsdl:operation>").unwrap() + "</wsdl:operation>".len();
    files.insert(wsdl.into(), format!("{}{}", &text[..start], &text[end..]));
    let imported = temporary.import(&zip_of(&files)).unwrap();
    let pack = &imported.packs[0];
    let lost: Vec<&str> = pack
        .replaces
        .as_ref()
        .unwrap()
        .lost
        .iter()
        .map(|root| &**root)
        .collect();
    assert_eq!(
        lost,
        [
            "informerenInschrijving_Request",
            "informerenInschrijving_Response"
        ]
    );
    let binding = pack.binding.as_ref().unwrap();
    assert!(!binding.nowhere.is_empty());
    assert!(
        binding
            .nowhere
            .iter()
            .all(|entry| entry.path.contains("nschrijving")),
        "{binding:#?}"
    );
}
