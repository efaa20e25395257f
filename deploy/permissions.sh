#!/bin/sh
# Writes deploy/nats/permissions: run it again after an update, or when the prefix, the partitions
# (default 32) or the services change. `nats-server --signal reload` takes them over.
set -eu
cd "$(dirname "$0")/.."
pawl() { npm run --silent pawl -- permissions "$@"; }
to=deploy/nats/permissions
mkdir -p "$to"
pawl --role host --service openstack --inbox-prefix _INBOX_openstack-host > "$to/openstack-host.conf"
pawl --role worker --service openstack --inbox-prefix _INBOX_openstack-worker > "$to/openstack-worker.conf"
pawl --role client --client portal --inbox-prefix _INBOX_portal > "$to/portal.conf"
pawl --role operator --client pawl-cli --inbox-prefix _INBOX_operator > "$to/operator.conf"
pawl --role viewer --inbox-prefix _INBOX_viewer > "$to/viewer.conf"
