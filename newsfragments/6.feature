The daemon serves a page for people at `/`: all servers at a glance, live consoles, settings as forms, people and their rights, in a browser on a desk or a phone.
