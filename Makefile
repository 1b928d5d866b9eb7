# The two commands of the README, and what they stand on. "make" alone shows all there are.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VAR := $(CURDIR)/var
STATE := $(VAR)/state
PIDFILE := $(VAR)/gamepanel.pid
PORT := 8080
PANEL := gamepanel/panel
TRIAL := $(BIN)/python -m twisted.trial --random=0 --temp-directory=_trial_temp

.PHONY: help run stop test test-fast test-games test-vm matrix games soak check lock audit audit-page page pictures benchmark clean

## make help: show these lines, as "make" alone does
help:
	@sed -n 's/^## //p' Makefile

## make run: install, start the daemon, and put a first game into it; "make run PORT=8081" takes
## another port than 8080
run: $(VENV)/.run
	@mkdir -p -m 700 $(VAR)
	@# Its state is locked as long as a daemon runs on it.
	@if ! [ -e $(STATE)/lock ] || flock --wait 1 $(STATE)/lock true; then \
	    rm -f $(PIDFILE); \
	    $(BIN)/python examples/port_taken.py $(PORT) && \
	    $(BIN)/twistd --pidfile $(PIDFILE) --logfile $(VAR)/gamepanel.log \
	        gamepanel --state $(STATE) --listen tcp:$(PORT):interface=127.0.0.1 && \
	    echo $(PORT) > $(VAR)/port; fi
	@$(BIN)/python examples/first_server.py http://127.0.0.1:$$(cat $(VAR)/port 2>/dev/null || echo 8080)/ $(STATE)

## make stop: end the daemon; its game servers run on
stop:
	@if [ -f $(PIDFILE) ]; then kill "$$(cat $(PIDFILE))" 2>/dev/null; flock $(STATE)/lock true; fi

## make test: install, and run all tests; "make test TESTS=tests.web.test_stream" runs some of them
test: $(VENV)/.dev $(VENV)/.node
	@$(BIN)/python -m tests $(TESTS)

## make test-fast: install, and run all quick tests, which start neither a daemon nor a browser or a game; under a minute
test-fast: $(VENV)/.dev
	@$(BIN)/python -m tests --fast

## make test-games: all tests that run real game servers; what is not installed is skipped and named
test-games: $(VENV)/.dev games
	$(TRIAL) tests.real

## make matrix: the tests of what depends on how Twisted works inside, with the oldest and the newest
## Twisted, on the oldest and the newest Python that is here
matrix:
	@$(PYTHON) tests/matrix.py

## make test-vm: limits of servers, in a virtual machine with a kernel that enforces them, also for the unit
## of docs and for a daemon that somebody starts from a session; it needs root, and takes some minutes
test-vm: $(VENV)/.dev
	.ci/vm env GAMEPANEL_PATIENCE=600 $(BIN)/python -m twisted.trial --temp-directory=/tmp/trial tests.vm
	.ci/vm env GAMEPANEL_PATIENCE=600 GAMEPANEL_CONTROLLERS=all .ci/booted \
	    $(BIN)/python -m twisted.trial --temp-directory=/tmp/trial tests.systemd.ScopeTests.test_limit \
	    tests.systemd.DelegationTests.test_limits

## make games: game servers and players from npm, for the tests that run them (600 MB)
games: $(VENV)/games/.done

$(VENV)/games/.done: $(BIN)/python
	npm install --prefix $(VENV)/games --no-package-lock --no-audit --no-fund --loglevel=error \
	    flying-squid@1.12.0 teeworlds@2.6.1
	touch $@

## make soak: kill the daemon 200 times under servers that print at full speed, 300 times together with
## the standby reader in random order, and 200 times while servers start, crash and stop; send it nonsense
## for five minutes, and spoil what each parser of files, lines, consoles and queries reads for as long; stop and kill it
## for half an hour while it asks games whether they are well
soak: $(VENV)/.dev
	GAMEPANEL_FUZZ=300 $(TRIAL) tests.web.test_fuzz
	GAMEPANEL_FUZZ=300 $(TRIAL) tests.console.test_fuzz_files
	GAMEPANEL_FUZZ=300 $(TRIAL) tests.servers.test_fuzz_consoles
	GAMEPANEL_SOAK=200 $(TRIAL) tests.daemon.test_survival.SurvivalTests.test_notAByte
	GAMEPANEL_SOAK=300 $(TRIAL) tests.console.test_standby.DaemonTests.test_killedInAnyOrder
	GAMEPANEL_SOAK=200 $(TRIAL) tests.daemon.test_server_events.ServerEventTests.test_killed
	GAMEPANEL_SOAK=1000 $(TRIAL) tests.console.test_cold
	GAMEPANEL_SOAK=200 $(TRIAL) tests.daemon.test_activity.KillTests
	GAMEPANEL_SOAK=1800 $(TRIAL) tests.soak_queries

