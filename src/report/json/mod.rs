//! What commands write as JSON, as types: their doc comments are the published schemas, and the shape is promised. Fields are
//! added, never renamed. Pure. Secrets are hidden before anything comes here.

mod diagnostic;
mod outcome;
mod plan;
mod schema;

use serde_json::Value;

pub use diagnostic::{DiagnosticOutput, PlaceOutput, RelatedOutput, SeverityOutput};
pub use outcome::{ElsewhereOutput, OutcomeOutput, ReadyOutput, RunOutput, StepOutput, StepState};
pub use plan::{ChangeOutput, FieldOutput, FindingOutput, PlanOutput, SummaryOutput};
pub use schema::schemas;

/// A whole plan.
pub fn plan(plan: &crate::plan::Plan) -> Value {
    value(&PlanOutput::of(plan))
}

/// An output as a value. What these types are made of is always JSON.
pub fn value(output: &impl serde::Serialize) -> Value {
    serde_json::to_value(output).unwrap_or_default()
}
