"""google-cloud-run: a service, a change of it, its policy."""

from common import PROJECT, REGION, client, refused, same
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import run_v2 as run
from google.iam.v1 import iam_policy_pb2, policy_pb2

services = client(run.ServicesClient)
PARENT = f"projects/{PROJECT}/locations/{REGION}"
NAME = f"{PARENT}/services/python-made"


def wanted(**container):
    return run.Service(
        labels={"course": "be"},
        template=run.RevisionTemplate(
            containers=[run.Container(image="nginx:1", **container)],
            scaling=run.RevisionScaling(max_instance_count=2),
        ),
    )


made = services.create_service(parent=PARENT, service=wanted(), service_id="python-made").result()
same((made.name, made.terminal_condition.state), (NAME, run.Condition.State.CONDITION_SUCCEEDED))
same((made.ingress, made.launch_stage), (run.IngressTraffic.INGRESS_TRAFFIC_ALL, 4))
refused(Conflict, services.create_service, parent=PARENT, service=wanted(), service_id="python-made")
bad = wanted(env=[run.EnvVar(name="PORT", value="1")])
refused(BadRequest, services.create_service, parent=PARENT, service=bad, service_id="other")
read = services.get_service(name=NAME)
same(dict(read.template.containers[0].resources.limits), {"cpu": "1000m", "memory": "512Mi"})
same(read.template.timeout.total_seconds(), 300.0)
same([one.name for one in services.list_services(parent=PARENT)], [NAME])
read.template.containers[0].env.append(run.EnvVar(name="A", value="b"))
read.ingress = run.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY
changed = services.update_service(service=read, update_mask={"paths": ["template", "ingress"]}).result()
same((changed.generation, changed.ingress), (2, run.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY))
assert changed.latest_ready_revision != made.latest_ready_revision
policy = services.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=NAME))
policy.bindings.append(policy_pb2.Binding(role="roles/run.invoker", members=["allUsers"]))
written = services.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=NAME, policy=policy))
same([list(one.members) for one in written.bindings], [["allUsers"]])
services.delete_service(name=NAME).result()
refused(NotFound, services.get_service, name=NAME)
