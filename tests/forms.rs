//! A value can be written in every form a person would write: whatever form was applied, no form of it is a difference.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use world::{Cloud, shown};

const VM: &str = "kind: Vm\nname: box\nmachineType: n1-standard-1\n";
const RULE: &str = "kind: FirewallRule\nname: open\nallow: [tcp:22]\n";
const BUCKET: &str = "kind: Bucket\nname: PROJECT-box\n";
const REGISTRY: &str = "kind: Registry\nname: images\n";
const GRANT: &str = "kind: IamGrant\nname: g\non: project\nroles: [roles/run.admin]\n";
const CONTAINER_VM: &str = "kind: ContainerVm\nname: pair\nmachineType: e2-medium\n";

/// Forms of one value, as YAML lines after a base that lacks it. Each is applied to a project of its own, and every other
/// plans as no change, as does the applied one.
async fn same(base: &str, forms: &[&str]) {
    let cloud = Cloud::new().await;
    for (i, applied) in forms.iter().enumerate() {
        let field = applied.split(':').next().unwrap();
        let base: String = base
            .lines()
            .filter(|line| !line.starts_with(&format!("{field}:")))
            .collect::<Vec<_>>()
            .join("\n");
        let spec = |form: &str| format!("{base}\n{form}\n");
        let world = cloud.project(&format!("form-{i:03}")).await;
        world.converge(&spec(applied)).await;
        for form in forms {
            let plan = world.plan(&spec(form)).await;
            assert!(plan.is_converged(), "{applied} was applied, {form} is planned: {}", shown(&plan));
        }
    }
}

#[tokio::test]
async fn machine_types_networks_and_disk_types_are_names_paths_or_urls() {
    let url = "https://www.googleapis.com/compute/v1/projects/PROJECT";
    let machine = format!("machineType: {url}/zones/europe-west1-b/machineTypes/n1-standard-1");
    let path = "machineType: zones/europe-west1-b/machineTypes/n1-standard-1";
    same(VM, &["machineType: n1-standard-1", path, &machine]).await;
    let network =
        "network: https://compute.googleapis.com/compute/v1/projects/PROJECT/global/networks/default";
    same(VM, &["network: default", "network: global/networks/default", network]).await;
    same(RULE, &["network: default", "network: projects/PROJECT/global/networks/default", network]).await;
    let subnetwork = format!("subnetwork: {url}/regions/europe-west1/subnetworks/default");
    same(VM, &["subnetwork: default", "subnetwork: regions/europe-west1/subnetworks/default", &subnetwork])
        .await;
    let disk = format!("bootDisk: {{type: {url}/zones/europe-west1-b/diskTypes/pd-ssd}}");
    same(VM, &["bootDisk: {type: pd-ssd}", "bootDisk: {type: zones/europe-west1-b/diskTypes/pd-ssd}", &disk])
        .await;
}

#[tokio::test]
async fn sizes_have_units_or_none() {
    let forms = ["50", "50GB", "50 GB", "'50'", "50GiB"].map(|size| format!("bootDisk: {{sizeGb: {size}}}"));
    same(VM, &forms.each_ref().map(String::as_str)).await;
}

#[tokio::test]
async fn scopes_tags_labels_and_keys_come_in_any_order_and_name() {
    let url = "https://www.googleapis.com/auth/devstorage.read_write";
    let full = format!("scopes: [logging-write, '{url}']");
    let twice = format!("scopes: [storage-rw, logging-write, '{url}']");
    same(VM, &["scopes: [storage-rw, logging-write]", &full, &twice]).await;
    same(VM, &["tags: [web, ssh]", "tags: [ssh, web]", "tags: [ssh, web, ssh]"]).await;
    same(VM, &["labels: {a: x, b: y}", "labels: {b: y, a: x}"]).await;
    let (ana, bob) = ("'ana:ssh-ed25519 AAAA ana'", "'bob:ssh-ed25519 BBBB bob'");
    same(VM, &[&format!("sshKeys: [{ana}, {bob}]"), &format!("sshKeys: [{bob}, {ana}]")]).await;
    same(VM, &["minCpuPlatform: AUTOMATIC", "minCpuPlatform: automatic"]).await;
}

#[tokio::test]
async fn accounts_are_ids_or_addresses() {
    let world = Cloud::new().await.project("class-2526").await;
    let spec = |account: &str| {
        format!("{{kind: ServiceAccount, name: ci-bot}}\n---\n{VM}serviceAccount: {account}\n")
    };
    world.converge(&spec("ci-bot")).await;
    let address = spec("ci-bot@PROJECT.iam.gserviceaccount.com");
    assert!(world.plan(&address).await.is_converged());
}

#[tokio::test]
async fn images_of_one_family_are_the_same_image() {
    let image = |what: &str| format!("image: {{{what}, project: debian-cloud}}");
    let (family, newest) = (image("family: debian-12"), image("name: debian-12-bookworm-v20261014"));
    same(VM, &[&family, &newest]).await;
    let world = Cloud::new().await.project("class-2526").await;
    world.converge(&format!("{VM}{}\n", image("name: debian-12-bookworm-v20260909"))).await;
    let plan = world.plan(&format!("{VM}{family}\n")).await;
    assert!(plan.is_converged(), "an image that is no longer the newest: {}", shown(&plan));
    // The name of a Container-Optimized OS image does not begin with its family: the image itself tells.
    same(CONTAINER_VM, &["containers: [{image: nginx:1}]"]).await;
    same(
        &format!("{CONTAINER_VM}containers: [{{image: nginx:1}}]\n"),
        &["image: {family: cos-121-lts, project: cos-cloud}"],
    )
    .await;
    same(VM, &["image: {family: common-cpu-ubuntu-2204-py310, project: deeplearning-platform-release}"])
        .await;
}

