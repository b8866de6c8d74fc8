//! Business rules: what of ISO Schematron holds, how it is refused what it
//! cannot do, and what of a message may be quoted.

use std::sync::Arc;

use ketenkeur::clock::Clock;
use ketenkeur::document::{Document, Gated};
use ketenkeur::facts::{Calendar, Facts, Profile, ValueLists};
use ketenkeur::finding::{Class, Grade, Kind, Language, Redaction};
use ketenkeur::rules::{
    CompiledRules, LocationPath, Origin, RefusalReason, RuleOutcomes, RuleSet, RuleSetError,
};

mod conformance {
    use super::*;

    /// A rule set body, a message, what is found, what holds.
    struct Case {
        feature: &'static str,
        rules: &'static str,
        message: &'static str,
        found: &'static [&'static str],
        held: &'static [&'static str],
    }

    const CASES: &[Case] = &[
        Case {
            feature: "assert speaks when its test is false, report when it is true",
            rules: r#"<pattern><rule context="a">
                <assert id="A" test="b">b</assert><report id="R" test="c">c</report>
            </rule></pattern>"#,
            message: "<a><c/></a>",
            found: &["A /*:a", "R /*:a"],
            held: &[],
        },
        Case {
            feature: "both hold",
            rules: r#"<pattern><rule context="a">
                <assert id="A" test="b">b</assert><report id="R" test="c">c</report>
            </rule></pattern>"#,
            message: "<a><b/></a>",
            found: &[],
            held: &["A", "R"],
        },
        Case {
            feature: "a rule that matches nothing says nothing",
            rules: r#"<pattern><rule context="x"><assert id="A" test="false()"/></rule></pattern>"#,
            message: "<a/>",
            found: &[],
            held: &[],
        },
        Case {
            feature: "the first rule of a pattern takes the node",
            rules: r#"<pattern>
                <rule context="a[b = '1']"><assert id="A" test="false()"/></rule>
                <rule context="a"><assert id="B" test="false()"/></rule>
                <rule context="*"><assert id="C" test="false()"/></rule>
            </pattern>"#,
            message: "<m><a><b>1</b></a><a><b>2</b></a></m>",
            found: &[
                "C /*:m",
                "A /*:m/*:a[1]",
                "C /*:m/*:a[1]/*:b",
                "B /*:m/*:a[2]",
                "C /*:m/*:a[2]/*:b",
            ],
            held: &[],
        },
        Case {
            feature: "every pattern judges the node anew",
            rules: r#"<pattern><rule context="a"><assert id="A" test="false()"/></rule></pattern>
                <pattern><rule context="a"><assert id="B" test="false()"/></rule></pattern>"#,
            message: "<a/>",
            found: &["A /*:a", "B /*:a"],
            held: &[],
        },
        Case {
            feature: "contexts: local name, prefix, no namespace, union, parent, absolute, any depth",
            rules: r#"<ns prefix="n" uri="urn:n"/>
                <pattern><rule context="*:a"><assert id="LOCAL" test="false()"/></rule></pattern>
                <pattern><rule context="n:a"><assert id="PREFIX" test="false()"/></rule></pattern>
                <pattern><rule context="a"><assert id="NONE" test="false()"/></rule></pattern>
                <pattern><rule context="n:x | a"><assert id="UNION" test="false()"/></rule></pattern>
                <pattern><rule context="*:a/a"><assert id="PARENT" test="false()"/></rule></pattern>
                <pattern><rule context="/n:a"><assert id="ABSOLUTE" test="false()"/></rule></pattern>
                <pattern><rule context="n:a//a"><assert id="BELOW" test="false()"/></rule></pattern>
                <pattern><rule context="/a"><assert id="NOT-ROOT" test="false()"/></rule></pattern>
                <pattern><rule context="n:*"><assert id="ANY" test="false()"/></rule></pattern>"#,
            message: "<a xmlns='urn:n'><a xmlns=''/></a>",
            found: &[
                "LOCAL /*:a",
                "PREFIX /*:a",
                "ABSOLUTE /*:a",
                "ANY /*:a",
                "LOCAL /*:a/*:a",
                "NONE /*:a/*:a",
                "UNION /*:a/*:a",
                "PARENT /*:a/*:a",
                "BELOW /*:a/*:a",
            ],
            held: &[],
        },
        Case {
            feature: "contexts: the document, attributes, text, positions, other axes",
            rules: r#"
                <pattern><rule context="/"><assert id="DOCUMENT" test="false()"/></rule></pattern>
                <pattern><rule context="b/@x"><assert id="ATTRIBUTE" test="false()"/></rule></pattern>
                <pattern><rule context="@*"><assert id="ANY-ATTRIBUTE" test=". = '2'"/></rule></pattern>
                <pattern><rule context="b/text()"><assert id="TEXT" test="false()"/></rule></pattern>
                <pattern><rule context="b[2]"><assert id="SECOND" test="false()"/></rule></pattern>
                <pattern><rule context="b[position() = last()]"><assert id="LAST" test="false()"/></rule></pattern>
                <pattern><rule context="b/self::b[@x]"><assert id="AXIS" test="false()"/></rule></pattern>"#,
            message: "<a><b x='1'>t</b><b/></a>",
            found: &[
                "DOCUMENT /*:a",
                "AXIS /*:a/*:b[1]",
                "ATTRIBUTE /*:a/*:b[1]/@x",
                "ANY-ATTRIBUTE /*:a/*:b[1]/@x",
                "TEXT /*:a/*:b[1]",
                "SECOND /*:a/*:b[2]",
                "LAST /*:a/*:b[2]",
            ],
            held: &[],
        },
        Case {
            feature: "let of the schema, a pattern and a rule; the innermost wins",
            rules: r#"<let name="x" value="'schema'"/><let name="y" value="count(//b)"/>
                <pattern><let name="p" value="'pattern'"/><let name="x" value="'pattern'"/>
                    <rule context="a"><let name="r" value="concat($x, $p)"/><let name="x" value="'rule'"/>
                    <assert id="A" test="$x = 'rule' and $r = 'patternpattern' and $y = 2"/></rule></pattern>
                <pattern><rule context="a"><assert id="B" test="$x = 'schema'"/></rule></pattern>"#,
            message: "<a><b/><b/></a>",
            found: &[],
            held: &["A", "B"],
        },
        Case {
            feature: "a let is the value at its own node, not at the place of its use",
            rules: r#"<pattern><rule context="b"><let name="self" value="string(.)"/>
                <assert id="A" test="every $s in ../c satisfies $s = $self"/></rule></pattern>"#,
            message: "<a><b>1</b><c>1</c><b>2</b></a>",
            found: &["A /*:a/*:b[2]"],
            held: &[],
        },
        Case {
            feature: "an abstract rule lends its lets and checks",
            rules: r#"<pattern><rule abstract="true" id="base"><let name="n" value="count(b)"/>
                    <assert id="A" test="$n = 1"/></rule>
                <rule context="a"><extends rule="base"/><assert id="B" test="$n = 2"/></rule></pattern>"#,
            message: "<a><b/></a>",
            found: &["B /*:a"],
            held: &["A"],
        },
        Case {
            feature: "an abstract pattern is used with parameters",
            rules: r#"<pattern abstract="true" id="once"><rule context="$where">
                    <assert id="ONCE" test="count($what) = 1"><value-of select="count($what)"/></assert>
                </rule></pattern>
                <pattern is-a="once"><param name="where" value="a"/><param name="what" value="b | c"/></pattern>
                <pattern is-a="once"><param name="where" value="d"/><param name="what" value="e"/></pattern>"#,
            message: "<a><b/><c/><d><e/></d></a>",
            found: &["ONCE /*:a count(b | c)=2"],
            held: &[],
        },
        Case {
            feature: "without a phase every pattern is judged; ids are made where they lack",
            rules: r#"<pattern id="eerste"><rule context="a"><assert test="false()"/><assert test="false()"/></rule></pattern>
                <pattern><rule context="x"/><rule context="a"><assert test="false()"/></rule></pattern>"#,
            message: "<a/>",
            found: &["eerste-1-1 /*:a", "eerste-1-2 /*:a", "patroon-2-2-1 /*:a"],
            held: &[],
        },
        Case {
            feature: "subject is where the finding points, of the rule when the check has none",
            rules: r#"<pattern><rule context="a" subject="c"><assert id="B" test="false()" subject="b"/>
                <assert id="C" test="false()"/><assert id="AT" test="false()" subject="b/@x"/>
                <assert id="NONE" test="false()" subject="nothing"/></rule></pattern>"#,
            message: "<a><b x=''/><c/></a>",
            found: &["B /*:a/*:b", "C /*:a/*:c", "AT /*:a/*:b/@x", "NONE /*:a"],
            held: &[],
        },
        Case {
            feature: "value-of and name become arguments; emph, span and dir are text",
            rules: r#"<pattern><rule context="a"><assert id="A" test="false()">De <emph><name/></emph>
                <span class="x">heeft <value-of select="b"/></span> en <dir value="ltr"><name path="b[1]"/></dir>.</assert></rule></pattern>"#,
            message: "<a><b>1</b><b>2</b></a>",
            found: &["A /*:a name(.)=a b=1 2 name(b[1])=b"],
            held: &[],
        },
        Case {
            feature: "a dynamic error is undecided, with its standard code",
            rules: r#"<pattern><rule context="a"><assert id="A" test="xs:date(b) gt xs:date('2026-01-01')"/>
                <assert id="B" test="b/c/d = 1 or true()"/></rule></pattern>"#,
            message: "<a><b>gisteren</b></a>",
            found: &["A? /*:a reason=dynamic-error error=FORG0001"],
            held: &["B"],
        },
        Case {
            feature: "a let that cannot be evaluated matters only where it is reached",
            rules: r#"<pattern><rule context="a"><let name="d" value="xs:date(b)"/>
                <assert id="GUARDED" test="not(b castable as xs:date) or $d gt xs:date('2026-01-01')"/>
                <assert id="BARE" test="$d gt xs:date('2026-01-01')"/></rule></pattern>"#,
            message: "<a><b>gisteren</b></a>",
            found: &["BARE? /*:a reason=dynamic-error error=FORG0001"],
            held: &["GUARDED"],
        },
        Case {
            feature: "kk:onbeslist is never a pass and never a failure; one place speaks for all",
            rules: r#"<pattern><rule context="b"><let name="weet" value="kk:onbeslist('rio')"/>
                <assert id="A" test=". = '1' or kk:onbeslist('rio')"/>
                <report id="R" test=". != '1' and kk:onbeslist('rio')"/>
                <assert id="L" test=". = '1' or $weet"/></rule></pattern>"#,
            message: "<a><b>1</b><b>2</b><b>3</b></a>",
            found: &[
                "A? /*:a/*:b[2] reason=rio",
                "R? /*:a/*:b[2] reason=rio",
                "L? /*:a/*:b[2] reason=rio",
            ],
            held: &[],
        },
        Case {
            feature: "what XSLT alone can do makes only its own rules undecided",
            rules: r#"<pattern><rule context="a"><assert id="A" test="current()/b"/>
                <assert id="B" test="key('k', 'v')"/><assert id="C" test="document('x.xml')/y"/>
                <assert id="D" test="f:mine(.)"/><assert id="E" test="b"/></rule></pattern>"#,
            message: "<a><b/></a>",
            found: &[
                "A? /*:a reason=xslt-function",
                "B? /*:a reason=xslt-function",
                "C? /*:a reason=xslt-function",
                "D? /*:a reason=unknown-prefix",
            ],
            held: &["E"],
        },
        Case {
            feature: "a context that cannot be compiled leaves the rest of its pattern in doubt",
            rules: r#"<pattern><rule context="a[current()/b]"><assert id="A" test="true()"/></rule>
                <rule context="b"><assert id="B" test="true()"/></rule></pattern>
                <pattern><rule context="b"><assert id="C" test="true()"/></rule></pattern>"#,
            message: "<a><b/></a>",
            found: &[
                "A? /*:a reason=xslt-function",
                "B? /*:a/*:b reason=xslt-function",
            ],
            held: &["C"],
        },
        Case {
            feature: "a predicate that fails leaves its node in doubt",
            rules: r#"<pattern><rule context="b[xs:integer(.) = 1]"><assert id="A" test="true()"/></rule>
                <rule context="b"><assert id="B" test="true()"/></rule></pattern>"#,
            message: "<a><b>1</b><b>x</b></a>",
            found: &[
                "A? /*:a/*:b[2] reason=dynamic-error error=FORG0001",
                "B? /*:a/*:b[2] reason=dynamic-error error=FORG0001",
            ],
            held: &[],
        },
        Case {
            feature: "ranges are bounded, whatever they are made of",
            rules: r#"<pattern><rule context="a">
                <assert id="LITERAL" test="count(1 to 10000000) > 0"/>
                <assert id="COMPUTED" test="count(1 to xs:integer(b)) > 0"/>
                <assert id="SMALL" test="count(1 to string-length(b)) = 8 and empty(3 to 1) and empty(1 to ())"/>
            </rule></pattern>"#,
            message: "<a><b>10000000</b></a>",
            found: &[
                "LITERAL? /*:a reason=xpath-range",
                "COMPUTED? /*:a reason=limit",
            ],
            held: &["SMALL"],
        },
        Case {
            feature: "loops are bounded",
            rules: r#"<pattern><rule context="a"><let name="many" value="1 to 90000"/>
                <assert id="FOR" test="count(for $x in $many, $y in $many return $x) > 0"/>
            </rule></pattern>"#,
            message: "<a/>",
            found: &["FOR? /*:a reason=limit"],
            held: &[],
        },
        Case {
            feature: "lets that need each other are undecided, not endless",
            rules: r#"<let name="x" value="$y"/><let name="y" value="$x"/>
                <pattern><rule context="a"><assert id="A" test="$x"/></rule></pattern>"#,
            message: "<a/>",
            found: &["A? /*:a reason=circular-let"],
            held: &[],
        },
        Case {
            feature: "the moment of judging, never the machine's",
            rules: r#"<pattern><rule context="a">
                <assert id="FN" test="current-date() = xs:date('2026-08-03Z') and current-dateTime() = kk:nu()"/>
                <assert id="KK" test="kk:vandaag() = xs:date('2026-08-03') and kk:nu() = xs:dateTime('2026-08-03T09:00:00.5Z')"/>
                <assert id="ZONE" test="implicit-timezone() = xs:dayTimeDuration('PT0S')"/>
            </rule></pattern>"#,
            message: "<a/>",
            found: &[],
            held: &["FN", "KK", "ZONE"],
        },
        Case {
            feature: "kk: functions take nodes, text and dates; no date gives nothing",
            rules: r#"<pattern><rule context="a">
                <assert id="BSN" test="kk:bsn(b) and not(kk:bsn('123456789')) and empty(kk:bsn(()))"/>
                <assert id="YEAR" test="kk:schooljaar(d) = 2025 and kk:schooljaar(xs:date('2026-08-01')) = 2026 and kk:schooljaar('2026-07-31T10:00:00Z') = 2025"/>
                <assert id="NO-DATE" test="empty(kk:schooljaar('gisteren')) and empty(kk:werkdagen('2026-01-01', b))"/>
                <assert id="DAYS" test="kk:werkdagen('2026-06-05', '2026-06-08') = 1"/>
                <assert id="RIO" test="not(kk:rio-bekend()) and empty(kk:rio-aanbieder-geldig('x', d))"/>
                <assert id="PROFILE" test="kk:profiel() = 'production'"/>
                <assert id="LIST" test="kk:op-lijst('bestaat-niet', 'x', d)"/>
            </rule></pattern>"#,
            message: "<a><b>111222333</b><d>2026-07-31</d></a>",
            found: &["LIST? /*:a reason=waardenlijst bestaat-niet"],
            held: &["BSN", "YEAR", "NO-DATE", "DAYS", "RIO", "PROFILE"],
        },
    ];

    #[test]
    fn every_feature_does_what_the_standard_says() {
        for case in CASES {
            let (found, held) = outcome(case.rules, case.message);
            assert_eq!(found, case.found, "found: {}", case.feature);
            assert_eq!(held, case.held, "held: {}", case.feature);
        }
    }

    #[test]
    fn nothing_that_compiles_is_listed_as_refused() {
        let rules = compiled(CASES[0].rules);
        assert_eq!(rules.refusals(), []);
    }
}

