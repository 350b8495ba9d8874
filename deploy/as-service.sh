#!/bin/sh
# Runs a Python command as the service of practice-assistant.service: as its account, in its folder,
# on its store, and with its settings, which a plain `sudo -u` would not read.
#
#   sudo /opt/practice-assistant/deploy/as-service.sh ingest.py --check
#   sudo /opt/practice-assistant/deploy/as-service.sh -m assistant status
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
  /opt/practice-assistant/.venv/bin/python "$@"
