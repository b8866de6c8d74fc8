//! What a request asks for: path and parameters.

use percent_encoding::percent_decode_str;

use crate::exchange::path_and_query;

/// A request's target, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTarget {
    /// The steps of the path, decoded.
    pub steps: Vec<String>,
    /// What stands after the question mark.
    pub query: Parameters,
}

/// Names and values, as in a query or a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// The target or the form is not UTF-8 after decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8 after decoding")]
pub struct NotText;

impl RequestTarget {
    /// Takes a target apart: a path, or a whole URL.
    ///
    /// # Errors
    ///
    /// It is not UTF-8 after decoding.
    pub fn read(target: &str) -> Result<Self, NotText> {
        let target = target.split('#').next().unwrap_or(target);
        let path_on = path_and_query(target);
        let (path, query) = path_on.split_once('?').unwrap_or((path_on, ""));
        let steps = path.split('/').filter(|step| !step.is_empty());
        Ok(Self {
            steps: steps
                .map(|step| decoded(step, false))
                .collect::<Result<_, _>>()?,
            query: Parameters::read(query)?,
        })
    }

    /// The steps as texts, to match on.
    pub fn steps(&self) -> Vec<&str> {
        self.steps.iter().map(String::as_str).collect()
    }
}

impl Parameters {
    /// Reads `name=value&…`, as in a query and in a form.
    ///
    /// # Errors
    ///
    /// It is not UTF-8 after decoding.
    pub fn read(text: &str) -> Result<Self, NotText> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name, true)?, decoded(value, true)?))
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }

    /// The value of a parameter, without white space around it; `None` when it
    /// is absent or empty. The first counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is there more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).count() > 1
    }
}

fn decoded(text: &str, plus_is_space: bool) -> Result<String, NotText> {
    let spaced = match plus_is_space {
        true => text.replace('+', " "),
        false => text.to_string(),
    };
    let decoded = percent_decode_str(&spaced).decode_utf8();
    Ok(decoded.map_err(|_| NotText)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_taken_apart() {
        let target = RequestTarget::read(
            "/api/v2/mandates?service_version_namespace=http%3A%2F%2Fa%2Fb&name=De+Wilg&x=&y#z",
        )
        .unwrap();
        assert_eq!(target.steps(), ["api", "v2", "mandates"]);
        let query = &target.query;
        assert_eq!(query.get("service_version_namespace"), Some("http://a/b"));
        assert_eq!(query.get("name"), Some("De Wilg"));
        assert_eq!(
            (query.get("x"), query.get("y"), query.get("q")),
            (None, None, None)
        );
        let whole = RequestTarget::read("https://osr.example.nl/api/v3/schools").unwrap();
        assert_eq!(whole.steps(), ["api", "v3", "schools"]);
        assert_eq!(
            RequestTarget::read("https://osr.example.nl")
                .unwrap()
                .steps()
                .len(),
            0
        );
        assert_eq!(
            RequestTarget::read("/a%2Fb//c").unwrap().steps(),
            ["a/b", "c"]
        );
        assert_eq!(RequestTarget::read("/%ff"), Err(NotText));
        let twice = Parameters::read("a=1&a=2").unwrap();
        assert!(twice.is_repeated("a") && twice.get("a") == Some("1"));
    }
}