#[tokio::test]
async fn places_and_classes_come_in_any_case() {
    same(BUCKET, &["location: eu", "location: EU"]).await;
    same(BUCKET, &["location: europe-west9", "location: EUROPE-WEST9", "location: Europe-West9"]).await;
    same(BUCKET, &["storageClass: nearline", "storageClass: NEARLINE", "storageClass: Nearline"]).await;
    let two = "\ndataLocations: [europe-west1, europe-west4]";
    let swapped = "\ndataLocations: [EUROPE-WEST4, EUROPE-WEST1]";
    same(BUCKET, &[&format!("location: EU{two}"), &format!("location: eu{swapped}")]).await;
    same(REGISTRY, &["location: europe", "location: eu", "location: EU", "location: Europe"]).await;
    same(REGISTRY, &["format: docker", "format: DOCKER"]).await;
}

#[tokio::test]
async fn durations_come_in_every_unit() {
    let ages = ["30d", "720h", "2592000s", "2592000", "'2592000'"];
    let policy =
        |age| format!("cleanupPolicies: {{old: {{action: DELETE, condition: {{olderThan: {age}}}}}}}");
    same(REGISTRY, &ages.map(policy).each_ref().map(String::as_str)).await;
    for field in ["softDelete", "retentionPeriod"] {
        same(BUCKET, &ages.map(|age| format!("{field}: {age}")).each_ref().map(String::as_str)).await;
    }
}

#[tokio::test]
async fn rules_of_a_bucket_and_a_registry_come_in_any_order() {
    let a = "{action: Delete, condition: {age: 30, matchesPrefix: [a, b]}}";
    let b = "{action: Delete, condition: {age: 30, matchesPrefix: [b, a]}}";
    let c = "{action: SetStorageClass, storageClass: coldline, condition: {age: 7, matchesStorageClass: [standard]}}";
    let d = "{action: SetStorageClass, storageClass: COLDLINE, condition: {age: 7, matchesStorageClass: [STANDARD]}}";
    same(BUCKET, &[&format!("lifecycle: [{a}, {c}]"), &format!("lifecycle: [{d}, {b}]")]).await;
    let policy = |tags: &str, state: &str| {
        format!(
            "cleanupPolicies: {{old: {{action: DELETE, condition: {{olderThan: 1d, tagPrefixes: {tags}{state}}}}}}}"
        )
    };
    same(REGISTRY, &[&policy("[v, w]", ""), &policy("[w, v]", ", tagState: ANY")]).await;
}

#[tokio::test]
async fn traffic_is_written_together_or_apart_in_any_case_and_order() {
    let forms = [
        "allow: ['tcp:80,443', icmp]",
        "allow: ['TCP:443', tcp:80, ICMP]",
        "allow: [icmp, tcp:80, tcp:443]",
        "allow: [tcp:80, icmp, tcp:443, tcp:80]",
    ];
    same(RULE, &forms).await;
    let ranges = [
        "sourceRanges: [1.2.3.4, 10.0.0.0/8]",
        "sourceRanges: [10.0.0.0/8, 1.2.3.4/32]",
        "sourceRanges: [10.0.0.0/8, 1.2.3.4/32, 1.2.3.4]",
    ];
    same(RULE, &ranges).await;
    same(RULE, &["sourceRanges: ['2001:db8::1']", "sourceRanges: ['2001:DB8:0::1/128']"]).await;
    same(RULE, &["targetTags: [a, b]", "targetTags: [b, a]"]).await;
}

#[tokio::test]
async fn members_are_written_in_any_case_and_order() {
    let forms = [
        "members: ['user:A@Example.edu', 'group:b@example.edu']",
        "members: ['group:B@example.edu', 'user:a@example.edu', 'user:A@example.edu']",
    ];
    same(GRANT, &forms).await;
    let members = format!("{GRANT}members: ['user:a@x.edu']\n");
    same(&members, &["roles: [roles/run.admin, roles/viewer]", "roles: [roles/viewer, roles/run.admin]"])
        .await;
    let account = "on: {serviceAccount: ci-bot@PROJECT.iam.gserviceaccount.com}";
    let accounts = format!("kind: ServiceAccount\nname: ci-bot\n---\n{members}");
    let accounts = accounts.replace("roles/run.admin", "roles/iam.serviceAccountUser");
    same(&accounts, &["on: {serviceAccount: ci-bot}", account]).await;
}

#[tokio::test]
async fn logins_say_what_is_the_default_or_leave_it_out() {
    let login = "kind: WorkloadIdentity\nname: github\nrepository: a/b\n";
    let forms = [
        "provider: {id: github}",
        "provider: {issuer: 'https://token.actions.githubusercontent.com'}",
        "provider: {attributeCondition: \" assertion.repository == 'a/b' \"}",
        "provider: {attributeMapping: {attribute.ref: assertion.ref, google.subject: assertion.sub, attribute.repository: assertion.repository}}",
    ];
    same(login, &forms).await;
    let forms = ["provider: {allowedAudiences: [b, a]}", "provider: {allowedAudiences: [a, b, a]}"];
    same(login, &forms).await;
}

#[tokio::test]
async fn ports_are_written_short_or_long() {
    let forms = ["8501", "'8501:8501'", "8501:8501/tcp", "'8501/tcp'"]
        .map(|port| format!("containers: [{{image: nginx:1, ports: [{port}]}}]"));
    same(CONTAINER_VM, &forms.each_ref().map(String::as_str)).await;
    let forms = [
        "containers: [{image: nginx:1, ports: [80, '443:8443/udp']}]",
        "containers: [{name: nginx, image: nginx:1, restart: always, privileged: false, ports: ['443:8443/udp', '80:80']}]",
    ];
    same(CONTAINER_VM, &forms).await;
}
