//! The contracts in a package: what belongs together and what it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::{self, Declared};
use super::import_error::ImportError;
use super::layout::{Layout, LayoutError, file_name, folder, followed};
use super::manifest::Manifest;
use super::package::{Package, Source, is_wsdl};
use super::wsdl::{Wsdl, last_segment};

/// A contract of a package.
#[derive(Debug)]
pub(super) struct Contract {
    pub(super) name: Arc<str>,
    /// The file that names it.
    pub(super) file: Arc<str>,
    /// Its WSDL documents, the main one first; none without WSDL.
    pub(super) wsdls: Vec<Arc<str>>,
    /// Namespace of the WSDL, else of the schema.
    pub(super) namespace: Arc<str>,
    pub(super) documentation: Option<Arc<str>>,
    /// Entry documents of its schema.
    pub(super) entries: Vec<Arc<str>>,
    pub(super) declared: Vec<Declared>,
}

/// The contracts of a package and the schema files as they are reached. `known`
/// gives our reconstruction of a contract.
pub(super) fn contracts<'m>(
    package: &Package,
    layout: &mut Layout,
    known: impl Fn(&str) -> Option<&'m Manifest>,
) -> Result<Vec<Contract>, ImportError> {
    if package.files.is_empty() {
        return Err(ImportError::NoSchema {
            others: package.ignored.len(),
        });
    }
    let mut wsdls: BTreeMap<&Arc<str>, Wsdl> = BTreeMap::new();
    for (path, bytes) in &package.files {
        if is_wsdl(path) {
            wsdls.insert(path, Wsdl::read(path, bytes)?);
        }
    }
    let contracts = if wsdls.is_empty() {
        of_schemas(layout, known)?
    } else {
        of_wsdls(layout, &wsdls)?
    };
    let mut files: BTreeMap<&str, &Arc<str>> = BTreeMap::new();
    for contract in &contracts {
        if !is_usable_name(&contract.name) {
            return Err(ImportError::ContractName {
                file: contract.file.clone(),
                name: contract.name.to_string(),
            });
        }
        // Folders of packs that differ in case alone are one on some systems.
        let twice = files
            .iter()
            .find(|(name, _)| name.to_lowercase() == contract.name.to_lowercase());
        if let Some((_, first)) = twice {
            return Err(ImportError::TwoContracts {
                name: contract.name.to_string(),
                files: [(*first).clone(), contract.file.clone()],
            });
        }
        files.insert(&contract.name, &contract.file);
    }
    Ok(contracts)
}

fn of_wsdls(
    layout: &mut Layout,
    wsdls: &BTreeMap<&Arc<str>, Wsdl>,
) -> Result<Vec<Contract>, ImportError> {
    let mut imports: BTreeMap<&Arc<str>, Vec<&Arc<str>>> = BTreeMap::new();
    for (path, wsdl) in wsdls {
        for import in &wsdl.imports {
            if let Some(target) = imported(path, import, wsdls)? {
                imports.entry(path).or_default().push(target);
            }
        }
    }
    let below: BTreeSet<&Arc<str>> = imports
        .iter()
        .flat_map(|(from, targets)| targets.iter().copied().filter(move |to| to != from))
        .collect();
    let mut tops: Vec<&Arc<str>> = wsdls
        .keys()
        .copied()
        .filter(|path| !below.contains(path))
        .collect();
    if tops.is_empty() {
        // Documents that import each other in a circle: the first stands for
        // all of them.
        tops.extend(wsdls.keys().next());
    }
    let mut contracts = Vec::new();
    for top in tops {
        let mut parts: Vec<&Arc<str>> = vec![top];
        let mut next = 0;
        while let Some(part) = parts.get(next) {
            for &target in imports.get(part).into_iter().flatten() {
                if !parts.contains(&target) {
                    parts.push(target);
                }
            }
            next += 1;
        }
        let mut whole = wsdls[top].clone();
        for part in &parts[1..] {
            whole.merge(wsdls[*part].clone());
        }
        let entries = entries(layout, &parts, wsdls)?;
        let name = whole.contract().ok_or_else(|| ImportError::ContractName {
            file: top.clone(),
            name: String::new(),
        })?;
        if entries.is_empty() {
            return Err(ImportError::NoSchemaNamed { at: whole.source });
        }
        contracts.push(Contract {
            name: name.into(),
            file: top.clone(),
            wsdls: parts.into_iter().cloned().collect(),
            namespace: whole.target_namespace.clone(),
            documentation: whole.documentation.clone(),
            entries,
            declared: catalogue::of_operations(&whole.operations()?),
        });
    }
    Ok(contracts)
}

