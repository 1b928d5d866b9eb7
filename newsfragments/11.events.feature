What happens to servers is a stored stream of numbered events: `event_list` with long polls, `event_stream` as Server-Sent Events.
