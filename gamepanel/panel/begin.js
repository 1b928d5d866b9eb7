// Runs before anything else is here: it chooses the language, and asks at once for those scripts that the
// page will want, not one after the other as each names the next. It is no module, so that it needn't wait.
{
  // Those of lib/text.js.
  const LANGUAGES = ["en", "de"];
  const kept = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const names = navigator.languages.map((name) => name.slice(0, 2));
  const wanted = [kept("gamepanel.device.language"), ...names];
  const language = wanted.find((name) => LANGUAGES.includes(name)) ?? "en";
  document.documentElement.lang = language;

  // Where the scripts are.
  const { place } = document.currentScript.dataset;
  const [page, , tab = "console"] = location.hash.replace(/^#\/?/, "").split("?")[0].split("/");
  const scripts = [`words-${language}`];
  if (page && kept("gamepanel.token")) {
    if (page === "server") scripts.push("server");
    if (page === "server" && tab === "files") scripts.push("files");
    else if (page !== "server" || tab !== "console") scripts.push("rest");
  }
  for (const name of scripts) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: `${place}/${name}.js` });
    document.head.append(link);
  }
}
