//! Finds cycles of references. The algorithms are not recursive, because documents may contain chains of any length.

/// Returns the number of the strongly connected component of each node, by Tarjan's algorithm with an explicit stack. If a
/// component refers to another one, it has the higher number.
pub(super) fn strongly_connected_components(edges: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut component = vec![NONE; edges.len()];
    let (mut order, mut lowest) = (vec![NONE; edges.len()], vec![NONE; edges.len()]);
    let (mut visited, mut completed, mut open) = (0, 0, Vec::new());
    for root in 0..edges.len() {
        if order[root] != NONE {
            continue;
        }
        // The path from the root. Each node comes with the number of its edges that were followed.
        let mut path = vec![(root, 0)];
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            if order[node] == NONE {
                (order[node], lowest[node]) = (visited, visited);
                visited += 1;
                open.push(node);
            }
            if let Some(&next) = edges[node].get(*followed) {
                *followed += 1;
                if order[next] == NONE {
                    path.push((next, 0));
                } else if component[next] == NONE {
                    lowest[node] = lowest[node].min(order[next]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                lowest[parent] = lowest[parent].min(lowest[node]);
            }
            if lowest[node] == order[node] {
                while let Some(member) = open.pop() {
                    component[member] = completed;
                    if member == node {
                        break;
                    }
                }
                completed += 1;
            }
        }
    }
    component
}

/// Returns for each node whether it can reach itself.
pub(super) fn cyclic(edges: &[Vec<usize>], component: &[usize]) -> Vec<bool> {
    let leads_back = |node: usize| {
        let mut targets = edges[node].iter();
        targets.any(|&target| component[target] == component[node])
    };
    (0..edges.len()).map(leads_back).collect()
}

/// Returns for each node whether it is a target or can reach one.
pub(super) fn leading_to(edges: &[Vec<usize>], targets: &[usize]) -> Vec<bool> {
    let mut sources = vec![Vec::new(); edges.len()];
    for (node, next) in edges.iter().enumerate() {
        next.iter().for_each(|&next| sources[next].push(node));
    }
    let (mut leads, mut waiting) = (vec![false; edges.len()], targets.to_vec());
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut leads[node], true) {
            waiting.append(&mut sources[node]);
        }
    }
    leads
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_lead_to_a_node_are_found_through_cycles_and_long_chains() {
        // 0 -> 1 <-> 2 -> 3, 4 -> 4
        let edges = [vec![1], vec![2], vec![1, 3], vec![], vec![4]];
        let found = leading_to(&edges, &[2]);
        assert_eq!(found, [true, true, true, false, false]);
        let mut chain: Vec<Vec<usize>> = (1..1_000_000).map(|next| vec![next]).collect();
        chain.push(vec![]);
        assert!(
            leading_to(&chain, &[999_999])
                .into_iter()
                .all(|leads| leads)
        );
    }

    #[test]
    fn cycles_are_components_numbered_after_those_that_they_lead_to() {
        // 0 -> 1 <-> 2 -> 3, 4 -> 4
        let edges = [vec![1], vec![2], vec![1, 3], vec![], vec![4]];
        let found = strongly_connected_components(&edges);
        assert_eq!(found, [2, 1, 1, 0, 3]);
        assert_eq!(cyclic(&edges, &found), [false, true, true, false, true]);
    }

    #[test]
    fn a_chain_of_a_million_takes_no_stack() {
        let mut edges: Vec<Vec<usize>> = (1..1_000_000).map(|next| vec![next]).collect();
        edges.push(vec![0]);
        let found = strongly_connected_components(&edges);
        assert!(found.iter().all(|&component| component == 0));
    }
}
