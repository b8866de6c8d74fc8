//! DUO's value lists.

use jiff::civil::Date;

/// Why a value list could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueListError {}

/// One value list with its editions.
#[derive(Debug, Default)]
pub struct ValueList {}

impl ValueList {
    /// Whether the code is on the list on that date; `None` when no edition covers it.
    pub fn contains(&self, _code: &str, _on: Date) -> Option<bool> {
        None
    }

    /// The sort order of a code.
    pub fn order(&self, _code: &str, _on: Date) -> Option<i64> {
        None
    }
}

/// All value lists.
#[derive(Debug, Default)]
pub struct ValueLists {}

impl ValueLists {
    /// The list of that name.
    pub fn get(&self, _name: &str) -> Option<&ValueList> {
        None
    }
}
