// Who plays, who has played, and what can be done about them.
import { Players } from "../views/players.js";
import { register } from "../views/tabs.js";

register({
  name: "players",
  order: 30,
  icon: "users",
  view: Players,
  // A daemon before players were known has no such field.
  fits: (status) => status?.players !== undefined,
  count: ({ players }) => players?.online,
});
