Under systemd each server has a control group of its own inside of the service's (`Delegate=yes`): take the unit anew from `docs/gamepanel.service`.
