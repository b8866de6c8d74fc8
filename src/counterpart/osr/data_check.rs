//! Whether the parts of the data for an OSR fit each other.

use std::collections::BTreeSet;

use super::data::OsrData;
use crate::edukoppeling::school_oin;
use crate::facts;

/// What is wrong with data for an OSR: a mistake of whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// Not TOML, or not of the shape of such data.
    #[error("the data of the OSR cannot be read: {0}")]
    Shape(String),
    /// Two entries have the same key.
    #[error("{what} {key} occurs twice in the data of the OSR")]
    Twice {
        /// What kind of entry.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// An entry names another that is not there.
    #[error("the data of the OSR name {what} {key}, which is not among them")]
    Missing {
        /// What kind of entry.
        what: &'static str,
        /// Its key.
        key: String,
    },
    /// A value has not the form that it must have.
    #[error("{value} in the data of the OSR is no {what}")]
    Form {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A mandate or endpoint that the register would refuse.
    #[error("{what} {key} in the data of the OSR breaks a rule of the register: {why}")]
    Refused {
        /// What kind of entry.
        what: &'static str,
        /// Its key.
        key: String,
        /// The rule.
        why: &'static str,
    },
}

impl OsrData {
    /// Checks that the parts fit each other. Data from elsewhere than
    /// [`OsrData::from_toml`] are checked when a register starts with them.
    ///
    /// # Errors
    ///
    /// The first part that does not fit.
    pub fn check(&self) -> Result<(), DataError> {
        let number = |id: &u64| id.to_string();
        unique("board", self.boards.iter().map(|board| number(&board.id)))?;
        unique("board", self.boards.iter().map(|b| b.bge_code.clone()))?;
        unique("school", self.schools.iter().map(|s| number(&s.id)))?;
        unique("school", self.schools.iter().map(|s| s.brin.clone()))?;
        unique("service", self.services.iter().map(|s| number(&s.id)))?;
        unique("service", self.services.iter().map(|s| s.code.clone()))?;
        let versions = || self.services.iter().flat_map(|s| s.versions.iter());
        unique("service version", versions().map(|v| number(&v.id)))?;
        unique("service version", versions().map(|v| v.namespace.clone()))?;
        unique("supplier", self.suppliers.iter().map(|s| number(&s.id)))?;
        unique("supplier", self.suppliers.iter().map(|s| s.oin.clone()))?;
        unique("employee", self.employees.iter().map(|e| e.id.clone()))?;
        let keys = self.suppliers.iter().flat_map(|s| s.api_keys.iter());
        // An API key is a secret: the error does not repeat it.
        unique("API key", keys.cloned()).map_err(|_| DataError::Twice {
            what: "an API key",
            key: String::new(),
        })?;
        self.check_forms()?;
        self.check_references()
    }

    fn check_forms(&self) -> Result<(), DataError> {
        let form = |what, value: &str| DataError::Form {
            what,
            value: value.to_string(),
        };
        for school in &self.schools {
            school_oin(&school.brin).ok_or_else(|| form("BRIN", &school.brin))?;
        }
        for supplier in &self.suppliers {
            facts::oin(&supplier.oin).map_err(|_| form("OIN", &supplier.oin))?;
        }
        for board in &self.boards {
            let fits = (1..=10).contains(&board.bge_code.len())
                && (board.bge_code.bytes())
                    .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            fits.then_some(())
                .ok_or_else(|| form("BGE code", &board.bge_code))?;
        }
        for service in &self.services {
            if service.versions.is_empty() {
                return Err(form("service with a version", &service.code));
            }
        }
        let header = &self.settings.api_key_header;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if header.is_empty() || !header.bytes().all(token) {
            return Err(form("header name", header));
        }
        facts::oin(&self.settings.audience).map_err(|_| form("OIN", &self.settings.audience))
    }

    fn check_references(&self) -> Result<(), DataError> {
        let has = |what, key: &str, there: bool| {
            there.then_some(()).ok_or_else(|| DataError::Missing {
                what,
                key: key.to_string(),
            })
        };
        let board = |code: &str| self.boards.iter().any(|board| board.bge_code == code);
        let service = |code: &str| self.services.iter().any(|service| service.code == code);
        let supplier = |oin: &str| self.suppliers.iter().any(|supplier| supplier.oin == oin);
        for school in &self.schools {
            has("board", &school.board, board(&school.board))?;
        }
        for employee in &self.employees {
            has("board", &employee.board, board(&employee.board))?;
        }
        for code in self.suppliers.iter().flat_map(|s| s.services.iter()) {
            has("service", code, service(code))?;
        }
        for mandate in &self.mandates {
            has("supplier", &mandate.supplier, supplier(&mandate.supplier))?;
            has("service", &mandate.service, service(&mandate.service))?;
            match (&mandate.school, &mandate.board) {
                (Some(brin), None) => {
                    has("school", brin, self.schools.iter().any(|s| s.brin == *brin))?;
                }
                (None, Some(code)) => has("board", code, board(code))?,
                _ => {
                    return Err(DataError::Form {
                        what: "mandate of either a school or a board",
                        value: mandate.service.clone(),
                    });
                }
            }
        }
        for endpoint in &self.endpoints {
            has("supplier", &endpoint.supplier, supplier(&endpoint.supplier))?;
            let versions = self.services.iter().flat_map(|s| s.versions.iter());
            let known = versions
                .map(|v| &v.namespace)
                .any(|n| *n == endpoint.namespace);
            has("service version", &endpoint.namespace, known)?;
        }
        Ok(())
    }
}

fn unique(what: &'static str, keys: impl Iterator<Item = String>) -> Result<(), DataError> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if let Some(key) = seen.replace(key) {
            return Err(DataError::Twice { what, key });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_do_not_fit_are_refused_with_the_part_that_does_not() {
        let starter = OsrData::starter();
        type Change = fn(&mut OsrData);
        let cases: &[(Change, &str)] = &[
            (
                |d| d.schools[1].brin = "25BE".into(),
                "school 25BE occurs twice",
            ),
            (
                |d| d.schools[0].brin = "25B".into(),
                "25B in the data of the OSR is no BRIN",
            ),
            (|d| d.schools[0].board = "1".into(), "name board 1"),
            (
                |d| d.suppliers[0].oin = "1".into(),
                "1 in the data of the OSR is no OIN",
            ),
            (|d| d.mandates[0].service = "X".into(), "name service X"),
            (
                |d| d.mandates[0].board = Some("41999".into()),
                "either a school or a board",
            ),
            (
                |d| d.services[0].versions.clear(),
                "no service with a version",
            ),
            (
                |d| d.settings.api_key_header = "a b".into(),
                "no header name",
            ),
        ];
        for (change, expected) in cases {
            let mut data = starter.clone();
            change(&mut data);
            let error = data.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let mut data = starter;
        let key = data.suppliers[0].api_keys[0].clone();
        data.suppliers[1].api_keys.push(key.clone());
        assert!(!data.check().unwrap_err().to_string().contains(&key));
        assert!(matches!(
            OsrData::from_toml("x = 1"),
            Err(DataError::Shape(_))
        ));
    }
}
