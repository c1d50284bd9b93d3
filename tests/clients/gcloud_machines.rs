//! gcloud on machines and on what surrounds them.

use super::ground::Gcloud;

/// As the courses' notebooks make a machine.
const CREATE: &str = "--image-family=common-cpu --image-project=deeplearning-platform-release \
     --maintenance-policy=TERMINATE --scopes=storage-rw --machine-type=n1-standard-1 --boot-disk-size=50GB \
     --boot-disk-type=pd-standard";

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_reads_the_catalog() {
    let Some(gcloud) = Gcloud::with("be-gcloud-catalog", &["compute"]) else { return };
    let is_in = |list: &[String], name: &str| list.iter().any(|one| one == name);
    assert!(is_in(&gcloud.each("compute zones list", "name"), "europe-west1-b"));
    assert_eq!(gcloud.json("compute zones describe europe-west1-b")["status"], "UP");
    assert!(is_in(&gcloud.each("compute regions list", "name"), "europe-west1"));
    let region = gcloud.json("compute regions describe europe-west1");
    assert!(region["quotas"].as_array().unwrap().iter().any(|quota| quota["metric"] == "CPUS"));
    let project = gcloud.json("compute project-info describe");
    assert!(
        project["defaultServiceAccount"]
            .as_str()
            .unwrap()
            .ends_with("-compute@developer.gserviceaccount.com")
    );
    assert_eq!(gcloud.each("compute networks list", "name"), ["default"]);
    assert!(is_in(&gcloud.each("compute images list", "family"), "debian-12"));
    let image =
        gcloud.json("compute images describe-from-family common-cpu --project=deeplearning-platform-release");
    let name = image["name"].as_str().unwrap();
    let again =
        gcloud.json(&format!("compute images describe {name} --project=deeplearning-platform-release"));
    assert_eq!(again, image);
    assert_eq!(gcloud.json("compute machine-types describe n1-standard-1")["guestCpus"], 1);
    assert!(is_in(&gcloud.each("compute disk-types list --zones=europe-west1-b", "name"), "pd-standard"));
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_makes_a_machine_as_the_courses_do() {
    let Some(gcloud) = Gcloud::with("be-gcloud-vm", &["compute"]) else { return };
    gcloud.ok(&format!("compute instances create owl {CREATE}"));
    assert_eq!(gcloud.each("compute instances list", "name"), ["owl"]);
    let vm = gcloud.json("compute instances describe owl");
    assert_eq!(
        (&vm["status"], &vm["scheduling"]["onHostMaintenance"]),
        (&"RUNNING".into(), &"TERMINATE".into())
    );
    assert_eq!(
        vm["serviceAccounts"][0]["scopes"][0],
        "https://www.googleapis.com/auth/devstorage.read_write"
    );
    assert_eq!((&vm["disks"][0]["diskSizeGb"], &vm["disks"][0]["autoDelete"]), (&"50".into(), &true.into()));
    assert!(vm["networkInterfaces"][0]["accessConfigs"][0]["natIP"].is_string(), "{vm}");
    assert_eq!(gcloud.each("compute disks list", "name"), ["owl"]);
    gcloud.ok("compute disks resize owl --size=60GB");
    assert_eq!(gcloud.json("compute disks describe owl")["sizeGb"], "60");
    gcloud.ok("compute instances delete owl");
    assert!(gcloud.each("compute disks list", "name").is_empty());
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_changes_a_machine() {
    let Some(gcloud) = Gcloud::with("be-gcloud-change", &["compute"]) else { return };
    gcloud.ok(
        "compute instances create owl --machine-type=e2-small --labels=course=be --metadata=k=v --tags=web",
    );
    gcloud.ok("compute instances add-labels owl --labels=team=owl");
    gcloud.ok("compute instances remove-labels owl --labels=course");
    gcloud.ok("compute instances add-metadata owl --metadata=mascot=owl");
    gcloud.ok("compute instances add-tags owl --tags=ssh");
    gcloud.ok("compute instances remove-tags owl --tags=web");
    gcloud.refused("compute instances set-machine-type owl --machine-type=e2-medium", "must be stopped");
    gcloud.ok("compute instances stop owl");
    assert_eq!(gcloud.json("compute instances describe owl")["status"], "TERMINATED");
    gcloud.ok("compute instances set-machine-type owl --machine-type=e2-medium");
    gcloud.ok("compute instances set-service-account owl --scopes=cloud-platform");
    gcloud.ok("compute instances start owl");
    gcloud.ok("compute instances reset owl");
    let vm = gcloud.json("compute instances describe owl");
    assert!(vm["machineType"].as_str().unwrap().ends_with("/machineTypes/e2-medium"), "{vm}");
    assert_eq!(
        (&vm["labels"], &vm["tags"]["items"]),
        (&serde_json::json!({ "team": "owl" }), &serde_json::json!(["ssh"]))
    );
    let keys: Vec<&str> =
        vm["metadata"]["items"].as_array().unwrap().iter().filter_map(|i| i["key"].as_str()).collect();
    assert_eq!((vm["status"].as_str(), keys), (Some("RUNNING"), vec!["k", "mascot"]));
    gcloud.ok("compute instances update owl --deletion-protection");
    gcloud.refused("compute instances delete owl", "protected");
    gcloud.ok("compute instances update owl --no-deletion-protection");
    assert!(gcloud.ok("compute instances get-serial-port-output owl").contains("login:"));
    let operations = gcloud.each("compute operations list", "operationType");
    assert!(operations.iter().any(|kind| kind == "setMachineType"), "{operations:?}");
    gcloud.ok("compute instances delete owl");
}

/// Several at once go into one batch.
#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_makes_and_deletes_machines_together() {
    let Some(gcloud) = Gcloud::with("be-gcloud-batch", &["compute"]) else { return };
    gcloud.ok("compute instances create owl cat panda --machine-type=e2-small");
    assert_eq!(gcloud.each("compute instances list", "name"), ["cat", "owl", "panda"]);
    gcloud.ok("compute instances stop owl cat");
    let statuses = gcloud.each("compute instances list --sort-by=name", "status");
    assert_eq!(statuses, ["TERMINATED", "TERMINATED", "RUNNING"]);
    gcloud.refused("compute instances create owl dog --machine-type=e2-small", "already exists");
    gcloud.ok("compute instances delete owl cat dog panda");
    assert!(gcloud.each("compute instances list", "name").is_empty());
}

#[test]
#[ignore = "slow: .ci/clients runs it"]
fn gcloud_makes_a_machine_with_a_container() {
    let Some(gcloud) = Gcloud::with("be-gcloud-container", &["compute"]) else { return };
    let image = "europe-docker.pkg.dev/be-gcloud-container/docker/streamlit";
    gcloud.ok(&format!(
        "compute instances create-with-container demo --container-image={image}:1.0 --container-env=USER=owl \
         --machine-type=n1-standard-1 --tags=web"
    ));
    let declaration = |vm: &serde_json::Value| {
        let items = vm["metadata"]["items"].as_array().unwrap().clone();
        let item = items.into_iter().find(|item| item["key"] == "gce-container-declaration").unwrap();
        item["value"].as_str().unwrap().to_owned()
    };
    let vm = gcloud.json("compute instances describe demo");
    assert!(declaration(&vm).contains(&format!("{image}:1.0")), "{vm}");
    assert!(vm["labels"]["container-vm"].as_str().unwrap().starts_with("cos-stable-"), "{vm}");
    gcloud.ok(&format!("compute instances update-container demo --container-image={image}:2.0"));
    let vm = gcloud.json("compute instances describe demo");
    assert!(declaration(&vm).contains(&format!("{image}:2.0")) && vm["status"] == "RUNNING", "{vm}");
    gcloud.ok("compute instances delete demo");
}
