//! Which paths a rule reads.

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
            vec!["*:b", "*:b/*:c"],
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