mod reading {
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
            ("<schema".into(), "regels.sch:1:8: not well-formed"),
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
        insta_like(
            &refusals,
            &[
                "regels.sch:4:1 xslt-element []",
                "regels.sch:5:25 xslt-function [\"A\"]",
                "regels.sch:7:49 xpath-syntax [\"B\"]",
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
            (&*info.source, &*info.date, &*info.duo),
            ("PvE §1", "datumBegin", "046")
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
                (info.grade, &*info.source),
                (Grade::Knowledge, "https://example.org")
            );
            for text in [&info.nl, &info.en] {
                assert_eq!(text.message.fill(|_| "1".into()), "Text 1");
                assert_eq!(&*text.title, "Text …");
            }
        }
    }
}

mod personal_data {
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
            ("persoon", "*************************"),
            ("persoon/achternaam/text()", "******"),
            ("upper-case(persoon/achternaam)", "******"),
            ("concat('Dhr. ', persoon/achternaam)", "**** ******"),
            ("substring(persoon/bsn, 1, 4)", "****"),
            ("string(persoon)", "*************************"),
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
            ("persoon/achternaam = 'Jansen'", "true"),
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
}

mod binding {
    use super::*;

    fn uses(context: &str, lets: &str, test: &str) -> (Vec<String>, Vec<String>) {
        let schema = schema_with(
            "",
            &format!(
                "<pattern><rule context=\"{context}\">{lets}<assert id='A' test=\"{test}\"/></rule></pattern>"
            ),
        );
        let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap();
        let paths = set.paths().remove(0);
        let show = |paths: &[LocationPath]| -> String {
            let shown: Vec<String> = paths.iter().map(ToString::to_string).collect();
            shown.join(" | ")
        };
        (
            paths
                .context
                .paths
                .iter()
                .map(ToString::to_string)
                .collect(),
            paths
                .uses
                .iter()
                .map(|alternatives| show(&alternatives.paths))
                .collect(),
        )
    }

