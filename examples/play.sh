# Log in: the proof of work takes a blink.
PANEL=http://127.0.0.1:8080
PASSWORD=$(cat var/state/admin-password)
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
curl -s $PANEL/login_info | python3 examples/login_body.py admin "$PASSWORD" > var/login.json
TOKEN=$(curl -s $PANEL/login -H 'Content-Type: application/json' -d @var/login.json | field accessToken)

# From here on every call looks the same.
panel() { curl -s "$PANEL/$1" -H "Authorization: Bearer $TOKEN" \
    -H 'Content-Type: application/json' -d "$2"; echo; }

# Start the game anew; where this run begins in its log is known when it runs.
panel server_restart '{"server": "cave"}'
for try in $(seq 20); do
    panel server_status '{"server": "cave"}' > var/status.json
    if grep '"status":"running"' var/status.json; then break; else sleep 1; fi
done
INDEX=$(field runIndex < var/status.json)

# What the console has from there on, once the game waits at its prompt: it prints as slowly
# as a terminal of its time.
read_on() {
    for try in $(seq 20); do
        panel server_log "{\"server\": \"cave\", \"readIndex\": $INDEX, \"wait\": 10}" > var/log.json
        if grep '> "' var/log.json; then break; else sleep 1; fi
    done
    INDEX=$(field nextReadIndex < var/log.json)
}

# Answer it, and read on from where the log was.
read_on
panel server_cmd '{"server": "cave", "command": "no"}'
read_on
panel server_cmd '{"server": "cave", "command": "enter"}'
read_on
panel server_stop '{"server": "cave"}'
