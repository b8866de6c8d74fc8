//! The examples that the packs carry.

use super::{Example, Examples};
use crate::document::Format;
use crate::pack::Store;

impl Examples for Store {
    fn example(&self, name: &str) -> Option<Example<'_>> {
        let (pack, message) = self
            .messages()
            .find(|(_, message)| **message.id() == *name)?;
        Some(Example {
            text: pack.text(message.example.as_deref()?)?,
            format: if message.schema.is_some() {
                Format::Json
            } else {
                Format::Xml
            },
            at: message.example_at?.0,
            contract: &pack.manifest.contract,
            operation: &message.operation,
        })
    }
}
