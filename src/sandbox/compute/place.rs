//! Where a resource is, and how references to it are read: by bare name, in part, or in full on either host.

use serde_json::Value;

use super::regions;
use crate::sandbox::call::Call;
use crate::sandbox::error::ApiError;
use crate::sandbox::new_project;
use crate::sandbox::store::State;

/// Answers name resources on this host whatever host was asked.
const ROOT: &str = "https://www.googleapis.com/compute/v1/";

/// The scope of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Of the whole project.
    Global,
    /// In one region.
    Region(String),
    /// In one zone.
    Zone(String),
}

/// A project and a scope in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The project id.
    pub(super) project: String,
    /// The scope.
    pub(super) scope: Scope,
}

impl Place {
    /// The place that a call names; zone and region must exist.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, ApiError> {
        let project = call.param("project")?.to_owned();
        let scope = match (call.path.get("zone"), call.path.get("region")) {
            (Some(zone), _) if regions::has_zone(zone) => Scope::Zone(zone.clone()),
            (Some(zone), _) => return Err(unknown("zone", zone)),
            (None, Some(region)) if regions::has_region(region) => Scope::Region(region.clone()),
            (None, Some(region)) => return Err(unknown("region", region)),
            (None, None) => Scope::Global,
        };
        Ok(Self { project, scope })
    }

    /// `global`, `regions/R` or `zones/Z`.
    pub(super) fn scope_text(&self) -> String {
        match &self.scope {
            Scope::Global => "global".to_owned(),
            Scope::Region(region) => format!("regions/{region}"),
            Scope::Zone(zone) => format!("zones/{zone}"),
        }
    }

    /// `projects/P/zones/Z`.
    pub(super) fn path(&self) -> String {
        format!("projects/{}/{}", self.project, self.scope_text())
    }

    /// `projects/P/zones/Z/instances/x`.
    pub(super) fn of_resource(&self, collection: &str, name: &str) -> String {
        format!("{}/{collection}/{name}", self.path())
    }

    /// The zone; empty outside of one.
    pub(super) fn zone(&self) -> &str {
        match &self.scope {
            Scope::Zone(zone) => zone,
            _ => "",
        }
    }

    /// The region, also of a zone; empty for global.
    pub(super) fn region(&self) -> &str {
        match &self.scope {
            Scope::Global => "",
            Scope::Region(region) => region,
            Scope::Zone(zone) => regions::region_of(zone),
        }
    }

    /// The same project's region.
    pub(super) fn regional(&self) -> Self {
        Self { project: self.project.clone(), scope: Scope::Region(self.region().to_owned()) }
    }

    /// The same project, global.
    pub(super) fn global(&self) -> Self {
        Self { project: self.project.clone(), scope: Scope::Global }
    }

    /// The path that a reference means. A bare name is one of `collection` in this place.
    pub(super) fn resolve(&self, state: &State, reference: &str, collection: &str) -> String {
        if let Some(path) = relative(reference) {
            return with_project_id(state, path);
        }
        let part = reference.trim_start_matches('/');
        if ["zones/", "regions/", "global/"].iter().any(|start| part.starts_with(start)) {
            return format!("projects/{}/{part}", self.project);
        }
        let name = part.strip_prefix(collection).map_or(part, |rest| rest.trim_start_matches('/'));
        self.of_resource(collection, name)
    }
}

fn unknown(what: &str, name: &str) -> ApiError {
    ApiError::invalid(format!("Invalid value for field '{what}': '{name}'. Unknown {what}."))
}

/// The part of a full or project-relative reference from `projects/` on.
pub(super) fn relative(reference: &str) -> Option<&str> {
    if reference.starts_with("projects/") {
        return Some(reference);
    }
    let at = reference.find("/projects/")?;
    reference.get(at + 1..)
}

fn with_project_id(state: &State, path: &str) -> String {
    let rest = path.strip_prefix("projects/").unwrap_or(path);
    let (project, rest) = rest.split_once('/').unwrap_or((rest, ""));
    format!("projects/{}/{rest}", new_project::id_of(state, project))
}

/// The full reference of a path.
pub(super) fn link(path: &str) -> String {
    format!("{ROOT}{path}")
}

/// The key of a path in the state.
pub(super) fn key(path: &str) -> String {
    format!("compute/{path}")
}

/// The last segment of a path or reference.
pub(super) fn name_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// The resource at a path.
pub(super) fn stored<'a>(state: &'a State, path: &str) -> Option<&'a Value> {
    state.resources.get(&key(path))
}

/// The resource at a path, or Google's 404.
pub(super) fn find(state: &State, path: &str) -> Result<Value, ApiError> {
    stored(state, path).cloned().ok_or_else(|| not_found(path))
}

/// The 404 of a path.
pub(super) fn not_found(path: &str) -> ApiError {
    ApiError::not_found(format!("The resource '{path}' was not found"))
}

/// Refuses a name that is taken.
pub(super) fn check_free(state: &State, path: &str) -> Result<(), ApiError> {
    match stored(state, path) {
        None => Ok(()),
        Some(_) => Err(taken(path)),
    }
}

/// The 409 of a path.
pub(super) fn taken(path: &str) -> ApiError {
    ApiError::already_exists(format!("The resource '{path}' already exists"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_of_any_form_means_one_path() {
        let place =
            Place { project: "my-course".to_owned(), scope: Scope::Zone("europe-west1-b".to_owned()) };
        let path = "projects/my-course/zones/europe-west1-b/machineTypes/n1-standard-1";
        for reference in [
            "n1-standard-1",
            "machineTypes/n1-standard-1",
            "zones/europe-west1-b/machineTypes/n1-standard-1",
            path,
            &link(path),
            &format!("https://compute.googleapis.com/compute/beta/{path}"),
            &format!("http://127.0.0.1:8080/compute/v1/{path}"),
        ] {
            assert_eq!(place.resolve(&State::default(), reference, "machineTypes"), path, "{reference}");
        }
    }
}
