Types can set keys in sections of ini files whose names hold dots, such as `"[/Script/Engine.GameSession].MaxPlayers"`.
