//! Who may be named in a policy: the forms of a member, what is refused where, and the tombstones that a
//! deleted service account leaves behind.

use serde_json::{Value, json};

use super::{Holder, HolderKind};
use crate::sandbox::error::ApiError;
use crate::sandbox::iam;
use crate::sandbox::store::State;

const PUBLIC: [&str; 2] = ["allUsers", "allAuthenticatedUsers"];
/// Members named by an address; Google answers them in lower case.
const ADDRESSED: [&str; 4] = ["user", "group", "serviceAccount", "domain"];
/// Members of federated identities; their case carries meaning.
const FEDERATED: [&str; 3] = ["principal", "principalSet", "principalHierarchy"];
/// The holders of a basic role on a project, as a bucket names them.
const CONVENIENCE: [&str; 3] = ["projectOwner", "projectEditor", "projectViewer"];

/// Whether the member stands for everybody.
pub(super) fn is_public(member: &str) -> bool {
    PUBLIC.contains(&member)
}

/// The member as Google stores it. An unknown form is refused.
pub(super) fn folded(member: &str) -> Result<String, ApiError> {
    if is_public(member) {
        return Ok(member.to_owned());
    }
    let Some((kind, rest)) = member.split_once(':') else {
        return Err(ApiError::invalid("Policy members must be of the form \"<type>:<value>\"."));
    };
    match kind {
        _ if rest.is_empty() => Err(unknown_form(member)),
        _ if ADDRESSED.contains(&kind) => addressed(kind, rest),
        "deleted" => Ok(member.to_owned()),
        _ if FEDERATED.contains(&kind) && rest.starts_with("//") => Ok(member.to_owned()),
        _ if CONVENIENCE.contains(&kind) => Ok(member.to_owned()),
        _ => Err(unknown_form(member)),
    }
}

fn addressed(kind: &str, rest: &str) -> Result<String, ApiError> {
    let rest = rest.to_lowercase();
    let named = match kind {
        "domain" => rest.contains('.'),
        "serviceAccount" => rest.contains('@') || rest.contains(".svc.id.goog["),
        _ => rest.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.')),
    };
    if named {
        return Ok(format!("{kind}:{rest}"));
    }
    let what = match kind {
        "user" => "User",
        "group" => "Group",
        "domain" => "Domain",
        _ => "Service account",
    };
    Err(ApiError::invalid(format!("{what} {rest} does not exist.")))
}

fn unknown_form(member: &str) -> ApiError {
    ApiError::invalid(format!(
        "The member {member} is of an unknown type. Please set a valid type prefix for the member."
    ))
}

/// What a policy write may not add. A member that the policy holds already is never checked again.
pub(super) fn check_added(
    state: &State,
    holder: Holder<'_>,
    role: &str,
    member: &str,
    conditional: bool,
) -> Result<(), ApiError> {
    let kind = member.split_once(':').map_or(member, |(kind, _)| kind);
    if is_public(member) && (holder.kind == HolderKind::Project || conditional) {
        return Err(ApiError::invalid(format!("The member {member} cannot be granted {role} here.")));
    }
    if CONVENIENCE.contains(&kind) && holder.kind != HolderKind::Bucket {
        return Err(unknown_form(member));
    }
    if kind == "deleted" {
        return Err(ApiError::invalid(format!(
            "The member {member} is deleted and cannot be granted a role."
        )));
    }
    if holder.kind == HolderKind::Project && role == "roles/owner" && kind == "user" && is_solo(state, holder)
    {
        return Err(must_be_invited(role, member));
    }
    match member.strip_prefix("serviceAccount:") {
        Some(email) if iam::is_missing(state, email) => {
            Err(ApiError::invalid(format!("Service account {email} does not exist.")))
        }
        _ => Ok(()),
    }
}

/// Whether the project belongs to no organization.
fn is_solo(state: &State, holder: Holder<'_>) -> bool {
    state.resources.get(holder.path).is_none_or(|project| project.get("parent").is_none())
}

/// Owners of a project without an organization accept an invitation in the console; the API cannot make one.
fn must_be_invited(role: &str, member: &str) -> ApiError {
    let mut error = ApiError::invalid("Request contains an invalid argument.");
    error.details = vec![json!({
        "@type": "type.googleapis.com/google.cloudresourcemanager.v1.ProjectIamPolicyError",
        "type": "SOLO_MUST_INVITE_OWNERS",
        "member": member,
        "role": role,
    })];
    error
}

/// Marks every mention of a deleted service account in all policies. The policies' etags do not move: nobody
/// wrote them.
pub(in crate::sandbox) fn tombstoned(state: &mut State, email: &str, unique_id: &str) {
    rename(
        state,
        &format!("serviceAccount:{email}"),
        &format!("deleted:serviceAccount:{email}?uid={unique_id}"),
    );
}

/// Takes the mark back when the same account is undeleted.
pub(in crate::sandbox) fn restored(state: &mut State, email: &str, unique_id: &str) {
    rename(
        state,
        &format!("deleted:serviceAccount:{email}?uid={unique_id}"),
        &format!("serviceAccount:{email}"),
    );
}

fn rename(state: &mut State, from: &str, to: &str) {
    let policies: Vec<String> = state.below("policies/").map(|(path, _)| path.clone()).collect();
    for path in policies {
        let policy = state.resources.get_mut(&path);
        let bindings =
            policy.and_then(|policy| policy.get_mut("bindings")?.as_array_mut()).into_iter().flatten();
        for members in bindings.filter_map(|binding| binding.get_mut("members")?.as_array_mut()) {
            for member in members.iter_mut().filter(|member| member.as_str() == Some(from)) {
                *member = Value::String(to.to_owned());
            }
        }
    }
}
