//! Changes of a bucket: one PATCH with what differs, bound to the version that the plan saw.
//! Pure.

use serde_json::{Map, Value, json};

use super::bucket::Bucket;
use super::contract::{Observed, Resource, Update};
use super::field::{Class, map_edit};
use super::{bucket_end, bucket_lifecycle, mark, wire};
use crate::gcp::call::Send;
use crate::gcp::{Call, Request, Service, Verb, segment};

/// Takes off the mark, and the rule by which it would empty.
pub(super) fn release(live: &Observed<Bucket>) -> Call {
    let mut body = json!({"labels": {mark::MANAGED_BY: null, mark::COURSE: null}});
    if bucket_end::ours(live).is_some() {
        let rules = bucket_end::without_ours(live);
        body = json!({
            "labels": {mark::MANAGED_BY: null, mark::COURSE: null, bucket_end::LABEL: null},
            "lifecycle": bucket_lifecycle::encode(&rules),
        });
    }
    Call::Send(Send::answered(patch_request(live).json(&body)))
}

fn patch_request(live: &Observed<Bucket>) -> Request {
    let metageneration = wire::text_or_empty(&live.wire, "/metageneration");
    Request::new(Verb::Patch, Service::Storage, format!("b/{}", segment(live.spec.name.as_str())))
        .query("ifMetagenerationMatch", metageneration)
        .query("projection", "noAcl")
}

pub(super) fn patch(update: &Update<'_, Bucket>) -> Call {
    let encoded = update.desired.encode();
    let mut body = Map::new();
    for change in update.fields {
        let wire = wire_member(change.path.root());
        if let Some(value) = encoded.get(wire).filter(|_| wire != "labels") {
            body.insert(wire.to_owned(), value.clone());
        }
    }
    let (set, unset) = map_edit(update.fields, "labels");
    let labels: Map<String, Value> =
        set.into_iter().chain(unset.into_iter().map(|key| (key, Value::Null))).collect();
    if !labels.is_empty() {
        body.insert("labels".to_owned(), Value::Object(labels));
    }
    Call::Send(Send::answered(patch_request(update.live).json(&Value::Object(body))))
}

/// The member of the wire document that holds a field of the spec.
fn wire_member(spec: &str) -> &str {
    let table = Bucket::FACTS.fields.iter().filter_map(|f| match f.class {
        Class::Managed { spec, .. } => Some((spec, f.wire)),
        _ => None,
    });
    let row = table.into_iter().find(|(path, _)| path.split('.').next() == Some(spec));
    row.map_or(spec, |(_, wire)| wire.split('.').next().unwrap_or(wire))
}
