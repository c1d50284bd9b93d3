//! What Cloud Run refuses at once, before any revision is made.

use serde_json::Value;

use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;
use crate::sandbox::iam;

/// Environment variables that the service sets itself.
const RESERVED: [&str; 4] = ["K_CONFIGURATION", "K_REVISION", "K_SERVICE", "PORT"];
/// Labels and annotations that v2 keeps for itself.
const PREFIXES: [&str; 4] =
    ["run.googleapis.com", "cloud.googleapis.com", "serving.knative.dev", "autoscaling.knative.dev"];

/// Lower case letters, digits and hyphens, beginning with a letter, not ending with a hyphen, below 50.
pub(super) fn check_id(id: &str) -> Result<(), ApiError> {
    let allowed = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let starts = id.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if allowed && starts && !id.ends_with('-') && id.len() < 50 {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Violation in CreateServiceRequest.service_id: '{id}' must consist of lower case alphanumeric characters or \
         '-', start with a letter, not end with '-' and be less than 50 characters long."
    )))
}

/// Refuses what no service can be.
pub(super) fn check(world: &World<'_>, service: &Value) -> Result<(), ApiError> {
    check_labels(service)?;
    let containers = service.pointer("/template/containers").and_then(Value::as_array);
    let containers = containers.map(Vec::as_slice).unwrap_or_default();
    if containers.is_empty() {
        return Err(violation("template.containers", "at least one container is required"));
    }
    for (i, container) in containers.iter().enumerate() {
        check_container(&format!("template.containers[{i}]"), container)?;
    }
    if containers.iter().filter(|container| container.get("ports").is_some()).count() > 1 {
        return Err(violation("template.containers", "only one container may have a port"));
    }
    check_template(service)?;
    check_account(world, service)
}

fn violation(at: &str, what: &str) -> ApiError {
    ApiError::invalid(format!("Violation in Service.{at}: {what}."))
}

fn check_labels(service: &Value) -> Result<(), ApiError> {
    let all = ["labels", "annotations"].iter().filter_map(|map| service.get(map)?.as_object());
    let reserved = |key: &&String| PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    match all.flat_map(serde_json::Map::keys).find(reserved) {
        Some(key) => Err(violation("labels", &format!("the key '{key}' has a reserved prefix"))),
        None => Ok(()),
    }
}

fn check_container(at: &str, container: &Value) -> Result<(), ApiError> {
    if container.get("image").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(violation(&format!("{at}.image"), "an image is required"));
    }
    let env = container.get("env").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = env.filter_map(|one| one.get("name")?.as_str()).collect();
    if let Some(reserved) = names.iter().find(|name| RESERVED.contains(name)) {
        return Err(ApiError::invalid(format!(
            "{at}.env: The following reserved env names were provided: {reserved}. These values are automatically \
             set by the system."
        )));
    }
    let twice =
        names.iter().enumerate().find(|(i, name)| names.get(..*i).is_some_and(|all| all.contains(name)));
    if let Some((_, name)) = twice {
        return Err(violation(&format!("{at}.env"), &format!("duplicate environment variable '{name}'")));
    }
    check_resources(at, container)
}

fn check_resources(at: &str, container: &Value) -> Result<(), ApiError> {
    let limit = |name: &str| container.pointer(&format!("/resources/limits/{name}")).and_then(Value::as_str);
    if let Some(cpu) = limit("cpu") {
        let milli = milli(cpu)
            .filter(|milli| (80..1000).contains(milli) || [1, 2, 4, 6, 8].map(|c| c * 1000).contains(milli));
        if milli.is_none() {
            let what = "must be equal to one of [.08-1], 1.0, 2.0, 4.0, 6.0, 8.0";
            return Err(violation(
                &format!("{at}.resources.limits.cpu"),
                &format!("Invalid value '{cpu}': {what}"),
            ));
        }
    }
    if let Some(memory) = limit("memory")
        && bytes(memory).is_none_or(|bytes| bytes < 128 << 20)
    {
        let what = format!("Invalid value '{memory}': must be at least 128Mi");
        return Err(violation(&format!("{at}.resources.limits.memory"), &what));
    }
    Ok(())
}

