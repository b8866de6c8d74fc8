//! Reading a target file: every mistake at once, with its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::identity::{IdentitySource, PassphraseSource};
use super::model::{
    EndpointName, PlayedRole, Product, School, Supplier, Target, TestedRole, Trigger,
};
use crate::document::{Fields, Mistake, Mistakes, Yaml, YamlValue, unknown};
use crate::edukoppeling::school_oin;
use crate::facts::{Profile, oin};
use crate::finding::{DataClass, mask};
use crate::limits::MAX_MADE_UP_PUPILS;
use crate::pki::IDENTITIES;
use crate::scenario::Role;
use crate::transport::{Proxy, UrlKind, url_kind};

impl Target {
    /// Reads a target file. Paths in it are relative to `folder`.
    ///
    /// # Errors
    /// Every mistake in it, in the order of the file.
    pub fn read(bytes: &[u8], folder: &Path) -> Result<Self, Mistakes> {
        let yaml = Yaml::read(bytes).map_err(|mistake| vec![mistake])?;
        let mut reader = Reader {
            folder,
            mistakes: Mistakes::new(),
        };
        let target = reader.target(&yaml);
        let mut mistakes = reader.mistakes;
        match target {
            Some(target) if mistakes.is_empty() => Ok(target),
            _ => {
                mistakes.sort_by_key(|mistake| mistake.spot);
                Err(mistakes)
            }
        }
    }
}

pub(super) struct Reader<'a> {
    folder: &'a Path,
    pub(super) mistakes: Mistakes,
}

