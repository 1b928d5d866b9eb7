A daemon that runs under the systemd unit of an older release says at its start which lines that lacks or must not have, and the commands that mend it.
