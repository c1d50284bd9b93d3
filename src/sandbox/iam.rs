//! IAM v1: service accounts, their policies and their keys, and workload identity pools.
//!
//! An account is known by its email and by a unique id that is never used twice. A deleted account leaves a
//! tombstone: reads of it answer another text than reads of what never was, policies name it as
//! `deleted:serviceAccount:…?uid=…`, and it may come back as long as nobody took its email.

mod keys;
mod pools;

use serde_json::{Value, json};

use super::call::{Answer, Call, World};
use super::error::ApiError;
use super::new_project;
use super::paging;
use super::policy::{self, Holder, HolderKind};
use super::resourcemanager;
use super::store::State;

/// The same constant on every account ever recorded; useless for locking.
const ETAG: &str = "MDEwMjE5MjA=";
/// Default quota (<https://cloud.google.com/iam/quotas>).
const MOST_ACCOUNTS: usize = 100;
const LARGEST_PAGE: usize = 100;
const DEFAULT_PAGE: usize = 20;
const UNDELETE_WITHIN_SECONDS: i64 = 30 * 24 * 3600;

/// Serves one call.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    if let Some(method) = call.method.strip_prefix("iam.projects.locations.workloadIdentityPools.") {
        return pools::handle(world, call, method).map(Answer::Json);
    }
    let method = call.method.strip_prefix("iam.projects.serviceAccounts.").unwrap_or(call.method);
    if let Some(method) = method.strip_prefix("keys.") {
        return keys::handle(world, call, method).map(Answer::Json);
    }
    let answer = match method {
        "create" => create(world, call),
        "list" => list(world, call),
        "undelete" => undelete(world, call),
        "get" => found(world.state, call).map(|(_, account)| account),
        "patch" => patch(world, call),
        "update" => update(world, call),
        "delete" => delete(world, call),
        "enable" => switch(world, call, false),
        "disable" => switch(world, call, true),
        "getIamPolicy" => get_policy(world, call),
        "setIamPolicy" => set_policy(world, call),
        "testIamPermissions" => {
            found(world.state, call).and_then(|_| policy::test_permissions(world.limits, &call.body))
        }
        _ => Err(ApiError::not_served(call.method)),
    };
    answer.map(Answer::Json)
}

/// Whether the email belongs to a project of this sandbox and no such account is there. Accounts of projects
/// that the sandbox never saw are taken to exist.
pub(super) fn is_missing(state: &State, email: &str) -> bool {
    let Some((name, domain)) = email.split_once('@') else {
        return false;
    };
    let project = match domain.strip_suffix(".iam.gserviceaccount.com") {
        Some(project) => Some(project.to_owned()),
        None if domain == "developer.gserviceaccount.com" => {
            new_project::id_of_number(state, name.trim_end_matches("-compute"))
        }
        None => None,
    };
    project.is_some_and(|project| {
        state.resources.contains_key(&format!("projects/{project}"))
            && !state.resources.contains_key(&key(&project, email))
    })
}

fn key(project: &str, email: &str) -> String {
    format!("iam/projects/{project}/serviceAccounts/{email}")
}

fn tombstone_key(project: &str, unique_id: &str) -> String {
    format!("iam/projects/{project}/deleted/{unique_id}")
}

fn holder(path: &str) -> Holder<'_> {
    Holder { kind: HolderKind::Other, path }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The account that the path names by email or unique id, in one project or (`-`) in any; with its key.
fn found(state: &State, call: &Call<'_>) -> Result<(String, Value), ApiError> {
    let (project, wanted) = (call.param("projectsId")?, call.param("serviceAccountsId")?);
    let prefix = if project == "-" { "iam/projects/".to_owned() } else { key(project, "") };
    let hit = state.resources.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix)).find(
        |(path, account)| {
            path.contains("/serviceAccounts/")
                && !path.contains("/keys/")
                && (text(account, "email") == wanted || text(account, "uniqueId") == wanted)
        },
    );
    match hit {
        Some((path, account)) => Ok((path.clone(), account.clone())),
        None if project == "-" => Err(ApiError::permission_denied(
            "Permission 'iam.serviceAccounts.get' denied on resource (or it may not exist).",
        )),
        None => Err(absent(state, project, wanted)),
    }
}

