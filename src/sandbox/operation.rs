//! Long-running operations, of every service: the answer while it runs, the answer afterwards, and when which.
//!
//! The effect of an operation is in the state at once; only its answer waits, and what a failing one has made goes when
//! it ends. Operations are kept apart from the resources, and only as long as somebody may still ask.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::World;
use super::store::State;

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
const MOST_KEPT: usize = 200;
/// For how much of its time an operation has not begun to run.
const PENDING_PERCENT: i128 = 10;

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    /// When it was begun.
    pub(super) started: Timestamp,
    /// When its answer changes to `finished`.
    pub(super) ends: Timestamp,
    /// The client's request id, under which a repeated request finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<String>,
    /// The answer until then.
    pub(super) running: Value,
    /// The answer from then on.
    pub(super) finished: Value,
    /// What it has made and what goes when it ends: keys of resources with their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) undo: BTreeMap<String, Value>,
}

impl Operation {
    /// The answer at that time. Where it has a `status`, it is pending for a tenth of its time, and tells how far it is.
    pub(super) fn at(&self, now: Timestamp) -> Value {
        if now >= self.ends { self.finished.clone() } else { self.under_way(now) }
    }

    fn under_way(&self, now: Timestamp) -> Value {
        let mut answer = self.running.clone();
        let Some(fields) = answer.as_object_mut().filter(|fields| fields.contains_key("status")) else {
            return answer;
        };
        let whole = self.ends.duration_since(self.started).as_millis().max(1);
        let percent = now.duration_since(self.started).as_millis().clamp(0, whole) * 100 / whole;
        if percent < PENDING_PERCENT {
            fields.insert("status".to_owned(), json!("PENDING"));
            fields.shift_remove("startTime");
        } else {
            fields.insert("progress".to_owned(), json!(i64::try_from(percent).unwrap_or_default()));
        }
        answer
    }
}

/// Begins an operation under `key` (the path it is read at, such as
/// `artifactregistry/projects/P/locations/L/operations/ID`) and gives its first answer, which is never the
/// finished one.
pub(super) fn begin(world: &mut World<'_>, key: &str, running: Value, finished: Value) -> Value {
    begin_as(world, key, None, running, finished)
}

/// As [`begin`], and remembers the client's request id.
pub(super) fn begin_as(
    world: &mut World<'_>,
    key: &str,
    request: Option<String>,
    running: Value,
    finished: Value,
) -> Value {
    let ends = world.now.checked_add(world.operation_time).unwrap_or(world.now);
    forget_old(world.state, world.now);
    let undo = BTreeMap::new();
    let operation = Operation { started: world.now, ends, request, running, finished, undo };
    let answer = if ends > world.now { operation.under_way(world.now) } else { operation.running.clone() };
    world.state.operations.insert(key.to_owned(), operation);
    answer
}

/// The answer of the operation under that key, if it is still known.
pub(super) fn poll(world: &World<'_>, key: &str) -> Option<Value> {
    world.state.operations.get(key).map(|operation| operation.at(world.now))
}

/// Takes away what operations have made that failed by that time.
pub(super) fn settle(state: &mut State, now: Timestamp) {
    let failed = |(_, operation): &(&String, &Operation)| now >= operation.ends && !operation.undo.is_empty();
    let failed: Vec<String> = state.operations.iter().filter(failed).map(|(key, _)| key.clone()).collect();
    let mut gone = BTreeMap::new();
    for operation in failed {
        gone.extend(
            state.operations.get_mut(&operation).map(|o| std::mem::take(&mut o.undo)).unwrap_or_default(),
        );
    }
    for (key, id) in gone {
        let is_it = |held: &Value| held.get("id").cloned().unwrap_or_default() == id;
        if state.resources.get(&key).is_some_and(is_it) {
            state.resources.remove(&key);
            state.resources.remove(&format!("policies/{key}"));
        }
    }
}

/// Every known operation below a prefix, newest last.
pub(super) fn below<'a>(
    state: &'a State,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Operation)> {
    state.operations.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
}

