#!/bin/bash
# Runs as root at every boot of a student's machine.
set -euo pipefail
# Lets docker pull from the registry of the course with the machine's own account.
gcloud --quiet auth configure-docker europe-docker.pkg.dev
# A student who connects early sees whether the machine is ready.
echo "This machine is ready for the BE Cloud & Docker." > /etc/motd
