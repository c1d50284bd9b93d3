"""google-cloud-resource-manager: a project, its labels, its policy."""

from common import PROJECT, client, refused, same
from google.api_core.exceptions import Aborted, Conflict
from google.cloud import resourcemanager_v3
from google.iam.v1 import iam_policy_pb2, options_pb2, policy_pb2
from google.type import expr_pb2

projects = client(resourcemanager_v3.ProjectsClient)
NAME = f"projects/{PROJECT}"
ROLE, MEMBER = "roles/compute.instanceAdmin.v1", "user:student@example.com"


def policy():
    options = options_pb2.GetPolicyOptions(requested_policy_version=3)
    return projects.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=NAME, options=options))


def write(changed):
    return projects.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=NAME, policy=changed))


project = projects.get_project(name=NAME)
same((project.project_id, project.state), (PROJECT, resourcemanager_v3.Project.State.ACTIVE))
found = projects.search_projects(query=f"id:{PROJECT}")
same([one.project_id for one in found], [PROJECT])
labelled = projects.update_project(
    project={"name": NAME, "labels": {"course": "be"}}, update_mask={"paths": ["labels"]}
).result()
same(dict(labelled.labels), {"course": "be"})

before = policy()
stale = policy()
before.bindings.append(policy_pb2.Binding(role=ROLE, members=[MEMBER]))
before.bindings.append(
    policy_pb2.Binding(
        role="roles/storage.objectViewer",
        members=[MEMBER],
        condition=expr_pb2.Expr(title="till", expression='request.time < timestamp("2027-01-01T00:00:00Z")'),
    )
)
before.version = 3
write(before)
refused((Aborted, Conflict), write, stale)
after = policy()
same([list(one.members) for one in after.bindings if one.role == ROLE], [[MEMBER]])
same([one.condition.title for one in after.bindings if one.condition.title], ["till"])
for binding in [one for one in after.bindings if MEMBER in one.members]:
    after.bindings.remove(binding)
same([one.role for one in write(after).bindings if MEMBER in one.members], [])
granted = projects.test_iam_permissions(resource=NAME, permissions=["compute.instances.list"])
same(list(granted.permissions), ["compute.instances.list"])
