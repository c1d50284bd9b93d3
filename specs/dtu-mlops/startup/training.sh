#!/bin/bash
# Runs as root at every boot: what `dvc pull` needs besides what the image brings.
set -euo pipefail
pip install --quiet "dvc[gs]"