/// Thousandths of a CPU.
pub(super) fn milli(cpu: &str) -> Option<u64> {
    match cpu.strip_suffix('m') {
        Some(milli) => milli.parse().ok(),
        None => {
            let (whole, part) = cpu.split_once('.').unwrap_or((cpu, ""));
            let part = format!("{part:0<3}");
            let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            Some(whole * 1000 + part.get(..3)?.parse::<u64>().ok()?)
        }
    }
}

fn bytes(memory: &str) -> Option<u64> {
    let units = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
    ];
    let unit = units.iter().find_map(|(unit, size)| Some((memory.strip_suffix(unit)?, *size)));
    let (number, size) = unit.unwrap_or((memory, 1_u64));
    number.parse::<u64>().ok()?.checked_mul(size)
}

fn check_template(service: &Value) -> Result<(), ApiError> {
    let number = |at: &str| service.pointer(at).and_then(Value::as_i64);
    let concurrency = number("/template/maxInstanceRequestConcurrency").unwrap_or(1);
    if !(1..=1000).contains(&concurrency) {
        return Err(violation("template.max_instance_request_concurrency", "must be between 1 and 1000"));
    }
    let cpu = service.pointer("/template/containers/0/resources/limits/cpu").and_then(Value::as_str);
    if cpu.and_then(milli).is_some_and(|milli| milli < 1000) && concurrency > 1 {
        let what = "Total cpu < 1 is not supported with concurrency > 1";
        return Err(violation("template.containers[0].resources.limits.cpu", what));
    }
    let timeout = service.pointer("/template/timeout").and_then(Value::as_str);
    let seconds = timeout.map(|text| text.strip_suffix('s').and_then(|n| n.parse::<f64>().ok()));
    if seconds.is_some_and(|seconds| seconds.is_none_or(|seconds| !(1.0..=3600.0).contains(&seconds))) {
        return Err(violation("template.timeout", "must be between 1 and 3600 seconds"));
    }
    let (least, most) =
        (number("/template/scaling/minInstanceCount"), number("/template/scaling/maxInstanceCount"));
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        return Err(violation(
            "template.scaling",
            "min_instance_count must not be greater than max_instance_count",
        ));
    }
    Ok(())
}

/// Google does not tell an account that is not there from one that the caller may not use.
fn check_account(world: &World<'_>, service: &Value) -> Result<(), ApiError> {
    let account = service.pointer("/template/serviceAccount").and_then(Value::as_str);
    match account.filter(|email| iam::is_missing(world.state, email)) {
        None => Ok(()),
        Some(email) => Err(ApiError::permission_denied(format!(
            "Permission 'iam.serviceaccounts.actAs' denied on service account {email} (or it may not exist)."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_and_bytes_are_read_in_every_form() {
        for (text, wanted) in [("1", 1000), ("1000m", 1000), ("0.5", 500), (".08", 80), ("2.0", 2000)] {
            assert_eq!(milli(text), Some(wanted), "{text}");
        }
        for (text, wanted) in [("512Mi", 512 << 20), ("1Gi", 1 << 30), ("1000", 1000)] {
            assert_eq!(bytes(text), Some(wanted), "{text}");
        }
        assert_eq!((milli("x"), bytes("5 GB")), (None, None));
    }

    #[test]
    fn ids_are_shorter_than_fifty_characters() {
        for (id, good) in [
            ("api", true),
            (&*"a".repeat(49), true),
            (&*"a".repeat(50), false),
            ("api-", false),
            ("1a", false),
        ] {
            assert_eq!(check_id(id).is_ok(), good, "{id}");
        }
    }
}
