//! The dependencies between the files of a crate, and the names that they use.
//!
//! A file depends on another one if it contains a path to an item of that file, in an import or in
//! the code. Paths are resolved through re-exports: a file that imports an item from a parent,
//! which re-exports it from a child, depends on the child. A parent does not depend on its children
//! because it declares or re-exports them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::parse::{self, Module, Reference, Usage};
use super::sources::SourceFile;

/// The number of re-exports through which one path is resolved.
const LONGEST_CHAIN: usize = 16;

/// The files of a crate and the dependencies between them.
#[derive(Debug, Default)]
pub struct Graph {
    pub files: Vec<Node>,
}

/// A file and what it depends on.
#[derive(Debug)]
pub struct Node {
    /// The path relative to the workspace.
    pub path: String,
    /// The module path below the crate.
    pub module: Vec<String>,
    /// The other files that this one depends on, by their index, with the names that it uses of
    /// each.
    pub dependencies: BTreeMap<usize, BTreeSet<String>>,
    /// The same for `pub use` of a descendant's items.
    pub re_exports: BTreeMap<usize, BTreeSet<String>>,
    /// The other crates that the file refers to.
    pub crates: BTreeSet<String>,
}

/// The modules of a crate, and the file in which each of them is written.
struct Modules {
    modules: BTreeMap<Vec<String>, (usize, Module)>,
    /// The name of the crate in its own programs.
    own_name: String,
}

/// The file or the crate to which a path resolves.
enum Target {
    /// To an item or module of this file.
    File(usize),
    /// To the other crate of this name.
    Crate(String),
}

impl Graph {
    /// Builds the graph of the files of one crate, which programs beside its library call
    /// `own_name`.
    ///
    /// # Errors
    /// Returns an error that names the file if one of them is not Rust.
    pub fn new(sources: &[SourceFile], own_name: &str) -> Result<Self> {
        let mut modules = BTreeMap::new();
        let mut references = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let parsed =
                parse::parse(&source.text, &source.module).with_context(|| source.path.clone())?;
            for (path, module) in parsed.modules {
                modules.insert(path, (index, module));
            }
            references.push(parsed.references);
        }
        let modules = Modules {
            modules,
            own_name: own_name.to_owned(),
        };
        let mut files = Vec::new();
        for (index, source) in sources.iter().enumerate() {
            let mut node = Node {
                path: source.path.clone(),
                module: source.module.clone(),
                dependencies: BTreeMap::new(),
                re_exports: BTreeMap::new(),
                crates: BTreeSet::new(),
            };
            if !modules.is_for_tests(&source.module) {
                for reference in &references[index] {
                    node.add(index, reference, &modules, sources);
                }
            }
            files.push(node);
        }
        Ok(Self { files })
    }
}

impl Node {
    fn add(
        &mut self,
        index: usize,
        reference: &Reference,
        modules: &Modules,
        sources: &[SourceFile],
    ) {
        let name = reference.path.last().cloned().unwrap_or_default();
        match modules.target(reference) {
            Some(Target::File(target)) if target != index => {
                let is_descendant = sources[target].module.starts_with(&self.module);
                let edges = if is_descendant && reference.usage == Usage::ReExport {
                    &mut self.re_exports
                } else {
                    &mut self.dependencies
                };
                edges.entry(target).or_default().insert(name);
            }
            Some(Target::Crate(name)) => {
                self.crates.insert(name);
            }
            Some(Target::File(_)) | None => {}
        }
    }
}

impl Modules {
    /// Whether a module is compiled for tests only.
    fn is_for_tests(&self, module: &[String]) -> bool {
        (1..=module.len()).any(|length| {
            let (parent, child) = (&module[..length - 1], &module[length - 1]);
            let parent = self.modules.get(parent);
            parent.is_some_and(|(_, parent)| parent.test_children.contains(child))
        })
    }

    /// The file or crate that a reference leads to.
    fn target(&self, reference: &Reference) -> Option<Target> {
        let (path, is_own) = self.absolute(&reference.path, &reference.scope, LONGEST_CHAIN);
        if !is_own {
            let name = path.into_iter().next()?;
            // `Type::function`, `Self::new`: a name of the file itself.
            let is_crate = name.starts_with(|first: char| first.is_ascii_lowercase());
            return is_crate.then_some(Target::Crate(name));
        }
        // What is used of an imported module makes the dependency, not the import of the module.
        if reference.usage != Usage::Mention && self.modules.contains_key(&path) {
            return None;
        }
        self.file_of(&path, LONGEST_CHAIN).map(Target::File)
    }

    /// The full path of a path that stands in `scope`, and whether it leads into this crate.
    fn absolute(&self, path: &[String], scope: &[String], steps: usize) -> (Vec<String>, bool) {
        let mut base: Option<Vec<String>> = None;
        let mut rest = path;
        while let Some((first, others)) = rest.split_first() {
            match (first.as_str(), base.as_mut()) {
                ("crate", None) => base = Some(Vec::new()),
                (name, None) if name == self.own_name => base = Some(Vec::new()),
                ("self", None) => base = Some(scope.to_vec()),
                ("super", None) => base = Some(scope[..scope.len().saturating_sub(1)].to_vec()),
                ("super", Some(base)) => {
                    base.pop();
                }
                _ => break,
            }
            rest = others;
        }
        if let Some(base) = base {
            return ([base.as_slice(), rest].concat(), true);
        }
        let Some((first, others)) = path.split_first() else {
            return (Vec::new(), false);
        };
        let Some((_, module)) = self.modules.get(scope) else {
            return (path.to_vec(), false);
        };
        if let Some(import) = module.imports.get(first)
            && import.as_slice() != path
            && steps > 0
        {
            let (import, is_own) = self.absolute(import, scope, steps - 1);
            return ([import.as_slice(), others].concat(), is_own);
        }
        if module.items.contains(first) {
            return ([scope, path].concat(), true);
        }
        (path.to_vec(), false)
    }

    /// The file that declares what a full path names.
    fn file_of(&self, path: &[String], steps: usize) -> Option<usize> {
        let length = (0..=path.len())
            .rev()
            .find(|length| self.modules.contains_key(&path[..*length]))?;
        let (module_path, rest) = path.split_at(length);
        let (file, module) = self.modules.get(module_path)?;
        let Some((name, others)) = rest.split_first() else {
            return Some(*file);
        };
        if module.items.contains(name) || steps == 0 {
            return Some(*file);
        }
        if let Some(import) = module.imports.get(name) {
            let (import, is_own) = self.absolute(import, module_path, steps);
            let full = [import.as_slice(), others].concat();
            return self.file_of(&full, steps - 1).filter(|_| is_own);
        }
        for glob in &module.globs {
            let (glob, is_own) = self.absolute(glob, module_path, steps);
            if is_own && self.provides(&glob, name, steps - 1) {
                let full = [glob.as_slice(), rest].concat();
                return self.file_of(&full, steps - 1);
            }
        }
        Some(*file)
    }

    /// Whether a module declares or re-exports `name`.
    fn provides(&self, module: &[String], name: &str, steps: usize) -> bool {
        let Some((_, found)) = self.modules.get(module) else {
            return false;
        };
        found.items.contains(name)
            || found.imports.contains_key(name)
            || steps > 0
                && found.globs.iter().any(|glob| {
                    let (glob, is_own) = self.absolute(glob, module, steps);
                    is_own && self.provides(&glob, name, steps - 1)
                })
    }
}
