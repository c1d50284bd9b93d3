//! The first place that has room: follows the plan's order, the places that an answer names as better first.
//! What counts as no room is read in `gcp::room`; nothing is tried that the plan does not name.

use std::collections::VecDeque;

use super::outcome::Detour;
use super::step::{Patience, StepError, send};
use crate::gcp::{ApiError, Choice, FirstOf, NoRoom};
use crate::spec::Reference;

/// Sends the request of one place after the other until one has room. `tell` hears which place was full and which is next.
pub(super) async fn first_of(
    patience: &Patience<'_>,
    first: &FirstOf,
    decides: &Reference,
    tell: &(dyn Fn(&str, &str) + Sync),
) -> Result<Detour, StepError> {
    let mut left: VecDeque<&Choice> = first.choices.iter().collect();
    let mut full: Vec<(String, String)> = Vec::new();
    while let Some(choice) = left.pop_front() {
        let error = match patience.wait_out(|| send(patience.client, &choice.send)).await {
            Ok(()) => {
                let (address, place) = (decides.address.clone(), choice.place.clone());
                return Ok(Detour { address, place, full });
            }
            Err(StepError::Api(error)) => error,
            Err(other) => return Err(other),
        };
        let Some(no_room) = error.no_room() else { return Err(error.into()) };
        full.push((choice.place.clone(), why(&error)));
        order(&mut left, choice, &no_room);
        match left.front() {
            Some(next) => tell(&choice.place, &next.place),
            None => return Err(exhausted(full, error)),
        }
    }
    // A plan names at least two places.
    Err(StepError::NoResult(decides.clone()))
}

fn exhausted(full: Vec<(String, String)>, source: ApiError) -> StepError {
    match full.len() {
        1 => source.into(),
        _ => StepError::NoRoom {
            full: full.into_iter().map(|(place, _)| place).collect(),
            source: Box::new(source),
        },
    }
}

/// What is left to try: zones that the answer names come first, and those of a region whose quota is used up are left out.
fn order(left: &mut VecDeque<&Choice>, tried: &Choice, no_room: &NoRoom) {
    match no_room {
        NoRoom::Zone(better) => left.make_contiguous().sort_by_key(|choice| !better.contains(&choice.place)),
        NoRoom::Region => left.retain(|choice| choice.region != tried.region),
    }
}

/// The API's own words in short: the code of an operation, or the quota.
fn why(error: &ApiError) -> String {
    match (error, error.no_room()) {
        (_, Some(NoRoom::Region)) => "a quota of the region is used up".to_owned(),
        (ApiError::Operation { info, .. }, _) => match info.get("vmType") {
            Some(machine) => format!("no room for {machine}"),
            None => "no room".to_owned(),
        },
        _ => "no room".to_owned(),
    }
}
