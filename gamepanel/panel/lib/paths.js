// Paths of files: names with "/" between them, relative to the directory of their server.

export const join = (directory, name) => (directory ? `${directory}/${name}` : name);
export const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);
export const parentOf = (path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0));

const addressed = (path) => path && `/${path.split("/").map(encodeURIComponent).join("/")}`;

/** The address of the page that shows a directory, or with `query` a file. */
export const hrefOf = (id, path, query = "") => `#/server/${id}/files${addressed(path)}${query}`;

/** The address of the page that shows what a backup has of a directory. */
export const insideOf = (id, backup, path) => `#/server/${id}/backups/${backup}${addressed(path)}`;

function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    // Somebody has typed it.
    return name;
  }
}

/** The path that an address shows; `from` is how many parts stand before it. */
export const pathOf = (address, from = 4) => address.split("/").slice(from).filter(Boolean).map(decoded).join("/");

/** A name like that which is not taken: `map (2).zip`. */
export function freeName(name, taken) {
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  let n = 2;
  while (taken.has(`${stem} (${n})${name.slice(stem.length)}`)) n += 1;
  return `${stem} (${n})${name.slice(stem.length)}`;
}

const PICTURES = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};
const ARCHIVE = /\.(zip|jar|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i;

/** The media type of a picture, by its name; undefined for all else. SVG is text. */
export const pictureType = (name) => PICTURES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
export const isArchive = (name) => ARCHIVE.test(name);