/// A deleted account is reported by its unique id, an unknown one is not named at all.
fn absent(state: &State, project: &str, wanted: &str) -> ApiError {
    let prefix = tombstone_key(project, "");
    let mut buried =
        state.resources.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    let last = buried
        .by_ref()
        .filter_map(|(_, tombstone)| tombstone.get("account"))
        .filter(|account| text(account, "email") == wanted || text(account, "uniqueId") == wanted)
        .last();
    match last {
        Some(account) => ApiError::not_found(format!("Account deleted: {}", text(account, "uniqueId"))),
        None => ApiError::not_found("Unknown service account"),
    }
}

fn create(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = call.param("projectsId")?;
    resourcemanager::check_project(world.state, project)?;
    let id = text(&call.body, "accountId");
    check_account_id(id)?;
    let email = format!("{id}@{project}.iam.gserviceaccount.com");
    if world.state.resources.contains_key(&key(project, &email)) {
        return Err(ApiError::already_exists(format!(
            "Service account {id} already exists within project projects/{project}."
        )));
    }
    if accounts(world.state, project).count() >= MOST_ACCOUNTS {
        return Err(ApiError::exhausted("Maximum number of service accounts on project reached."));
    }
    let given = call.body.get("serviceAccount").cloned().unwrap_or_default();
    check_texts(&given)?;
    let account = account(project, &email, &unique_id(world), &given);
    world.state.resources.insert(key(project, &email), account.clone());
    Ok(account)
}

/// Twenty-one digits, as Google's; taken from the sandbox's counter so that runs are repeatable.
fn unique_id(world: &mut World<'_>) -> String {
    format!("1{:020}", world.next_id())
}

/// A complete account. Empty texts are omitted, as one-platform services do.
pub(super) fn account(project: &str, email: &str, unique_id: &str, given: &Value) -> Value {
    let mut account = json!({
        "name": format!("projects/{project}/serviceAccounts/{email}"),
        "projectId": project,
        "uniqueId": unique_id,
        "email": email,
        "displayName": text(given, "displayName"),
        "etag": ETAG,
        "description": text(given, "description"),
        "oauth2ClientId": unique_id,
    });
    drop_empty(&mut account);
    account
}

fn drop_empty(account: &mut Value) {
    if let Some(fields) = account.as_object_mut() {
        fields.retain(|_, value| {
            !matches!(value, Value::Bool(false) | Value::Null) && value.as_str() != Some("")
        });
    }
}

fn check_account_id(id: &str) -> Result<(), ApiError> {
    let letters = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let starts = id.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if letters && starts && !id.ends_with('-') && (6..=30).contains(&id.len()) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid service account ID '{id}': it must be 6 to 30 characters long and match [a-z]([-a-z0-9]*[a-z0-9])."
    )))
}

fn check_texts(given: &Value) -> Result<(), ApiError> {
    for (field, most) in [("displayName", 100), ("description", 256)] {
        if text(given, field).len() > most {
            return Err(ApiError::invalid(format!("The {field} must be at most {most} bytes long.")));
        }
    }
    Ok(())
}

fn accounts<'a>(state: &'a State, project: &str) -> impl Iterator<Item = &'a Value> {
    let prefix = key(project, "");
    state
        .resources
        .range(prefix.clone()..)
        .take_while(move |(path, _)| path.starts_with(&prefix))
        .filter(|(path, _)| !path.contains("/keys/"))
        .map(|(_, account)| account)
}

fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let project = call.param("projectsId")?;
    resourcemanager::check_project(world.state, project)?;
    let all: Vec<Value> = accounts(world.state, project).cloned().collect();
    let page = paging::page(all, call, "pageSize", DEFAULT_PAGE, LARGEST_PAGE)?;
    Ok(page.into_answer("accounts"))
}

