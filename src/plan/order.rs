//! The order of steps: edges by number, a stable topological sort, and the cycle when there is one.
//! Pure graph work; what the edges mean is decided by the caller.

use std::collections::{BTreeMap, BTreeSet};

/// Nodes by number with the nodes that must come before each.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    before: BTreeMap<usize, BTreeSet<usize>>,
}

impl Graph {
    /// Adds a node without edges.
    pub fn node(&mut self, node: usize) {
        self.before.entry(node).or_default();
    }

    /// `node` comes after `earlier`. An edge to itself is no edge.
    pub fn after(&mut self, node: usize, earlier: usize) {
        if node != earlier {
            self.before.entry(node).or_default().insert(earlier);
        }
    }

    /// What must come before a node.
    pub fn before(&self, node: usize) -> impl Iterator<Item = usize> {
        self.before.get(&node).into_iter().flatten().copied()
    }

    /// All nodes, each after those it must follow, otherwise by number; or the nodes of a cycle.
    pub fn sorted(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut waiting: BTreeMap<usize, usize> =
            self.before.iter().map(|(node, b)| (*node, b.len())).collect();
        let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (node, earlier) in &self.before {
            for e in earlier {
                followers.entry(*e).or_default().push(*node);
            }
        }
        let mut ready: BTreeSet<usize> =
            waiting.iter().filter(|(_, n)| **n == 0).map(|(node, _)| *node).collect();
        let mut sorted = Vec::with_capacity(waiting.len());
        while let Some(node) = ready.pop_first() {
            sorted.push(node);
            waiting.remove(&node);
            for follower in followers.get(&node).into_iter().flatten() {
                if let Some(left) = waiting.get_mut(follower) {
                    *left -= 1;
                    if *left == 0 {
                        ready.insert(*follower);
                    }
                }
            }
        }
        if waiting.is_empty() { Ok(sorted) } else { Err(self.cycle(&waiting.keys().copied().collect())) }
    }

    /// Walks backwards inside the nodes that could not be sorted until one repeats.
    fn cycle(&self, stuck: &BTreeSet<usize>) -> Vec<usize> {
        let mut path: Vec<usize> = Vec::new();
        let mut at = stuck.first().copied();
        while let Some(node) = at {
            if let Some(start) = path.iter().position(|n| *n == node) {
                return path.split_off(start);
            }
            path.push(node);
            at = self.before(node).find(|n| stuck.contains(n));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::default();
        for (node, earlier) in edges {
            graph.node(*earlier);
            graph.after(*node, *earlier);
        }
        graph
    }

    #[test]
    fn nodes_come_after_what_they_need_and_otherwise_by_number() {
        assert_eq!(graph(&[(0, 3), (1, 3), (2, 1)]).sorted(), Ok(vec![3, 0, 1, 2]));
    }

    #[test]
    fn a_cycle_is_named() {
        let cycle = graph(&[(1, 0), (2, 1), (0, 2), (5, 0)]).sorted();
        assert_eq!(cycle.map_err(|c| c.into_iter().collect::<BTreeSet<_>>()), Err(BTreeSet::from([0, 1, 2])));
    }
}
