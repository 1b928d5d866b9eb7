// What can be set of a server, and its end.
import { lazy, rest } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "settings",
  order: 90,
  icon: "settings",
  rights: ["settings", "destroy"],
  view: lazy(rest, "Settings"),
});
