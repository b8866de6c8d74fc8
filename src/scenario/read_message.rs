//! Reading what a script sends and answers.

use std::sync::Arc;

use super::read::Reader;
use super::source::SourceError;
use super::step::{Change, Content, Jwt, Outgoing, Reply, Rest, ScriptEdit};
use super::text::Text;
use crate::document::{Fields, Mistake, Mistakes, Yaml, YamlValue};
use crate::example::Path;
use crate::pki::IDENTITIES;

/// Methods of REST calls.
const METHODS: [(&str, &str); 5] = [
    ("GET", "GET"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("DELETE", "DELETE"),
    ("PATCH", "PATCH"),
];

/// Keys of an edit that say what it does and where.
const EDITS: [&str; 7] = ["set", "remove", "after", "before", "into", "rename", "copy"];

/// Keys of a reply that say what it is.
const REPLIES: [&str; 8] = [
    "message",
    "file",
    "body",
    "fault",
    "status",
    "delay",
    "broken-after",
    "raw",
];

impl Reader<'_> {
    /// The message that `fields` describe. Beside them may stand others.
    pub fn outgoing(&mut self, fields: &mut Fields<'_>, may_be_empty: bool) -> Option<Outgoing> {
        let message = fields.optional("message");
        let file = fields.optional("file");
        let body = fields.optional("body");
        let edits = fields.list("edits", &mut self.mistakes);
        let sign = fields.optional("sign");
        let breaks = fields.optional("break");
        let break_body = fields.optional("break-body");
        let identity = fields.optional("signing-identity");

        let content = match (message, file, body) {
            (Some(message), None, None) => self.placed_line(message).map(Content::Message),
            (None, Some(file), None) => self.content_of_file(file),
            (None, None, Some(body)) => self.inline(body).map(Content::Inline),
            (None, None, None) if may_be_empty => Some(Content::Empty),
            _ => {
                self.mistakes
                    .push(Mistake::new(fields.spot(), "one-content"));
                None
            }
        };
        let edits = edits.iter().filter_map(|edit| self.edit(edit)).collect();
        let sign = sign.and_then(|sign| sign.truth(&mut self.mistakes));
        let break_envelope = breaks.and_then(|code| self.placed_line(code));
        let break_body = break_body.and_then(|code| self.placed_line(code));
        let signing_identity = identity.and_then(|name| self.identity(name));
        if let (Some(Content::Inline(_) | Content::File { .. }), Some(rule)) =
            (&content, &break_body)
        {
            self.mistakes
                .push(Mistake::new(rule.at, "break-body-of-message"));
        }
        Some(Outgoing {
            content: content?,
            edits,
            sign,
            break_envelope,
            break_body,
            signing_identity,
        })
    }

    /// A body in the script: a text, or JSON written as YAML.
    fn inline(&mut self, yaml: &Yaml) -> Option<Text> {
        match &yaml.value {
            YamlValue::Scalar { .. } => self.text(yaml),
            _ => {
                // Values in texts are put in where they stand; what they hold
                // cannot break out of the string if it has no quotes, and an
                // edit is there for what has.
                let json = serde_json::to_string_pretty(&yaml.to_json()).ok()?;
                match Text::parse(yaml.spot, &json) {
                    Ok(text) => Some(text),
                    Err(bad) => {
                        self.mistakes
                            .push(Mistake::new(yaml.spot, "reference").with("found", bad.0));
                        None
                    }
                }
            }
        }
    }

    fn content_of_file(&mut self, yaml: &Yaml) -> Option<Content> {
        let name = self.placed_line(yaml)?;
        let file = self.sources.beside(&self.file, &name.value);
        let read = file.ok_or(SourceError::Outside).and_then(|file| {
            let bytes: Arc<[u8]> = self.sources.read(&file)?.into();
            Ok((file, bytes))
        });
        match read {
            Ok((file, bytes)) => {
                let content = Arc::clone(&bytes);
                self.read.messages.insert(file.into(), content);
                Some(Content::File { name, bytes })
            }
            Err(error) => {
                self.mistakes.push(error.mistake(name.at, &name.value));
                None
            }
        }
    }

    fn edit(&mut self, yaml: &Yaml) -> Option<ScriptEdit> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let mut found: Vec<(&str, &Yaml)> = Vec::new();
        for name in EDITS {
            if let Some(path) = fields.optional(name) {
                found.push((name, path));
            }
        }
        let to = fields.optional("to");
        let insert = fields.optional("insert");
        let before = self.mistakes.len();
        fields.finish(&mut self.mistakes);
        let [(name, written)] = found[..] else {
            if before == self.mistakes.len() {
                self.mistakes
                    .push(Mistake::new(yaml.spot, "one-edit").with("known", EDITS.join(", ")));
            }
            return None;
        };
        let path = self.path(written);
        let change = match (name, to, insert) {
            ("set", Some(to), None) => self.text_or_nothing(to).map(Change::Set),
            ("rename", Some(to), None) => self.line(to).map(Change::Rename),
            ("remove", None, None) => Some(Change::Remove),
            ("copy", None, None) => Some(Change::Copy),
            ("after", None, Some(insert)) => self.inline(insert).map(Change::After),
            ("before", None, Some(insert)) => self.inline(insert).map(Change::Before),
            ("into", None, Some(insert)) => self.inline(insert).map(Change::Into),
            _ => {
                self.mistakes
                    .push(Mistake::new(yaml.spot, "edit-shape").with("name", name));
                None
            }
        };
        Some(ScriptEdit {
            at: yaml.spot,
            path: path?,
            change: change?,
        })
    }

    /// A text, which may be empty here.
    fn text_or_nothing(&mut self, yaml: &Yaml) -> Option<Text> {
        match &yaml.value {
            YamlValue::Scalar { text, plain: false } if text.is_empty() => {
                Some(Text::literal(yaml.spot, ""))
            }
            _ => self.text(yaml),
        }
    }

    fn path(&mut self, yaml: &Yaml) -> Option<Path> {
        let text = yaml.text(&mut self.mistakes)?;
        let path = Path::parse(text).ok();
        if path.is_none() {
            self.mistakes
                .push(Mistake::new(yaml.spot, "edit-path").with("found", text));
        }
        path
    }

    /// The name of a certificate of the test PKI.
    pub fn identity(&mut self, yaml: &Yaml) -> Option<Arc<str>> {
        let known: Vec<(&str, &str)> = IDENTITIES.iter().map(|one| (one.name, one.name)).collect();
        yaml.one_of(&known, &mut self.mistakes)
            .map(std::convert::Into::into)
    }

    pub fn rest(&mut self, yaml: &Yaml) -> Option<Rest> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let method = fields.optional("method");
        let path = fields.optional("path");
        let query = fields.optional("query");
        let headers = fields.optional("headers");
        let api_key = fields.truth("api-key", true, &mut self.mistakes);
        let jwt = fields.optional("jwt");
        fields.finish(&mut self.mistakes);
        let method = method.and_then(|method| method.one_of(&METHODS, &mut self.mistakes));
        let path = path.and_then(|path| self.text(path));
        let query = query.map(|query| self.texts(query)).unwrap_or_default();
        let headers = headers.map(|lines| self.texts(lines)).unwrap_or_default();
        let jwt = match jwt {
            None => Jwt::Absent,
            Some(jwt) => match jwt.to_json() {
                serde_json::Value::Bool(true) => Jwt::Right,
                serde_json::Value::Bool(false) => Jwt::Absent,
                _ => Jwt::Breaking(self.placed_line(jwt)?),
            },
        };
        Some(Rest {
            method: method.map(std::convert::Into::into),
            path,
            query,
            headers,
            api_key,
            jwt,
        })
    }

    /// Texts by name.
    pub fn texts(&mut self, yaml: &Yaml) -> Vec<(Arc<str>, Text)> {
        let entries = yaml.entries(&mut self.mistakes);
        entries
            .iter()
            .filter_map(|(key, value)| Some(((&*key.name).into(), self.text(value)?)))
            .collect()
    }

    /// What a party does with a message; the register's answer when the script
    /// does not say.
    pub fn reply(&mut self, yaml: Option<&Yaml>) -> Option<Reply> {
        let Some(yaml) = yaml else {
            return Some(Reply::Register);
        };
        if let YamlValue::Scalar { .. } = yaml.value {
            let known = [("register", true), ("silent", false)];
            let register = yaml.one_of(&known, &mut self.mistakes)?;
            return Some(if register {
                Reply::Register
            } else {
                Reply::Silent
            });
        }
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let has = |fields: &mut Fields<'_>, name| fields.optional(name).is_some();
        let is_message = ["message", "file", "body"]
            .into_iter()
            .any(|name| has(&mut fields, name));
        let headers = fields.optional("headers");
        let status = fields.optional("status");
        // A status with a text is no message that is to be signed.
        let plain = headers.is_some() || (status.is_some() && !has(&mut fields, "message"));
        if is_message && !plain {
            let message = self.outgoing(&mut fields, false);
            fields.finish(&mut self.mistakes);
            let status = status.and_then(|status| self.status(status));
            return Some(Reply::Message {
                message: Box::new(message?),
                status,
            });
        }
        if let Some(status) = status {
            let body = fields.optional("body");
            fields.finish(&mut self.mistakes);
            let status = self.status(status);
            let headers = headers.map(|lines| self.texts(lines)).unwrap_or_default();
            let body = body.and_then(|body| self.inline(body));
            return Some(Reply::Status {
                status: status?,
                headers,
                body,
            });
        }
        self.misbehaviour(yaml, fields)
    }

    fn misbehaviour(&mut self, yaml: &Yaml, mut fields: Fields<'_>) -> Option<Reply> {
        let fault = fields.optional("fault");
        let delay = fields.optional("delay");
        let then = fields.optional("then");
        let broken = fields.optional("broken-after");
        let raw = fields.optional("raw");
        let before = self.mistakes.len();
        fields.finish(&mut self.mistakes);
        match (fault, delay, broken, raw) {
            (Some(fault), None, None, None) if then.is_none() => {
                let mut fields = Fields::of(fault, &mut self.mistakes)?;
                let code = fields.required("code", &mut self.mistakes);
                let text = fields.required("text", &mut self.mistakes);
                fields.finish(&mut self.mistakes);
                let code = code.and_then(|code| self.text(code));
                let text = text.and_then(|text| self.text(text));
                Some(Reply::Fault {
                    code: code?,
                    text: text?,
                })
            }
            (None, Some(delay), None, None) => {
                let by = self.real_time(delay);
                let then = self.reply(then);
                Some(Reply::Delay {
                    by: by?,
                    then: Box::new(then?),
                })
            }
            (None, None, Some(broken), None) if then.is_none() => {
                let bytes = self.number(broken, 1_000_000)?;
                Some(Reply::BrokenAfter(bytes as usize))
            }
            (None, None, None, Some(raw)) if then.is_none() => self.text(raw).map(Reply::Raw),
            _ => {
                if before == self.mistakes.len() {
                    self.mistakes.push(
                        Mistake::new(yaml.spot, "one-reply").with("known", REPLIES.join(", ")),
                    );
                }
                None
            }
        }
    }

    fn status(&mut self, yaml: &Yaml) -> Option<u16> {
        status_code(yaml, &mut self.mistakes)
    }
}

/// An HTTP status code.
pub(super) fn status_code(yaml: &Yaml, mistakes: &mut Mistakes) -> Option<u16> {
    let code = yaml
        .to_json()
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (100..600).contains(code));
    if code.is_none() {
        mistakes.push(Mistake::new(yaml.spot, "status"));
    }
    code
}
