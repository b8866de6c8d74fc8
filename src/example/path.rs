//! Where in an example an edit works.

use std::fmt;

use serde::Deserialize;

/// A path below the message element: `periode[2]/datumBegin`, `periode/@code`,
/// `.` for the message itself; in JSON `[0]/end_date`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    written: String,
    steps: Vec<Step>,
    attribute: Option<String>,
}

/// One step: a name, then indexes in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Local name or member name; `None` where only an index is written.
    pub name: Option<String>,
    /// The numbers in brackets, as written.
    pub indexes: Vec<usize>,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{path}` is not a path; write steps such as periode[2]/datumBegin, a last step @name, or ."
)]
pub struct PathError {
    path: String,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// An empty step, a bracket that is not closed or holds no number, an
    /// attribute that is not last.
    pub fn parse(written: &str) -> Result<Self, PathError> {
        let refused = || PathError {
            path: written.to_string(),
        };
        let mut path = Self {
            written: written.to_string(),
            steps: Vec::new(),
            attribute: None,
        };
        if written == "." {
            return Ok(path);
        }
        for step in written.split('/') {
            if path.attribute.is_some() {
                return Err(refused());
            }
            match step.strip_prefix('@') {
                Some(name) if !name.is_empty() => path.attribute = Some(name.to_string()),
                Some(_) => return Err(refused()),
                None => path.steps.push(Step::parse(step).ok_or_else(refused)?),
            }
        }
        Ok(path)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }
}

impl Step {
    fn parse(step: &str) -> Option<Self> {
        let (name, mut rest) = step.split_at(step.find('[').unwrap_or(step.len()));
        let mut indexes = Vec::new();
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            indexes.push(index.parse().ok()?);
            rest = after;
        }
        let name = (!name.is_empty()).then(|| name.to_string());
        (name.is_some() || !indexes.is_empty()).then_some(Self { name, indexes })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl TryFrom<String> for Path {
    type Error = PathError;

    fn try_from(written: String) -> Result<Self, PathError> {
        Self::parse(&written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_path_is_refused() {
        for good in [".", "a", "a/b[2]/c", "a/@b", "@b", "[0]/a", "a[0][1]"] {
            assert!(Path::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "a//b", "/a", "a/", "a[", "a[]", "a[x]", "@a/b", "@", "a[1]b",
        ] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }
}
