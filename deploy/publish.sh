#!/bin/sh
# Publishes what the service of practice-assistant.service shows: as its account, into its store, and
# with its settings, which a plain `sudo -u` would not read. Options are those of ingest.py:
#
#   sudo /opt/practice-assistant/deploy/publish.sh --check
#
# What stands here stands in practice-assistant.service too: change both.

exec systemd-run --pipe --wait --collect --quiet \
  --property=User=practice-assistant \
  --property=WorkingDirectory=/opt/practice-assistant \
  --property=StateDirectory=practice-assistant \
  --property=Environment=ASSISTANT_STORE=/var/lib/practice-assistant/store \
  --property=Environment=HOME=/var/lib/practice-assistant \
  --property=EnvironmentFile=-/etc/practice-assistant.env \
  --property=UMask=0077 \
  /opt/practice-assistant/.venv/bin/python /opt/practice-assistant/ingest.py "$@"
