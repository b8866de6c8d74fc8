//! Drives the engine over a document, event by event.
//!
//! The engine is asked for verdicts only. Where the structure is wrong the
//! drive stops, so that `diagnose` can decide on a repair and drive again: one
//! mistake then gives one finding, and what comes after it is still judged.

use std::cell::RefCell;
use std::rc::Rc;

use xsd_schema::ids::{NameId, TypeKey};
use xsd_schema::namespace::context::NamespaceContextSnapshot;
use xsd_schema::validation::{
    ValidationError, ValidationRuntime, ValidationSink, ValidationWarning,
};

use super::compile::XsdSchema;
use super::repair::{ElementName, Repairs};
use crate::document::{Document, NodeId, NodeKind};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A name that no schema declares, for names of messages that the engine does
/// not know: interning every one of them would fill its memory for ever.
const UNKNOWN_NAME: &str = "\u{1}";

/// Where the structure is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// This element may not stand here.
    Unexpected(NodeId),
    /// This element ends too early.
    Incomplete(NodeId),
}

/// When in the life of an element something was wrong with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Start,
    Attribute(usize),
    Attributes,
    Text,
    End,
}

/// Something wrong that is no matter of structure.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub node: NodeId,
    pub phase: Phase,
    pub constraints: Vec<&'static str>,
    pub kind: Option<TypeKey>,
}

/// What a drive brought to light.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub stop: Option<Stop>,
    pub raw: Vec<Raw>,
    /// The engine gave up (a limit of its own).
    pub gave_up: bool,
}

/// What may come at a place.
#[derive(Debug, Default, Clone)]
pub(super) struct Expected {
    pub elements: Vec<ElementName>,
    pub parent: Option<TypeKey>,
}

#[derive(Default, Clone)]
struct Errors(Rc<RefCell<Vec<&'static str>>>);

impl ValidationSink for Errors {
    fn on_error(&mut self, error: ValidationError) {
        self.0.borrow_mut().push(error.constraint);
    }

    fn on_warning(&mut self, _warning: ValidationWarning) {}
}

impl Errors {
    fn take(&self) -> Vec<&'static str> {
        let mut errors = self.0.borrow_mut();
        if errors.is_empty() {
            Vec::new()
        } else {
            std::mem::take(&mut *errors)
        }
    }
}

/// Drives the engine over `root` with `repairs` applied, up to the first
/// mistake of structure. With `typed`, types are recorded with what is wrong.
pub(super) fn drive(
    schema: &XsdSchema,
    document: &Document,
    root: NodeId,
    repairs: &Repairs,
    typed: bool,
) -> Outcome {
    run(schema, document, root, repairs, typed, None, None).0
}

/// Where the children of `parent` stop fitting with `repairs` applied, `None`
/// when they all do. Nothing else is looked into, so that a trial costs little
/// in a large message.
pub(super) fn trial(
    schema: &XsdSchema,
    document: &Document,
    root: NodeId,
    repairs: &Repairs,
    parent: NodeId,
) -> Option<Stop> {
    let focus = Some(parent);
    run(schema, document, root, repairs, false, focus, None)
        .0
        .stop
}

/// What the schema expects just before `at` (an element that stops the drive
/// there, or the end of one).
pub(super) fn expected_at(
    schema: &XsdSchema,
    document: &Document,
    root: NodeId,
    repairs: &Repairs,
    at: Stop,
) -> Expected {
    let focus = match at {
        Stop::Unexpected(node) => document.parent(node),
        Stop::Incomplete(node) => Some(node),
    };
    run(schema, document, root, repairs, true, focus, Some(at)).1
}

fn run(
    schema: &XsdSchema,
    document: &Document,
    root: NodeId,
    repairs: &Repairs,
    typed: bool,
    focus: Option<NodeId>,
    probe: Option<Stop>,
) -> (Outcome, Expected) {
    schema.with_validator(|set, validator| {
        let errors = Errors::default();
        let mut drive = Drive {
            document,
            repairs,
            errors: errors.clone(),
            runtime: validator.start_run(errors),
            names: &set.name_table,
            unknown: set.name_table.add(UNKNOWN_NAME),
            cache: vec![None; document.name_count()],
            context: context_of(document, root, &set.name_table),
            types: Vec::new(),
            typed,
            focus,
            probe,
            outcome: Outcome::default(),
            expected: Expected::default(),
        };
        if drive.element(root) {
            drive.finish();
        }
        (drive.outcome, drive.expected)
    })
}

