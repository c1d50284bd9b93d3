//! Live services in the shape of their spec, and where they are read.

use serde_json::Value;

use super::spec::{Ingress, LATEST, RunService};
use super::template;
use crate::gcp::{Read, Request, Service};
use crate::kinds::contract::Observed;
use crate::kinds::reads::Reads;
use crate::kinds::{Resource, Scope, mark, wire};
use crate::spec::formats::{
    ContainerImage, Cpu, Duration, LabelKey, LabelValue, Memory, Region, ServiceId, VmAccount,
};

/// What is read of a service.
pub(super) const MASK: &str =
    "name,uid,description,labels,ingress,invokerIamDisabled,template,traffic,terminalCondition,uri,etag";
/// The label by which v1 tells the region of a service.
const LOCATION: &str = "/metadata/labels/cloud.googleapis.com~1location";

pub(super) fn region_of(resource: &str) -> Option<&str> {
    resource.split('/').nth(3)
}

/// The services of a region.
pub(super) fn all(region: &str, scope: &Scope) -> Read {
    let path = format!("v2/projects/{}/locations/{region}/services", scope.project);
    let request = Request::get(Service::Run, path).query("pageSize", "100");
    Read::list(request.fields(&format!("services({MASK}),nextPageToken")), "services")
}

/// The services of all regions as v1 lists them, by which the regions are known that have some.
pub fn everywhere(scope: &Scope) -> Read {
    let path = format!("v1/projects/{}/locations/-/services", scope.project);
    Read::list(Request::get(Service::Run, path).fields("items/metadata(name,labels)"), "items")
}

/// The regions that have services.
pub fn regions(reads: &Reads, scope: &Scope) -> Vec<String> {
    let mut regions: Vec<String> =
        reads.items(&everywhere(scope)).iter().filter_map(|item| wire::text(item, LOCATION)).collect();
    regions.sort();
    regions.dedup();
    regions
}

/// A service by its name.
pub(super) fn one(service: &Value, scope: &Scope) -> Option<(String, Observed<RunService>)> {
    let resource = wire::text(service, "/name")?;
    let mut spec = decode(service, wire::last(&resource), region_of(&resource)?)?;
    spec.normalise(scope);
    let name = spec.name.to_string();
    let mut observed = Observed::new(resource, spec, service.clone(), mark::in_labels(service));
    observed.external_address = wire::text(service, "/uri");
    Some((name, observed))
}

fn decode(service: &Value, name: &str, region: &str) -> Option<RunService> {
    let template = service.get("template")?;
    let container = template::main(template)?;
    let labels = wire::map(service, "/labels").into_iter();
    let count = |pointer: &str| wire::number(template, pointer).and_then(|count| u32::try_from(count).ok());
    let limit = |name: &str| wire::text(container, &format!("/resources/limits/{name}"));
    Some(RunService {
        name: ServiceId::from_trusted(name),
        region: Some(Region::from_trusted(region)),
        image: wire::text(container, "/image").map(ContainerImage::from_trusted)?,
        port: wire::number(container, "/ports/0/containerPort").and_then(|port| u16::try_from(port).ok()),
        env: Some(template::env_of(container)),
        secret_env: Some(template::secrets_of(container)),
        command: Some(wire::texts(container, "/command")),
        args: Some(wire::texts(container, "/args")),
        cpu: limit("cpu").and_then(|cpu| Cpu::read(&cpu)),
        memory: limit("memory").and_then(|memory| Memory::read(&memory)),
        cpu_idle: Some(wire::flag(container, "/resources/cpuIdle")),
        startup_cpu_boost: Some(wire::flag(container, "/resources/startupCpuBoost")),
        min_instances: Some(count("/scaling/minInstanceCount").unwrap_or_default()),
        max_instances: count("/scaling/maxInstanceCount"),
        concurrency: count("/maxInstanceRequestConcurrency"),
        timeout: wire::text(template, "/timeout").and_then(|time| Duration::try_from(time).ok()),
        service_account: wire::text(template, "/serviceAccount").map(account),
        public: Some(wire::flag(service, "/invokerIamDisabled")),
        ingress: wire::text(service, "/ingress").and_then(|word| Ingress::read(&word)),
        description: Some(wire::text_or_empty(service, "/description")),
        labels: Some(labels.map(|(k, v)| (LabelKey::from_trusted(k), LabelValue::from_trusted(v))).collect()),
        expires: None,
        serving: failed(service).then_some(false),
        traffic: led(service),
    })
}

/// `NUMBER-compute@developer.gserviceaccount.com` is what the API makes of no account.
fn account(email: String) -> VmAccount {
    let number = email.strip_suffix("-compute@developer.gserviceaccount.com");
    let default = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    VmAccount::from_trusted(if default { "default".to_owned() } else { email })
}

/// Whether its last revision did not come to serve.
fn failed(service: &Value) -> bool {
    wire::text(service, "/terminalCondition/state").is_some_and(|state| state == "CONDITION_FAILED")
}

/// Where requests go, if not all of them go to the newest revision. Tags without a share lead nobody anywhere.
fn led(service: &Value) -> Option<String> {
    let shares = wire::list(service, "/traffic").iter().filter_map(|target| {
        let percent = wire::number(target, "/percent").filter(|percent| *percent > 0)?;
        let revision = wire::text(target, "/revision").unwrap_or_else(|| LATEST.to_owned());
        Some(format!("{percent}% to {revision}"))
    });
    let shares: Vec<String> = shares.collect();
    let all_to_newest = shares.is_empty() || shares == [format!("100% to {LATEST}")];
    (!all_to_newest).then(|| shares.join(", "))
}

/// What a service has that no spec can say.
pub(super) fn unsayable(service: &Value) -> Option<&'static str> {
    let has = |pointer: &str| !wire::list(service, pointer).is_empty();
    match () {
        () if wire::list(service, "/template/containers").len() > 1 => Some("several containers"),
        () if has("/template/volumes") => Some("volumes"),
        () if service.pointer("/template/vpcAccess").is_some() => Some("a way into a network"),
        () => None,
    }
}
