//! Revisions: what each is called, where the service answers, and why one cannot start.

use serde_json::{Value, json};

use crate::sandbox::policy;
use crate::sandbox::store::State;

/// Why a revision does not come to serve.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The reason in the service's condition.
    pub(super) reason: &'static str,
    /// Google's words.
    pub(super) message: String,
}

/// The name of the next revision: a number that grows, and three letters that nobody can guess.
pub(super) fn next_name(service: &str, before: Option<&str>, seed: u64) -> String {
    let number = before.and_then(|name| name.rsplit('-').nth(1)?.parse::<u32>().ok()).unwrap_or(0) + 1;
    let letters = policy::hex_digest(&seed.to_be_bytes());
    format!("{service}-{number:05}-{}", letters.get(..3).unwrap_or("abc"))
}

/// Where a service answers: `https://NAME-HASH-CODE.a.run.app` and the address that follows from the project's number.
pub(super) fn addresses(name: &str, number: &str) -> [String; 2] {
    let mut parts = name.split('/').skip(1).step_by(2);
    let (project, region, service) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let hash = policy::hex_digest(format!("{project}/{region}").as_bytes());
    let code: String = region.split('-').filter_map(|part| part.chars().next()).collect();
    let hash = hash.get(..10).unwrap_or_default();
    [
        format!("https://{service}-{number}.{region}.run.app"),
        format!("https://{service}-{hash}-{code}.a.run.app"),
    ]
}

/// Why a revision of this template cannot start: an image of a repository that the project does not have, or a probe of another
/// port than the container's. What is in registries elsewhere is taken to be there.
pub(super) fn trouble(state: &State, service: &Value, revision: &str) -> Option<Trouble> {
    let not_ready = format!("Revision '{revision}' is not ready and cannot serve traffic.");
    let containers = service.pointer("/template/containers").and_then(Value::as_array);
    for container in containers.into_iter().flatten() {
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        if is_missing(state, image) {
            let message = format!("{not_ready} Image '{image}' not found.");
            return Some(Trouble { reason: "CONTAINER_MISSING", message });
        }
        let port = container.pointer("/ports/0/containerPort");
        let probed = container.pointer("/startupProbe/tcpSocket/port");
        if port.is_some() && probed.is_some() && port != probed {
            let message = format!(
                "{not_ready} The user-provided container failed the configured startup probe checks. Logs for this \
                 revision might contain more information."
            );
            return Some(Trouble { reason: "REVISION_FAILED", message });
        }
    }
    None
}

/// Whether the image is named in a repository of a project of this sandbox that has no such repository.
fn is_missing(state: &State, image: &str) -> bool {
    let mut parts = image.split('/');
    let location = parts.next().and_then(|host| host.strip_suffix("-docker.pkg.dev"));
    let (Some(location), Some(project), Some(repository)) = (location, parts.next(), parts.next()) else {
        return false;
    };
    let there = format!("artifactregistry/projects/{project}/locations/{location}/repositories/{repository}");
    state.resources.contains_key(&format!("projects/{project}")) && !state.resources.contains_key(&there)
}

/// The error that the operation ends in, by the condition of the service.
pub(super) fn error(service: &Value) -> Option<Value> {
    let condition = service.get("terminalCondition")?;
    let failed = condition.get("state")?.as_str()? == "CONDITION_FAILED";
    // NOT_FOUND and FAILED_PRECONDITION.
    let code =
        if condition.get("reason").is_some_and(|reason| reason == "CONTAINER_MISSING") { 5 } else { 9 };
    failed.then(|| json!({ "code": code, "message": condition.get("message") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_numbered_and_addresses_follow_from_the_name() {
        let first = next_name("api", None, 7);
        assert!(first.starts_with("api-00001-"), "{first}");
        assert!(next_name("api", Some(&first), 8).starts_with("api-00002-"));
        let [by_number, by_hash] = addresses("projects/p/locations/europe-west1/services/api", "12");
        assert_eq!(by_number, "https://api-12.europe-west1.run.app");
        assert!(by_hash.starts_with("https://api-") && by_hash.ends_with("-ew.a.run.app"), "{by_hash}");
    }

    #[test]
    fn only_images_of_repositories_that_are_known_to_be_absent_are_missing() {
        let mut state = State::default();
        let image = "europe-west1-docker.pkg.dev/my-course/be/app:1";
        assert!(!is_missing(&state, image), "a project that nobody has seen");
        state.resources.insert("projects/my-course".to_owned(), json!({}));
        assert!(is_missing(&state, image) && !is_missing(&state, "nginx:1"));
        let key = "artifactregistry/projects/my-course/locations/europe-west1/repositories/be";
        state.resources.insert(key.to_owned(), json!({}));
        assert!(!is_missing(&state, image));
    }
}
