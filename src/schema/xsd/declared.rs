//! What a schema asks of every place in a message, as a flat list: for who
//! compares two versions.

use std::collections::BTreeMap;

use xsd_schema::ids::TypeKey;

use super::compile::CompiledSet;
use super::facets::Facets;
use super::structure::{ElementType, Structure};
use crate::limits::MAX_DEPTH;

/// What is asked at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// How often it must be there at least. A member of a choice may be left
    /// out.
    pub min: u32,
    /// How often it may be there, `None` for any number.
    pub max: Option<u32>,
    /// What its value must keep to, by the facet's name in XML Schema.
    pub demands: BTreeMap<&'static str, String>,
}

impl CompiledSet {
    /// Every place below a root element, by the local names on the way to it
    /// (`root/child/grandchild`). A type that contains itself is followed once.
    pub fn declared(&self, namespace: &str, root: &str) -> BTreeMap<String, Declared> {
        let structure = self.structure();
        let mut flat = BTreeMap::new();
        let Some(kind) = structure.root(namespace, root) else {
            return flat;
        };
        let types: BTreeMap<ElementType, TypeKey> = structure.types().collect();
        let mut walk = Walk {
            set: self,
            structure: &structure,
            types,
            flat: &mut flat,
        };
        let demands = walk.demands(kind);
        walk.flat.insert(
            root.to_string(),
            Declared {
                min: 1,
                max: Some(1),
                demands,
            },
        );
        if let Some(kind) = kind {
            walk.below(root, kind, &mut vec![kind]);
        }
        flat
    }
}

struct Walk<'a> {
    set: &'a CompiledSet,
    structure: &'a Structure,
    types: BTreeMap<ElementType, TypeKey>,
    flat: &'a mut BTreeMap<String, Declared>,
}

impl Walk<'_> {
    fn below(&mut self, path: &str, kind: ElementType, above: &mut Vec<ElementType>) {
        for child in self.structure.children(kind) {
            let path = format!("{path}/{}", child.local);
            let demands = self.demands(child.kind);
            let declared = Declared {
                min: child.min,
                max: child.max,
                demands,
            };
            // Declared twice in one content model: it may be there in either
            // place.
            self.flat.entry(path.clone()).or_insert(declared);
            let Some(kind) = child.kind else { continue };
            if !above.contains(&kind) && above.len() < MAX_DEPTH {
                above.push(kind);
                self.below(&path, kind, above);
                above.pop();
            }
        }
    }

    fn demands(&self, kind: Option<ElementType>) -> BTreeMap<&'static str, String> {
        let key = kind.and_then(|kind| self.types.get(&kind));
        key.map_or_else(BTreeMap::new, |key| {
            Facets::of(self.set.set(), *key).named()
        })
    }
}
