//! Rule files: phases, inclusions, metadata, and what is refused.

use super::*;

#[test]
fn a_phase_chooses_patterns_and_sets_lets() {
    let body = r#"<let name="x" value="1"/>
            <phase id="streng"><let name="x" value="2"/><active pattern="p"/></phase>
            <pattern id="p"><rule context="a"><assert id="P" test="$x = 2"/></rule></pattern>
            <pattern id="q"><rule context="a"><assert id="Q" test="$x = 1"/></rule></pattern>"#;
    let codes = |phase: Option<&str>, attributes: &str| {
        let mut origin = origin();
        origin.phase = phase.map(Into::into);
        let schema = schema_with(attributes, body);
        let set = RuleSet::read(schema.as_bytes(), &origin, &|_| None).unwrap();
        let outcomes = judge(&CompiledRules::new(Arc::new(set)), "<a/>");
        (describe(&outcomes), names(&outcomes.held))
    };
    let only_p = (vec![], vec!["P".to_string()]);
    assert_eq!(codes(Some("streng"), ""), only_p);
    assert_eq!(codes(None, "defaultPhase='streng'"), only_p);
    let all = (vec!["P /*:a".to_string()], vec!["Q".to_string()]);
    assert_eq!(codes(None, ""), all);
    assert_eq!(codes(Some("#ALL"), "defaultPhase='streng'"), all);
}

#[test]
fn files_are_included_through_the_caller_alone() {
    let files = |name: &str| -> Option<Vec<u8>> {
        let text = match name {
            "pack/gedeeld.sch" => schema_with(
                "",
                "<let name='x' value='1'/><include href='deel/patroon.sch'/>",
            ),
            "pack/deel/patroon.sch" => {
                "<pattern xmlns='http://purl.oclc.org/dsdl/schematron' id='p'><rule context='a'>\
                     <assert id='IN' test='$x = 2'/></rule></pattern>"
                    .into()
            }
            _ => return None,
        };
        Some(text.into_bytes())
    };
    let schema = schema_with("", "<include href='../gedeeld.sch'/>");
    let mut origin = origin();
    origin.file = "pack/contract/regels.sch".into();
    let set = RuleSet::read(schema.as_bytes(), &origin, &files).unwrap();
    let outcomes = judge(&CompiledRules::new(Arc::new(set)), "<a/>");
    assert_eq!(describe(&outcomes), ["IN /*:a"]);
}

#[test]
fn files_that_include_each_other_are_refused() {
    let schema = schema_with("", "<include href='regels.sch'/>");
    let again = |_: &str| Some(schema.clone().into_bytes());
    let error = RuleSet::read(schema.as_bytes(), &origin(), &again).unwrap_err();
    assert!(matches!(error, RuleSetError::Circle { .. }), "{error}");
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let sch = "xmlns='http://purl.oclc.org/dsdl/schematron'";
    for (schema, says) in [
        (
            format!("<schema {sch} queryBinding='xslt'/>"),
            "regels.sch:1:1: query binding `xslt`",
        ),
        (
            format!("<schema {sch}/>"),
            "regels.sch:1:1: query binding `xslt`",
        ),
        (
            format!("<schema {sch} queryBinding='xslt3'/>"),
            "regels.sch:1:1: query binding `xslt3`",
        ),
        (
            "<schema/>".into(),
            "regels.sch:1:1: not an ISO Schematron schema",
        ),
        ("<schema".into(), "regels.sch:1:1: not well-formed"),
        ("<!DOCTYPE a><a/>".into(), "regels.sch:1:1: not well-formed"),
        (
            schema_with("", "\n<pattern><rule/></pattern>"),
            "regels.sch:2:10: `rule` needs the attribute `context`",
        ),
        (
            schema_with(
                "",
                "\n<pattern><rule context='a'><assert/></rule></pattern>",
            ),
            "`assert` needs the attribute `test`",
        ),
        (
            schema_with("", "<patroon/>"),
            "element `patroon` is not understood",
        ),
        (
            schema_with("", "<let name='x'><b/></let>"),
            "element `b` is not understood",
        ),
        (
            schema_with("", "<include href='weg.sch'/>"),
            "the file `weg.sch` is not part of the pack",
        ),
        (
            schema_with("", "<include href='http://example.org/x.sch'/>"),
            "is not part of the pack",
        ),
        (
            schema_with("", "<pattern is-a='weg'/>"),
            "there is no pattern `weg`",
        ),
        (
            schema_with(
                "",
                "<pattern><rule context='a'><extends rule='weg'/></rule></pattern>",
            ),
            "there is no rule `weg`",
        ),
        (
            schema_with("defaultPhase='weg'", ""),
            "there is no phase `weg`",
        ),
        (
            schema_with(
                "",
                "<pattern><rule context='a'><assert test='b' diagnostics='weg'/></rule></pattern>",
            ),
            "there is no diagnostic `weg`",
        ),
        (
            schema_with(
                "",
                "<pattern abstract='true' id='p' is-a='p'/><pattern is-a='p'/>",
            ),
            "`p` refers to itself",
        ),
        (
            schema_with(
                "",
                "<pattern><rule abstract='true' id='r'><extends rule='r'/></rule><rule context='a'><extends rule='r'/></rule></pattern>",
            ),
            "`r` refers to itself",
        ),
    ] {
        let error = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap_err();
        assert!(
            error.to_string().contains(says),
            "{error} should say {says}"
        );
    }
}