/// Reads nothing further where a value is missing; its mistake is told.
impl Reader<'_> {
    fn target(&mut self, yaml: &Yaml) -> Option<Target> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let product = fields.required("product", &mut self.mistakes);
        let product = product.and_then(|yaml| self.product(yaml));
        let supplier = fields.required("supplier", &mut self.mistakes);
        let supplier = supplier.and_then(|yaml| self.supplier(yaml));
        let profile = fields.required("profile", &mut self.mistakes);
        let profile = profile.and_then(|yaml| {
            let known = [("production", Profile::Production), ("test", Profile::Test)];
            yaml.one_of(&known, &mut self.mistakes)
        });
        let under_test = fields.required("under-test", &mut self.mistakes);
        let supplier_oin = supplier.as_ref().map(|supplier| supplier.oin.as_str());
        let tested = under_test.map(|yaml| self.under_test(yaml, supplier_oin.unwrap_or_default()));
        let plays = fields.optional("plays");
        let played = plays
            .map(|yaml| self.plays(yaml, profile))
            .unwrap_or_default();
        let trust = self.paths(&mut fields, "trust");
        let crl = self.paths(&mut fields, "crl");
        let proxy = self.proxy(&mut fields);
        let schools = fields.required("schools", &mut self.mistakes);
        let schools = schools.map(|yaml| self.schools(yaml));
        let capabilities = fields.required("capabilities", &mut self.mistakes);
        let capabilities = capabilities.and_then(|yaml| self.capabilities(yaml));
        fields.finish(&mut self.mistakes);
        if let (Some(yaml), Some(tested)) = (under_test, &tested) {
            self.reachable(yaml, tested, &played);
        }
        Some(Target {
            product: product?,
            supplier: supplier?,
            profile: profile?,
            under_test: tested?,
            plays: played,
            trust,
            crl,
            proxy,
            schools: schools?,
            capabilities: capabilities?,
        })
    }

    fn product(&mut self, yaml: &Yaml) -> Option<Product> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let name = self.required_words(&mut fields, "name");
        let version = self.required_words(&mut fields, "version");
        fields.finish(&mut self.mistakes);
        Some(Product {
            name: name?,
            version: version?,
        })
    }

    fn supplier(&mut self, yaml: &Yaml) -> Option<Supplier> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let name = self.required_words(&mut fields, "name");
        let number = fields.required("oin", &mut self.mistakes);
        let number = number.and_then(|yaml| self.oin(yaml));
        fields.finish(&mut self.mistakes);
        Some(Supplier {
            name: name?,
            oin: number?,
        })
    }

    /// Words of the user, at least one. They go into every report, so a number of
    /// a person in them is masked.
    pub(super) fn required_words(
        &mut self,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Option<String> {
        let value = fields.required(name, &mut self.mistakes)?;
        let text = value.text(&mut self.mistakes)?;
        if text.trim().is_empty() {
            let mistake = Mistake::new(value.spot, "missing").with("name", name);
            self.mistakes.push(mistake);
            return None;
        }
        Some(mask(text, DataClass::Plain))
    }

    fn oin(&mut self, yaml: &Yaml) -> Option<String> {
        let number = yaml.text(&mut self.mistakes)?;
        if let Err(error) = oin(number) {
            let mistake = Mistake::new(yaml.spot, "not-an-oin")
                .with("found", number)
                .with("reason", error.key());
            self.mistakes.push(mistake);
            return None;
        }
        Some(number.to_string())
    }

    fn tell(&mut self, yaml: &Yaml, key: &'static str, found: &str) {
        let mistake = Mistake::new(yaml.spot, key).with("found", found);
        self.mistakes.push(mistake);
    }

    /// The roles of a map, each with its value.
    fn roles<'y>(&mut self, yaml: &'y Yaml) -> Vec<(Role, &'y Yaml)> {
        let mut roles = Vec::new();
        for (key, value) in yaml.entries(&mut self.mistakes) {
            match Role::parse(&key.name) {
                Some(role) => roles.push((role, value)),
                None => self
                    .mistakes
                    .push(unknown(key, Role::NAMES.iter().copied())),
            }
        }
        roles
    }

    fn under_test(&mut self, yaml: &Yaml, supplier: &str) -> BTreeMap<Role, TestedRole> {
        let roles = self.roles(yaml);
        if roles.is_empty() {
            self.mistakes.push(Mistake::new(yaml.spot, "no-role"));
        }
        let read = |(role, yaml)| Some((role, self.tested(role, yaml, supplier)?));
        roles.into_iter().filter_map(read).collect()
    }

    fn tested(&mut self, role: Role, yaml: &Yaml, supplier: &str) -> Option<TestedRole> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let endpoints = fields.optional("endpoints");
        let endpoints = endpoints.map(|yaml| self.endpoints(role, yaml));
        let number = fields.optional("oin").map(|yaml| {
            let number = self.oin(yaml)?;
            if role == Role::Las && !supplier.is_empty() && number != supplier {
                let mistake = Mistake::new(yaml.spot, "other-las")
                    .with("found", number.as_str())
                    .with("known", supplier);
                self.mistakes.push(mistake);
            }
            Some(number)
        });
        let trigger = if role == Role::Las {
            fields.required("trigger", &mut self.mistakes)
        } else {
            fields.optional("trigger")
        };
        let trigger = trigger.and_then(|yaml| self.trigger(yaml));
        let clock = fields.optional("clock").and_then(|yaml| self.url(yaml));
        let pupils = match role {
            Role::Las => fields.optional("pupils"),
            Role::Duo | Role::Osr => None,
        };
        let pupils = pupils.and_then(|yaml| self.pupils(yaml));
        // What is not under test by itself has to be somewhere.
        if role != Role::Las && endpoints.as_ref().is_none_or(BTreeMap::is_empty) {
            let mistake = Mistake::new(fields.spot(), "missing").with("name", "endpoints");
            self.mistakes.push(mistake);
        }
        fields.finish(&mut self.mistakes);
        Some(TestedRole {
            endpoints: endpoints.unwrap_or_default(),
            oin: match number {
                None => supplier.to_string(),
                Some(number) => number?,
            },
            trigger,
            clock,
            pupils: pupils.unwrap_or(0),
        })
    }

    fn pupils(&mut self, yaml: &Yaml) -> Option<u32> {
        let count = yaml.count(&mut self.mistakes)?;
        let most = MAX_MADE_UP_PUPILS;
        let pupils = u32::try_from(count).ok().filter(|count| *count <= most);
        if pupils.is_none() {
            let mistake = Mistake::new(yaml.spot, "too-much").with("most", most.to_string());
            self.mistakes.push(mistake);
        }
        pupils
    }

    fn endpoints(&mut self, role: Role, yaml: &Yaml) -> BTreeMap<EndpointName, String> {
        let names = || {
            EndpointName::ALL
                .into_iter()
                .filter(move |name| name.is_of(role))
        };
        let mut endpoints = BTreeMap::new();
        for (key, value) in yaml.entries(&mut self.mistakes) {
            let Some(name) = names().find(|name| *name.name() == *key.name) else {
                let mistake = unknown(key, names().map(EndpointName::name));
                self.mistakes.push(mistake);
                continue;
            };
            if let Some(url) = self.url(value) {
                endpoints.insert(name, url);
            }
        }
        endpoints
    }

    /// A URL that can be called.
    fn url(&mut self, yaml: &Yaml) -> Option<String> {
        let url = yaml.text(&mut self.mistakes)?;
        if url_kind(url).is_none() {
            self.tell(yaml, "not-a-url", url);
            return None;
        }
        Some(url.to_string())
    }

    fn trigger(&mut self, yaml: &Yaml) -> Option<Trigger> {
        if let YamlValue::Scalar { .. } = &yaml.value {
            return yaml
                .one_of(&[("person", ())], &mut self.mistakes)
                .map(|()| Trigger::Person);
        }
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let url = fields.optional("url").map(|yaml| self.url(yaml));
        let command = fields.optional("command").map(|yaml| {
            let words = yaml.list(&mut self.mistakes);
            let words: Vec<String> = words
                .iter()
                .filter_map(|word| word.text(&mut self.mistakes).map(str::to_string))
                .collect();
            let Some((program, arguments)) = words.split_first() else {
                self.mistakes.push(Mistake::new(yaml.spot, "no-command"));
                return words;
            };
            // A bare name is looked for in PATH; a path is relative to this file,
            // as all others.
            let mut command = vec![match program.contains('/') {
                true => self.folder.join(program).display().to_string(),
                false => program.clone(),
            }];
            command.extend_from_slice(arguments);
            command
        });
        let spot = fields.spot();
        fields.finish(&mut self.mistakes);
        match (url, command) {
            (Some(url), None) => url.map(Trigger::Url),
            (None, Some(command)) => Some(Trigger::Command(command)),
            _ => {
                self.mistakes.push(Mistake::new(spot, "one-trigger"));
                None
            }
        }
    }

    fn plays(&mut self, yaml: &Yaml, profile: Option<Profile>) -> BTreeMap<Role, PlayedRole> {
        let roles = self.roles(yaml);
        let read = |(role, yaml)| Some((role, self.played(yaml, profile)?));
        roles.into_iter().filter_map(read).collect()
    }

    fn played(&mut self, yaml: &Yaml, profile: Option<Profile>) -> Option<PlayedRole> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let tls = fields.optional("tls");
        let tls = tls.and_then(|yaml| self.identity(yaml, profile));
        let signing = fields.optional("signing");
        let signing = signing.and_then(|yaml| self.identity(yaml, profile));
        let listen = fields.optional("listen").and_then(|yaml| {
            let text = yaml.text(&mut self.mistakes)?;
            match text.parse() {
                Ok(address) => Some(address),
                Err(_) => {
                    self.tell(yaml, "not-an-address", text);
                    None
                }
            }
        });
        let public = fields.optional("public-url");
        let public_url = public.and_then(|yaml| self.url(yaml));
        if let Some(yaml) = public.filter(|_| fields.optional("listen").is_none()) {
            let mistake = Mistake::new(yaml.spot, "public-without-listen");
            self.mistakes.push(mistake);
        }
        let tls_ends_at_proxy = fields.truth("tls-ends-at-proxy", false, &mut self.mistakes);
        fields.finish(&mut self.mistakes);
        Some(PlayedRole {
            tls,
            signing,
            listen,
            public_url,
            tls_ends_at_proxy,
        })
    }

    fn identity(&mut self, yaml: &Yaml, profile: Option<Profile>) -> Option<IdentitySource> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let test = fields.optional("test");
        let p12 = fields.optional("p12");
        let certificate = fields.optional("certificate");
        let key = fields.optional("key");
        let passphrase = self.passphrase(&mut fields);
        let spot = fields.spot();
        fields.finish(&mut self.mistakes);
        match (test, p12, certificate, key) {
            (Some(name), None, None, None) => {
                if profile == Some(Profile::Production) {
                    self.mistakes.push(Mistake::new(name.spot, "test-identity"));
                }
                let names: Vec<(&str, &str)> = IDENTITIES
                    .iter()
                    .map(|known| (known.name, known.name))
                    .collect();
                let name = name.one_of(&names, &mut self.mistakes)?;
                Some(IdentitySource::Test(name.to_string()))
            }
            (None, Some(file), None, None) => Some(IdentitySource::Pkcs12 {
                file: self.path(file)?,
                passphrase,
            }),
            (None, None, Some(certificate), Some(key)) => Some(IdentitySource::Pem {
                certificate: self.path(certificate)?,
                key: self.path(key)?,
                passphrase,
            }),
            _ => {
                self.mistakes.push(Mistake::new(spot, "one-identity"));
                None
            }
        }
    }

    fn passphrase(&mut self, fields: &mut Fields<'_>) -> PassphraseSource {
        // Named, so that who tries it is told where a passphrase belongs.
        if let Some(inline) = fields.optional("passphrase") {
            self.mistakes
                .push(Mistake::new(inline.spot, "inline-secret"));
        }
        let variable = fields.text("passphrase-env", &mut self.mistakes);
        let file = fields.optional("passphrase-file");
        match (variable, file) {
            (None, None) => PassphraseSource::None,
            (Some(name), None) => PassphraseSource::Environment(name.to_string()),
            (None, Some(file)) => self
                .path(file)
                .map_or(PassphraseSource::None, PassphraseSource::File),
            (Some(_), Some(file)) => {
                self.mistakes
                    .push(Mistake::new(file.spot, "two-passphrases"));
                PassphraseSource::None
            }
        }
    }

    fn path(&mut self, yaml: &Yaml) -> Option<PathBuf> {
        let text = yaml.text(&mut self.mistakes)?;
        Some(self.folder.join(text))
    }

    fn paths(&mut self, fields: &mut Fields<'_>, name: &'static str) -> Vec<PathBuf> {
        let items = fields.list(name, &mut self.mistakes);
        items.iter().filter_map(|item| self.path(item)).collect()
    }

    /// The proxy itself, or the variable that holds it: its URL may hold a
    /// password.
    fn proxy(&mut self, fields: &mut Fields<'_>) -> Option<Proxy> {
        let written = fields.optional("proxy");
        let variable = fields.optional("proxy-env");
        let (yaml, url) = match (written, variable) {
            (None, None) => return None,
            (Some(yaml), None) => (yaml, yaml.text(&mut self.mistakes)?.to_string()),
            (None, Some(yaml)) => {
                let name = yaml.text(&mut self.mistakes)?;
                match std::env::var(name) {
                    Ok(url) => (yaml, url),
                    Err(_) => {
                        self.tell(yaml, "no-variable", name);
                        return None;
                    }
                }
            }
            (Some(_), Some(yaml)) => {
                self.mistakes.push(Mistake::new(yaml.spot, "two-proxies"));
                return None;
            }
        };
        let proxy = Proxy::parse(&url);
        if proxy.is_none() {
            self.mistakes.push(Mistake::new(yaml.spot, "not-a-proxy"));
        }
        proxy
    }

    fn schools(&mut self, yaml: &Yaml) -> Vec<School> {
        let items = yaml.list(&mut self.mistakes);
        if items.is_empty() {
            self.mistakes.push(Mistake::new(yaml.spot, "no-school"));
        }
        items.iter().filter_map(|item| self.school(item)).collect()
    }

    fn school(&mut self, yaml: &Yaml) -> Option<School> {
        let mut fields = Fields::of(yaml, &mut self.mistakes)?;
        let code = fields.required("brin", &mut self.mistakes);
        let code = code.and_then(|yaml| {
            let text = yaml.text(&mut self.mistakes)?;
            let number = school_oin(text);
            if number.is_none() {
                self.tell(yaml, "not-a-brin", text);
            }
            Some((text.to_string(), number?))
        });
        let number = fields.optional("oin").map(|yaml| self.oin(yaml));
        let mut vestigingen = Vec::new();
        for item in fields.list("vestigingen", &mut self.mistakes) {
            let Some(text) = item.text(&mut self.mistakes) else {
                continue;
            };
            let tail = code
                .as_ref()
                .and_then(|(code, _)| text.strip_prefix(&**code));
            let right = tail.is_some_and(|tail| {
                tail.len() == 2 && tail.bytes().all(|byte| byte.is_ascii_digit())
            });
            if right {
                vestigingen.push(text.to_string());
            } else if code.is_some() {
                self.tell(item, "not-a-vestiging", text);
            }
        }
        fields.finish(&mut self.mistakes);
        let (brin, of_brin) = code?;
        Some(School {
            oin: match number {
                None => of_brin,
                Some(number) => number?,
            },
            brin,
            vestigingen,
        })
    }

    /// A party elsewhere cannot call loopback: those that are played for a LAS
    /// must have an address for it.
    fn reachable(
        &mut self,
        yaml: &Yaml,
        tested: &BTreeMap<Role, TestedRole>,
        played: &BTreeMap<Role, PlayedRole>,
    ) {
        let Some(las) = tested.get(&Role::Las) else {
            return;
        };
        let elsewhere = las
            .endpoints
            .values()
            .any(|url| url_kind(url) == Some(UrlKind::Elsewhere));
        for role in [Role::Duo, Role::Osr] {
            let named = played.get(&role).and_then(|role| role.public_url.as_ref());
            if elsewhere && !tested.contains_key(&role) && named.is_none() {
                let mistake = Mistake::new(yaml.spot, "needs-public-url").with("name", role.name());
                self.mistakes.push(mistake);
            }
        }
    }
}
