//! Cloud Storage, JSON v1: buckets, their policies, objects and uploads.
//!
//! Bucket names are global: one namespace for all projects of the state. A bucket is stored under `storage/b/B`
//! as `{project, bucket}`, an object version under `storage/b/B/o/NAME#GENERATION` as `{object, content}`.

mod access;
mod bucket_defaults;
mod bucket_fields;
mod bucket_rules;
mod buckets;
mod checksums;
mod copies;
mod downloads;
mod holds;
mod listing;
mod object_fields;
mod objects;
mod places;
mod preconditions;
mod uploads;

pub(super) use places::regions;

use super::call::{Answer, Call, World};
use super::error::ApiError;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    match call.method {
        "storage.buckets.insert" => buckets::insert(world, call).map(Answer::Json),
        "storage.buckets.get" => buckets::get(world, call).map(Answer::Json),
        "storage.buckets.list" => buckets::list(world, call).map(Answer::Json),
        "storage.buckets.patch" => buckets::patch(world, call).map(Answer::Json),
        "storage.buckets.update" => buckets::update(world, call).map(Answer::Json),
        "storage.buckets.delete" => buckets::delete(world, call).map(|()| Answer::Empty(204)),
        "storage.buckets.getStorageLayout" => buckets::layout(world, call).map(Answer::Json),
        "storage.managedFolders.list" => buckets::managed_folders(world, call).map(Answer::Json),
        "storage.buckets.getIamPolicy" => access::get(world, call).map(Answer::Json),
        "storage.buckets.setIamPolicy" => access::set(world, call).map(Answer::Json),
        "storage.buckets.testIamPermissions" => access::test(world, call).map(Answer::Json),
        "storage.objects.insert" => uploads::insert(world, call),
        "storage.objects.get" => objects::get(world, call),
        "storage.objects.list" => listing::list(world, call).map(Answer::Json),
        "storage.objects.patch" => objects::patch(world, call).map(Answer::Json),
        "storage.objects.update" => objects::update(world, call).map(Answer::Json),
        "storage.objects.delete" => objects::delete(world, call).map(|()| Answer::Empty(204)),
        "storage.objects.compose" => copies::compose(world, call).map(Answer::Json),
        "storage.objects.copy" => copies::copy(world, call).map(Answer::Json),
        "storage.objects.rewrite" => copies::rewrite(world, call).map(Answer::Json),
        other => Err(ApiError::not_served(other)),
    }
}