/// The WSDL that an import leads to; `None` when it names a schema or says
/// nothing of a file.
fn imported<'w>(
    from: &str,
    import: &super::wsdl::WsdlImport,
    wsdls: &BTreeMap<&'w Arc<str>, Wsdl>,
) -> Result<Option<&'w Arc<str>>, LayoutError> {
    let Some(location) = &import.location else {
        return Ok(None);
    };
    let exact = followed(from, location).and_then(|path| {
        let mut paths = wsdls.keys().copied();
        paths.find(|known| ***known == *path)
    });
    if let Some(path) = exact {
        return Ok(Some(path));
    }
    let spelled = location.replace('\\', "/");
    let name = file_name(spelled.split(['?', '#']).next().unwrap_or_default()).to_lowercase();
    let named: Vec<&Arc<str>> = wsdls
        .keys()
        .copied()
        .filter(|path| file_name(path).to_lowercase() == name)
        .collect();
    match named.as_slice() {
        [one] => Ok(Some(one)),
        [] if name.ends_with(".xsd") => Ok(None),
        [] => Err(LayoutError::Missing {
            at: import.source.clone(),
            location: location.to_string(),
        }),
        several => Err(LayoutError::Ambiguous {
            at: import.source.clone(),
            location: location.to_string(),
            candidates: several.iter().map(ToString::to_string).collect(),
        }),
    }
}

/// The entry documents of the schemas in the `types` of some WSDLs. A schema
/// that declares something becomes a file of its own beside its WSDL; one that
/// only imports is left out in favour of what it imports.
fn entries(
    layout: &mut Layout,
    parts: &[&Arc<str>],
    wsdls: &BTreeMap<&Arc<str>, Wsdl>,
) -> Result<Vec<Arc<str>>, LayoutError> {
    let mut entries: Vec<Arc<str>> = Vec::new();
    let mut importing: Vec<(Arc<str>, bool)> = Vec::new();
    // All are added before any is followed: they may import each other.
    for part in parts {
        let wsdl = &wsdls[*part];
        let stem = file_name(part)
            .rsplit_once('.')
            .map_or(&***part, |(stem, _)| stem);
        let beside = match folder(part) {
            "" => stem.to_string(),
            folder => format!("{folder}/{stem}"),
        };
        for (index, schema) in wsdl.schemas.iter().enumerate() {
            let path: Arc<str> = format!("{beside}.types-{}.xsd", index + 1).into();
            layout.add(&path, part, schema.text.as_bytes().into());
            importing.push((path, schema.declares));
        }
    }
    for (path, declares) in importing {
        if declares {
            entries.push(path);
        } else {
            for target in layout.targets(&path)? {
                if !entries.contains(&target) {
                    entries.push(target);
                }
            }
            layout.remove(&path);
        }
    }
    Ok(entries)
}

/// Contracts of a package without WSDL: the schemas that no other one refers
/// to, by namespace.
fn of_schemas<'m>(
    layout: &Layout,
    known: impl Fn(&str) -> Option<&'m Manifest>,
) -> Result<Vec<Contract>, ImportError> {
    let mut below: BTreeSet<Arc<str>> = BTreeSet::new();
    for path in layout.paths() {
        below.extend(layout.targets(path)?.into_iter().filter(|to| to != path));
    }
    let mut tops: Vec<&Arc<str>> = layout
        .paths()
        .filter(|path| !below.contains(*path))
        .collect();
    if tops.is_empty() {
        tops = layout.paths().collect();
    }
    let mut by_namespace: BTreeMap<Arc<str>, Vec<&Arc<str>>> = BTreeMap::new();
    for path in &tops {
        let schema = layout.schema(path)?;
        by_namespace
            .entry(schema.target_namespace.clone())
            .or_default()
            .push(path);
    }
    let mut contracts = Vec::new();
    for (namespace, paths) in by_namespace {
        let mut elements = Vec::new();
        for path in &paths {
            elements.extend(layout.schema(path)?.elements.iter().cloned());
        }
        if elements.is_empty() {
            continue;
        }
        let file = paths[0].clone();
        let stem = file_name(&file)
            .rsplit_once('.')
            .map_or(&*file, |(stem, _)| stem);
        let name = last_segment(&namespace).unwrap_or(stem);
        contracts.push(Contract {
            name: name.into(),
            wsdls: Vec::new(),
            namespace: namespace.clone(),
            documentation: None,
            declared: catalogue::of_elements(&namespace, &elements, known(name)),
            entries: paths.into_iter().cloned().collect(),
            file,
        });
    }
    match tops.first() {
        Some(first) if contracts.is_empty() => Err(ImportError::NoMessages {
            at: Source {
                file: (*first).clone(),
                at: None,
            },
        }),
        _ => Ok(contracts),
    }
}

/// Whether a name can be the name of a folder on every system.
fn is_usable_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 120
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
