//! Volumes of services: folders of the machine stay, named volumes become one, files of one's own laptop cannot come along.
//! Pure.

use serde_json::{Value, json};

use super::service::Container;
use super::{list, raw, turn_to};
use crate::spec::Problem;
use crate::spec::node::{Entry, Node, NodeValue};
use crate::translate::desk::Desk;

/// Where named volumes are: a place on the machine that can be written and outlives a boot.
const FOLDER: &str = "/var/lib/volumes";

pub(super) fn volumes(entry: &Entry, container: &mut Container, desk: &mut Desk<'_>) {
    let mut all = Vec::new();
    for node in list(&entry.value) {
        let (source, inside, mode) = parts(node);
        turn_to(node.span, desk);
        let host = if source.starts_with('/') {
            source
        } else if source.starts_with(['.', '~']) || source.is_empty() || inside.is_empty() {
            let problem = Problem::new("not-translated", "what is on your own machine is not on this one")
                .label("it is left out");
            desk.warn_at(
                node.span,
                problem
                    .help("put it into the image, or mount a folder of the machine: `/var/lib/data:/data`"),
            );
            continue;
        } else {
            format!("{FOLDER}/{source}")
        };
        all.push(json!(desk.value(&format!("{host}:{inside}{mode}"), "volumes")));
    }
    if !all.is_empty() {
        container.fields.insert("volumes".to_owned(), Value::Array(all));
    }
}

/// Source, folder inside, and `:ro` where it is only read.
fn parts(node: &Node) -> (String, String, &'static str) {
    if let NodeValue::Map(_) = node.value {
        let part = |key: &str| node.entry(key).map(|entry| raw(&entry.value)).unwrap_or_default();
        let read_only = part("read_only") == "true";
        return (part("source"), part("target"), if read_only { ":ro" } else { "" });
    }
    let text = raw(node);
    let mut parts = text.split(':');
    let (source, inside) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let read_only = parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
    (source.to_owned(), inside.to_owned(), if read_only { ":ro" } else { "" })
}
