//! What a call is about, as faults name it: its method, its resource, and what makes it the same request as another.

use serde_json::Value;

use super::rule::Served;
use crate::sandbox::call::Call;
use crate::sandbox::new_project;

/// What faults look at.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Subject {
    /// The method.
    pub(super) method: Served,
    /// The path of the resource, with the name that a creation gives at its end.
    pub(super) resource: String,
    /// Verb, path and query without what differs between two sendings of one request.
    pub(super) request: String,
    /// The project that it is charged to.
    pub(super) project: Option<String>,
    /// The service accounts that a written policy names, by email.
    pub(super) accounts: Vec<String>,
}

impl Subject {
    /// Of a call, whose path (`resource`) names the resource or the collection it is in; `line` is verb and path.
    pub(in crate::sandbox) fn of(call: &Call<'_>, method: Served, resource: &str, line: &str) -> Self {
        let resource = match new_name(call) {
            Some(name) => format!("{resource}/{name}"),
            None => resource.to_owned(),
        };
        let own = |name: &str| !["requestId", "upload_id", "uploadId"].contains(&name);
        let query = call.query.0.iter().filter(|(name, _)| own(name));
        let query: Vec<String> = query.map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!("{line}?{}", query.join("&"));
        let project = new_project::consumer(call).map(str::to_owned);
        Self { method, resource, request, project, accounts: accounts(&call.body) }
    }

    /// What it does, such as `insert`.
    pub(super) fn action(&self) -> &str {
        self.method.id.rsplit('.').next().unwrap_or_default()
    }

    /// What chance sees of it: the same in two runs, though operations are named anew in each.
    pub(super) fn drawn_by(&self) -> String {
        let known = match self.resource.rsplit_once("/operations/") {
            Some((parent, _)) => parent,
            None => &self.resource,
        };
        format!("{} {known}", self.method.id)
    }
}

/// Whether calls of that method make something.
pub(super) fn creates(method: &str) -> bool {
    matches!(method.rsplit('.').next(), Some("insert" | "create"))
}

/// The name that a creation gives.
fn new_name(call: &Call<'_>) -> Option<String> {
    if !creates(call.method) {
        return None;
    }
    let text = |field: &str| call.body.get(field).and_then(Value::as_str);
    if let (Some(id), Some(project)) = (text("accountId"), call.path.get("projectsId")) {
        return Some(format!("{id}@{project}.iam.gserviceaccount.com"));
    }
    let given =
        ["repositoryId", "repository_id", "serviceId", "name"].iter().find_map(|name| call.query.get(name));
    given.or_else(|| text("name")).map(str::to_owned)
}

fn accounts(body: &Value) -> Vec<String> {
    let policy = body.get("policy").unwrap_or(body);
    let bindings = policy.get("bindings").and_then(Value::as_array).into_iter().flatten();
    let members = bindings.filter_map(|binding| binding.get("members")?.as_array()).flatten();
    let emails = members.filter_map(|member| member.as_str()?.strip_prefix("serviceAccount:"));
    emails.map(str::to_owned).collect()
}
