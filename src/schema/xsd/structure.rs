//! What a schema declares: elements, their children and their types.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use xsd_schema::SchemaSet;
use xsd_schema::ids::{ElementKey, NameId, TypeKey};
use xsd_schema::parser::frames::{ComplexContentResult, Compositor, ParticleResult, ParticleTerm};

/// A type of the schema, as an index into its [`Structure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementType(u32);

/// A child that a complex type allows somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The namespace name, empty for none.
    pub namespace: Arc<str>,
    /// The local name.
    pub local: Arc<str>,
    /// The child's type, `None` when it has none of its own.
    pub kind: Option<ElementType>,
    /// How often it must occur at least; 0 for a member of a choice.
    pub min: u32,
    /// How often it may occur at most, `None` for any number.
    pub max: Option<u32>,
}

/// The elements and types of a schema, without the order of children.
#[derive(Debug, Default)]
pub struct Structure {
    roots: BTreeMap<(Arc<str>, Arc<str>), Option<ElementType>>,
    children: Vec<Vec<Child>>,
    attributes: Vec<Vec<Arc<str>>>,
    by_key: HashMap<TypeKey, ElementType>,
    /// Local names of all elements declared anywhere.
    names: HashSet<Arc<str>>,
}

impl Structure {
    /// The structure of a compiled schema.
    pub(super) fn of(set: &SchemaSet) -> Self {
        let mut reader = Reader {
            set,
            structure: Structure::default(),
            substitutes: substitutes(set),
            pending: Vec::new(),
        };
        for (namespace, table) in &set.namespaces {
            for (&name, &key) in &table.elements {
                let entry = (reader.name(*namespace), reader.name(Some(name)));
                let kind = set.arenas.elements[key]
                    .resolved_type
                    .map(|kind| reader.index(kind));
                reader.structure.roots.insert(entry, kind);
            }
        }
        reader.read_pending();
        let mut structure = reader.structure;
        let roots = structure.roots.keys().map(|(_, local)| local);
        let below = structure
            .children
            .iter()
            .flatten()
            .map(|child| &child.local);
        structure.names = roots.chain(below).cloned().collect();
        structure
    }

    /// Whether an element of that local name is declared anywhere.
    pub fn knows(&self, local: &str) -> bool {
        self.names.contains(local)
    }

    /// The local names of all elements declared anywhere.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The global elements: namespace, local name, type.
    pub fn roots(&self) -> impl Iterator<Item = (&str, &str, Option<ElementType>)> {
        self.roots
            .iter()
            .map(|((namespace, local), kind)| (&**namespace, &**local, *kind))
    }

    /// The type of a global element; the outer `None` when there is no such
    /// element.
    pub fn root(&self, namespace: &str, local: &str) -> Option<Option<ElementType>> {
        self.roots.get(&(namespace.into(), local.into())).copied()
    }

