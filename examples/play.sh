# Log in: the proof of work takes a blink.
PANEL=http://127.0.0.1:8080
PASSWORD=$(cat var/state/admin-password)
curl -s $PANEL/login_info | python3 examples/login_body.py admin "$PASSWORD" > var/login.json
TOKEN=$(curl -s $PANEL/login -H 'Content-Type: application/json' -d @var/login.json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')

# From here on every call looks the same.
panel() { curl -s "$PANEL/$1" -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -d "$2"; echo; }

# Read the console of the game, answer it, read on from where the log was. The game
# prints as slowly as a terminal of its time.
panel server_log '{"server": "cave"}'
panel server_cmd '{"server": "cave", "command": "no"}'
sleep 4
panel server_log '{"server": "cave", "readIndex": 56}'
panel server_cmd '{"server": "cave", "command": "enter"}'
sleep 4
panel server_log '{"server": "cave", "readIndex": 212}'
panel server_status '{"server": "cave"}'
panel server_stop '{"server": "cave"}'
