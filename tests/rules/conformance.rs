//! What of ISO Schematron holds, one small case for each feature.

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
        found: &["LIST? /*:a reason=value-list-missing"],
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
