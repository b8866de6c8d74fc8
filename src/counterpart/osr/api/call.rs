//! One call: who makes it, and what it may.

use jiff::civil::Date;

use super::refusal::{FieldError, access_denied, authentication_required, invalid, says};
use crate::counterpart::osr::object::Version;
use crate::counterpart::osr::register::Osr;
use crate::edukoppeling::Certificate;
use crate::exchange::{Exchange, HttpFacts};
use crate::facts::{self, Profile, iso_date};
use crate::transport::Response;
use crate::transport::{Parameters, RequestTarget as Target};

/// OINs of test environments.
const TEST: &str = "00000099";

/// A call whose caller is known.
pub(super) struct Call<'a> {
    pub osr: &'a Osr,
    pub version: Version,
    pub method: &'a str,
    pub query: &'a Parameters,
    pub body: &'a [u8],
    pub today: Date,
    /// The OIN of who calls, from its certificate.
    pub caller: String,
    http: &'a HttpFacts,
}

impl<'a> Call<'a> {
    /// OSR-TLS, OSR-OIN-CERTIFICAAT: the certificate of the connection says
    /// who calls. Whether it ends at a trusted root the connection has decided;
    /// there an ODOC certificate fails as well (OSR-ODOC).
    pub fn identify(
        osr: &'a Osr,
        version: Version,
        request: &'a Exchange,
        method: &'a str,
        target: &'a Target,
    ) -> Result<Self, Response> {
        let http = request.http.as_ref().ok_or_else(access_denied)?;
        let peer = request.tls.as_ref().and_then(|tls| tls.peer.first());
        let peer = peer.ok_or_else(|| authentication_required("no client certificate"))?;
        let certificate = Certificate::read(peer.to_vec()).map_err(|_| access_denied())?;
        let oin = certificate
            .oin()
            .filter(|oin| facts::oin(oin).is_ok())
            .filter(|oin| osr.profile == Profile::Test || !oin.starts_with(TEST));
        let caller = oin.ok_or_else(access_denied)?.to_string();
        if !certificate.is_valid_at(osr.now()) {
            return Err(access_denied());
        }
        Ok(Self {
            osr,
            version,
            method,
            query: &target.query,
            body: &request.body,
            today: osr.today(),
            caller,
            http,
        })
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.http.header(name)
    }

    /// The media type of the body.
    pub fn media_type(&self) -> Option<String> {
        self.http.media_type()
    }

    /// OSR-APIKEY, OSR-APIKEY-ZONDER: since version 2, who works on its own
    /// data shows an API key of its own. None is 401, a wrong one 403: which
    /// of the two is meant where is reconstructed.
    pub fn own_data(&self) -> Result<(), Response> {
        if self.version == Version::V1 {
            return Ok(());
        }
        let state = self.osr.state();
        let header = &state.data.settings.api_key_header;
        let given = self
            .header(header)
            .map(str::trim)
            .filter(|key| !key.is_empty());
        let given = given.ok_or_else(|| authentication_required("no API key"))?;
        let mut suppliers = state.data.suppliers.iter();
        let known = suppliers
            .find(|supplier| supplier.oin == self.caller)
            .is_some_and(|supplier| supplier.api_keys.iter().any(|key| key == given));
        known.then_some(()).ok_or_else(access_denied)
    }

    /// A parameter of the query; an error when it is there twice.
    pub fn parameter(&self, name: &'static str, errors: &mut Vec<FieldError>) -> Option<&'a str> {
        if self.query.is_repeated(name) {
            errors.push((Some(name), says::TWICE));
        }
        self.query.get(name)
    }

    /// A parameter that must be there.
    pub fn required(&self, name: &'static str, errors: &mut Vec<FieldError>) -> Option<&'a str> {
        let value = self.parameter(name, errors);
        if value.is_none() {
            errors.push((Some(name), says::BLANK));
        }
        value
    }

    /// An OIN among the parameters: twenty digits and capital letters. Whose it
    /// is, the register knows or not.
    pub fn is_oin(name: &'static str, oin: Option<&str>, errors: &mut Vec<FieldError>) {
        let shaped = |oin: &str| {
            oin.len() == 20
                && (oin.bytes()).all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        };
        if oin.is_some_and(|oin| !shaped(oin)) {
            errors.push((Some(name), says::VALUE));
        }
    }

    /// OSR-MANDAAT-PEILDATUM: the day that the question is about; today, where
    /// it does not say.
    pub fn reference_date(&self, errors: &mut Vec<FieldError>) -> Date {
        const NAME: &str = "reference_date";
        match self.parameter(NAME, errors).map(iso_date) {
            None => self.today,
            Some(Some(date)) => date,
            Some(None) => {
                errors.push((Some(NAME), says::DATE));
                self.today
            }
        }
    }

    /// Refuses when something is wrong.
    pub fn check(errors: &[FieldError]) -> Result<(), Response> {
        match errors {
            [] => Ok(()),
            errors => Err(invalid(errors)),
        }
    }
}
