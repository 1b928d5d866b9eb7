`gamepanel whoami` and `gamepanel users` show admins as `admin`, without a list of rights that they have anyway.