    #[test]
    fn every_path_that_a_rule_reads_is_listed() {
        for (context, lets, test, expected_context, expected) in [
            ("*:a", "", "*:b = 1", vec!["//*:a"], vec!["*:b"]),
            (
                "*:a | /x/*:c",
                "",
                "true()",
                vec![
                    "//*:a",
                    "/x/c".replace("x", "*:x").replace("/c", "/*:c").leak(),
                ],
                vec![],
            ),
            (
                "*:a[*:k]",
                "",
                "@b",
                vec!["//*:a"],
                vec!["//*:a/*:k", "@*:b"],
            ),
            (
                "*:a",
                "",
                "not(*:b castable as xs:date) or xs:date(*:b) ge xs:date(*:c/*:d)",
                vec!["//*:a"],
                vec!["*:b", "*:c/*:d"],
            ),
            (
                "*:a",
                "<let name='in' value='*:b | */*:b'/>",
                "$in/*:c = $in/*:d",
                vec!["//*:a"],
                vec![
                    "*:b | node()/*:b",
                    "*:b/*:c | node()/*:b/*:c",
                    "*:b/*:d | node()/*:b/*:d",
                ],
            ),
            (
                "*:a",
                "<let name='x' value='*:b'/><let name='unused' value='*:z'/><let name='y' value='$x/*:c'/>",
                "$y",
                vec!["//*:a"],
                vec!["*:b/*:c", "*:b"],
            ),
            (
                "*:a",
                "",
                "(*:b | *:c)/*:d",
                vec!["//*:a"],
                vec!["*:b/*:d | *:c/*:d"],
            ),
            (
                "*:a",
                "",
                "some $p in *:b satisfies $p/*:c = ../*:d",
                vec!["//*:a"],
                vec!["*:b", "*:b/*:c", "parent::node()/*:d"],
            ),
            (
                "*:a",
                "",
                "every $p in *:b, $q in $p/*:c satisfies $q/@x",
                vec!["//*:a"],
                vec!["*:b", "*:b/*:c", "*:b/*:c/@*:x"],
            ),
            (
                "*:a",
                "",
                "count(*:b[*:k = 'x'][last()]/*:c) = 1",
                vec!["//*:a"],
                vec!["*:b/*:k", "*:b/*:c"],
            ),
            (
                "*:a",
                "",
                "(if (*:k) then *:b else *:c)/*:d",
                vec!["//*:a"],
                vec!["*:k", "*:b/*:d | *:c/*:d"],
            ),
            (
                "*:a",
                "",
                "*:b/normalize-space(*:c) = ''",
                vec!["//*:a"],
                vec!["*:b/*:c", "*:b"],
            ),
            (
                "*:a",
                "",
                "//*:b = ancestor::*:c/following-sibling::*:d",
                vec!["//*:a"],
                vec![
                    "/descendant-or-self::node()/*:b",
                    "ancestor::*:c/sibling::*:d",
                ],
            ),
            (
                "*:a",
                "",
                "*:b/text() and true()",
                vec!["//*:a"],
                vec!["*:b/text()"],
            ),
        ] {
            let (context_paths, use_paths) = uses(context, lets, test);
            assert_eq!(context_paths, expected_context, "{context}");
            assert_eq!(use_paths, expected, "{test}");
        }
    }

