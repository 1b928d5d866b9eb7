// What happened to a server, and what it used meanwhile.
import { lazy, rest } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "activity",
  order: 20,
  icon: "activity",
  view: lazy(rest, "Happened"),
});
