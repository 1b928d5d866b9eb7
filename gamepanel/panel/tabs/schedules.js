// The schedules of a server.
import { config } from "../lib/store.js";
import { lazy, rest } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "schedules",
  order: 60,
  icon: "calendar-clock",
  view: lazy(rest, "Schedules"),
  // A daemon before schedules had none of their endpoints.
  fits: () => config.value.features.includes("schedules"),
});
