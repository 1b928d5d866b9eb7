// Who plays, who has played, and what can be done about them.
import { lazy, rest } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "players",
  order: 30,
  icon: "users",
  view: lazy(rest, "Players"),
  // A daemon before players were known has no such field.
  fits: ({ players }) => players !== undefined,
  count: ({ players }) => players?.online,
});
