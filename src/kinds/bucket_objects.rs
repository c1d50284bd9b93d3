//! The objects of a bucket: what was read of them, and the calls that upload and delete them.
//! Pure. Which files are wanted is known by `bucket_files`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::bucket::Bucket;
use super::bucket_files::{self, Files};
use super::contract::{Ask, Contents, Observed, Update};
use super::field::map_edit;
use super::reads::Reads;
use super::{Scope, wire};
use crate::gcp::call::Send;
use crate::gcp::{Call, Read};
use crate::spec::formats::Location;

/// The reads of all content of the buckets that will be replaced, of those that are live.
pub(super) fn of_replaced(asks: &[Ask<Bucket>], live: &[Value]) -> Vec<Read> {
    let named = live.iter().filter_map(|bucket| Some((bucket.get("name")?.as_str()?, bucket)));
    let live: HashMap<&str, &Value> = named.collect();
    let moved = asks.iter().filter(|ask| {
        let there = live.get(ask.name.as_str());
        there.zip(ask.desired.as_ref()).is_some_and(|(there, desired)| replaces(desired, there))
    });
    moved.map(|ask| bucket_files::read_all(&ask.name)).collect()
}

/// Whether going from the live bucket to the desired one takes another bucket.
fn replaces(desired: &Bucket, live: &Value) -> bool {
    let there = wire::text_or_empty(live, "/location").to_uppercase();
    desired.location.as_ref().is_some_and(|l| l.as_str().to_uppercase() != there)
        || desired
            .hierarchical_namespace
            .is_some_and(|h| h != wire::flag(live, "/hierarchicalNamespace/enabled"))
        || desired.data_locations.as_ref().is_some_and(|regions| {
            let regions: Vec<&str> = regions.iter().map(Location::as_str).collect();
            let mut there = wire::texts(live, "/customPlacementConfig/dataLocations");
            there.sort();
            regions != there
        })
}

/// Adds what was read of the bucket's content: the objects that a spec or the inventory names, and what would go with it.
pub(super) fn look_inside(ask: &Ask<Bucket>, live: &mut Observed<Bucket>, reads: &Reads) {
    let everything = bucket_files::read_all(&ask.name);
    if reads.has(&everything) {
        let items = reads.items(&everything);
        live.contents = Some(Contents { count: items.len(), what: "objects" });
        put(Arc::make_mut(&mut live.wire), "objects", json!(items));
    }
    let wanted = ask.desired.as_ref().and_then(|d| d.objects.clone()).unwrap_or_default();
    let Some(read) = bucket_files::read(&ask.name, &wanted, ask.owned.keys("objects").map(str::to_owned))
    else {
        return;
    };
    let objects: Files = reads.items(&read).iter().filter_map(bucket_files::decode).collect();
    let foreign = |name: &String| !ask.owned.has("objects", name);
    let clashes = wanted
        .iter()
        .filter(|(name, want)| foreign(name) && objects.get(*name).is_some_and(|o| !alike(want, o)));
    live.claimed = clashes.map(|(name, _)| format!("the object {name}")).collect();
    let generations = reads.items(&read).iter();
    let generations =
        generations.filter_map(|o| Some((wire::text(o, "/name")?, json!(wire::text(o, "/generation")?))));
    put(Arc::make_mut(&mut live.wire), "generations", Value::Object(generations.collect()));
    live.spec.objects = Some(objects);
}

fn alike(a: &bucket_files::Object, b: &bucket_files::Object) -> bool {
    (&a.md5, a.size) == (&b.md5, b.size)
}

fn put(wire: &mut Value, key: &str, value: Value) {
    if let Some(map) = wire.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn generation<'a>(update: &'a Update<'_, Bucket>, name: &str) -> Option<&'a str> {
    update.live.wire.get("generations")?.get(name)?.as_str()
}

/// The uploads and deletions of an update, side by side.
pub(super) fn calls(update: &Update<'_, Bucket>, scope: &Scope) -> Vec<Call> {
    let (set, unset) = map_edit(update.fields, "objects");
    let bucket = update.desired.name.as_str();
    let wanted = update.desired.objects.iter().flatten().filter(|(name, _)| set.contains_key(*name));
    let uploads =
        wanted.filter_map(|(name, o)| upload(update.desired, name, o, scope, generation(update, name)));
    let gone = unset
        .iter()
        .filter_map(|name| Some(bucket_files::delete(bucket, name, generation(update, name)?, false)));
    let all: Vec<Send> = uploads.chain(gone).collect();
    if all.is_empty() { Vec::new() } else { vec![Call::Each(all)] }
}

/// The upload of one object of a bucket.
pub(super) fn upload(
    bucket: &Bucket,
    name: &str,
    object: &bucket_files::Object,
    scope: &Scope,
    seen: Option<&str>,
) -> Option<Send> {
    let sources = bucket.files.as_deref().unwrap_or_default();
    bucket_files::upload(bucket.name.as_str(), name, object, sources, scope, seen)
}
