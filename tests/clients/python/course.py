"""What `provost apply specs/isae-cloud-docker` made, as every library reads it."""

import os

from common import ENDPOINT, PROJECT, ZONE, client, same
from google.auth.credentials import AnonymousCredentials
from google.cloud import artifactregistry_v1 as ar
from google.cloud import compute_v1 as gce
from google.cloud import resourcemanager_v3, service_usage_v1, storage
from google.iam.v1 import iam_policy_pb2

MARK = {"course": "be-cloud", "edition": "2026", "managed-by": "provost", "provost-course": "isae-cloud-docker"}

names = {vm.name for vm in client(gce.InstancesClient).list(project=PROJECT, zone=ZONE)}
same(len(names), 4)
vm = client(gce.InstancesClient).get(project=PROJECT, zone=ZONE, instance="be-cloud-mascot-owls-alice")
same(dict(vm.labels), MARK | {"team": "owls", "mascot": "owl"})
same((vm.status, vm.scheduling.on_host_maintenance), ("RUNNING", "TERMINATE"))
same((vm.disks[0].disk_size_gb, vm.machine_type.split("/")[-1]), (50, "n1-standard-1"))
same(list(vm.service_accounts[0].scopes), ["https://www.googleapis.com/auth/devstorage.read_write"])
assert "startup-script" in [item.key for item in vm.metadata.items], vm.metadata
demo = client(gce.InstancesClient).get(project=PROJECT, zone=ZONE, instance="streamlit-demo")
same(dict(demo.labels), MARK)
rule = client(gce.FirewallsClient).get(project=PROJECT, firewall="open-8501")
same((rule.direction, rule.priority, list(rule.allowed[0].ports)), ("INGRESS", 1000, ["8501"]))

os.environ["STORAGE_EMULATOR_HOST"] = ENDPOINT
cloud = storage.Client(project=PROJECT, credentials=AnonymousCredentials())
bucket = cloud.get_bucket(f"{PROJECT}-be")
same((bucket.labels, bucket.location), (MARK, "EUROPE-WEST9"))
same(bucket.iam_configuration.uniform_bucket_level_access_enabled, True)
same(bucket.soft_delete_policy.retention_duration_seconds, 604800)
assert b"import" in bucket.blob("be/owl/app.py").download_as_bytes()

registry = client(ar.ArtifactRegistryClient)
be = registry.get_repository(name=f"projects/{PROJECT}/locations/europe/repositories/be")
same((dict(be.labels), be.format_), (MARK, ar.Repository.Format.DOCKER))
same(be.cleanup_policies["drop-old"].action, ar.CleanupPolicy.Action.DELETE)
same(be.cleanup_policies["keep-recent"].most_recent_versions.keep_count, 3)

projects = client(resourcemanager_v3.ProjectsClient)
policy = projects.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=f"projects/{PROJECT}"))
held = {binding.role: list(binding.members) for binding in policy.bindings}
same("user:alice.martin@student.example.edu" in held["roles/compute.instanceAdmin.v1"], True)
services = client(service_usage_v1.ServiceUsageClient)
run = services.get_service(request={"name": f"projects/{PROJECT}/services/run.googleapis.com"})
same(run.state, service_usage_v1.State.ENABLED)
