"""google-cloud-service-usage: what is enabled, enabling, disabling."""

from common import PROJECT, client, same
from google.cloud import service_usage_v1

services = client(service_usage_v1.ServiceUsageClient)
PARENT = f"projects/{PROJECT}"
RUN = f"{PARENT}/services/run.googleapis.com"
State = service_usage_v1.State

same(services.get_service(request={"name": RUN}).state, State.DISABLED)
same(services.enable_service(request={"name": RUN}).result().service.state, State.ENABLED)
same(services.get_service(request={"name": RUN}).state, State.ENABLED)
ids = ["pubsub.googleapis.com", "secretmanager.googleapis.com"]
both = services.batch_enable_services(request={"parent": PARENT, "service_ids": ids}).result()
same(sorted(service.config.name for service in both.services), ids)
enabled = services.list_services(request={"parent": PARENT, "filter": "state:ENABLED", "page_size": 5})
names = [service.config.name for service in enabled]
assert "run.googleapis.com" in names and set(ids) <= set(names), names
found = services.batch_get_services(request={"parent": PARENT, "names": [RUN]}).services
same([service.state for service in found], [State.ENABLED])
usage = service_usage_v1.DisableServiceRequest.CheckIfServiceHasUsage.SKIP
disabled = services.disable_service(request={"name": RUN, "check_if_service_has_usage": usage}).result()
same(disabled.service.state, State.DISABLED)