    /// The children that a type allows.
    pub fn children(&self, kind: ElementType) -> &[Child] {
        self.children
            .get(kind.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// The local names of all elements that may stand somewhere below one of a
    /// type.
    pub fn below(&self, kind: ElementType) -> BTreeSet<Arc<str>> {
        let mut names = BTreeSet::new();
        let mut met = HashSet::from([kind]);
        let mut open = vec![kind];
        while let Some(kind) = open.pop() {
            for child in self.children(kind) {
                names.insert(Arc::clone(&child.local));
                open.extend(child.kind.filter(|kind| met.insert(*kind)));
            }
        }
        names
    }

    /// The attributes that a type declares, local names.
    pub fn attributes(&self, kind: ElementType) -> &[Arc<str>] {
        self.attributes
            .get(kind.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// The types, with the engine's name of each.
    pub(super) fn types(&self) -> impl Iterator<Item = (ElementType, TypeKey)> {
        self.by_key.iter().map(|(key, kind)| (*kind, *key))
    }

    pub(super) fn type_of(&self, key: TypeKey) -> Option<ElementType> {
        self.by_key.get(&key).copied()
    }
}

/// What stands above a particle.
#[derive(Debug, Clone, Copy, Default)]
struct Under {
    depth: usize,
    /// Something above may be left out, or another chosen.
    optional: bool,
}

impl Under {
    fn within(self, min: u32, compositor: Option<Compositor>) -> Self {
        Self {
            depth: self.depth + 1,
            optional: self.optional || min == 0 || compositor == Some(Compositor::Choice),
        }
    }
}

/// Members of substitution groups by the element they may stand for.
fn substitutes(set: &SchemaSet) -> HashMap<ElementKey, Vec<ElementKey>> {
    let mut direct: HashMap<ElementKey, Vec<ElementKey>> = HashMap::new();
    for (key, element) in set.arenas.elements.iter() {
        for &head in &element.resolved_substitution_groups {
            direct.entry(head).or_default().push(key);
        }
    }
    direct
}

struct Reader<'a> {
    set: &'a SchemaSet,
    structure: Structure,
    substitutes: HashMap<ElementKey, Vec<ElementKey>>,
    pending: Vec<(TypeKey, ElementType)>,
}

impl Reader<'_> {
    fn name(&self, id: Option<NameId>) -> Arc<str> {
        id.and_then(|id| self.set.name_table.try_resolve_ref(id))
            .unwrap_or("")
            .into()
    }

    fn index(&mut self, key: TypeKey) -> ElementType {
        if let Some(&index) = self.structure.by_key.get(&key) {
            return index;
        }
        let index = ElementType(self.structure.children.len() as u32);
        self.structure.children.push(Vec::new());
        self.structure.attributes.push(Vec::new());
        self.structure.by_key.insert(key, index);
        self.pending.push((key, index));
        index
    }

    fn read_pending(&mut self) {
        while let Some((key, index)) = self.pending.pop() {
            let mut children = Vec::new();
            let mut attributes = Vec::new();
            let mut at = Some(key);
            // A cycle of base types is refused when the schema compiles; the
            // bound only keeps a defect there from hanging us.
            for _ in 0..100 {
                let Some(TypeKey::Complex(complex)) = at else {
                    break;
                };
                let data = &self.set.arenas.complex_types[complex];
                if let ComplexContentResult::Complex(content) = &data.content
                    && let Some(particle) = &content.particle
                {
                    let elements = data.resolved_content_particle_elements.clone();
                    let mut flat = 0;
                    let mut own = Vec::new();
                    self.particle(particle, &elements, &mut flat, &mut own, Under::default());
                    own.append(&mut children);
                    children = own;
                }
                attributes.extend(data.attributes.iter().map(|attribute| {
                    self.name(
                        attribute.attribute.name.or(attribute
                            .attribute
                            .ref_name
                            .as_ref()
                            .map(|name| name.local_name)),
                    )
                }));
                let extends = matches!(
                    data.derivation_method,
                    Some(xsd_schema::parser::frames::DerivationMethod::Extension)
                );
                at = data.resolved_base_type.filter(|_| extends);
            }
            self.structure.children[index.0 as usize] = children;
            self.structure.attributes[index.0 as usize] = attributes;
        }
    }

    /// Collects the element children below a particle. `elements` lists the
    /// declarations of its element particles depth first, `flat` counts them.
    fn particle(
        &mut self,
        particle: &ParticleResult,
        elements: &[Option<ElementKey>],
        flat: &mut usize,
        children: &mut Vec<Child>,
        under: Under,
    ) {
        if under.depth > 50 {
            return;
        }
        let min = if under.optional {
            0
        } else {
            particle.min_occurs
        };
        match &particle.term {
            ParticleTerm::Element(element) => {
                let declared = elements.get(*flat).copied().flatten().or_else(|| {
                    let reference = element.ref_name.as_ref()?;
                    self.set
                        .lookup_element(reference.namespace, reference.local_name)
                });
                *flat += 1;
                match declared {
                    Some(key) => self.declared(key, (min, particle.max_occurs), children),
                    None => {
                        let local = self.name(element.name);
                        let namespace = self.name(element.target_namespace);
                        children.push(Child {
                            namespace,
                            local,
                            kind: None,
                            min,
                            max: particle.max_occurs,
                        });
                    }
                }
            }
            ParticleTerm::Group(group) => match &group.ref_name {
                Some(reference) => {
                    let found = self
                        .set
                        .lookup_model_group(reference.namespace, reference.local_name);
                    if let Some(key) = found {
                        let data = &self.set.arenas.model_groups[key];
                        let elements = data.resolved_particle_elements.clone();
                        let mut flat = 0;
                        let within = under.within(min, data.compositor);
                        for inner in data.particles.clone() {
                            self.particle(&inner, &elements, &mut flat, children, within);
                        }
                    }
                }
                None => {
                    let within = under.within(min, group.compositor);
                    for inner in &group.particles {
                        self.particle(inner, elements, flat, children, within);
                    }
                }
            },
            ParticleTerm::Any(_) => {}
        }
    }

    /// A declared child and what may stand in its place.
    fn declared(
        &mut self,
        key: ElementKey,
        (min, max): (u32, Option<u32>),
        children: &mut Vec<Child>,
    ) {
        let mut open = vec![key];
        let mut seen = Vec::new();
        while let Some(key) = open.pop() {
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let data = &self.set.arenas.elements[key];
            if let Some(target) = data.resolved_ref {
                open.push(target);
                continue;
            }
            let (is_abstract, kind) = (data.is_abstract, data.resolved_type);
            let (namespace, local) = (data.target_namespace, data.name);
            if !is_abstract {
                let kind = kind.map(|kind| self.index(kind));
                children.push(Child {
                    namespace: self.name(namespace),
                    local: self.name(local),
                    kind,
                    min,
                    max,
                });
            }
            open.extend(self.substitutes.get(&key).into_iter().flatten().copied());
        }
    }
}
