//! What a thing is, in few words: read off the wire document, for people.

use serde_json::Value;

use crate::kinds::wire::{flag, last, list, number, text, text_or_empty, texts};

/// Parts that say something, with commas between.
fn joined(parts: &[String]) -> String {
    let said: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    said.join(", ")
}

fn end(item: &Value, pointer: &str) -> String {
    text(item, pointer).map(|link| last(&link).to_owned()).unwrap_or_default()
}

fn gigabytes(item: &Value, pointer: &str) -> String {
    number(item, pointer).map(|size| format!("{size} GB")).unwrap_or_default()
}

/// A size in the unit a person would choose.
pub(super) fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (u128::from(bytes) * 10 / 1_000, 0);
    while tenths >= 10_000 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1_000, unit + 1);
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}

pub(super) fn machine(item: &Value) -> String {
    let address = text_or_empty(item, "/networkInterfaces/0/accessConfigs/0/natIP");
    joined(&[
        end(item, "/machineType"),
        text_or_empty(item, "/status").to_lowercase(),
        end(item, "/zone"),
        address,
    ])
}

pub(super) fn disk(item: &Value) -> String {
    joined(&[gigabytes(item, "/sizeGb"), end(item, "/type"), end(item, "/zone")])
}

pub(super) fn address(item: &Value) -> String {
    let internal = if text_or_empty(item, "/addressType") == "INTERNAL" { "internal" } else { "external" };
    let region = end(item, "/region");
    let region = if region.is_empty() { "global".to_owned() } else { region };
    joined(&[text_or_empty(item, "/address"), internal.to_owned(), region])
}

pub(super) fn snapshot(item: &Value) -> String {
    let of = end(item, "/sourceDisk");
    let of = if of.is_empty() { of } else { format!("of the disk {of}") };
    joined(&[of, gigabytes(item, "/diskSizeGb")])
}

pub(super) fn image(item: &Value) -> String {
    let family = text(item, "/family").map(|family| format!("family {family}")).unwrap_or_default();
    joined(&[family, gigabytes(item, "/diskSizeGb")])
}

pub(super) fn rule(item: &Value) -> String {
    let (allowed, denied) = (list(item, "/allowed"), list(item, "/denied"));
    let (verb, entries) = if denied.is_empty() { ("allows", allowed) } else { ("denies", denied) };
    let entry = |entry: &Value| {
        let ports = texts(entry, "/ports");
        let protocol = text_or_empty(entry, "/IPProtocol");
        if ports.is_empty() { protocol } else { format!("{protocol}:{}", ports.join(" ")) }
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    let world = texts(item, "/sourceRanges").iter().any(|range| range == "0.0.0.0/0");
    let world = if world { "from the whole world".to_owned() } else { String::new() };
    joined(&[format!("{verb} {}", entries.join(" ")), world, format!("network {}", end(item, "/network"))])
}

pub(super) fn subnetwork(item: &Value) -> String {
    let network = format!("network {}", end(item, "/network"));
    joined(&[text_or_empty(item, "/ipCidrRange"), network, end(item, "/region")])
}

pub(super) fn network(item: &Value) -> String {
    if flag(item, "/autoCreateSubnetworks") { "auto mode" } else { "custom mode" }.to_owned()
}

pub(super) fn bucket(item: &Value) -> String {
    joined(&[
        text_or_empty(item, "/location").to_lowercase(),
        text_or_empty(item, "/storageClass").to_lowercase(),
    ])
}

pub(super) fn registry(item: &Value) -> String {
    let location = text_or_empty(item, "/name");
    let location = location.split('/').nth(3).unwrap_or_default().to_owned();
    let bytes = number(item, "/sizeBytes").filter(|bytes| *bytes > 0).map(size).unwrap_or_default();
    joined(&[text_or_empty(item, "/format").to_lowercase(), location, bytes])
}

pub(super) fn pool(item: &Value) -> String {
    let off = if flag(item, "/disabled") { "switched off" } else { "" };
    joined(&[text_or_empty(item, "/displayName"), "logins from outside".to_owned(), off.to_owned()])
}

pub(super) fn service(item: &Value) -> String {
    let region = text_or_empty(item, "/name");
    let region = region.split('/').nth(3).unwrap_or_default().to_owned();
    joined(&[text_or_empty(item, "/template/containers/0/image"), region])
}

pub(super) fn account(item: &Value) -> String {
    text(item, "/displayName")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| text_or_empty(item, "/email"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_two_digits_at_least_where_it_is_rounded() {
        for (bytes, said) in
            [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (12_345, "12 kB"), (3_400_000_000, "3.4 GB")]
        {
            assert_eq!(size(bytes), said);
        }
    }
}
