"""google-cloud-artifact-registry: a repository, its cleanup rules and its policy."""

from common import PROJECT, REGION, client, refused, same
from google.api_core.exceptions import Conflict, NotFound
from google.cloud import artifactregistry_v1 as ar
from google.iam.v1 import iam_policy_pb2, policy_pb2

registry = client(ar.ArtifactRegistryClient)
PARENT = f"projects/{PROJECT}/locations/{REGION}"
NAME = f"{PARENT}/repositories/python-made"

keep = ar.CleanupPolicy(
    id="keep", action=ar.CleanupPolicy.Action.KEEP, most_recent_versions={"keep_count": 5}
)
old = ar.CleanupPolicy(
    id="old",
    action=ar.CleanupPolicy.Action.DELETE,
    condition={"tag_state": ar.CleanupPolicyCondition.TagState.UNTAGGED, "older_than": {"seconds": 86400}},
)
wanted = ar.Repository(
    format_=ar.Repository.Format.DOCKER,
    mode=ar.Repository.Mode.STANDARD_REPOSITORY,
    labels={"course": "be"},
    cleanup_policies={"keep": keep, "old": old},
    docker_config={"immutable_tags": True},
)
made = registry.create_repository(parent=PARENT, repository=wanted, repository_id="python-made").result()
same((made.name, made.format_), (NAME, ar.Repository.Format.DOCKER))
refused(
    Conflict,
    registry.create_repository,
    parent=PARENT,
    repository=wanted,
    repository_id="python-made",
)
read = registry.get_repository(name=NAME)
same(read.mode, ar.Repository.Mode.STANDARD_REPOSITORY)
same((dict(read.labels), read.docker_config.immutable_tags), ({"course": "be"}, True))
same(read.cleanup_policies["old"].condition.tag_state, ar.CleanupPolicyCondition.TagState.UNTAGGED)
same(read.cleanup_policies["old"].condition.older_than.total_seconds(), 86400.0)
same(read.cleanup_policies["keep"].most_recent_versions.keep_count, 5)
same([one.name for one in registry.list_repositories(parent=PARENT)], [NAME])
changed = registry.update_repository(
    repository={"name": NAME, "description": "of the class"}, update_mask={"paths": ["description"]}
)
same((changed.description, dict(changed.labels)), ("of the class", {"course": "be"}))
policy = registry.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=NAME))
policy.bindings.append(policy_pb2.Binding(role="roles/artifactregistry.reader", members=["allUsers"]))
written = registry.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=NAME, policy=policy))
same([list(one.members) for one in written.bindings], [["allUsers"]])
same(list(registry.list_docker_images(parent=NAME)), [])
registry.delete_repository(name=NAME).result()
refused(NotFound, registry.get_repository, name=NAME)
