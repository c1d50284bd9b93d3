//! Plans as JSON for programs. The shape is promised: fields are added, never renamed.
//! Pure. Secrets are hidden before anything comes here.

use serde_json::{Map, Value, json};

use crate::plan::{Action, Plan};

/// A whole plan.
pub fn plan(plan: &Plan) -> Value {
    let summary: Map<String, Value> =
        Action::ALL.into_iter().map(|action| (action.key().to_owned(), json!(plan.count(action)))).collect();
    json!({
        "course": plan.course,
        "project": plan.project,
        "summary": summary,
        "changes": plan.changes,
        "report": plan.report,
        "overrides": plan.overrides,
    })
}
