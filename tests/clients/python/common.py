"""What the scripts share: where the sandbox is, and clients that ask for no credentials."""

import sys

from google.auth.credentials import AnonymousCredentials
from google.cloud import compute_v1

ENDPOINT, PROJECT = sys.argv[1], sys.argv[2]
REGION, ZONE = "europe-west1", "europe-west1-b"


def client(kind):
    """A client of a generated library, over REST."""
    options = {"api_endpoint": ENDPOINT}
    return kind(credentials=AnonymousCredentials(), transport="rest", client_options=options)


def compute(kind):
    """A client of Compute whose operations are asked about at the same place.

    Left alone, `.result()` asks compute.googleapis.com whatever the endpoint of the client is.
    """
    made = client(kind)
    made.transport._extended_operations_services = {
        "global_operations": client(compute_v1.GlobalOperationsClient),
        "zone_operations": client(compute_v1.ZoneOperationsClient),
    }
    return made


def refused(error, call, *arguments, **named):
    """The error that the call must end with."""
    try:
        call(*arguments, **named)
    except error as refusal:
        return refusal
    raise AssertionError(f"{call} was not refused")


def same(found, wanted):
    """Stops the script where two values differ."""
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"