#[test]
fn refusals_name_their_place_and_the_rules_they_touch() {
    let rules = compiled(
        "<xsl:function xmlns:xsl='http://www.w3.org/1999/XSL/Transform' name='f:x'/>\n\
             <let name='all' value='current()'/>\n\
             <pattern><rule context='a'>\n\
             <assert id='A' test='$all'/><assert id='B' test='b['/>\n\
             <assert id='C' test='true()'/></rule></pattern>",
    );
    let refusals: Vec<String> = rules
        .refusals()
        .into_iter()
        .map(|refusal| {
            format!(
                "{} {} {:?}",
                refusal.place,
                refusal.reason.key(),
                names(&refusal.codes)
            )
        })
        .collect();
    assert_lines(
        &refusals,
        &[
            "regels.sch:4:1 xslt-element []",
            "regels.sch:5:24 xslt-function [\"A\"]",
            "regels.sch:7:50 xpath-syntax [\"B\"]",
        ],
    );
    assert_eq!(
        rules.refusals()[1].reason,
        RefusalReason::XsltFunction("current".into())
    );
}

#[test]
fn our_metadata_becomes_rule_information() {
    let schema = schema_with(
        "xmlns:kk='urn:ketenkeur:regel:1' xml:lang='nl'",
        r#"<pattern><rule context="a"><assert id="KK-X" role="signaal" test="false()" properties="KK-X.regel"
                    diagnostics="KK-X.en KK-X.hint-nl KK-X.hint-en">b is <value-of select="b"/>.</assert></rule></pattern>
               <diagnostics><diagnostic id="KK-X.en" xml:lang="en">b equals <value-of select="b"/>, of <value-of select="name(.)"/>.</diagnostic>
                 <diagnostic id="KK-X.hint-nl" xml:lang="nl" role="hint">Kijk na.</diagnostic>
                 <diagnostic id="KK-X.hint-en" xml:lang="en" role="hint">Check.</diagnostic></diagnostics>
               <properties><property id="KK-X.regel"><kk:regel grade="house-style" source="PvE §1" title-nl="Titel"
                 title-en="Title" date="datumBegin" duo="046"/></property></properties>"#,
    );
    let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap();
    let info = Arc::clone(set.infos().next().unwrap());
    assert_eq!(
        (info.class, info.grade),
        (Class::Signaal, Grade::HouseStyle)
    );
    assert_eq!(
        (&info.source, &*info.date, &*info.duo),
        (&"PvE §1".into(), "datumBegin", "046")
    );
    assert_eq!(info.contract.as_deref(), Some("CONTRACT"));
    let rules = CompiledRules::new(Arc::new(set));
    let finding = judge(&rules, "<a><b>7</b></a>").findings.remove(0);
    let fill = |language| {
        let text = info.text(language);
        let value = |name: &str| match finding.args.get(name) {
            Some(arg) => arg.shown(Redaction::Mask),
            None => "?".into(),
        };
        [
            text.title.to_string(),
            text.message.fill(value),
            text.hint.fill(value),
        ]
    };
    assert_eq!(fill(Language::Nl), ["Titel", "b is 7.", "Kijk na."]);
    assert_eq!(fill(Language::En), ["Title", "b equals 7, of a.", "Check."]);
}

#[test]
fn a_foreign_rule_is_classed_by_role_or_flag() {
    for (attributes, class) in [
        ("", Class::Foutmelding),
        ("role='fatal'", Class::Foutmelding),
        ("role='error'", Class::Foutmelding),
        ("role='Warning'", Class::Melding),
        ("flag='warning'", Class::Melding),
        ("role='info' flag='fatal'", Class::Signaal),
        ("role='onbekend' flag='warning'", Class::Melding),
        ("role='bekostigingssignaal'", Class::Bekostigingssignaal),
    ] {
        let schema = schema_with(
            "xml:lang='de'",
            &format!(
                "<pattern><rule context='a'><assert id='X' see='https://example.org' test='b' {attributes}>Text <value-of select='c'/></assert></rule></pattern>"
            ),
        );
        let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap();
        let info = set.infos().next().unwrap();
        assert_eq!(info.class, class, "{attributes}");
        assert_eq!(
            (info.grade, &info.source),
            (Grade::Knowledge, &"https://example.org".into())
        );
        for text in [&info.nl, &info.en] {
            assert_eq!(text.message.fill(|_| "1".into()), "Text 1");
            assert_eq!(&*text.title, "Text …");
        }
    }
}
