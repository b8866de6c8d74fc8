//! The XPath engine's view of a [`Document`].

use std::borrow::Cow;
use std::sync::Arc;

use xsd_schema::ids::SimpleTypeKey;
use xsd_schema::navigator::{
    DomNavigator, DomNodeType, NamespaceAxisScope, TypedValue, XmlNodeOrder,
};

use super::tree::{Document, NONE, NodeId, NodeKind};

/// A cursor over a shared document.
#[derive(Clone)]
pub struct Navigator {
    document: Arc<Document>,
    node: u32,
    on: On,
}

#[derive(Clone, PartialEq, Eq)]
enum On {
    Node,
    Attribute(u32),
    /// Position in the list of namespaces that the axis walks.
    Namespace(u32, Arc<[(String, String)]>),
}

impl Navigator {
    /// A cursor at `node`.
    pub fn new(document: &Arc<Document>, node: NodeId) -> Self {
        Self {
            document: Arc::clone(document),
            node: node.0,
            on: On::Node,
        }
    }

    /// The node the cursor is at; the element that holds it for an attribute
    /// or a namespace.
    pub fn node(&self) -> NodeId {
        NodeId(self.node)
    }

    /// The index of the attribute the cursor is at, among the attributes of
    /// its element.
    pub fn attribute_index(&self) -> Option<usize> {
        match self.on {
            On::Attribute(index) => {
                Some(index as usize - self.document.attribute_range(self.node()).start)
            }
            _ => None,
        }
    }

    /// The document under the cursor.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    fn go(&mut self, node: u32) -> bool {
        if node == NONE {
            return false;
        }
        self.node = node;
        true
    }

    fn order_key(&self) -> (u32, u8, u32) {
        match self.on {
            On::Node => (self.node, 0, 0),
            On::Namespace(index, _) => (self.node, 1, index),
            On::Attribute(index) => (self.node, 2, index),
        }
    }

    fn namespaces(&self, scope: NamespaceAxisScope) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        let inherited = (scope != NamespaceAxisScope::Local)
            .then(|| self.document.ancestors(self.node()))
            .into_iter()
            .flatten();
        for element in std::iter::once(self.node()).chain(inherited) {
            for declared in self.document.declared_namespaces(element) {
                if !found.iter().any(|(prefix, _)| **prefix == *declared.prefix) {
                    found.push((declared.prefix.to_string(), declared.uri.to_string()));
                }
            }
        }
        match scope {
            NamespaceAxisScope::All => {
                // A declaration that takes back the default namespace cancels
                // a binding; it is no namespace node.
                found.retain(|(_, uri)| !uri.is_empty());
                if !found.iter().any(|(prefix, _)| prefix == "xml") {
                    found.push(("xml".into(), "http://www.w3.org/XML/1998/namespace".into()));
                }
            }
            NamespaceAxisScope::ExcludeXml => found.retain(|(prefix, _)| prefix != "xml"),
            NamespaceAxisScope::Local => {}
        }
        found
    }
}

impl DomNavigator for Navigator {
    fn is_same_position(&self, other: &Self) -> bool {
        self.node == other.node
            && self.on == other.on
            && Arc::ptr_eq(&self.document, &other.document)
    }

    fn compare_position(&self, other: &Self) -> XmlNodeOrder {
        let order = if Arc::ptr_eq(&self.document, &other.document) {
            self.order_key().cmp(&other.order_key())
        } else {
            // XPath 2.0 §2.4.1 leaves the order of trees open but wants it
            // stable; addresses are, while both documents live.
            Arc::as_ptr(&self.document).cmp(&Arc::as_ptr(&other.document))
        };
        match order {
            std::cmp::Ordering::Less => XmlNodeOrder::Before,
            std::cmp::Ordering::Equal => XmlNodeOrder::Same,
            std::cmp::Ordering::Greater => XmlNodeOrder::After,
        }
    }

    fn move_to(&mut self, other: &Self) -> bool {
        *self = other.clone();
        true
    }

    fn move_to_root(&mut self) {
        self.node = 0;
        self.on = On::Node;
    }

    fn move_to_parent(&mut self) -> bool {
        if self.on != On::Node {
            self.on = On::Node;
            return true;
        }
        self.go(self.document.nodes[self.node as usize].parent)
    }

    fn move_to_first_child(&mut self) -> bool {
        self.on == On::Node && self.go(self.document.nodes[self.node as usize].first_child)
    }