## make check: lint, types, docs, docstrings
check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m docs.check
	$(BIN)/python -m docs.docstrings
	$(BIN)/python -m sphinx -W -q -b html docs docs/_build/html

## make lock: choose anew what the tests are run with, for all Pythons at once
lock: $(VENV)/tools/uv
	$(VENV)/tools/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
	    --custom-compile-command 'make lock' --extra dev --output-file requirements-dev.txt pyproject.toml

## make audit: look up whether what the tests are run with has holes that are known
audit: $(VENV)/tools/pip-audit
	$(VENV)/tools/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip \
	    --requirement requirements-dev.txt

## make audit-page: what Lighthouse says of the page on a phone; accessibility and best practices have
## to be 100, performance at least 98, also with a full log
audit-page: $(VENV)/.dev $(VENV)/lighthouse/.done
	$(BIN)/python -m tests.audit_page

$(VENV)/lighthouse/.done: $(BIN)/python tests/lighthouse/package.json
	mkdir -p $(VENV)/lighthouse && cp tests/lighthouse/package.json $(VENV)/lighthouse
	npm install --prefix $(VENV)/lighthouse --ignore-scripts --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

## make page: build what the daemon serves of the page, after a change below gamepanel/panel; it needs npm
page: $(PANEL)/node_modules/.package-lock.json
	npm run build --silent --prefix $(PANEL)

$(PANEL)/node_modules/.package-lock.json: $(PANEL)/package-lock.json
	npm ci --prefix $(PANEL) --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

PAGES := overview view-cards server-trains-console server-arena-console server-trains-activity server-trains-settings activity \
    new new-openttd people audit host account login

## make pictures: of the page, for README and docs
pictures: $(VENV)/.dev
	GAMEPANEL_PICTURES=$(CURDIR)/var/screenshots $(TRIAL) tests.panel.test_panel_look tests.panel.test_panel_jobs tests.panel.test_panel_players
	cp $(foreach kind,light dark phone,$(foreach page,$(PAGES),var/screenshots/$(kind)-$(page).jpg)) docs/pictures
	cp var/screenshots/light-server-players.jpg var/screenshots/light-server-installing.jpg docs/pictures
	cp var/screenshots/light-overview.png docs/pictures/overview.png
	cp var/screenshots/dark-server-trains-console.png docs/pictures/console.png
	cp var/screenshots/phone-dark-server-trains-console.png docs/pictures/phone.png

## make benchmark: measure, beside others of its kind
benchmark: $(VENV)/.dev
	$(BIN)/python benchmarks/run.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python pyproject.toml setup.py
	$(BIN)/python -m pip install --quiet --editable '.[adventure]'
	touch $@

# Exactly what has been tested, each file by its hash.
$(VENV)/.dev: $(BIN)/python pyproject.toml setup.py requirements-dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/tools/%: $(BIN)/python
	$(PYTHON) -m venv $(VENV)/tools
	$(VENV)/tools/bin/python -m pip install --quiet $*
	touch $@

# Programs of npm that check the OpenAPI document; their tests are skipped where there is no npm.
$(VENV)/.node: $(BIN)/python tests/node/package.json
	@if command -v npm > /dev/null; then \
	    mkdir -p $(VENV)/node && cp tests/node/package.json $(VENV)/node && \
	    npm install --prefix $(VENV)/node --ignore-scripts --no-package-lock --no-audit --no-fund \
	        --loglevel=error > /dev/null && touch $@; fi

## make clean: remove what was installed and built; the state under var stays
clean:
	rm -rf $(VENV) $(PANEL)/node_modules build dist *.egg-info _trial_temp* .mypy_cache .ruff_cache
