//! Compute Engine v1.

use jiff::Timestamp;

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::store::State;

/// Serves one call.
pub(super) fn handle(_world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    Err(ApiError::not_served(call.method))
}

/// Puts what a new project holds.
pub(super) fn seed(_state: &mut State, _project: &str, _now: Timestamp) {}

/// Whether the project publishes images.
pub(super) fn is_public_project(_project: &str) -> bool { false }

/// Where the operation that the call names is in the state.
pub(super) fn operation_key(_call: &Call<'_>) -> Option<String> { None }
