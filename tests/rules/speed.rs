//! Measurements.

use super::*;

/// Microseconds that this thread ran: the machine may be busy with more.
fn ran() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1000.0
}

/// Fifty assertions of the usual kinds over the four periods of a message
/// of 3 KB: two hundred evaluations. Run with `--ignored --nocapture` and
/// an optimised build.
#[test]
#[ignore = "a measurement"]
fn two_hundred_evaluations() {
    let kinds = [
        "not(*:datumEinde castable as xs:date) or xs:date(*:datumEinde) ge xs:date($begin)",
        "exists(*:onderwijsaanbieder) or not($vanaf)",
        "matches(*:vestigingscode, '^[0-9]{2}[A-Z]{2}[0-9]{2}$')",
        "not(*:leerjaar castable as xs:integer) or xs:integer(*:leerjaar) le 8",
        "starts-with(*:vestigingscode, ../*:instellingscode)",
    ];
    let asserts: String = (0..50)
        .map(|n| {
            let test = kinds[n % kinds.len()];
            format!("<assert id='A{n}' test=\"{test}\"><value-of select='*:leerjaar'/></assert>")
        })
        .collect();
    let rules = compiled(&format!(
        "<pattern><rule context='*:periode'><let name='begin' value='*:datumBegin'/>\
             <let name='vanaf' value=\"$begin castable as xs:date and xs:date($begin) ge xs:date('2022-01-01')\"/>\
             {asserts}</rule></pattern>"
    ));
    let period = "<periode><datumBegin>2026-08-01</datumBegin><datumEinde>2027-07-31</datumEinde>\
            <vestigingscode>25BE00</vestigingscode><onderwijsaanbieder>100A251</onderwijsaanbieder>\
            <leerjaar>4</leerjaar><groep>4A</groep></periode>";
    let filler = "<toelichtingElement>waarde</toelichtingElement>".repeat(40);
    let message = format!(
        "<m xmlns='urn:x'><instellingscode>25BE</instellingscode>{}{filler}</m>",
        period.repeat(4)
    );
    let document = document(&message);
    let facts = facts();
    let outcomes = rules.judge(&document, document.root_element(), &facts);
    assert_eq!((describe(&outcomes), outcomes.held.len()), (vec![], 50));
    let rounds = 2000;
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = ran();
        for _ in 0..rounds {
            rules.judge(&document, document.root_element(), &facts);
        }
        best = best.min((ran() - start) / f64::from(rounds));
    }
    println!("{} bytes, 200 evaluations: {best:.0} us", message.len());
}

/// How soon the first message is judged with shipped rules.
#[test]
#[ignore = "a measurement"]
fn first_verdict() {
    let schema = schema_with(
            "",
            &"<pattern><rule context='*:periode'><assert test='*:a castable as xs:date or xs:date(*:b) gt xs:date(*:c)'>x</assert></rule></pattern>".repeat(50),
        );
    let start = ran();
    let set = RuleSet::read(schema.as_bytes(), &origin(), &|_| None).unwrap();
    let read = ran() - start;
    let rules = CompiledRules::new(Arc::new(set));
    let contexts = ran() - start;
    let document = document("<m><periode><b>2026-01-02</b><c>2026-01-01</c></periode></m>");
    let outcomes = rules.judge(&document, document.root_element(), &facts());
    assert_eq!(outcomes.held.len(), 50);
    println!(
        "read {read:.0} us, contexts {contexts:.0} us, judged {:.0} us",
        ran() - start
    );
}
