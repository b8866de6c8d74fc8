//! What a finding may quote from a message.

use super::*;

const MESSAGE: &str = "<m><persoon><achternaam>Jansen</achternaam><bsn>123456782</bsn>\
        <geboortedatum>2015-01-01</geboortedatum><code>C1</code></persoon><code geboorteland='6030'>C2</code></m>";

#[test]
fn whatever_a_text_quotes_is_masked_by_what_it_was_made_of() {
    for (select, shown) in [
        (".//achternaam", "******"),
        (".//bsn", "*****6782"),
        ("code", "C2"),
        ("code/@geboorteland", "****"),
        (".//code", "C1 C2"),
        ("persoon/achternaam | code", "****** **"),
        ("persoon", "***************************"),
        ("persoon/achternaam/text()", "******"),
        ("upper-case(persoon/achternaam)", "******"),
        ("concat('Dhr. ', persoon/achternaam)", "**** ******"),
        ("substring(persoon/bsn, 1, 4)", "****"),
        ("string(persoon)", "***************************"),
        ("persoon/achternaam/string()", "******"),
        ("year-from-date(xs:date(persoon/geboortedatum))", "****"),
        (
            "for $x in persoon/achternaam return lower-case($x)",
            "******",
        ),
        ("$naam", "******"),
        ("upper-case($naam)", "******"),
        ("count(persoon/achternaam)", "1"),
        ("string-length(persoon/achternaam)", "6"),
        ("persoon/achternaam = 'x'", "false"),
        ("if (persoon/achternaam) then 'ja' else 'nee'", "ja"),
        ("persoon/*[1]", "******"),
        ("string(persoon/*[1])", "******"),
        ("name(persoon/*[1])", "achternaam"),
        ("'vast'", "vast"),
    ] {
        let rules = compiled(&format!(
            r#"<pattern><rule context="m"><let name="naam" value="persoon/achternaam/string()"/>
                    <assert id="A" test="false()"><value-of select="{select}"/></assert></rule></pattern>"#
        ));
        let outcomes = judge(&rules, MESSAGE);
        let arg = outcomes.findings[0].args.get(select).unwrap();
        assert_eq!(arg.shown(Redaction::Mask), shown, "{select}");
        assert!(!format!("{outcomes:?}").contains("Jansen"), "{select}");
    }
}
