//! What a supplier sends to register or change an endpoint.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::call::Call;
use super::refusal::{FieldError, invalid, says};
use crate::document::{Document, Gated};
use crate::facts::{Profile, iso_date};
use crate::transport::Response;

/// Longest texts, as the schemas of the packs have them.
const MAX_ID: usize = 64;
const MAX_NAMESPACE: usize = 255;
const MAX_URL: usize = 2048;

/// The members of the body, each well-formed in itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registration {
    pub token: String,
    pub administration_id: String,
    pub routing_id: Option<String>,
    pub namespace: String,
    pub url: String,
    pub attributes: Option<String>,
    pub start: Option<Date>,
    pub end: Option<Date>,
}

impl Registration {
    /// OSR-REGISTREREN, OSR-URL-HTTPS, OSR-URL-HOST, OSR-PERIODE: reads a
    /// body. A member that the register does not know is left alone, as the
    /// real one may do (OSR-REGISTREREN-VELDEN is for a check to say).
    pub fn read(call: &Call<'_>) -> Result<Self, Response> {
        let members = members(call)?;
        let mut errors = Vec::new();
        let mut reader = Reader {
            members: &members,
            errors: &mut errors,
        };
        let token = reader.required("mandate_token", MAX_NAMESPACE, |_| true, says::VALUE);
        let administration_id = reader.required("administration_id", MAX_ID, is_word, says::VALUE);
        let routing_id = reader.optional("routing_id", MAX_ID, is_word, says::VALUE);
        let namespace = reader.required(
            "service_version_namespace",
            MAX_NAMESPACE,
            is_word,
            says::VALUE,
        );
        let profile = call.osr.profile;
        let url = reader.required("url", MAX_URL, |url| is_address(url, profile), says::URL);
        let attributes = reader.optional("attributes", MAX_URL, |_| true, says::VALUE);
        let start = reader.date("start_date");
        let end = reader.date("end_date");
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            errors.push((Some("end_date"), says::ORDER));
        }
        Call::check(&errors)?;
        Ok(Self {
            token,
            administration_id,
            routing_id,
            namespace,
            url,
            attributes,
            start,
            end,
        })
    }
}

fn members(call: &Call<'_>) -> Result<Map<String, Value>, Response> {
    let no_json = || invalid(&[(None, says::NO_JSON)]);
    if call.media_type().is_some_and(|media| !is_json(&media)) {
        return Err(Response::empty(415));
    }
    let gated = Gated::json(call.body).map_err(|_| no_json())?;
    let text = gated.as_str();
    let document = Document::from_json(gated).map_err(|_| no_json())?;
    if !document.duplicate_members().is_empty() {
        return Err(invalid(&[(None, says::TWICE)]));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(no_json()),
    }
}

fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

struct Reader<'a> {
    members: &'a Map<String, Value>,
    errors: &'a mut Vec<FieldError>,
}

impl Reader<'_> {
    fn required(
        &mut self,
        name: &'static str,
        longest: usize,
        fits: impl Fn(&str) -> bool,
        otherwise: &'static str,
    ) -> String {
        match self.members.get(name) {
            None | Some(Value::Null) => self.errors.push((Some(name), says::BLANK)),
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.errors.push((Some(name), says::BLANK));
            }
            Some(Value::String(text)) if text.len() <= longest && fits(text) => {
                return text.clone();
            }
            Some(_) => self.errors.push((Some(name), otherwise)),
        }
        String::new()
    }

    fn optional(
        &mut self,
        name: &'static str,
        longest: usize,
        fits: impl Fn(&str) -> bool,
        otherwise: &'static str,
    ) -> Option<String> {
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.len() <= longest && fits(text) => Some(text.clone()),
            Some(_) => {
                self.errors.push((Some(name), otherwise));
                None
            }
        }
    }

    fn date(&mut self, name: &'static str) -> Option<Date> {
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.len() == 10 && iso_date(text).is_some() => {
                iso_date(text)
            }
            Some(_) => {
                self.errors.push((Some(name), says::DATE));
                None
            }
        }
    }
}

/// One word: not empty, no white space, no control characters.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// OSR-URL-HTTPS: an absolute `https` address. OSR-URL-HOST: in production its
/// host is a name, not an IP address and not localhost.
fn is_address(url: &str, profile: Profile) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (host, port) = match authority.strip_prefix('[') {
        Some(literal) => match literal.split_once(']') {
            Some((address, after)) => (address, after),
            None => return false,
        },
        None => match authority.find(':') {
            Some(at) => authority.split_at(at),
            None => (authority, ""),
        },
    };
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    let is_literal = authority.starts_with('[');
    let host_fits = match is_literal {
        true => host.parse::<std::net::Ipv6Addr>().is_ok(),
        false => {
            !host.is_empty()
                && (host.bytes()).all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
        }
    };
    // A last label of digits makes an address of four numbers or of one.
    let labels = || host.trim_end_matches('.').rsplit('.');
    let is_number = |label: &str| {
        let digits = label.strip_prefix("0x").unwrap_or(label);
        label.bytes().all(|b| b.is_ascii_digit())
            || (digits.len() < label.len() && digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let last = labels().next().unwrap_or_default().to_ascii_lowercase();
    let is_local = is_literal || is_number(&last) || last == "localhost";
    scheme.eq_ignore_ascii_case("https")
        && is_word(url)
        && host_fits
        && port_fits
        && !(profile == Profile::Production && is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_and_in_production_a_name() {
        for (url, in_test, in_production) in [
            ("https://las.example.nl/rod-po", true, true),
            ("HTTPS://las.example.nl", true, true),
            ("https://las.example.nl:8443/", true, true),
            ("https://localhost:8443/", true, false),
            ("https://a.localhost./", true, false),
            ("https://127.0.0.1:1/", true, false),
            ("https://2130706433/", true, false),
            ("https://0x7f.1/", true, false),
            ("https://[::1]:8443/", true, false),
            ("http://las.example.nl/", false, false),
            ("https://", false, false),
            ("https:///pad", false, false),
            ("https://u:p@las.example.nl/", false, false),
            ("https://las.example.nl:99999/", false, false),
            ("https://las.example.nl/a b", false, false),
            ("https://[::1/", false, false),
            ("https://[nee]/", false, false),
            ("las.example.nl", false, false),
        ] {
            assert_eq!(is_address(url, Profile::Test), in_test, "{url}");
            assert_eq!(is_address(url, Profile::Production), in_production, "{url}");
        }
    }
}
