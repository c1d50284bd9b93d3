//! The list of v1, over one region or (`-`) all of them: services in the words of Knative.

use serde_json::{Value, json};

use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::{new_project, resourcemanager};

/// The region of a service is a label of it.
const LOCATION: &str = "cloud.googleapis.com/location";

/// Every service, all on one page.
pub(super) fn list(world: &World<'_>, call: &Call<'_>) -> Result<Value, ApiError> {
    resourcemanager::check_unserved(call, &["limit", "continue"])?;
    let project = super::project(world, call)?;
    let number = new_project::number_of(world.state, &project);
    let wanted = call.param("locationsId")?;
    let all = world.state.below(&super::key(&format!("projects/{project}/locations/"))).filter_map(
        |(path, service)| {
            let region = path.split('/').nth(4).filter(|region| wanted == "-" || *region == wanted)?;
            Some(item(service, region, &number))
        },
    );
    let items: Vec<Value> = all.collect();
    Ok(
        json!({ "apiVersion": "serving.knative.dev/v1", "kind": "ServiceList", "metadata": {}, "items": items }),
    )
}

fn item(service: &Value, region: &str, number: &str) -> Value {
    let text = |field: &str| service.get(field).and_then(Value::as_str).unwrap_or_default();
    let last = |field: &str| text(field).rsplit('/').next().unwrap_or_default().to_owned();
    let mut labels = service.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    labels.insert(LOCATION.to_owned(), json!(region));
    let generation = text("generation").parse::<i64>().unwrap_or_default();
    json!({
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {
            "name": last("name"),
            "namespace": number,
            "uid": text("uid"),
            "generation": generation,
            "creationTimestamp": text("createTime"),
            "labels": labels,
        },
        "status": {
            "url": text("uri"),
            "observedGeneration": generation,
            "latestCreatedRevisionName": last("latestCreatedRevision"),
            "latestReadyRevisionName": last("latestReadyRevision"),
        },
    })
}