/// The mask is in the body. The answer holds the name and the masked fields only.
fn patch(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (path, mut account) = found(world.state, call)?;
    let given = call.body.get("serviceAccount").cloned().unwrap_or_default();
    check_texts(&given)?;
    let mut answer = json!({ "name": account.get("name") });
    for field in text(&call.body, "updateMask").split(',').map(str::trim) {
        let field = match field {
            "displayName" | "display_name" => "displayName",
            "description" => "description",
            _ => return Err(ApiError::invalid(format!("Invalid update mask path: '{field}'."))),
        };
        for target in [&mut account, &mut answer] {
            put(target, field, json!(text(&given, field)));
        }
    }
    world.state.resources.insert(path, account);
    drop_empty(&mut answer);
    Ok(answer)
}

fn put(account: &mut Value, field: &str, value: Value) {
    if let Some(fields) = account.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
    drop_empty(account);
}

/// The legacy PUT: the body is the account, of which only the display name is taken.
fn update(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (path, mut account) = found(world.state, call)?;
    check_texts(&call.body)?;
    let given = text(&call.body, "etag");
    if !given.is_empty() && !policy::same_bytes(given, ETAG) {
        return Err(ApiError::aborted("The etag does not match the service account."));
    }
    put(&mut account, "displayName", json!(text(&call.body, "displayName")));
    world.state.resources.insert(path, account.clone());
    Ok(account)
}

fn switch(world: &mut World<'_>, call: &Call<'_>, disabled: bool) -> Result<Value, ApiError> {
    let (path, mut account) = found(world.state, call)?;
    put(&mut account, "disabled", json!(disabled));
    world.state.resources.insert(path, account);
    Ok(json!({}))
}

fn delete(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (path, account) = found(world.state, call)?;
    let (email, unique_id) = (text(&account, "email"), text(&account, "uniqueId"));
    let tombstone = tombstone_key(text(&account, "projectId"), unique_id);
    world.state.resources.remove(&path);
    keys::forget_all(world.state, &path);
    policy::forget(world.state, holder(&path));
    policy::tombstoned(world.state, email, unique_id);
    let buried = json!({ "account": account, "deletedAt": world.now.as_second() });
    world.state.resources.insert(tombstone, buried);
    Ok(json!({}))
}

fn undelete(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (project, unique_id) = (call.param("projectsId")?, call.param("serviceAccountsId")?);
    let tombstone = tombstone_key(project, unique_id);
    let buried = world.state.resources.get(&tombstone).cloned().unwrap_or_default();
    let deleted = buried.get("deletedAt").and_then(Value::as_i64).unwrap_or(0);
    let Some(account) =
        buried.get("account").filter(|_| world.now.as_second() - deleted < UNDELETE_WITHIN_SECONDS)
    else {
        return Err(ApiError::not_found("Unknown service account"));
    };
    let path = key(project, text(account, "email"));
    if world.state.resources.contains_key(&path) {
        return Err(ApiError::failed_precondition("The email of the service account is in use again."));
    }
    world.state.resources.remove(&tombstone);
    policy::restored(world.state, text(account, "email"), unique_id);
    world.state.resources.insert(path, account.clone());
    Ok(json!({ "restoredAccount": account }))
}

fn get_policy(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (path, _) = found(world.state, call)?;
    policy::get(
        world,
        holder(&path),
        policy::requested_version(call.query.get("options.requestedPolicyVersion"))?,
    )
}

fn set_policy(world: &mut World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    let (path, _) = found(world.state, call)?;
    let submitted = call.body.get("policy").cloned().unwrap_or_default();
    policy::set(world, holder(&path), &submitted, text(&call.body, "updateMask"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_accounts_of_known_projects_can_be_missing() {
        let mut state = State::default();
        new_project::ensure(&mut state, "my-course", jiff::Timestamp::UNIX_EPOCH);
        let default = new_project::default_account(&state, "my-course");
        for (email, missing) in [
            ("ci@my-course.iam.gserviceaccount.com", true),
            ("ci@elsewhere.iam.gserviceaccount.com", false),
            ("service-1@compute-system.iam.gserviceaccount.com", false),
            ("1@cloudservices.gserviceaccount.com", false),
            (default.as_str(), false),
        ] {
            assert_eq!(is_missing(&state, email), missing, "{email}");
        }
        state.resources.remove(&key("my-course", &default));
        assert!(is_missing(&state, &default));
    }
}