    #[test]
    fn a_suspended_rule_is_undecided_where_it_applies() {
        let schema = schema_with(
            "",
            "<pattern><rule context='a'><assert id='A' test='b'/></rule></pattern>",
        );
        let mut set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap();
        set.suspend("A", "unbound");
        let rules = CompiledRules::new(Arc::new(set));
        let outcomes = judge(&rules, "<a><b/></a>");
        assert_eq!(describe(&outcomes), ["A? /*:a reason=unbound"]);
        assert_eq!(names(&outcomes.undecided), ["A"]);
        assert_eq!(describe(&judge(&rules, "<x/>")), Vec::<String>::new());
    }
}

mod limits {
    use super::*;
    use ketenkeur::limits::MAX_FINDINGS_PER_MESSAGE;

    #[test]
    fn findings_beyond_the_limit_are_counted() {
        let rules =
            compiled("<pattern><rule context='b'><assert id='A' test='false()'/></rule></pattern>");
        let message = format!("<a>{}</a>", "<b/>".repeat(MAX_FINDINGS_PER_MESSAGE + 7));
        let outcomes = judge(&rules, &message);
        assert_eq!(outcomes.findings.len(), MAX_FINDINGS_PER_MESSAGE);
        assert_eq!(outcomes.more, 7);
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

    #[test]
    fn rule_sets_are_shared_by_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<RuleSet>();
    }
}

