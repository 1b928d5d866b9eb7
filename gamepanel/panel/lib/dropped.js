// Files and folders that were dropped or chosen, as what is to be uploaded: see `upload`.

const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** All that is in a folder, folders that are empty, too; paths are relative to what holds the folder. */
async function walk(entry, path, found) {
  if (entry.isFile) {
    found.files.push({ path, file: await fileOf(entry) });
    return;
  }
  found.folders.push(path);
  const reader = entry.createReader();
  // Browsers give some at a time, and none at the end.
  for (let some = await entriesOf(reader); some.length; some = await entriesOf(reader)) {
    for (const each of some) await walk(each, `${path}/${each.name}`, found);
  }
}

/** What was dropped. Has to be called while the event is dealt with: later there is nothing in it. */
export async function fromDrop({ items }) {
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry());
  const things = [];
  for (const entry of entries.filter(Boolean)) {
    const found = { name: entry.name, folders: [], files: [] };
    await walk(entry, entry.name, found);
    if (entry.isFile) things.push({ name: entry.name, file: found.files[0].file });
    else things.push({ ...found, folders: found.folders.slice(1) });
  }
  return things;
}

/** What was chosen in a field: files, or of one that takes folders each with its path. */
export function fromField(files) {
  const folders = new Map();
  const things = [];
  for (const file of files) {
    const path = file.webkitRelativePath;
    if (!path) {
      things.push({ name: file.name, file });
      continue;
    }
    const names = path.split("/");
    const known = folders.get(names[0]) ?? { name: names[0], folders: new Set(), files: [] };
    folders.set(names[0], known);
    for (let n = 2; n < names.length; n++) known.folders.add(names.slice(0, n).join("/"));
    known.files.push({ path, file });
  }
  return [...things, ...[...folders.values()].map((each) => ({ ...each, folders: [...each.folders] }))];
}
