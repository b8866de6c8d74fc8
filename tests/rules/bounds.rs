//! What a rule set cannot be made to do.

use super::*;
use ketenkeur::limits::MAX_FINDINGS_PER_MESSAGE;

#[test]
fn findings_beyond_the_limit_are_counted() {
    let rules =
        compiled("<pattern><rule context='b'><assert id='A' test='false()'/></rule></pattern>");
    let message = format!("<a>{}</a>", "<b/>".repeat(MAX_FINDINGS_PER_MESSAGE + 7));
    let outcomes = judge(&rules, &message);
    assert_eq!(outcomes.findings.len(), MAX_FINDINGS_PER_MESSAGE);
    assert_eq!(outcomes.beyond.count(), 7);
}

#[test]
fn a_body_is_judged_in_place() {
    let rules = compiled(
        "<pattern><rule context='b'><assert id='IN' test='false()'/></rule></pattern>
             <pattern><rule context='m'><assert id='SEES' test='/e/h/b = 1'/></rule></pattern>
             <pattern><rule context='/e'><assert id='OUT' test='false()'/></rule></pattern>",
    );
    let document = document("<e><h><b>1</b></h><m><b/></m></e>");
    let body = document.child(document.root_element(), "m").unwrap();
    let outcomes = rules.judge(&document, body, &facts());
    assert_eq!(describe(&outcomes), ["IN /*:e/*:m/*:b"]);
    assert_eq!(names(&outcomes.held), ["SEES"]);
}

proptest::proptest! {
    /// Whatever a foreign rule set asks, it is judged or refused.
    #[test]
    fn no_expression_brings_the_judge_down(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "a", "*:b", "@x", "..", ".", "/", "//", "[", "]", "(", ")", "1", "0", "-", "+", "*", " to ",
            " = ", " and ", " or ", "'x'", "$v", ", ", "count(", "xs:date(", "for $i in ", " return $i",
            " castable as xs:integer", "string-length(", "substring(., ", " div ", " idiv ", " | ", "last()",
            "not(", "kk:werkdagen('2026-01-01', ", "if (", ") then ", " else ", "matches(., '(')", "text()",
        ]), 0..12),
    ) {
        let expression = parts.concat().replace('<', "&lt;").replace('"', "&quot;");
        let rules = compiled(&format!(
            "<pattern><rule context=\"{0}\"><assert id='A' test=\"true()\"/></rule></pattern>\
             <pattern><rule context=\"*\" subject=\"{0}\"><let name=\"v\" value=\".\"/>\
             <assert id='B' test=\"{0}\"/><assert id='C' test=\"false()\"><value-of select=\"{0}\"/></assert>\
             </rule></pattern>",
            expression
        ));
        let outcomes = judge(&rules, "<a x='1'><b>tekst</b><b>2026-01-01</b></a>");
        let _ = rules.rule_set().paths();
        proptest::prop_assert!(outcomes.findings.iter().any(|finding| &*finding.code == "C"));
    }
}

#[test]
fn rule_sets_are_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<RuleSet>();
}
