// What happened to a server, and what it used meanwhile.
import { lazy } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "activity",
  order: 20,
  icon: "activity",
  view: lazy(() => import("../views/happened.js")),
});
