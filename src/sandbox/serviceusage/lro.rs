//! Operations in the shape of the one-platform services: a name, metadata, and later a response.

use serde_json::{Value, json};

use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;
use crate::sandbox::operation;
use crate::sandbox::policy;

/// Begins an operation of that name and gives its first answer, in which `done` is absent.
pub(in crate::sandbox) fn start(
    world: &mut World<'_>,
    name: &str,
    metadata: &Value,
    response: &Value,
) -> Value {
    let running = json!({ "name": name, "metadata": metadata });
    let finished = json!({ "name": name, "metadata": metadata, "done": true, "response": response });
    operation::begin(world, &key(name), running, finished)
}

/// The operation of that name.
pub(in crate::sandbox) fn get(world: &World<'_>, name: &str) -> Result<Value, ApiError> {
    operation::poll(world, &key(name))
        .ok_or_else(|| ApiError::not_found(format!("Operation not found: {name}")))
}

/// The last part of an operation's name, different at every call.
pub(in crate::sandbox) fn uuid(world: &mut World<'_>) -> String {
    let hex = policy::hex_digest(&world.next_id().to_be_bytes());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

fn key(name: &str) -> String {
    format!("lro/{name}")
}
