// The backups of a server.
import { config } from "../lib/store.js";
import { files, lazy } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "backups",
  order: 50,
  icon: "archive",
  rights: ["backup"],
  view: lazy(files, "Backups"),
  // A daemon before backups had none of their endpoints.
  fits: () => config.value.features.includes("backups"),
});
