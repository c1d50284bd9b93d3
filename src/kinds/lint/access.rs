//! Lint of access: roles that are too wide, buckets that everybody may write, APIs that are gone.
//! Pure.

use super::Lint;
use crate::kinds::dead::{self, Sort};
use crate::spec::formats::{Member, Role, ServiceName};
use crate::spec::{Pointer, Problem};

/// Basic roles of people: they take no condition, so nothing ends them with the course.
pub fn basic_roles(roles: &[Role], members: &[Member]) -> Vec<Lint> {
    let person = |m: &Member| m.as_str().starts_with("user:") || m.as_str().starts_with("group:");
    if !members.iter().any(person) {
        return Vec::new();
    }
    let basic = |role: &Role| matches!(role.as_str(), "roles/owner" | "roles/editor");
    roles.iter().enumerate().filter(|(_, role)| basic(role)).map(|(i, role)| basic_role(i, role)).collect()
}

fn basic_role(i: usize, role: &Role) -> Lint {
    let message = format!("`{role}` lets people do nearly everything, and Google takes no end date for it");
    let problem = Problem::new("basic-role", message)
        .label("it stays until somebody takes it away")
        .help("grant what the course needs: `roles/compute.instanceAdmin.v1`, `roles/storage.objectAdmin`, `roles/artifactregistry.writer`, `roles/iam.serviceAccountUser`");
    Lint::new(Pointer::from("roles").child(i.to_string()), problem)
}

/// Roles by which everybody could change what a bucket holds.
pub fn public_writers(roles: &[Role], members: &[Member]) -> Vec<Lint> {
    let public = |m: &Member| matches!(m.as_str(), "allUsers" | "allAuthenticatedUsers");
    let Some((i, member)) = members.iter().enumerate().find(|(_, m)| public(m)) else { return Vec::new() };
    let Some(role) = roles.iter().find(|role| writes(role)) else { return Vec::new() };
    let problem = Problem::new("public-write", format!("`{role}` lets anybody on the internet write here"))
        .label(format!("{member} is everybody"))
        .help("let the public read (`roles/storage.objectViewer`) and name who may write");
    vec![Lint::new(Pointer::from("members").child(i.to_string()), problem)]
}

/// Whether a role changes objects or buckets.
fn writes(role: &Role) -> bool {
    let name = role.as_str().trim_start_matches("roles/storage.");
    let writing = [
        "admin",
        "objectAdmin",
        "objectCreator",
        "objectUser",
        "legacyBucketOwner",
        "legacyBucketWriter",
        "legacyObjectOwner",
    ];
    writing.contains(&name)
}

/// APIs that are shut down.
pub fn dead_apis(services: &[ServiceName]) -> Vec<Lint> {
    let dead = |(i, service): (usize, &ServiceName)| {
        let dead = dead::find(Sort::Api, "", service.as_str())?;
        let problem =
            Problem::new("dead-api", format!("`{service}` has nothing behind it any more")).label(dead.why);
        let problem = match dead.instead {
            "" => problem.help("remove it"),
            instead => problem.help(format!("write `{instead}`")).replace(instead),
        };
        Some(Lint::new(Pointer::from("services").child(i.to_string()), problem))
    };
    services.iter().enumerate().filter_map(dead).collect()
}
