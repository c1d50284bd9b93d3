"""google-cloud-storage: a bucket, its policy, its objects, small and large."""

import os

from common import ENDPOINT, PROJECT, refused, same
from google.api_core.exceptions import Conflict, NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

os.environ["STORAGE_EMULATOR_HOST"] = ENDPOINT
cloud = storage.Client(project=PROJECT, credentials=AnonymousCredentials())
NAME = f"{PROJECT}-python-made"
ROLE = "roles/storage.objectViewer"

bucket = cloud.bucket(NAME)
bucket.iam_configuration.uniform_bucket_level_access_enabled = True
bucket.labels = {"course": "be"}
bucket = cloud.create_bucket(bucket, location="europe-west1")
same((bucket.location, bucket.location_type, bucket.storage_class), ("EUROPE-WEST1", "region", "STANDARD"))
refused(Conflict, cloud.create_bucket, NAME)
same([one.name for one in cloud.list_buckets()], [NAME])
bucket = cloud.get_bucket(NAME)
same(bucket.labels, {"course": "be"})
bucket.versioning_enabled = True
bucket.add_lifecycle_delete_rule(age=30)
bucket.patch()
bucket.reload()
same((bucket.versioning_enabled, len(list(bucket.lifecycle_rules))), (True, 1))

policy = bucket.get_iam_policy(requested_policy_version=3)
policy.bindings.append({"role": ROLE, "members": {"allUsers"}})
bucket.set_iam_policy(policy)
found = bucket.get_iam_policy(requested_policy_version=3).bindings
same([one["members"] for one in found if one["role"] == ROLE], [{"allUsers"}])

small = bucket.blob("be/owl/app.py")
small.metadata = {"team": "owl"}
small.upload_from_string("print('owl')\n", content_type="text/x-python", if_generation_match=0)
refused(PreconditionFailed, small.upload_from_string, "again", if_generation_match=0)
same(small.download_as_text(), "print('owl')\n")
same(small.download_as_bytes(start=0, end=4), b"print")
large = bucket.blob("model.bin", chunk_size=256 * 1024)
content = bytes(range(256)) * 4096
large.upload_from_string(content, content_type="application/octet-stream")
large.reload()
same((large.size, large.download_as_bytes() == content), (len(content), True))
same([one.name for one in cloud.list_blobs(NAME, prefix="be/")], ["be/owl/app.py"])
pages = cloud.list_blobs(NAME, delimiter="/")
same(([one.name for one in pages], pages.prefixes), (["model.bin"], {"be/"}))
small.content_type = "text/plain"
small.patch()
same(bucket.get_blob("be/owl/app.py").metadata, {"team": "owl"})
bucket.copy_blob(small, bucket, "be/cat/app.py")
copy = bucket.rename_blob(bucket.blob("be/cat/app.py"), "be/dog/app.py")
same(copy.exists(), True)
joined = bucket.blob("joined.txt")
joined.compose([small, copy])
same(joined.download_as_text(), "print('owl')\n" * 2)

bucket.versioning_enabled = False
bucket.patch()
refused(Conflict, bucket.delete)
held = list(cloud.list_blobs(NAME, versions=True))
with cloud.batch():
    for one in held:
        one.delete()
same(list(cloud.list_blobs(NAME, versions=True)), [])
bucket.delete()
refused(NotFound, cloud.get_bucket, NAME)