    fn move_to_next_sibling(&mut self) -> bool {
        self.on == On::Node && self.go(self.document.nodes[self.node as usize].next)
    }

    fn move_to_prev_sibling(&mut self) -> bool {
        self.on == On::Node && self.go(self.document.nodes[self.node as usize].prev)
    }

    fn move_to_first_attribute(&mut self) -> bool {
        let range = self.document.attribute_range(self.node());
        if self.on != On::Node || range.is_empty() {
            return false;
        }
        self.on = On::Attribute(range.start as u32);
        true
    }

    fn move_to_next_attribute(&mut self) -> bool {
        let end = self.document.attribute_range(self.node()).end as u32;
        match &mut self.on {
            On::Attribute(index) if *index + 1 < end => {
                *index += 1;
                true
            }
            _ => false,
        }
    }

    fn move_to_first_namespace(&mut self, scope: NamespaceAxisScope) -> bool {
        if self.on != On::Node || self.document.kind(self.node()) != NodeKind::Element {
            return false;
        }
        let namespaces = self.namespaces(scope);
        if namespaces.is_empty() {
            return false;
        }
        self.on = On::Namespace(0, namespaces.into());
        true
    }

    fn move_to_next_namespace(&mut self, _scope: NamespaceAxisScope) -> bool {
        match &mut self.on {
            On::Namespace(index, all) if (*index as usize) + 1 < all.len() => {
                *index += 1;
                true
            }
            _ => false,
        }
    }

    fn move_to_following(&mut self, kind: DomNodeType, end: Option<&Self>) -> bool {
        let nodes = &self.document.nodes;
        // From an attribute or namespace the children of its element follow.
        let first = if self.on == On::Node {
            nodes[self.node as usize].subtree_end
        } else {
            self.node + 1
        };
        let last = end.map_or(nodes.len() as u32, |end| end.node);
        for candidate in first..last {
            if kind == DomNodeType::All || kind_of(nodes[candidate as usize].kind) == kind {
                self.node = candidate;
                self.on = On::Node;
                return true;
            }
        }
        false
    }

    fn node_type(&self) -> DomNodeType {
        match self.on {
            On::Attribute(_) => DomNodeType::Attribute,
            On::Namespace(..) => DomNodeType::Namespace,
            On::Node => kind_of(self.document.nodes[self.node as usize].kind),
        }
    }

    fn local_name(&self) -> &str {
        match &self.on {
            On::Node => self.document.local_name(self.node()),
            On::Attribute(index) => &self.document.attribute_at(*index as usize).name.local,
            On::Namespace(index, all) => &all[*index as usize].0,
        }
    }

    fn name(&self) -> &str {
        match &self.on {
            On::Node => &self.document.name(self.node()).qualified,
            On::Attribute(index) => &self.document.attribute_at(*index as usize).name.qualified,
            On::Namespace(..) => self.local_name(),
        }
    }

    fn namespace_uri(&self) -> &str {
        match &self.on {
            On::Node => self.document.namespace(self.node()),
            On::Attribute(index) => &self.document.attribute_at(*index as usize).name.namespace,
            On::Namespace(..) => "",
        }
    }

    fn prefix(&self) -> &str {
        match &self.on {
            On::Node => self.document.name(self.node()).prefix(),
            On::Attribute(index) => self.document.attribute_at(*index as usize).name.prefix(),
            On::Namespace(..) => "",
        }
    }

    fn value(&self) -> String {
        self.value_ref().into_owned()
    }

    fn value_ref(&self) -> Cow<'_, str> {
        match &self.on {
            On::Node => self.document.value(self.node()),
            On::Attribute(index) => self.document.attribute_at(*index as usize).value.into(),
            On::Namespace(index, all) => all[*index as usize].1.as_str().into(),
        }
    }

    fn base_uri(&self) -> &str {
        ""
    }

    fn schema_type(&self) -> Option<SimpleTypeKey> {
        None
    }

    fn typed_value(&self) -> TypedValue {
        TypedValue::Untyped
    }
}

fn kind_of(kind: NodeKind) -> DomNodeType {
    match kind {
        NodeKind::Root => DomNodeType::Root,
        NodeKind::Element => DomNodeType::Element,
        NodeKind::Text => DomNodeType::Text,
        NodeKind::Comment => DomNodeType::Comment,
        NodeKind::ProcessingInstruction => DomNodeType::ProcessingInstruction,
    }
}
