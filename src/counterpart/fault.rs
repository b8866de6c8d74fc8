//! SOAP 1.1 faults: the answer to a message that is refused before its content
//! is looked at.
//!
//! That DUO answers so is the standard's (SOAP 1.1, sections 4.4 and 6.2); what
//! it writes in a fault is not public, so code and detail are our own.

use std::sync::Arc;

use crate::transport::Response;

/// The media type of every SOAP message (20-edukoppeling.md, WW001, WS006).
pub const MEDIA_TYPE: &str = "text/xml; charset=UTF-8";

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It is no XML that can be read, or no SOAP 1.1 message.
    Malformed,
    /// Its message element is none that the receiver knows.
    Unknown,
    /// Envelope, addressing or HTTP head are wrong.
    Envelope,
    /// It is not signed, or its signature does not hold.
    Signature,
    /// The certificate of the signature is not one to accept.
    Certificate,
    /// The supplier has no mandate of the school for this service.
    Mandate,
    /// Its content is not as the contract has it, where the contract has no
    /// other answer to that.
    Content,
    /// The school is none of the receiver's.
    School,
    /// The receiver has a problem of its own; the sender may try again.
    Receiver,
}

impl Reason {
    /// The local part of the `faultcode`.
    pub fn faultcode(self) -> &'static str {
        match self {
            Self::Receiver => "Server",
            _ => "Client",
        }
    }

    /// The name of the reason in the detail.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "BERICHT_ONLEESBAAR",
            Self::Unknown => "BERICHT_ONBEKEND",
            Self::Envelope => "ENVELOP_ONJUIST",
            Self::Signature => "ONDERTEKENING_ONJUIST",
            Self::Certificate => "CERTIFICAAT_ONJUIST",
            Self::Mandate => "GEEN_MANDAAT",
            Self::Content => "INHOUD_ONJUIST",
            Self::School => "ONDERWIJSINSTELLING_ONBEKEND",
            Self::Receiver => "TECHNISCHE_FOUT",
        }
    }

    /// The `faultstring`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Malformed => "Het bericht kan niet worden gelezen.",
            Self::Unknown => "Het bericht is niet bekend bij deze dienst.",
            Self::Envelope => "De envelop van het bericht voldoet niet aan Edukoppeling.",
            Self::Signature => "De ondertekening van het bericht is niet in orde.",
            Self::Certificate => "Het certificaat van de ondertekening wordt niet geaccepteerd.",
            Self::Mandate => "Voor deze onderwijsinstelling en dienst is er geen mandaat.",
            Self::Content => "De inhoud van het bericht voldoet niet aan het contract.",
            Self::School => "De onderwijsinstelling is hier niet bekend.",
            Self::Receiver => "Het bericht kan nu niet worden verwerkt. Verzend het later opnieuw.",
        }
    }
}

/// What a fault says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Why the message is refused.
    pub reason: Reason,
    /// Rules that the message breaks, each with what is wrong, values of
    /// persons masked.
    pub rules: Vec<(String, String)>,
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self {
            reason,
            rules: Vec::new(),
        }
    }
}

impl Fault {
    /// The fault as a SOAP message. It carries no addressing and no signature:
    /// whoever fails before the profile comes in answers without it.
    pub fn to_xml(&self) -> String {
        let reason = self.reason;
        let rules: String = self
            .rules
            .iter()
            .map(|(code, text)| {
                format!(
                    "<regel><code>{}</code><omschrijving>{}</omschrijving></regel>",
                    escaped(code),
                    escaped(text)
                )
            })
            .collect();
        format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
             <faultcode>soap:{}</faultcode><faultstring xml:lang=\"nl\">{}</faultstring>\
             <detail><fout xmlns=\"urn:ketenkeur:reconstructie:fout\"><code>{}</code>{rules}</fout></detail>\
             </soap:Fault></soap:Body></soap:Envelope>",
            reason.faultcode(),
            reason.text(),
            reason.name(),
        )
    }

    /// A fault with this code and text as an HTTP response. A code without a
    /// prefix is one of SOAP's own.
    pub fn written(code: &str, text: &str) -> Response {
        let prefix = if code.contains(':') { "" } else { "soap:" };
        let xml = format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
             <faultcode>{prefix}{}</faultcode><faultstring>{}</faultstring>\
             </soap:Fault></soap:Body></soap:Envelope>",
            escaped(code),
            escaped(text),
        );
        Response::new(500, MEDIA_TYPE, Arc::<[u8]>::from(xml.into_bytes()))
    }

    /// The fault as an HTTP response: status 500, as SOAP 1.1 has it (section
    /// 6.2).
    pub fn response(&self) -> Response {
        Response::new(
            500,
            MEDIA_TYPE,
            Arc::<[u8]>::from(self.to_xml().into_bytes()),
        )
    }
}

fn escaped(text: &str) -> String {
    text.chars()
        .filter(|ch| *ch >= ' ')
        .flat_map(|ch| match ch {
            '&' => "&amp;".chars().collect::<Vec<char>>(),
            '<' => "&lt;".chars().collect(),
            '>' => "&gt;".chars().collect(),
            ch => vec![ch],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_the_shape_of_soap_1_1() {
        let fault = Fault {
            reason: Reason::Signature,
            rules: vec![("KK-EK-WB013-DIGEST".into(), "a < b\u{0}".into())],
        };
        insta::assert_snapshot!(fault.to_xml(), @r#"<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault><faultcode>soap:Client</faultcode><faultstring xml:lang="nl">De ondertekening van het bericht is niet in orde.</faultstring><detail><fout xmlns="urn:ketenkeur:reconstructie:fout"><code>ONDERTEKENING_ONJUIST</code><regel><code>KK-EK-WB013-DIGEST</code><omschrijving>a &lt; b</omschrijving></regel></fout></detail></soap:Fault></soap:Body></soap:Envelope>"#);
        assert_eq!(fault.response().status, 500);
    }
}
