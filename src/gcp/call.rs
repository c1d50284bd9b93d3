//! Calls as values: a request, how its answer is waited for, and what must still hold when it is sent.
//! Pure. The executor carries calls out as they stand and decides nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Request, Splice};

/// One unit of work of a step. Calls of a step run in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Call {
    /// Send a request and wait for its operation.
    Send(Send),
    /// Send independent requests side by side: uploads, deletions of objects.
    Each(Vec<Send>),
    /// Read, change in place, write: the answer to fingerprints and etags that move under us.
    Edit(Edit),
    /// Read and compare with what the plan saw; a difference makes the step stale.
    Guard(Guard),
    /// Send the first of several requests that finds room.
    FirstOf(FirstOf),
}

/// The same work at several places, the best first: where one has no room, the next is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstOf {
    /// What stands for the place in later calls until it is known: a reference, `Kind/name.result`.
    pub place: String,
    /// The places to try.
    pub choices: Vec<Choice>,
}

/// One place, and what is sent there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// The place: a zone.
    pub place: String,
    /// What it is a part of: quotas of a region are those of all its zones.
    pub region: String,
    /// The work there.
    pub send: Send,
}

/// A request with its wait and its meaning of "already so".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Send {
    /// What is sent.
    pub request: Request,
    /// How the end of the work is known.
    pub wait: Wait,
    /// Whether 404 means that the wanted state is reached (deletions).
    #[serde(default)]
    pub absent_is_done: bool,
}

/// How the end of a mutation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    /// The answer is the end.
    Answer,
    /// A `compute#operation`: `POST …/operations/NAME/wait` until `DONE`.
    Compute,
    /// A `google.longrunning` operation: `GET v1/NAME` until `done`.
    LongRunning,
    /// The answer, and then reads of what was made until three in a row find it: a new service account flickers between 404
    /// and 200 for a while.
    Known,
}

/// A read-modify-write of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// Reads the document as it is when the step runs.
    pub read: Request,
    /// The request that writes; its body is made by `splices` from what was read.
    pub write: Request,
    /// How the body of the write is made.
    pub splices: Vec<Splice>,
    /// Whether a write whose body equals what was read is left out. True for policies: every write costs quota
    /// and moves the etag.
    pub skip_if_same: bool,
    /// How the end is known.
    pub wait: Wait,
    /// Edits with the same key, in one plan, become one: all grants of one policy are one write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuse: Option<String>,
}

/// What must still be true of a live resource when a step starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guard {
    /// Reads the resource.
    pub read: Request,
    /// The members the plan saw, by JSON pointer; absent members are null.
    pub seen: Vec<(String, Value)>,
}

impl Call {
    /// Whether it grants or takes away roles.
    pub fn writes_a_policy(&self) -> bool {
        matches!(self, Self::Edit(edit) if edit.splices.iter().any(|s| matches!(s, Splice::Policy { .. })))
    }
}

impl Send {
    /// A mutation that is done when it is answered.
    pub fn answered(request: Request) -> Self {
        Self { request, wait: Wait::Answer, absent_is_done: false }
    }

    /// A creation that is not seen everywhere at once.
    pub fn known(request: Request) -> Self {
        Self { request, wait: Wait::Known, absent_is_done: false }
    }

    /// A compute mutation.
    pub fn compute(request: Request) -> Self {
        Self { request, wait: Wait::Compute, absent_is_done: false }
    }

    /// A mutation that answers a long-running operation.
    pub fn long_running(request: Request) -> Self {
        Self { request, wait: Wait::LongRunning, absent_is_done: false }
    }

    /// Takes 404 for success: what should be gone is gone.
    #[must_use]
    pub fn absent_is_done(mut self) -> Self {
        self.absent_is_done = true;
        self
    }
}

impl Guard {
    /// The first member that no longer is as the plan saw it: its pointer, what was seen, what is there.
    pub fn broken_by<'a>(&'a self, live: &Value) -> Option<(&'a str, &'a Value, Value)> {
        self.seen.iter().find_map(|(pointer, seen)| {
            let at = live.pointer(pointer).cloned().unwrap_or(Value::Null);
            (at != *seen).then_some((pointer.as_str(), seen, at))
        })
    }

    /// A guard over the given members of a document as it was read for the plan.
    pub fn over(read: Request, live: &Value, pointers: &[&str]) -> Self {
        let member = |p: &&str| ((*p).to_owned(), live.pointer(p).cloned().unwrap_or(Value::Null));
        Self { read, seen: pointers.iter().map(member).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gcp::Service;

    #[test]
    fn a_guard_names_the_first_member_that_moved() {
        let seen = json!({"id": "1", "labels": {"a": "b"}});
        let guard = Guard::over(Request::get(Service::Compute, "x"), &seen, &["/id", "/labels/a", "/gone"]);
        assert_eq!(guard.broken_by(&seen), None);
        let live = json!({"id": "1", "labels": {"a": "c"}});
        assert_eq!(guard.broken_by(&live), Some(("/labels/a", &json!("b"), json!("c"))));
    }
}