struct Drive<'a> {
    document: &'a Document,
    repairs: &'a Repairs,
    runtime: ValidationRuntime<'a, Errors>,
    errors: Errors,
    names: &'a xsd_schema::namespace::table::NameTable,
    unknown: NameId,
    cache: Vec<Option<(NameId, Option<NameId>)>>,
    context: NamespaceContextSnapshot,
    types: Vec<Option<TypeKey>>,
    typed: bool,
    /// The only element whose children matter.
    focus: Option<NodeId>,
    probe: Option<Stop>,
    outcome: Outcome,
    expected: Expected,
}

impl Drive<'_> {
    /// Drives one element and what is below it; `false` when the drive ends
    /// there.
    fn element(&mut self, node: NodeId) -> bool {
        let outer = self.enter_scope(node);
        let going = self.element_in_scope(node);
        if let Some(outer) = outer {
            self.context = outer;
        }
        going
    }

    fn element_in_scope(&mut self, node: NodeId) -> bool {
        if self.probe == Some(Stop::Unexpected(node)) {
            self.record_expected();
            return false;
        }
        let (local, namespace) = self.name_of(node);
        let (xsi_type, xsi_nil) = xsi(self.document, node);
        self.start(local, namespace, xsi_type, xsi_nil);
        let errors = self.errors.take();
        if !errors.is_empty() {
            let structural = [
                "cvc-complex-type.2.4",
                "cvc-elt.1",
                "cvc-elt.3.2.1",
                "cvc-complex-type.2.1",
                "cvc-complex-type",
            ];
            if errors.iter().any(|error| structural.contains(error)) {
                self.outcome.stop = Some(Stop::Unexpected(node));
                return false;
            }
            self.record(node, Phase::Start, errors);
        }
        if self.is_passed_over(node) {
            self.runtime.validate_end_of_attributes_novalue();
            self.runtime.validate_end_element_novalue();
            self.errors.take();
        } else {
            self.attributes(node);
            if !self.content(node) || self.focus == Some(node) {
                return false;
            }
        }
        self.types.pop();
        if self.runtime.operational_failure().is_some() {
            self.outcome.gave_up = true;
            return false;
        }
        true
    }

    /// Whether what is in the element is of no interest.
    fn is_passed_over(&self, node: NodeId) -> bool {
        let beside = |focus| !self.document.is_within(focus, node);
        self.focus.is_some_and(beside) || self.repairs.broken.contains(&node)
    }

    fn start(
        &mut self,
        local: NameId,
        namespace: Option<NameId>,
        xsi_type: Option<&str>,
        xsi_nil: Option<&str>,
    ) {
        if self.typed {
            let info = self.runtime.validate_element_by_id(
                local,
                namespace,
                xsi_type,
                xsi_nil,
                &self.context,
            );
            self.types.push(info.schema_type);
        } else {
            self.runtime.validate_element_by_id_novalue(
                local,
                namespace,
                xsi_type,
                xsi_nil,
                &self.context,
            );
            self.types.push(None);
        }
    }

    fn attributes(&mut self, node: NodeId) {
        for (index, attribute) in self.document.attributes(node).enumerate() {
            let local = self
                .names
                .get(&attribute.name.local)
                .unwrap_or(self.unknown);
            let namespace = self.namespace_id(&attribute.name.namespace);
            self.runtime
                .validate_attribute_by_id(local, namespace, attribute.value);
            let errors = self.errors.take();
            if !errors.is_empty() {
                self.record(node, Phase::Attribute(index), errors);
            }
        }
        self.runtime.validate_end_of_attributes_novalue();
        let errors = self.errors.take();
        if !errors.is_empty() {
            self.record(node, Phase::Attributes, errors);
        }
    }

    fn content(&mut self, node: NodeId) -> bool {
        let mut text_wrong = false;
        let document = self.document;
        for child in document.children(node) {
            match document.kind(child) {
                NodeKind::Element => {
                    for insert in self.repairs.before(child) {
                        self.synthetic(insert);
                    }
                    for &moved in self.repairs.moved_before(child) {
                        if !self.element(moved) {
                            return false;
                        }
                    }
                    if !self.repairs.skip.contains(&child) && !self.element(child) {
                        return false;
                    }
                }
                NodeKind::Text => {
                    let text = document.text(child);
                    if text
                        .bytes()
                        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
                    {
                        self.runtime.validate_whitespace(text);
                    } else {
                        self.runtime.validate_text(text);
                    }
                    let errors = self.errors.take();
                    if !errors.is_empty() && !text_wrong {
                        text_wrong = true;
                        self.record(child, Phase::Text, errors);
                    }
                }
                _ => {}
            }
        }
        for insert in self.repairs.at_end(node) {
            self.synthetic(insert);
        }
        for &moved in self.repairs.moved_to_end(node) {
            if !self.element(moved) {
                return false;
            }
        }
        if self.probe == Some(Stop::Incomplete(node)) {
            self.record_expected();
            return false;
        }
        self.runtime.validate_end_element_novalue();
        let errors = self.errors.take();
        if errors.contains(&"cvc-complex-type.2.4") {
            self.outcome.stop = Some(Stop::Incomplete(node));
            return false;
        }
        // Text between elements may make the end invalid a second time.
        if !errors.is_empty() && !text_wrong {
            self.record(node, Phase::End, errors);
        }
        true
    }

    /// An element that a repair assumes to be there; nothing is said of it.
    fn synthetic(&mut self, name: &ElementName) {
        let local = self.names.get(&name.local).unwrap_or(self.unknown);
        let namespace = self.namespace_id(&name.namespace);
        self.runtime
            .validate_element_by_id_novalue(local, namespace, None, None, &self.context);
        self.runtime.validate_end_of_attributes_novalue();
        self.runtime.validate_end_element_novalue();
        self.errors.take();
    }

    fn finish(&mut self) {
        if self.runtime.end_validation().is_err() {
            self.outcome.gave_up = true;
        }
        self.errors.take();
    }

    fn record(&mut self, node: NodeId, phase: Phase, constraints: Vec<&'static str>) {
        let kind = self.types.last().copied().flatten();
        self.outcome.raw.push(Raw {
            node,
            phase,
            constraints,
            kind,
        });
    }

    fn record_expected(&mut self) {
        self.expected.parent = self.types.last().copied().flatten();
        for element in self.runtime.get_expected_elements() {
            let name = ElementName {
                namespace: element
                    .namespace
                    .and_then(|id| self.names.try_resolve_ref(id))
                    .unwrap_or("")
                    .into(),
                local: self
                    .names
                    .try_resolve_ref(element.local_name)
                    .unwrap_or("")
                    .into(),
            };
            if !self.expected.elements.contains(&name) {
                self.expected.elements.push(name);
            }
        }
    }

    fn name_of(&mut self, node: NodeId) -> (NameId, Option<NameId>) {
        if let Some(name) = self.repairs.rename.get(&node) {
            let local = self.names.get(&name.local).unwrap_or(self.unknown);
            return (local, self.namespace_id(&name.namespace));
        }
        let index = self.document.name_index(node);
        if let Some(known) = self.cache[index] {
            return known;
        }
        let name = self.document.name(node);
        let local = self.names.get(&name.local).unwrap_or(self.unknown);
        let namespace = self.namespace_id(&name.namespace);
        self.cache[index] = Some((local, namespace));
        (local, namespace)
    }

    fn namespace_id(&self, namespace: &str) -> Option<NameId> {
        (!namespace.is_empty()).then(|| self.names.get(namespace).unwrap_or(self.unknown))
    }

    /// Puts the namespaces declared on `node` in scope; gives back the scope
    /// to return to.
    fn enter_scope(&mut self, node: NodeId) -> Option<NamespaceContextSnapshot> {
        let declared = self.document.declared_namespaces(node);
        if declared.is_empty() {
            return None;
        }
        let outer = self.context.clone();
        declare(&mut self.context, declared, self.names);
        Some(outer)
    }
}

