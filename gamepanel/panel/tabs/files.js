// The files of a server.
import { config } from "../lib/store.js";
import { files, lazy } from "../views/lazy.js";
import { register } from "../views/tabs.js";

register({
  name: "files",
  order: 40,
  icon: "folder",
  rights: ["files"],
  view: lazy(files, "Files"),
  // A daemon before files had none of their endpoints.
  fits: () => config.value.features.includes("files"),
});
