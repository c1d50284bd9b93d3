//! What is in the buckets that go: counted, and deleted generation by generation as it was counted.

use super::Removal;
use super::catalog::Listed;
use super::details::size;
use super::judge::Thing;
use crate::gcp::call::Send;
use crate::gcp::{Call, Read, Request, Service, segment};
use crate::kinds::{Reads, bucket_files, wire};

/// The reads of every version of everything in the buckets that go.
pub(super) fn reads(things: &[Thing<'_>]) -> Vec<Read> {
    going(things).map(|thing| read(&thing.found.address.name)).collect()
}

fn going<'a, 'b>(things: &'a [Thing<'b>]) -> impl Iterator<Item = &'a Thing<'b>> {
    things.iter().filter(|thing| thing.goes() && thing.row.listed == Listed::Buckets)
}

fn read(bucket: &str) -> Read {
    let request = Request::get(Service::Storage, format!("b/{}/o", segment(bucket)))
        .query("versions", "true")
        .query("maxResults", "1000");
    Read::list(request.fields("items(name,generation,size),nextPageToken"), "items")
}

/// Adds to the buckets that go what is in them, and its deletion.
pub(super) fn look_inside(things: &mut [Thing<'_>], reads: &Reads) {
    for thing in things.iter_mut().filter(|thing| thing.goes() && thing.row.listed == Listed::Buckets) {
        let bucket = thing.found.address.name.clone();
        let objects = reads.items(&read(&bucket));
        let bytes = objects.iter().filter_map(|object| wire::number(object, "/size")).sum();
        let what = if objects.len() == 1 { "object" } else { "objects" };
        thing.found.details = format!("{} {what}, {}, {}", objects.len(), size(bytes), thing.found.details);
        let deletions = objects.iter().filter_map(|object| {
            let (name, generation) = (wire::text(object, "/name")?, wire::text(object, "/generation")?);
            Some(bucket_files::delete(&bucket, &name, &generation, true))
        });
        let deletions: Vec<Send> = deletions.collect();
        if let (Removal::Calls(calls), false) = (&mut thing.found.removal, deletions.is_empty()) {
            calls.insert(calls.len().saturating_sub(1), Call::Each(deletions));
        }
    }
}
