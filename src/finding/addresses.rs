//! Addresses of hosts in what a party says in words: who could not be reached is
//! about no person, while all around it may be.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The most digits of a port.
const PORT_DIGITS: usize = 5;

/// What may end a name of a host that stands without a scheme, beside the codes of
/// countries. A list, because a name of a person with a number after it looks the
/// same: `jan.jansen:12`.
const ENDS: [&str; 14] = [
    "com",
    "net",
    "org",
    "info",
    "cloud",
    "frl",
    "amsterdam",
    "local",
    "localhost",
    "localdomain",
    "internal",
    "test",
    "example",
    "invalid",
];

/// Masks words but for the addresses of hosts in them. The number of characters
/// stays the same.
pub(super) fn mask_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let kept = address(piece);
        for (at, ch) in piece.char_indices() {
            let stays = ch.is_whitespace() || kept.is_some_and(|(from, to)| at >= from && at < to);
            out.push(if stays { ch } else { '*' });
        }
    }
    out
}

/// Where the address of a host stands in a word: scheme, host and port of a URL,
/// or host and port.
fn address(word: &str) -> Option<(usize, usize)> {
    let (scheme, rest) = match ["https://", "http://"].iter().find_map(|&scheme| {
        let at = word.find(scheme)?;
        Some((at, at + scheme.len()))
    }) {
        Some((at, end)) => (Some(at), end),
        None => (
            None,
            word.find(|ch: char| ch.is_ascii_alphanumeric() || ch == '[')?,
        ),
    };
    let ends = |ch: char| !(ch.is_ascii_alphanumeric() || ".-:[]@_".contains(ch));
    let length = word[rest..].find(ends).unwrap_or(word.len() - rest);
    // Who stands before an @ is a user, or has the mail.
    let place = &word[rest..rest + length];
    if place.contains('@') {
        return None;
    }
    let place = place.trim_end_matches(['.', ':']);
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && is_port(port) => (host, true),
        _ => (place, false),
    };
    // `host:8444:` and a time of day are no address.
    let stands = match scheme {
        Some(_) => is_host(host) || is_name(host),
        None => port && (is_host(host) || is_name(host) && has_known_end(host)),
    };
    stands.then(|| (scheme.unwrap_or(rest), rest + place.len()))
}

fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && text.len() <= PORT_DIGITS && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Whether it is `localhost` or an address in numbers.
fn is_host(text: &str) -> bool {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    text == "localhost"
        || text.parse::<Ipv4Addr>().is_ok()
        || bare.is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok())
}

/// Whether it could be the name of a host.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let ends_well = !label.starts_with('-') && !label.ends_with('-');
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && ends_well && label.bytes().all(known)
    };
    // A number by itself, such as that of a person, is none.
    text.split('.').all(is_label) && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn has_known_end(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, end)| {
        let country = end.len() == 2 && end.bytes().all(|byte| byte.is_ascii_lowercase());
        country || ENDS.contains(&end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_words_nothing_stays_but_the_addresses_of_hosts() {
        for (said, shown) in [
            (
                "geen antwoord van duo.ketenkeur.invalid:8444.",
                "**** ******** *** duo.ketenkeur.invalid:8444*",
            ),
            (
                "(127.0.0.1:8444), [::1]:8441",
                "*127.0.0.1:8444** [::1]:8441",
            ),
            ("localhost:9002 weigert", "localhost:9002 *******"),
            // Of a URL the host stays; path and question may be about a pupil.
            (
                "GET https://osr.example:8441/api/v3?bsn=123456782 faalt",
                "*** https://osr.example:8441********************* *****",
            ),
            ("url=http://duo/x", "****http://duo**"),
            (
                "https://jan.jansen:geheim@duo.nl:1/",
                "***********************************",
            ),
            // No hosts: names, numbers, mail, times, postal addresses.
            (
                "Jan Jansen:12 jan.jansen:12 jansen:443",
                "*** ********* ************* **********",
            ),
            (
                "ouder@school.nl:443 ouder@school.nl",
                "******************* ***************",
            ),
            (
                "bsn:123456782 123456782:80 123456782",
                "************* ************ *********",
            ),
            (
                "geboren:2012 om 12:30 op 1.2.2012:10",
                "************ ** ***** ** ***********",
            ),
            (
                "Dorpsstraat 12.b:3, postcode:1234 AB",
                "*********** ******* ************* **",
            ),
            ("06.12.34.56:78", "**************"),
            ("school.nl 10.0.0.1", "********* ********"),
            ("Müller:8444 ü:1", "*********** ***"),
        ] {
            assert_eq!(mask_words(said), shown);
        }
    }
}
