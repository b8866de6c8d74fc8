//! The examples that the packs carry.

use super::{Example, Examples};
use crate::document::Format;
use crate::pack::Store;

impl Examples for Store {
    fn example(&self, name: &str) -> Option<Example<'_>> {
        // An official pack brings no examples; those of the reconstruction it
        // took the place of still show what a message looks like.
        let (pack, message) = self
            .packs()
            .flat_map(|pack| [Some(pack), pack.reconstruction()])
            .flatten()
            .flat_map(|pack| pack.manifest.messages.iter().map(move |m| (pack, m)))
            .find(|(_, message)| **message.id() == *name && message.example.is_some())?;
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
