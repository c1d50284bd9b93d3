//! The `if…Match` parameters: what has to hold for a call to be carried out.

use crate::sandbox::call::Query;
use crate::sandbox::error::ApiError;

/// The generation and metageneration of what a call is about; zeros when it does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    pub(super) generation: u64,
    pub(super) metageneration: u64,
}

/// Which of two sets of parameters guards the resource: `if…` or `ifSource…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The resource that is read or written.
    Target,
    /// The object that is copied from.
    Source,
}

/// Checks the preconditions of a call. A failed one is 412; on a read, `…NotMatch` is 304.
pub(super) fn check(query: &Query, side: Side, held: Versions, reading: bool) -> Result<(), ApiError> {
    let infix = if side == Side::Source { "Source" } else { "" };
    let wanted = |what: &str| number(query, &format!("if{infix}{what}"));
    let stale = [("GenerationMatch", held.generation), ("MetagenerationMatch", held.metageneration)];
    for (name, value) in stale {
        if wanted(name)?.is_some_and(|wanted| wanted != i128::from(value)) {
            return Err(ApiError::condition_not_met());
        }
    }
    let unchanged =
        [("GenerationNotMatch", held.generation), ("MetagenerationNotMatch", held.metageneration)];
    for (name, value) in unchanged {
        if wanted(name)?.is_some_and(|wanted| wanted == i128::from(value)) {
            return Err(if reading { ApiError::not_modified() } else { ApiError::condition_not_met() });
        }
    }
    Ok(())
}

/// A whole number in the query; some clients send negative ones to say "never".
pub(super) fn number(query: &Query, name: &str) -> Result<Option<i128>, ApiError> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(ApiError::invalid(format!("Invalid value for {name}: '{text}'."))),
    }
}
