#!/bin/bash
# with-secrets NAME=VERSION ... -- COMMAND ...    (a version of a secret, by its full name)
#
# Runs a command with secrets of Secret Manager in its environment, read with the machine's own account. No secret and no token
# is ever an argument of a program, in a file or in a message. It waits for what is not there yet, for as long as it takes.
# Only what Container-Optimized OS has: bash, curl, sed, tr, base64.
set -u -o pipefail
LC_ALL=C # a secret is bytes

metadata=http://metadata.google.internal/computeMetadata/v1
manager=https://secretmanager.googleapis.com/v1
console=/dev/console

# What a person must know stands in the journal and on the serial console.
tell() {
  printf 'provost: %s\n' "$1" >&2
  { printf 'provost: %s\n' "$1" >> "$console"; } 2> /dev/null || true
}

# Reads an address with one header; sets status and body. The header goes through a pipe: arguments are everybody's to see.
get() {
  body="$(printf 'header = "%s"\n' "$2" | curl --silent --max-time 20 --config - --write-out '\n%{http_code}' "$1")" ||
    body=$'\n''no answer'
  status="${body##*$'\n'}"
  body="${body%$'\n'*}"
}

# A member of the JSON in body. What is read here has no quotes inside; = may be escaped.
member() {
  printf '%s' "$body" | tr -d '\n' | sed -n 's/.*"'"$1"'" *: *"\([^"]*\)".*/\1/p' | sed 's/\\u003[dD]/=/g; s/\\u002[bB]/+/g; s/\\\//\//g'
}

# Reads one version of a secret into value, or says why not.
fetch() {
  local token data
  get "$metadata/instance/service-accounts/default/token" 'Metadata-Flavor: Google'
  token="$(member access_token)"
  if [ "$status" != 200 ] || [ -z "$token" ]; then
    why="the machine has no access token ($status)"
    return 1
  fi
  get "$manager/$1:access" "Authorization: Bearer $token"
  if [ "$status" != 200 ]; then
    why="$status $(member message)"
    return 1
  fi
  data="$(member data | tr '_-' '/+')"
  if [ "$(printf '%s' "$data" | base64 --decode 2> /dev/null | LC_ALL=C tr -d '\001-\377' | wc -c)" -ne 0 ]; then
    why='it has a zero byte, which no environment can hold'
    return 1
  fi
  # The dot keeps line breaks at the end.
  if [ -z "$data" ] || ! value="$(printf '%s' "$data" | base64 --decode 2> /dev/null && printf .)"; then
    why='the answer holds no secret'
    return 1
  fi
  value="${value%.}"
}

provost_all=()
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  pause=1
  until fetch "${1#*=}"; do
    tell "${1%%=*} waits for ${1#*=}: $why; next try in $pause s"
    sleep "$pause"
    pause=$((pause < 30 ? pause * 2 : 60))
  done
  provost_all+=("${1%%=*}=$value")
  shift
done
shift
unset body value
# Last of all: from here on the names are the container's.
for provost_one in "${provost_all[@]}"; do
  export "${provost_one?}"
done
exec "$@"
