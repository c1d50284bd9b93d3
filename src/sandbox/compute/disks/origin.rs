//! What a disk or an image is made from: an image, a snapshot, or a disk.

use serde_json::Value;

use super::super::place::{self, Place};
use super::super::value::{number, text};
use super::super::{images, snapshots};
use crate::sandbox::error::ApiError;
use crate::sandbox::store::State;

/// A source, with the field that names it.
#[derive(Clone, Debug)]
pub(in crate::sandbox::compute) struct Origin {
    /// `sourceImage`, `sourceSnapshot` or `sourceDisk`.
    pub(in crate::sandbox::compute) field: &'static str,
    /// The source itself.
    pub(in crate::sandbox::compute) resource: Value,
}

impl Origin {
    /// The source that the fields name, if they name one.
    pub(in crate::sandbox::compute) fn of(
        state: &State,
        place: &Place,
        fields: &Value,
    ) -> Result<Option<Self>, ApiError> {
        let named = |field: &'static str| Some(text(fields, field)).filter(|given| !given.is_empty());
        if let Some(given) = named("sourceImage") {
            let resource = images::resolve(state, place, given)?;
            return Ok(Some(Self { field: "sourceImage", resource }));
        }
        if let Some(given) = named("sourceSnapshot") {
            let path = place.global().resolve(state, given, snapshots::SNAPSHOTS.name);
            return Ok(Some(Self { field: "sourceSnapshot", resource: place::find(state, &path)? }));
        }
        let Some(given) = named("sourceDisk") else { return Ok(None) };
        let path = place.resolve(state, given, "disks");
        Ok(Some(Self { field: "sourceDisk", resource: place::find(state, &path)? }))
    }

    /// Its size; what is made from it cannot be smaller.
    pub(in crate::sandbox::compute) fn size(&self) -> Option<i64> {
        number(&self.resource, "diskSizeGb").or_else(|| number(&self.resource, "sizeGb"))
    }

    /// How errors call it.
    pub(super) fn word(&self) -> &'static str {
        self.field.strip_prefix("source").map_or("source", |kind| match kind {
            "Image" => "image",
            "Snapshot" => "snapshot",
            _ => "disk",
        })
    }
}
