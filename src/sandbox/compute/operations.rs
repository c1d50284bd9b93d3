//! Reading, waiting for and forgetting operations. The wait itself happens in the server, outside of the lock.

use serde_json::Value;

use super::listing::{self, Collection, Scopes};
use super::place::{self, Place};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::operation;

const OPERATIONS: Collection = Collection { name: "operations", singular: "operation" };

/// Where the operation that the call names is in the state.
pub(in crate::sandbox) fn key(call: &Call<'_>) -> Option<String> {
    let place = Place::of(call).ok()?;
    Some(place::key(&place.of_resource(OPERATIONS.name, call.path.get("operation")?)))
}

/// Serves one call.
pub(super) fn handle(world: &World<'_>, call: &Call<'_>, action: &str) -> Result<Value, ApiError> {
    let place = Place::of(call)?;
    match action {
        "get" | "wait" => {
            let path = place.of_resource(OPERATIONS.name, call.param("operation")?);
            operation::poll(world, &place::key(&path)).ok_or_else(|| place::not_found(&path))
        }
        "list" => listing::answer(call, &place, OPERATIONS, all(world, &place)),
        "aggregatedList" => listing::aggregated(call, OPERATIONS, Scopes::All, |place| all(world, place)),
        _ => Err(ApiError::not_served(call.method)),
    }
}

fn all(world: &World<'_>, place: &Place) -> Vec<Value> {
    let prefix = place::key(&place.of_resource(OPERATIONS.name, ""));
    operation::below(world.state, &prefix).map(|(_, one)| one.at(world.now)).collect()
}

/// Forgets an operation.
pub(super) fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<(), ApiError> {
    let path = Place::of(call)?.of_resource(OPERATIONS.name, call.param("operation")?);
    match world.state.operations.remove(&place::key(&path)) {
        Some(_) => Ok(()),
        None => Err(place::not_found(&path)),
    }
}
