"""google-api-python-client: service accounts and their keys, by the API's own description.

The description comes with the library. An override of the endpoint drops its service path, so Compute is given one.
"""

import base64
import json

from common import ENDPOINT, PROJECT, same
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError


def service(name, version, path=""):
    options = {"api_endpoint": f"{ENDPOINT}/{path}"}
    return build(name, version, credentials=AnonymousCredentials(), client_options=options, static_discovery=True)


accounts = service("iam", "v1").projects().serviceAccounts()
EMAIL = f"python-made@{PROJECT}.iam.gserviceaccount.com"
NAME = f"projects/{PROJECT}/serviceAccounts/{EMAIL}"
body = {"accountId": "python-made", "serviceAccount": {"displayName": "Made by a library"}}
made = accounts.create(name=f"projects/{PROJECT}", body=body).execute()
same((made["email"], made["displayName"]), (EMAIL, "Made by a library"))
try:
    accounts.create(name=f"projects/{PROJECT}", body=body).execute()
    raise AssertionError("a second account of that name")
except HttpError as refusal:
    same((refusal.status_code, "already exists" in refusal.reason), (409, True))
same(EMAIL in [one["email"] for one in accounts.list(name=f"projects/{PROJECT}").execute()["accounts"]], True)
change = {"serviceAccount": {"description": "of the class"}, "updateMask": "description"}
same(accounts.patch(name=NAME, body=change).execute()["description"], "of the class")
same(accounts.get(name=NAME).execute()["description"], "of the class")
key = accounts.keys().create(name=NAME, body={}).execute()
same(json.loads(base64.b64decode(key["privateKeyData"]))["client_email"], EMAIL)
same(key["name"] in [one["name"] for one in accounts.keys().list(name=NAME).execute()["keys"]], True)
accounts.keys().delete(name=key["name"]).execute()
policy = accounts.getIamPolicy(resource=NAME).execute()
policy["bindings"] = [{"role": "roles/iam.serviceAccountUser", "members": ["user:student@example.com"]}]
same(accounts.setIamPolicy(resource=NAME, body={"policy": policy}).execute()["bindings"], policy["bindings"])
accounts.disable(name=NAME, body={}).execute()
same(accounts.get(name=NAME).execute()["disabled"], True)
accounts.delete(name=NAME).execute()

compute = service("compute", "v1", "compute/v1/")
zones = compute.zones().list(project=PROJECT).execute()["items"]
same("europe-west1-b" in [zone["name"] for zone in zones], True)
found = []
batch = compute.new_batch_http_request(callback=lambda at, answer, error: found.append((at, error or answer["name"])))
batch.add(compute.zones().get(project=PROJECT, zone="europe-west1-b"), request_id="here")
batch.add(compute.firewalls().get(project=PROJECT, firewall="no-such-rule"), request_id="nowhere")
batch._batch_uri = f"{ENDPOINT}/batch/compute/v1"
batch.execute()
found = dict(found)
same((found["here"], found["nowhere"].status_code), ("europe-west1-b", 404))