fn origin() -> Origin {
    Origin {
        file: "regels.sch".into(),
        contract: Some("CONTRACT".into()),
        grade: Grade::Knowledge,
        source: "bron".into(),
        phase: None,
    }
}

fn schema_with(attributes: &str, body: &str) -> String {
    format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron' queryBinding='xslt2' {attributes}>{body}</schema>"
    )
}

fn compiled(body: &str) -> CompiledRules {
    let body = format!("\n<ns prefix='kk' uri='urn:ketenkeur:regel:1'/>\n\n{body}");
    let schema = schema_with("", &body);
    let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None)
        .unwrap_or_else(|error| panic!("{error}: {schema}"));
    CompiledRules::new(Arc::new(set))
}

fn document(xml: &str) -> Arc<Document> {
    Arc::new(Document::from_xml(Gated::xml(xml.as_bytes()).unwrap()).unwrap())
}

fn facts() -> Facts {
    Facts {
        clock: Clock::at("2026-08-03T09:00:00.5Z".parse().unwrap()),
        profile: Profile::Production,
        lists: ValueLists::default(),
        calendar: Calendar::default(),
        rio: None,
    }
}

fn judge(rules: &CompiledRules, xml: &str) -> RuleOutcomes {
    let document = document(xml);
    rules.judge(&document, document.root_element(), &facts())
}

fn outcome(body: &str, message: &str) -> (Vec<String>, Vec<String>) {
    let outcomes = judge(&compiled(body), message);
    (describe(&outcomes), names(&outcomes.held))
}

/// `CODE path name=value …`, a question mark behind an undecided code.
fn describe(outcomes: &RuleOutcomes) -> Vec<String> {
    let describe = |finding: &ketenkeur::finding::Finding| {
        let mark = if finding.kind == Kind::Undecided {
            "?"
        } else {
            ""
        };
        let mut line = format!("{}{mark} {}", finding.code, finding.place.path);
        for (name, arg) in finding.args.iter() {
            line += &format!(" {name}={}", arg.shown(Redaction::Mask));
        }
        line
    };
    outcomes.findings.iter().map(describe).collect()
}

fn names(codes: &[Arc<str>]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}

fn insta_like(found: &[String], expected: &[&str]) {
    assert_eq!(found, expected);
}
