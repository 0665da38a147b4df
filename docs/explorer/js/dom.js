"use strict";
// Making elements. Text is always set as text, never read as HTML.
{
  const SVG = "http://www.w3.org/2000/svg";

  const fill = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat(Infinity).filter((child) =>
      child !== null && child !== undefined && child !== false));
    return node;
  };

  const el = (tag, attributes, ...children) =>
    fill(document.createElement(tag), attributes, children);

  const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  const kind = (column) => (column.number ? "number" : column.date ? "date" : null);

  /** A table that scrolls inside its own box when it is wider than the page. */
  const table = (caption, columns, rows) => el("div",
    { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    el("table", {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, columns.map((column) =>
        el("th", { scope: "col", class: kind(column) }, column.label)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, columns.map((column, at) => {
        const attributes = { class: kind(column) };
        return at === 0
          ? el("th", { ...attributes, scope: "row" }, column.cell(row))
          : el("td", attributes, column.cell(row));
      }))))));

  /** A length that says the same as the number beside it, for the eye only. */
  const bar = (share) => (explorer.format.known(share)
    ? el("span", { class: "bar", "aria-hidden": "true" },
      el("span", { style: `inline-size:${Math.max(0, Math.min(1, share)) * 100}%` }))
    : null);

  explorer.dom = { el, svg, table, bar };
}
