"use strict";
// The data are scripts that hand over one part each, because a page opened from a folder may not
// fetch files.
window.explorer = {};
{
  const parts = new Map();
  const waiting = new Map();

  explorer.receive = (name, content) => parts.set(name, content);

  explorer.part = (name) => parts.get(name);

  /** A promise of a part of the data; its file is read on the first call. */
  explorer.load = (name) => {
    if (parts.has(name)) return Promise.resolve(parts.get(name));
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `data/${name}.js`;
        script.onload = () => resolve(parts.get(name));
        script.onerror = () => {
          waiting.delete(name);
          reject(new Error(`The file data/${name}.js could not be read.`));
        };
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  };

  /** Columns as rows. Rows inside a row are columns as well: an object always stands for rows. */
  explorer.rows = (table) => {
    const names = Object.keys(table);
    const columns = names.map((name) =>
      Array.isArray(table[name]) ? table[name].map(inner) : explorer.rows(table[name]));
    return columns[0].map((_, at) =>
      Object.fromEntries(names.map((name, place) => [name, columns[place][at]])));
  };

  const inner = (value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? explorer.rows(value) : value;
}
