"""google-cloud-compute: firewall rules, machines and what surrounds them."""

from common import PROJECT, REGION, ZONE, client, compute, refused, same
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud import compute_v1 as gce

HERE = {"project": PROJECT, "zone": ZONE}
vms = compute(gce.InstancesClient)
rules = compute(gce.FirewallsClient)

same(client(gce.ZonesClient).get(**HERE).name, ZONE)
same(client(gce.RegionsClient).get(project=PROJECT, region=REGION).name, REGION)
assert "default" in [one.name for one in client(gce.NetworksClient).list(project=PROJECT)]
assert client(gce.ProjectsClient).get(project=PROJECT).default_service_account.endswith("gserviceaccount.com")
family = client(gce.ImagesClient).get_from_family(project="debian-cloud", family="debian-12")
same(family.family, "debian-12")
same(client(gce.MachineTypesClient).get(**HERE, machine_type="e2-small").guest_cpus, 2)

rule = gce.Firewall(
    name="python-8501",
    direction="INGRESS",
    allowed=[gce.Allowed(I_p_protocol="tcp", ports=["8501"])],
    source_ranges=["0.0.0.0/0"],
    target_tags=["web"],
)
rules.insert(project=PROJECT, firewall_resource=rule).result()
found = rules.get(project=PROJECT, firewall="python-8501")
same((found.priority, found.allowed[0].ports, found.network.split("/")[-1]), (1000, ["8501"], "default"))
rules.patch(
    project=PROJECT, firewall="python-8501", firewall_resource=gce.Firewall(description="streamlit")
).result()
same(rules.get(project=PROJECT, firewall="python-8501").description, "streamlit")
found.description, found.allowed = "again", [gce.Allowed(I_p_protocol="tcp", ports=["8080"])]
rules.update(project=PROJECT, firewall="python-8501", firewall_resource=found).result()
same(rules.get(project=PROJECT, firewall="python-8501").allowed[0].ports, ["8080"])
assert "python-8501" in [one.name for one in rules.list(project=PROJECT)]
rules.delete(project=PROJECT, firewall="python-8501").result()
refused(NotFound, rules.get, project=PROJECT, firewall="python-8501")

disk = gce.AttachedDisk(
    boot=True,
    auto_delete=True,
    initialize_params=gce.AttachedDiskInitializeParams(
        source_image=family.self_link, disk_size_gb=20, disk_type=f"zones/{ZONE}/diskTypes/pd-standard"
    ),
)
network = gce.NetworkInterface(access_configs=[gce.AccessConfig(name="External NAT", type_="ONE_TO_ONE_NAT")])
machine = gce.Instance(
    name="python-made",
    machine_type=f"zones/{ZONE}/machineTypes/e2-small",
    disks=[disk],
    network_interfaces=[network],
    labels={"course": "be"},
    tags=gce.Tags(items=["web"]),
    metadata=gce.Metadata(items=[gce.Items(key="k", value="v")]),
    scheduling=gce.Scheduling(on_host_maintenance="MIGRATE", automatic_restart=True),
    service_accounts=[gce.ServiceAccount(email="default", scopes=["https://www.googleapis.com/auth/cloud-platform"])],
)
vms.insert(**HERE, instance_resource=machine).result()
name = {**HERE, "instance": "python-made"}
vm = vms.get(**name)
same((vm.status, vm.disks[0].disk_size_gb, dict(vm.labels)), ("RUNNING", 20, {"course": "be"}))
assert vm.network_interfaces[0].access_configs[0].nat_i_p, vm.network_interfaces
same([one.name for one in vms.list(request={**HERE, "filter": "labels.course=be"})], ["python-made"])
scopes = {scope: [one.name for one in held.instances] for scope, held in vms.aggregated_list(project=PROJECT)}
same(scopes[f"zones/{ZONE}"], ["python-made"])

stale = gce.InstancesSetLabelsRequest(label_fingerprint="c3RhbGU=", labels={})
refused(PreconditionFailed, vms.set_labels, **name, instances_set_labels_request_resource=stale)
labels = gce.InstancesSetLabelsRequest(label_fingerprint=vm.label_fingerprint, labels={"team": "owl"})
vms.set_labels(**name, instances_set_labels_request_resource=labels).result()
tags = gce.Tags(fingerprint=vm.tags.fingerprint, items=["web", "ssh"])
vms.set_tags(**name, tags_resource=tags).result()
metadata = gce.Metadata(fingerprint=vm.metadata.fingerprint, items=[gce.Items(key="k", value="other")])
vms.set_metadata(**name, metadata_resource=metadata).result()
size = gce.InstancesSetMachineTypeRequest(machine_type=f"zones/{ZONE}/machineTypes/e2-medium")
refused(BadRequest, lambda: vms.set_machine_type(**name, instances_set_machine_type_request_resource=size).result())
vms.stop(**name).result()
same(vms.get(**name).status, "TERMINATED")
vms.set_machine_type(**name, instances_set_machine_type_request_resource=size).result()
vms.start(**name).result()
vm = vms.get(**name)
same((vm.status, vm.machine_type.split("/")[-1]), ("RUNNING", "e2-medium"))
same((dict(vm.labels), sorted(vm.tags.items), vm.metadata.items[0].value), ({"team": "owl"}, ["ssh", "web"], "other"))
policy = vms.get_iam_policy(**HERE, resource="python-made")
grant = gce.Binding(role="roles/compute.osLogin", members=["user:student@example.com"])
wanted = gce.ZoneSetPolicyRequest(policy=gce.Policy(etag=policy.etag, bindings=[grant]))
written = vms.set_iam_policy(**HERE, resource="python-made", zone_set_policy_request_resource=wanted)
same([one.role for one in written.bindings], ["roles/compute.osLogin"])
same([one.name for one in client(gce.DisksClient).list(**HERE)], ["python-made"])
vms.delete(**name).result()
refused(NotFound, vms.get, **name)
same(list(client(gce.DisksClient).list(**HERE)), [])
