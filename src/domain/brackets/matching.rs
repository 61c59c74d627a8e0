//! A maximum matching in a graph that need not be bipartite: the blossom algorithm of J. Edmonds ("Paths, trees, and
//! flowers", 1965), in time O(n³).

use std::collections::VecDeque;

/// Returns the mate of each of `count` nodes in a matching with as many pairs as possible. `joined` says whether two nodes
/// can be a pair.
pub(super) fn maximum_matching(
    count: usize,
    joined: impl Fn(usize, usize) -> bool,
) -> Vec<Option<usize>> {
    let mut mates: Vec<Option<usize>> = vec![None; count];
    for node in 0..count {
        if mates[node].is_none()
            && let Some(other) =
                (0..count).find(|other| mates[*other].is_none() && joined(node, *other))
        {
            (mates[node], mates[other]) = (Some(other), Some(node));
        }
    }
    for root in 0..count {
        if mates[root].is_none() {
            let mut search = PathSearch {
                parents: vec![None; count],
                bases: (0..count).collect(),
                is_reached: vec![false; count],
                mates: &mates,
            };
            let end = search.path_end(root, &joined);
            let parents = search.parents;
            augment(&mut mates, &parents, end);
        }
    }
    mates
}

/// Exchanges the pairs on a path that ends at a node without a mate.
fn augment(mates: &mut [Option<usize>], parents: &[Option<usize>], end: Option<usize>) {
    let mut end = end;
    while let Some(node) = end {
        let Some(parent) = parents[node] else {
            return;
        };
        let next = mates[parent];
        (mates[node], mates[parent]) = (Some(parent), Some(node));
        end = next;
    }
}

/// The search for a path from a node without a mate to another one.
struct PathSearch<'a> {
    parents: Vec<Option<usize>>,
    /// The base of the blossom in which each node is; itself without any.
    bases: Vec<usize>,
    is_reached: Vec<bool>,
    mates: &'a [Option<usize>],
}

impl PathSearch<'_> {
    fn path_end(&mut self, root: usize, joined: &impl Fn(usize, usize) -> bool) -> Option<usize> {
        self.is_reached[root] = true;
        let mut queue = VecDeque::from([root]);
        while let Some(node) = queue.pop_front() {
            for other in 0..self.mates.len() {
                let is_same = self.bases[node] == self.bases[other];
                if is_same || self.mates[node] == Some(other) || !joined(node, other) {
                    continue;
                }
                let mate = self.mates[other];
                let is_outer = other == root || mate.is_some_and(|it| self.parents[it].is_some());
                if is_outer {
                    self.shrink(node, other, &mut queue);
                } else if self.parents[other].is_none() {
                    self.parents[other] = Some(node);
                    match mate {
                        None => return Some(other),
                        Some(mate) => {
                            self.is_reached[mate] = true;
                            queue.push_back(mate);
                        }
                    }
                }
            }
        }
        None
    }

    /// Makes one node of the circle that an edge between two outer nodes closes.
    fn shrink(&mut self, one: usize, other: usize, queue: &mut VecDeque<usize>) {
        let base = self.common_base(one, other);
        let mut is_inside = vec![false; self.bases.len()];
        self.mark(one, base, other, &mut is_inside);
        self.mark(other, base, one, &mut is_inside);
        for node in 0..self.bases.len() {
            if is_inside[self.bases[node]] {
                self.bases[node] = base;
                if !self.is_reached[node] {
                    self.is_reached[node] = true;
                    queue.push_back(node);
                }
            }
        }
    }

    fn common_base(&self, one: usize, other: usize) -> usize {
        let mut is_above = vec![false; self.bases.len()];
        let mut node = self.bases[one];
        is_above[node] = true;
        while let Some(next) = self.above(node) {
            node = next;
            is_above[node] = true;
        }
        node = self.bases[other];
        while !is_above[node] {
            match self.above(node) {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// Returns the base of the outer node before this one; none at the root.
    fn above(&self, node: usize) -> Option<usize> {
        let parent = self.parents[self.mates[node]?]?;
        Some(self.bases[parent])
    }

    fn mark(&mut self, from: usize, base: usize, child: usize, is_inside: &mut [bool]) {
        let (mut node, mut child) = (from, child);
        while self.bases[node] != base {
            let Some(mate) = self.mates[node] else {
                return;
            };
            is_inside[self.bases[node]] = true;
            is_inside[self.bases[mate]] = true;
            self.parents[node] = Some(child);
            child = mate;
            let Some(next) = self.parents[mate] else {
                return;
            };
            node = next;
        }
    }
}
