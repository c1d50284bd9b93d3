//! Keys of service accounts. The private half is text in the shape of a credentials file, not a key: nothing in
//! the sandbox authenticates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::{found, text};
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::policy;
use crate::sandbox::store::State;

/// Default quota (<https://cloud.google.com/iam/quotas>).
const MOST_KEYS: usize = 10;
/// What Google answers for a key that never expires.
const NO_EXPIRY: &str = "9999-12-31T23:59:59Z";

/// Serves one call; `method` is the part of the id after `keys.`.
pub(super) fn handle(world: &mut World<'_>, call: &Call<'_>, method: &str) -> Result<Value, ApiError> {
    let (account_path, account) = found(world.state, call)?;
    match method {
        "create" => create(world, call, &account_path, &account),
        "list" => Ok(list(world.state, call, &account_path)),
        "get" => key_of(world.state, call, &account_path).map(|(_, key)| key),
        "delete" => {
            let (path, _) = key_of(world.state, call, &account_path)?;
            world.state.resources.remove(&path);
            Ok(json!({}))
        }
        _ => Err(ApiError::not_served(call.method)),
    }
}

/// Drops the keys of a deleted account.
pub(super) fn forget_all(state: &mut State, account_path: &str) {
    let prefix = prefix(account_path);
    state.resources.retain(|path, _| !path.starts_with(&prefix));
}

fn prefix(account_path: &str) -> String {
    format!("{account_path}/keys/")
}

fn keys<'a>(state: &'a State, account_path: &str) -> impl Iterator<Item = &'a Value> {
    let prefix = prefix(account_path);
    state
        .resources
        .range(prefix.clone()..)
        .take_while(move |(path, _)| path.starts_with(&prefix))
        .map(|(_, key)| key)
}

fn list(state: &State, call: &Call<'_>, account_path: &str) -> Value {
    let kinds = call.query.all("keyTypes");
    let keys: Vec<&Value> = keys(state, account_path)
        .filter(|key| kinds.is_empty() || kinds.iter().any(|kind| *kind == text(key, "keyType")))
        .collect();
    if keys.is_empty() { json!({}) } else { json!({ "keys": keys }) }
}

fn key_of(state: &State, call: &Call<'_>, account_path: &str) -> Result<(String, Value), ApiError> {
    let id = call.param("keysId")?;
    let path = format!("{}{id}", prefix(account_path));
    match state.resources.get(&path) {
        Some(key) => Ok((path, key.clone())),
        None => Err(ApiError::not_found(format!("Service account key {id} does not exist."))),
    }
}

fn create(
    world: &mut World<'_>,
    call: &Call<'_>,
    account_path: &str,
    account: &Value,
) -> Result<Value, ApiError> {
    if keys(world.state, account_path).count() >= MOST_KEYS {
        return Err(ApiError::failed_precondition("Precondition check failed."));
    }
    let seed = format!("{account_path}/{}", world.next_id());
    let id: String = policy::hex_digest(seed.as_bytes()).chars().take(40).collect();
    let mut key = json!({
        "name": format!("{}/keys/{id}", text(account, "name")),
        "validAfterTime": world.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "validBeforeTime": NO_EXPIRY,
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
    });
    world.state.resources.insert(format!("{}{id}", prefix(account_path)), key.clone());
    if let Some(fields) = key.as_object_mut() {
        let kind = call.body.get("privateKeyType").cloned().unwrap_or(json!("TYPE_GOOGLE_CREDENTIALS_FILE"));
        fields.insert("privateKeyType".to_owned(), kind);
        fields.insert("privateKeyData".to_owned(), json!(credentials_file(account, &id)));
    }
    Ok(key)
}

/// The one time a private key is answered.
fn credentials_file(account: &Value, key_id: &str) -> String {
    let file = json!({
        "type": "service_account",
        "project_id": text(account, "projectId"),
        "private_key_id": key_id,
        "private_key": "-----BEGIN PRIVATE KEY-----\nThe sandbox has no keys.\n-----END PRIVATE KEY-----\n",
        "client_email": text(account, "email"),
        "client_id": text(account, "uniqueId"),
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    BASE64.encode(file.to_string())
}
