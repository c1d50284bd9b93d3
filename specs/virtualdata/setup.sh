#!/bin/bash
# Runs as root at every boot; what is there already is left alone.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
command -v git > /dev/null || { apt-get update; apt-get install -y git wget vim default-jre-headless; }
if [ ! -d /opt/miniconda ]; then
  wget -q https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh -O /tmp/miniconda.sh
  bash /tmp/miniconda.sh -b -p /opt/miniconda
fi
for repository in myapp webapp; do
  [ -d "/opt/$repository" ] || git clone "https://github.com/virtualdata-cloud-i2i/$repository.git" "/opt/$repository"
done
/opt/miniconda/bin/conda env list | grep -q '^vd ' || /opt/miniconda/bin/conda env create -f /opt/myapp/environment.yml
