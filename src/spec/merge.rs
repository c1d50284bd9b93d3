//! Merging: one mapping laid over another. Mappings are merged deeply, lists and single values are replaced, nothing (`null`)
//! removes. Every value keeps its place.
//! Pure.

use super::diagnostic::{Diagnostic, Problem};
use super::node::{Entry, Node, NodeValue};
use super::suggest;

/// Lays a node over another one. Gives what is wrong with it.
pub(super) fn lay(base: &mut Node, over: Node) -> Vec<Diagnostic> {
    match (&mut base.value, over.value) {
        (NodeValue::Map(entries), NodeValue::Map(changes)) => {
            changes.into_iter().flat_map(|change| enter(entries, change)).collect()
        }
        (_, value) => {
            *base = Node { value, ..over };
            Vec::new()
        }
    }
}

fn enter(entries: &mut Vec<Entry>, change: Entry) -> Vec<Diagnostic> {
    let known = entries.iter().position(|entry| entry.key == change.key);
    match (known, change.value.value == NodeValue::Null) {
        (Some(at), true) => {
            entries.remove(at);
            Vec::new()
        }
        (None, true) => vec![nothing_to_remove(entries, &change)],
        (None, false) => {
            entries.push(change);
            Vec::new()
        }
        (Some(at), false) => entries.get_mut(at).map(|entry| laid(entry, change)).unwrap_or_default(),
    }
}

fn laid(entry: &mut Entry, change: Entry) -> Vec<Diagnostic> {
    entry.key_span = change.key_span;
    lay(&mut entry.value, change.value)
}

fn nothing_to_remove(entries: &[Entry], change: &Entry) -> Diagnostic {
    let problem = Problem::new("nothing-to-remove", format!("there is no `{}` to remove", change.key))
        .label("an empty value removes");
    let problem = match suggest::nearest(&change.key, entries.iter().map(|entry| entry.key.as_str())) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem.help("write a value, or take the line out"),
    };
    problem.at(change.key_span)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::spec::source::SourceId;
    use crate::spec::yaml;

    fn node(source: u32, text: &str) -> Node {
        yaml::documents(SourceId(source), text).0.remove(0)
    }

    fn merged(base: &str, over: &str) -> (Value, Vec<String>) {
        let mut base = node(0, base);
        let found = lay(&mut base, node(1, over));
        (base.to_value(), found.into_iter().map(|found| found.message).collect())
    }

    #[test]
    fn mappings_are_merged_lists_are_replaced_and_nothing_removes() {
        let base = "vars: {size: {disk: 20, cpus: 2}, teams: [cat, owl]}\nregion: a\nzones: [a-b]";
        let over = "vars: {size: {disk: 50}, teams: [bee]}\nzones: null\nlabels: {x: y}";
        let wanted = json!({"vars": {"size": {"disk": 50, "cpus": 2}, "teams": ["bee"]}, "region": "a",
            "labels": {"x": "y"}});
        assert_eq!(merged(base, over), (wanted, Vec::new()));
        assert_eq!(merged("a: {b: 1}", "a: 2").0, json!({"a": 2}));
        assert_eq!(merged("a: 2", "a: {b: 1}").0, json!({"a": {"b": 1}}));
    }

    #[test]
    fn what_is_not_there_cannot_be_removed() {
        let (left, found) = merged("a: {region: x}", "a: {regon: ~}");
        assert_eq!(left, json!({"a": {"region": "x"}}));
        assert_eq!(found, ["there is no `regon` to remove"]);
    }

    #[test]
    fn a_value_that_was_laid_over_another_stands_where_it_was_written() {
        let mut base = node(0, "a: {b: 1, c: 2}");
        lay(&mut base, node(1, "a: {b: 3}"));
        let sources = |node: &Node| node.entries().iter().map(|e| e.value.span.source.0).collect::<Vec<_>>();
        assert_eq!(sources(&base.entries()[0].value), [1, 0]);
    }
}
