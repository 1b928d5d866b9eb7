// Pages that come later are asked for with all that they are made of, not one module after the
// other as each names the next. A test sees that these lists are whole.

const FORM = ["lib/wrong.js", "views/form.js", "views/input.js"];
const PERSON = [...FORM, "views/people.js", "views/person.js", "views/policy.js"];
const EVENTS = ["lib/events.js", "lib/quake.js", "lib/tabs.js", "views/activity.js"];
const CHARTS = ["views/chart.js", "views/history.js", "views/limits.js"];

export const PARTS = {
  account: [...PERSON, "views/account.js"],
  activity: EVENTS,
  audit: ["views/audit.js"],
  create: [...FORM, "views/catalogue.js", "views/create.js"],
  host: [...CHARTS, "views/host.js"],
  people: PERSON,
  server: [
    ...["views/server.js", "views/tabs.js", "tabs/all.js", "tabs/console.js"],
    ...["views/console.js", "views/screen.js", "views/screenrow.js", "views/tools.js"],
    ...["lib/follow.js", "lib/lines.js", "lib/ansi.js", "lib/colours.js", "lib/levels.js"],
    ...["lib/links.js", "lib/search.js", "lib/width.js", "views/find.js", "views/prompt.js"],
    ...["views/runs.js", "views/facts.js", "views/notice.js", "views/job.js", "lib/pace.js"],
    ...["views/update.js", "tabs/activity.js", "tabs/players.js", "tabs/settings.js"],
    ...["views/players.js", "views/destroy.js", ...EVENTS, ...CHARTS, ...FORM],
  ],
};

const begun = new Set();

/** Begin to fetch a page, once. */
export function fetchAhead(name) {
  if (begun.has(name)) return;
  begun.add(name);
  for (const path of PARTS[name] ?? []) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: `/panel/${path}` });
    document.head.append(link);
  }
}
