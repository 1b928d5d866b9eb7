The settings on the page tell what somebody else has saved meanwhile: other fields take it over, and where it is the same field one chooses whose value is to hold.