/// Done and old, or done and one too many: the file must not grow with its history.
fn forget_old(state: &mut State, now: Timestamp) {
    state
        .operations
        .retain(|_, operation| now < operation.ends || now.duration_since(operation.ends) < KEPT_FOR);
    let surplus = (state.operations.len() + 1).saturating_sub(MOST_KEPT);
    if surplus == 0 {
        return;
    }
    let mut done: Vec<(Timestamp, String)> = state
        .operations
        .iter()
        .filter(|(_, operation)| now >= operation.ends)
        .map(|(key, operation)| (operation.started, key.clone()))
        .collect();
    done.sort();
    for (_, key) in done.into_iter().take(surplus) {
        state.operations.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::limits::FRESH;

    fn begin_at(state: &mut State, seconds: i64, key: &str) {
        let now = Timestamp::from_second(seconds).unwrap();
        let mut world = World {
            state,
            now,
            operation_time: SignedDuration::from_secs(10),
            limits: &FRESH,
            boot_time: SignedDuration::ZERO,
        };
        begin(&mut world, key, json!({ "done": false }), json!({ "done": true }));
    }

    #[test]
    fn an_operation_is_done_when_its_time_has_passed() {
        let mut state = State::default();
        begin_at(&mut state, 0, "a");
        for (seconds, done) in [(0, false), (9, false), (10, true)] {
            let now = Timestamp::from_second(seconds).unwrap();
            let world = World {
                state: &mut state,
                now,
                operation_time: SignedDuration::ZERO,
                limits: &FRESH,
                boot_time: SignedDuration::ZERO,
            };
            assert_eq!(poll(&world, "a"), Some(json!({ "done": done })), "{seconds}");
        }
    }

    #[test]
    fn an_operation_of_compute_tells_how_far_it_is() {
        let mut state = State::default();
        let mut world = World {
            state: &mut state,
            now: Timestamp::UNIX_EPOCH,
            operation_time: SignedDuration::from_secs(10),
            limits: &FRESH,
            boot_time: SignedDuration::ZERO,
        };
        let running = json!({ "status": "RUNNING", "progress": 0, "startTime": "t" });
        let first = begin(&mut world, "a", running, json!({ "status": "DONE", "progress": 100 }));
        assert_eq!(first, json!({ "status": "PENDING", "progress": 0 }));
        for (milliseconds, status, progress) in
            [(999, "PENDING", 0), (1_000, "RUNNING", 10), (9_999, "RUNNING", 99), (10_000, "DONE", 100)]
        {
            world.now = Timestamp::from_millisecond(milliseconds).unwrap();
            let shown = poll(&world, "a").unwrap();
            assert_eq!((&shown["status"], &shown["progress"]), (&json!(status), &json!(progress)));
        }
    }

    #[test]
    fn what_a_failed_operation_made_goes_with_its_end_unless_it_is_something_else_by_then() {
        for (id, stays) in [("1", false), ("2", true)] {
            let mut state = State::default();
            begin_at(&mut state, 0, "a");
            state.operations.get_mut("a").unwrap().undo = BTreeMap::from([("vm".to_owned(), json!("1"))]);
            state.resources.insert("vm".to_owned(), json!({ "id": id }));
            settle(&mut state, Timestamp::from_second(9).unwrap());
            assert!(state.resources.contains_key("vm"));
            settle(&mut state, Timestamp::from_second(10).unwrap());
            assert_eq!(state.resources.contains_key("vm"), stays, "{id}");
        }
    }

    #[test]
    fn a_done_operation_is_forgotten_after_an_hour() {
        let mut state = State::default();
        begin_at(&mut state, 0, "a");
        begin_at(&mut state, 3_600, "b");
        assert_eq!(state.operations.len(), 2);
        begin_at(&mut state, 3_611, "c");
        assert!(!state.operations.contains_key("a"));
    }

    #[test]
    fn only_the_newest_operations_are_kept_but_every_running_one() {
        let mut state = State::default();
        for at in 0..250 {
            begin_at(&mut state, at, &format!("{at:03}"));
        }
        assert_eq!(state.operations.len(), MOST_KEPT);
        assert!(state.operations.contains_key("249") && !state.operations.contains_key("000"));
        for at in 0..250 {
            begin_at(&mut state, 1_000, &format!("r{at}"));
        }
        assert_eq!(state.operations.len(), 250);
    }
}
