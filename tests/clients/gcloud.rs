//! gcloud on everything but machines: services, access, service accounts, buckets, registries, firewall rules.

use super::ground::{Gcloud, members};

const STUDENT: &str = "user:student@example.com";

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_switches_services() {
    let Some(gcloud) = Gcloud::with("be-gcloud-services", &[]) else { return };
    gcloud.ok("services enable compute.googleapis.com run.googleapis.com iam.googleapis.com");
    let enabled = gcloud.each("services list --enabled", "config.name");
    assert!(enabled.iter().any(|name| name == "run.googleapis.com"), "{enabled:?}");
    gcloud.ok("services disable run.googleapis.com");
    let enabled = gcloud.each("services list --enabled --filter=config.name:run", "config.name");
    assert!(enabled.is_empty(), "{enabled:?}");
    gcloud.ok("services disable compute.googleapis.com --force");
    gcloud.refused("compute networks list", "Compute Engine API has not been used");
    gcloud.ok("services enable compute.googleapis.com");
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_grants_access_on_a_project() {
    let Some(gcloud) = Gcloud::with("be-gcloud-access", &["iam"]) else { return };
    let project = gcloud.json("projects describe be-gcloud-access");
    assert_eq!(
        (&project["projectId"], &project["lifecycleState"]),
        (&"be-gcloud-access".into(), &"ACTIVE".into())
    );
    assert!(gcloud.each("projects list", "projectId").iter().any(|id| id == "be-gcloud-access"));
    let role = "roles/compute.instanceAdmin.v1";
    let grant = format!("be-gcloud-access --member={STUDENT} --role={role} --condition=None");
    gcloud.ok(&format!("projects add-iam-policy-binding {grant}"));
    let policy = gcloud.json("projects get-iam-policy be-gcloud-access");
    assert_eq!(members(&policy, role), [STUDENT]);
    assert_eq!(members(&policy, "roles/owner").len(), 1);
    gcloud.ok(&format!("projects remove-iam-policy-binding {grant}"));
    let policy = gcloud.json("projects get-iam-policy be-gcloud-access");
    assert!(members(&policy, role).is_empty(), "{policy}");
    let until = "--condition=expression=request.time<timestamp('2027-01-01T00:00:00Z'),title=term";
    gcloud.ok(&format!(
        "projects add-iam-policy-binding be-gcloud-access --member={STUDENT} --role={role} {until}"
    ));
    let policy = gcloud.json("projects get-iam-policy be-gcloud-access");
    let held = policy["bindings"].as_array().unwrap().iter().find(|binding| binding["role"] == role).unwrap();
    assert_eq!((&held["condition"]["title"], &policy["version"]), (&"term".into(), &3.into()));
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_keeps_service_accounts() {
    let Some(gcloud) = Gcloud::with("be-gcloud-accounts", &["iam"]) else { return };
    let email = "builder@be-gcloud-accounts.iam.gserviceaccount.com";
    gcloud.ok("iam service-accounts create builder --display-name=Builder --description=builds");
    gcloud.refused("iam service-accounts create builder", "already exists");
    assert!(gcloud.each("iam service-accounts list", "email").iter().any(|one| one == email));
    gcloud.ok(&format!("iam service-accounts update {email} --display-name=Other"));
    let account = gcloud.json(&format!("iam service-accounts describe {email}"));
    assert_eq!((&account["displayName"], &account["description"]), (&"Other".into(), &"builds".into()));
    let user = format!("{email} --member={STUDENT} --role=roles/iam.serviceAccountUser");
    gcloud.ok(&format!("iam service-accounts add-iam-policy-binding {user}"));
    let policy = gcloud.json(&format!("iam service-accounts get-iam-policy {email}"));
    assert_eq!(members(&policy, "roles/iam.serviceAccountUser"), [STUDENT]);
    gcloud.ok(&format!("iam service-accounts remove-iam-policy-binding {user}"));
    gcloud.ok(&format!("iam service-accounts keys create key.json --iam-account={email}"));
    assert!(gcloud.ground.read("key.json").contains(email));
    let keys = gcloud
        .each(&format!("iam service-accounts keys list --managed-by=user --iam-account={email}"), "name");
    assert_eq!(keys.len(), 1);
    gcloud.ok(&format!("iam service-accounts keys delete {} --iam-account={email}", keys[0]));
    gcloud.ok(&format!("iam service-accounts disable {email}"));
    assert_eq!(gcloud.json(&format!("iam service-accounts describe {email}"))["disabled"], true);
    gcloud.ok(&format!("iam service-accounts enable {email}"));
    gcloud.ok(&format!("iam service-accounts delete {email}"));
    assert!(!gcloud.each("iam service-accounts list", "email").iter().any(|one| one == email));
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_keeps_buckets() {
    let Some(gcloud) = Gcloud::with("be-gcloud-buckets", &[]) else { return };
    let bucket = "gs://be-gcloud-buckets-box";
    gcloud.ok(&format!(
        "storage buckets create {bucket} --location=europe-west1 --uniform-bucket-level-access"
    ));
    assert_eq!(gcloud.each("storage buckets list", "name"), ["be-gcloud-buckets-box"]);
    gcloud.ok(&format!("storage buckets update {bucket} --versioning --update-labels=course=be"));
    let shown = gcloud.json(&format!("storage buckets describe {bucket}"));
    assert_eq!(
        (&shown["location"], &shown["default_storage_class"]),
        (&"EUROPE-WEST1".into(), &"STANDARD".into())
    );
    assert_eq!((&shown["labels"]["course"], &shown["versioning_enabled"]), (&"be".into(), &true.into()));
    let grant = format!("{bucket} --member=allUsers --role=roles/storage.objectViewer");
    gcloud.ok(&format!("storage buckets add-iam-policy-binding {grant}"));
    let policy = gcloud.json(&format!("storage buckets get-iam-policy {bucket}"));
    assert_eq!(members(&policy, "roles/storage.objectViewer"), ["allUsers"]);
    gcloud.ok(&format!("storage buckets remove-iam-policy-binding {grant}"));
    gcloud.ok(&format!("storage buckets delete {bucket}"));
    gcloud.refused(&format!("storage buckets describe {bucket}"), "not found");
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_keeps_objects() {
    let Some(gcloud) = Gcloud::with("be-gcloud-objects", &[]) else { return };
    let bucket = "gs://be-gcloud-objects-box";
    gcloud.ground.write("hello.txt", "hello\n");
    gcloud.ground.write("be/owl/app.py", "print('owl')\n");
    gcloud.ok(&format!("storage buckets create {bucket}"));
    gcloud.ok(&format!("storage cp hello.txt {bucket}/hello.txt"));
    gcloud.ok(&format!("storage cp --recursive be {bucket}/"));
    assert_eq!(gcloud.ok(&format!("storage ls {bucket}")), format!("{bucket}/hello.txt\n{bucket}/be/\n"));
    assert_eq!(gcloud.ok(&format!("storage cat {bucket}/hello.txt")), "hello\n");
    gcloud.ok(&format!("storage cp {bucket}/be/owl/app.py back.py"));
    assert_eq!(gcloud.ground.read("back.py"), "print('owl')\n");
    let object = gcloud.json(&format!("storage objects describe {bucket}/hello.txt"));
    assert_eq!((&object["size"], &object["content_type"]), (&6.into(), &"text/plain".into()));
    gcloud.ok(&format!("storage objects update {bucket}/hello.txt --content-type=text/markdown"));
    gcloud.ok(&format!("storage mv {bucket}/hello.txt {bucket}/moved.md"));
    assert_eq!(
        gcloud.json(&format!("storage objects describe {bucket}/moved.md"))["content_type"],
        "text/markdown"
    );
    gcloud.ok(&format!("storage rsync --recursive be {bucket}/copy"));
    gcloud.refused(&format!("storage buckets delete {bucket}"), "not empty");
    gcloud.ok(&format!("storage rm {bucket}/moved.md"));
    gcloud.ok(&format!("storage rm --recursive {bucket}"));
    assert!(gcloud.each("storage buckets list", "name").is_empty());
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_keeps_registries() {
    let Some(gcloud) = Gcloud::with("be-gcloud-registry", &["artifactregistry"]) else { return };
    let docker = "docker --location=europe-west1";
    gcloud
        .ok(&format!("artifacts repositories create {docker} --repository-format=docker --labels=course=be"));
    let names = gcloud.each("artifacts repositories list", "name");
    assert_eq!(names.len(), 1, "{names:?}");
    gcloud
        .ok(&format!("artifacts repositories update {docker} --description=images --update-labels=team=owl"));
    let shown = gcloud.json(&format!("artifacts repositories describe {docker}"));
    assert_eq!((&shown["format"], &shown["description"]), (&"DOCKER".into(), &"images".into()));
    assert_eq!(shown["labels"], serde_json::json!({ "course": "be", "team": "owl" }));
    let reader = format!("{docker} --member=allUsers --role=roles/artifactregistry.reader");
    gcloud.ok(&format!("artifacts repositories add-iam-policy-binding {reader}"));
    let policy = gcloud.json(&format!("artifacts repositories get-iam-policy {docker}"));
    assert_eq!(members(&policy, "roles/artifactregistry.reader"), ["allUsers"]);
    gcloud.ok(&format!("artifacts repositories remove-iam-policy-binding {reader}"));
    let images =
        gcloud.json("artifacts docker images list europe-west1-docker.pkg.dev/be-gcloud-registry/docker");
    assert_eq!(images, serde_json::json!([]));
    gcloud.ok(&format!("artifacts repositories delete {docker}"));
    gcloud.refused(&format!("artifacts repositories describe {docker}"), "NOT_FOUND");
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_keeps_firewall_rules() {
    let Some(gcloud) = Gcloud::with("be-gcloud-rules", &["compute"]) else { return };
    gcloud
        .ok("compute firewall-rules create open-8501 --direction=INGRESS --priority=1000 --network=default \
         --action=ALLOW --rules=tcp:8501 --source-ranges=0.0.0.0/0");
    gcloud.refused("compute firewall-rules create open-8501 --allow=tcp:1", "already exists");
    let names = gcloud.each("compute firewall-rules list", "name");
    assert!(
        names.contains(&"open-8501".to_owned()) && names.contains(&"default-allow-ssh".to_owned()),
        "{names:?}"
    );
    gcloud.ok("compute firewall-rules update open-8501 --rules=tcp:8501,udp:53 --target-tags=web");
    let rule = gcloud.json("compute firewall-rules describe open-8501");
    assert_eq!((&rule["targetTags"][0], &rule["allowed"][1]["IPProtocol"]), (&"web".into(), &"udp".into()));
    assert_eq!((&rule["priority"], &rule["disabled"]), (&1000.into(), &false.into()));
    gcloud.ok("compute firewall-rules delete open-8501");
    gcloud.refused("compute firewall-rules describe open-8501", "was not found");
}
