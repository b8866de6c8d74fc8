//! Laws of the rules over a batch.

use ketenkeur::facts::from_day_number;
use ketenkeur::finding::Redaction;
use proptest::prelude::*;

use super::found;
use super::rules::{bsn, message};

/// A message over few pupils, schools, numbers and days, so that they meet.
fn any_message() -> impl Strategy<Value = String> {
    let pupil = 0..3u32;
    let school = prop::sample::select(vec!["25BE", "00AV", "30ZW"]);
    let day = 20_400..20_700i32;
    let sent = (20_600..20_610i32, 0..3u32);
    // Few identifications and few moments: ties and doubles are the point.
    let head = (pupil, school, 0..40u32, sent);
    let body = (
        0..9u8,
        1..4u32,
        day.clone(),
        prop::option::of(day),
        0..5usize,
    );
    (head, body).prop_map(|((pupil, school, id, (sent, hour)), body)| {
        let (kind, number, begin, end, status) = body;
        let date = |day| from_day_number(day).unwrap().to_string();
        let element = |name: &str, value: &str| format!("<{name}>{value}</{name}>");
        let end_as = |name: &str| end.map_or_else(String::new, |end| element(name, &date(end)));
        let (begin_date, status) = (date(begin), ["R", "B", "G", "I", "K"][status]);
        let case = element("meldingsnummer", &number.to_string());
        let changed = format!(
            "<procesverloop>{}{}</procesverloop>",
            element("datumLaatsteMutatie", &begin_date),
            element("tijdstipLaatsteMutatie", "10:00:00")
        );
        let statement = element("beschikkingsnummer", &number.to_string());
        let (root, rest) = match kind {
            0 | 1 => (
                "aanleverenInschrijvingBO_Request",
                format!(
                    "{}{}{}<inschrijvingPeriodeBO>{}{}{statement}</inschrijvingPeriodeBO>",
                    element("inschrijvingvolgnummer", &number.to_string()),
                    element("datumInschrijving", &begin_date),
                    end_as("datumUitschrijving"),
                    element("datumBegin", &begin_date),
                    element("leerjaar", "8"),
                ),
            ),
            2 => (
                "aanleverenVerwijderingInschrijvingBO_Request",
                element("inschrijvingvolgnummer", &number.to_string()),
            ),
            3 => (
                "aanleverenAdviesVO_Request",
                format!(
                    "{}{}",
                    element("adviesvolgnummer", &number.to_string()),
                    element("adviesjaar", "2026")
                ),
            ),
            4 => (
                "aanleverenTLV_Request",
                format!(
                    "{statement}{}{}",
                    element("begindatum", &begin_date),
                    end_as("einddatum")
                ),
            ),
            5 => (
                "meldenRelatiefVerzuim_Request",
                format!(
                    "{}{}{}",
                    element("verzuimsoort", if number == 1 { "LRV" } else { "V3" }),
                    element("begindatum", &begin_date),
                    end_as("einddatum")
                ),
            ),
            6 => (
                "aanvraagGewijzigdeMeldingen_Response",
                format!(
                    "<verzuimgeval>{}<melding>{case}{}{}{}</melding>{}{changed}</verzuimgeval>",
                    bsn(pupil),
                    element("verzuimsoort", "V3"),
                    element("begindatum", &begin_date),
                    end_as("einddatum"),
                    element("status", status)
                ),
            ),
            7 => (
                "mutatieMeldingRelatiefVerzuim_Request",
                format!("{case}{changed}{}", end_as("einddatum")),
            ),
            _ => (
                "mutatieMeldingRelatiefVerzuim_Response",
                format!("{case}{}{changed}", element("status", status)),
            ),
        };
        let sent = format!("{}T{:02}:00:00Z", date(sent), 8 + hour);
        message(root, id, &sent, school, &format!("{}{rest}", bsn(pupil)))
    })
}

/// The findings with the messages themselves in place of their numbers.
/// A finding as code, arguments and inputs.
type Said = (String, Vec<(String, String)>, Vec<String>);

fn said(messages: &[String]) -> Vec<Said> {
    let mut said: Vec<_> = found(messages)
        .into_iter()
        .map(|found| {
            let args = found.finding.args.iter();
            let args = args
                .filter(|(name, _)| *name != "ander")
                .map(|(name, arg)| (name.to_string(), arg.shown(Redaction::Mask)))
                .collect();
            let inputs = found.inputs.iter();
            let inputs = inputs
                .map(|&input| messages[input as usize].clone())
                .collect();
            (found.finding.code.to_string(), args, inputs)
        })
        .collect();
    said.sort();
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_order_of_the_inputs_does_not_matter(
        (messages, shuffled) in prop::collection::vec(any_message(), 0..24)
            .prop_flat_map(|messages| (Just(messages.clone()), Just(messages).prop_shuffle()))
    ) {
        prop_assert_eq!(said(&messages), said(&shuffled));
    }

    #[test]
    fn findings_grow_no_faster_than_the_batch(
        messages in prop::collection::vec(any_message(), 0..40)
    ) {
        // Each rule speaks at most once of a message, but for the statements
        // of its periods, of which these messages have one.
        prop_assert!(found(&messages).len() <= 11 * messages.len());
    }

    #[test]
    fn no_value_makes_the_extractor_fail(
        values in prop::collection::vec("[^<&\\p{C}]{0,40}", 6),
        root in prop::sample::select(vec![
            "aanleverenInschrijvingVSO_Request", "aanleverenTLV_Request", "iets",
            "meldenRelatiefVerzuim_Request", "aanvraagGewijzigdeMeldingen_Response",
            "mutatieMeldingRelatiefVerzuim_Request", "informerenPersoonsgegevens_Request",
        ]),
    ) {
        let names = [
            "burgerservicenummer", "inschrijvingvolgnummer", "datumInschrijving", "begindatum",
            "meldingsnummer", "status",
        ];
        let rest: String = names
            .iter()
            .zip(&values)
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect();
        let each = format!("<verzuimgeval>{rest}</verzuimgeval><inschrijvingPeriodeVSO>{rest}</inschrijvingPeriodeVSO>");
        let xml = message(root, 1, &values[0], &values[1], &format!("{rest}{each}"));
        // Whatever was read, the message's own identification was.
        prop_assert_eq!(found(&[xml.clone(), xml]).iter().filter(|f| {
            &*f.finding.code == "KK-BATCH-DOCUMENT-DUBBEL"
        }).count(), 1);
    }
}
