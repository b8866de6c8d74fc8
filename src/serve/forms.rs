//! What visitors send: that they log in and out, and what suppliers hand in.

use serde_json::json;

use super::Holder;
use super::dispute;
use super::routes::{Page, Visit, slowly};
use super::upload::{Refused, Uploaded, multipart, take_in};
use crate::clock::Clock;
use crate::limits::MAX_DISPUTE_CHARS;
use crate::readiness::dispute as told;
use crate::report::shown;
use crate::transport::{Answer, Parameters, Response};

impl Visit<'_> {
    pub(super) fn login(&self) -> Response {
        let content = json!({
            "log_in": self.frame.to("/login"),
            "log_out": self.frame.to("/logout"),
        });
        let key = match self.frame.visitor.form {
            Some(_) => "way-log-out",
            None => "way-log-in",
        };
        self.frame
            .page(200, "login.html", &self.frame.says(key, ""), &content)
    }

    pub(super) fn log_in(&self) -> Answer {
        let form = self.form();
        let token = form.as_ref().and_then(|form| form.get("token"));
        let begun = token
            .filter(|_| self.is_from_here())
            .and_then(|token| self.site().visitors.log_in(token));
        match begun {
            None => slowly(self.frame.notice(403, "token-refused", "")),
            Some(cookie) => {
                let mut response = self.frame.see("/");
                response.headers.push(("set-cookie".to_string(), cookie));
                response.into()
            }
        }
    }

    pub(super) fn log_out(&self) -> Page {
        let form = self.form();
        self.sent(form.as_ref().and_then(|form| form.get("form")))?;
        let cookie = self.site().visitors.log_out(self.head);
        let mut response = self.frame.see("/");
        response.headers.push(("set-cookie".to_string(), cookie));
        Ok(response)
    }

    /// What was sent, as a form.
    fn form(&self) -> Option<Parameters> {
        let text = std::str::from_utf8(self.body).ok()?;
        Parameters::read(text).ok()
    }

    /// Why what a supplier sent was not taken in.
    fn refused(&self, refused: &Refused) -> Response {
        let key = format!("upload-{}", refused.key);
        self.frame.notice(refused.status, &key, &refused.what)
    }

    /// Whether no other site made a browser send this.
    fn is_from_here(&self) -> bool {
        let site = self.head.header("sec-fetch-site");
        site.is_none_or(|site| ["same-origin", "none"].contains(&site))
    }

    /// Refuses what a page of this visit did not send.
    fn sent(&self, form: Option<&str>) -> Result<(), Response> {
        match self.is_from_here() && self.frame.visitor.sent(form) {
            true => Ok(()),
            false => Err(self.frame.notice(403, "form-foreign", "")),
        }
    }

    /// The supplier that may send something.
    pub(super) fn sender(&self) -> Result<&str, Response> {
        match self.site().options.uploads {
            true => self.supplier(),
            false => Err(self.frame.notice(403, "upload-read-only", "")),
        }
    }

    /// The supplier that asks.
    fn supplier(&self) -> Result<&str, Response> {
        match &self.frame.visitor.holder {
            None => Err(self.frame.notice(401, "log-in-first", "")),
            Some(Holder::Team) => Err(self.frame.notice(403, "suppliers-send", "")),
            Some(Holder::Supplier(oin)) => Ok(oin),
        }
    }

    pub(super) fn upload(&self) -> Page {
        self.sender()?;
        let content = json!({ "send": self.frame.to("/upload") });
        Ok(self.frame.page(
            200,
            "upload.html",
            &self.frame.says("way-upload", ""),
            &content,
        ))
    }

    /// Takes in a run: the file of the form, or the archive itself.
    pub(super) fn take_in(&self) -> Page {
        let oin = self.sender()?;
        let media = self.head.header("content-type").unwrap_or_default();
        let archive = if media
            .to_ascii_lowercase()
            .starts_with("multipart/form-data")
        {
            let (file, fields) = multipart(media, self.body, "run")
                .ok_or_else(|| self.frame.notice(400, "form-unreadable", ""))?;
            self.sent(fields.get("form").map(String::as_str))?;
            file
        } else {
            self.sent(None)?;
            self.body
        };
        match take_in(self.site(), oin, archive) {
            Ok(Uploaded::Kept(id)) => Ok(self.frame.notice(201, "upload-kept", &id)),
            Ok(Uploaded::Signed(id)) => Ok(self.frame.notice(200, "upload-signed", &id)),
            Ok(Uploaded::Known(id)) => Ok(self.frame.notice(200, "upload-known", &id)),
            Err(refused) => Err(self.refused(&refused)),
        }
    }
}

impl Visit<'_> {
    /// What a supplier disputes, and the form for more where it may send any.
    pub(super) fn disputes(&self) -> Page {
        let oin = self.supplier()?;
        let all = self.site().store().disputes().map_err(|_| self.failed())?;
        let own: Vec<String> = all
            .iter()
            .filter(|one| one.by == oin)
            .map(|one| shown(&told(one, self.frame.texts())))
            .collect();
        let content = json!({
            "send": self.site().options.uploads.then(|| self.frame.to("/disputes")),
            "own": own,
            "longest": MAX_DISPUTE_CHARS,
        });
        Ok(self.frame.page(
            200,
            "disputes.html",
            &self.frame.says("way-disputes", ""),
            &content,
        ))
    }

    /// Takes in disputes: the fields of the form, or a disputes file.
    pub(super) fn dispute(&self) -> Page {
        let oin = self.sender()?;
        let unreadable = || self.frame.notice(400, "form-unreadable", "");
        let text = std::str::from_utf8(self.body).map_err(|_| unreadable())?;
        let file = match self.frame.visitor.form {
            None => {
                self.sent(None)?;
                text.to_string()
            }
            Some(_) => {
                let form = self.form().ok_or_else(unreadable)?;
                self.sent(form.get("form"))?;
                self.disputes_file(oin, &form)?
            }
        };
        match dispute::take_in(self.site(), oin, &file, self.frame.texts()) {
            Ok(count) => Ok(self.frame.notice(201, "disputed", &count.to_string())),
            Err(refused) => Err(self.refused(&refused)),
        }
    }

    /// The fields of the form as the file that they stand for.
    fn disputes_file(&self, oin: &str, form: &Parameters) -> Result<String, Response> {
        let today = Clock::system()
            .today()
            .to_string()
            .parse::<toml::value::Datetime>();
        let today = today.map_err(|_| self.failed())?;
        let mut entry = toml::Table::new();
        entry.insert("by".to_string(), oin.into());
        entry.insert("since".to_string(), today.into());
        for name in ["rule", "finding", "note", "source"] {
            if let Some(value) = form.get(name) {
                entry.insert(name.to_string(), value.into());
            }
        }
        let mut file = toml::Table::new();
        file.insert(
            "dispute".to_string(),
            vec![toml::Value::Table(entry)].into(),
        );
        Ok(file.to_string())
    }
}