/// The values of `xsi:type` and `xsi:nil`.
fn xsi(document: &Document, node: NodeId) -> (Option<&str>, Option<&str>) {
    let value = |wanted: &str| {
        document
            .attributes(node)
            .find(|attribute| &*attribute.name.namespace == XSI && &*attribute.name.local == wanted)
            .map(|attribute| attribute.value)
    };
    (value("type"), value("nil"))
}

/// The namespaces in scope around `root`: those of the envelope.
fn context_of(
    document: &Document,
    root: NodeId,
    names: &xsd_schema::namespace::table::NameTable,
) -> NamespaceContextSnapshot {
    let mut context = NamespaceContextSnapshot::default();
    let mut ancestors: Vec<NodeId> = document.ancestors(root).collect();
    ancestors.reverse();
    for ancestor in ancestors {
        declare(&mut context, document.declared_namespaces(ancestor), names);
    }
    context
}

fn declare(
    context: &mut NamespaceContextSnapshot,
    declared: &[crate::document::Namespace],
    names: &xsd_schema::namespace::table::NameTable,
) {
    for declaration in declared {
        // A namespace that the schema does not know can name none of its
        // types, so it need not be interned.
        let uri = names.get(&declaration.uri);
        if declaration.prefix.is_empty() {
            context.default_ns = uri.filter(|_| !declaration.uri.is_empty());
            continue;
        }
        let prefix = names.add(&declaration.prefix);
        context.bindings.retain(|&(bound, _)| bound != prefix);
        if let Some(uri) = uri {
            context.bindings.push((prefix, uri));
        }
    }
}
