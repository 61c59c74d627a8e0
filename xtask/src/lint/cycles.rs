//! Checks that there are no import cycles between files, so that each file can be understood with
//! the files that it imports.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::graph::Graph;

/// Returns the shortest cycle in each group of files that depend on each other. Each is described
/// by the paths of its files and the names that each file uses of the next.
pub fn find(graph: &Graph) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let cycles = (0..graph.files.len()).filter_map(|start| shortest(graph, start));
    let mut cycles: Vec<Vec<usize>> = cycles.collect();
    cycles.sort_by_key(Vec::len);
    for cycle in cycles {
        if cycle.iter().all(|file| !seen.contains(file)) {
            found.push(describe(graph, &cycle));
        }
        seen.extend(cycle);
    }
    found
}

/// Returns the shortest path from a file back to itself, without its last element. Breadth-first
/// search.
fn shortest(graph: &Graph, start: usize) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for next in graph.files[file].dependencies.keys() {
            if *next == start {
                let mut cycle = vec![file];
                while let Some(before) = cycle.last().and_then(|last| came_from.get(last)) {
                    cycle.push(*before);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(*next, file);
                queue.push_back(*next);
            }
        }
    }
    None
}

fn describe(graph: &Graph, cycle: &[usize]) -> String {
    let mut line = String::new();
    for (file, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
        let node = &graph.files[*file];
        let names: Vec<&str> = node
            .dependencies
            .get(next)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        line.push_str(&format!("{} → ({}) ", node.path, names.join(", ")));
    }
    let first = cycle.first().map(|file| graph.files[*file].path.as_str());
    line + first.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::graph::Graph;
    use super::super::sources::SourceFile;
    use super::find;

    fn cycles(files: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
        let source = |(module, text): &(&str, &str)| SourceFile {
            path: format!("{}.rs", module.replace("::", "/")),
            module: module.split("::").map(str::to_owned).collect(),
            text: (*text).to_owned(),
        };
        let sources: Vec<SourceFile> = files.iter().map(source).collect();
        Ok(find(&Graph::new(&sources, "app")?))
    }

    #[test]
    fn a_parent_that_declares_and_re_exports_its_child_makes_no_cycle() -> anyhow::Result<()> {
        let parent = ("a", "mod b; pub use self::b::B; pub struct A;");
        assert!(cycles(&[parent, ("a::b", "use super::A; pub struct B;")])?.is_empty());
        Ok(())
    }

    #[test]
    fn a_parent_that_uses_its_child_must_not_be_used_by_it() -> anyhow::Result<()> {
        let parent = ("a", "mod b; use b::B; pub struct A;");
        let found = cycles(&[parent, ("a::b", "use super::A; pub struct B;")])?;
        assert_eq!(found, ["a.rs → (B) a/b.rs → (A) a.rs"]);
        Ok(())
    }

    #[test]
    fn siblings_depend_on_each_other_through_their_parents_re_exports() -> anyhow::Result<()> {
        let found = cycles(&[
            ("a", "mod b; mod c; pub use b::B; pub use c::*;"),
            ("a::b", "use super::C; pub struct B;"),
            ("a::c", "use crate::a; pub struct C; fn f(_: a::B) {}"),
        ])?;
        assert_eq!(found, ["a/b.rs → (C) a/c.rs → (B) a/b.rs"]);
        Ok(())
    }

    #[test]
    fn imports_by_tests_make_no_cycle() -> anyhow::Result<()> {
        let first = (
            "a",
            "#[cfg(test)] mod tests { use crate::b::B; } pub struct A;",
        );
        assert!(cycles(&[first, ("b", "use crate::a::A; pub struct B;")])?.is_empty());
        Ok(())
    }
}
