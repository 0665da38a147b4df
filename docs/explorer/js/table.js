"use strict";
// The list: a real table in pages of fifty, whose headers sort it.
{
  const { el } = explorer.dom;
  const { date, number, words, duration, count, UNKNOWN } = explorer.format;
  const PER_PAGE = 50;

  const country = (row) => {
    const names = row.countries.map((each) => each.name);
    if (names.length === 0) return row.family === "ngo" ? "several" : UNKNOWN;
    const rest = names.length - 2;
    return names.slice(0, 2).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  };

  const ended = (row) => {
    if (row.status === "ongoing") return "ongoing";
    return date(row.end, row.endPrecision);
  };

  const COLUMNS = [
    { key: "name", label: "Coalition" },
    { key: "family", label: "Family", cell: (row) => [row.family, el("small", {}, words(row.subtype))] },
    { key: "country", label: "Country", cell: country },
    { key: "start", label: "Start", cell: (row) => date(row.start, row.startPrecision) },
    { key: "end", label: "End", cell: ended },
    { key: "duration", label: "Days", number: true, cell: duration },
    { key: "ended", label: "How it ended", cell: (row) => words(row.ended) },
    { key: "size", label: "Members", number: true, cell: (row) => number(row.size) },
    { key: "hhi", label: "Power HHI", number: true, cell: (row) => number(row.hhi) },
    { key: "depth", label: "Interest depth", number: true, cell: (row) => number(row.depth) },
  ];

  /** Cells take the look of cards on a narrow page; the roles keep them a table there. */
  const cells = (row, view) => COLUMNS.map((column) => {
    if (column.key === "name") {
      const href = explorer.state.write({ ...view, record: row.id });
      return el("th", { scope: "row", role: "rowheader" },
        el("a", { href, "data-id": row.id }, row.name),
        el("small", {}, row.id, row.primary ? null : " · not primary"));
    }
    const content = column.cell(row);
    return el("td", {
      role: "cell",
      "data-label": column.label,
      class: [column.number && "number", content === UNKNOWN && "unknown"].filter(Boolean).join(" ")
        || null,
    }, content);
  });

  const drawHead = (view, change) => {
    const row = document.querySelector("#coalitions thead tr");
    if (row.children.length === 0) {
      row.append(...COLUMNS.map((column) => el("th",
        { scope: "col", role: "columnheader", "data-key": column.key, class: column.number && "number" },
        el("button", { type: "button", onclick: () => change(column.key) }, column.label))));
    }
    for (const head of row.children) {
      const chosen = head.dataset.key === view.sort;
      head.setAttribute("aria-sort", chosen ? (view.desc ? "descending" : "ascending") : "none");
    }
  };

  const drawPager = (view, pages) => {
    const to = (page, text, rel) => (page >= 1 && page <= pages
      ? el("a", { href: explorer.state.write({ ...view, page }), rel }, text)
      : el("span", { "aria-disabled": "true" }, text));
    document.getElementById("pager").replaceChildren(
      to(view.page > 1 ? 1 : 0, "First"),
      to(view.page - 1, "Previous", "prev"),
      el("span", { "aria-current": "page" }, `Page ${view.page} of ${pages}`),
      to(view.page + 1, "Next", "next"),
      to(view.page < pages ? pages : 0, "Last"),
    );
  };

  const draw = (rows, view, change) => {
    const pages = Math.max(1, Math.ceil(rows.length / PER_PAGE));
    const page = Math.min(view.page, pages);
    const first = (page - 1) * PER_PAGE;
    const visible = rows.slice(first, first + PER_PAGE);
    drawHead(view, change);
    document.querySelector("#coalitions tbody").replaceChildren(
      ...visible.map((row) => el("tr", { role: "row" }, cells(row, view))));
    drawPager({ ...view, page }, pages);
    const range = rows.length > PER_PAGE ? `, showing ${first + 1} to ${first + visible.length}` : "";
    const text = rows.length === 0
      ? "No coalition fits. Take away a filter or search for less."
      : count(rows.length, "coalition", "coalitions") + range;
    const status = document.getElementById("count");
    if (status.textContent !== text) status.textContent = text;
    document.getElementById("coalitions").hidden = rows.length === 0;
  };

  explorer.table = { COLUMNS, PER_PAGE, draw };
}
