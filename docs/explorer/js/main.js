"use strict";
// The page: the address says what is shown, everything else follows it.
{
  const { state, facets } = explorer;
  const model = explorer.model.read(explorer.part("index"));
  const listing = document.getElementById("list");
  const article = document.getElementById("record");
  const PAGE_TITLE = document.title;
  let view = state.parse(location.hash);
  let shown = [];
  let opened = null;
  let place = 0;

  /** A step that the back button takes back. At once: a field may be typed into the moment after. */
  const go = (change) => {
    const hash = state.write({ ...view, ...change });
    if (hash === location.hash) return;
    history.pushState(null, "", hash);
    follow();
  };

  const sortBy = (key) => {
    const text = ["name", "family", "country", "ended"].includes(key);
    go({ sort: key, desc: view.sort === key ? !view.desc : !text, page: 1 });
  };

  const drawList = () => {
    shown = explorer.filter.shown(model.rows, view);
    explorer.table.draw(shown, view, sortBy);
    const select = document.getElementById("sort");
    select.value = view.sort;
    document.getElementById("direction").textContent = view.desc ? "Descending" : "Ascending";
    document.getElementById("download").disabled = shown.length === 0;
  };

  const closeRecord = () => {
    const before = opened;
    opened = null;
    article.hidden = true;
    article.replaceChildren();
    listing.hidden = false;
    document.title = PAGE_TITLE;
    if (before === null) return;
    scrollTo(0, place);
    const link = document.querySelector(`[data-id="${CSS.escape(before)}"]`);
    (link ?? document.getElementById("list-title")).focus({ preventScroll: Boolean(link) });
  };

  const openRecord = async (id) => {
    const row = model.byId.get(id);
    if (opened === null) place = scrollY;
    opened = id;
    listing.hidden = true;
    article.hidden = false;
    if (!row) {
      article.replaceChildren(...missing(`There is no coalition with the id ${id}.`));
    } else {
      try {
        const record = await explorer.record.fetch(model, row);
        if (opened !== id) return;
        article.replaceChildren(...explorer.record.draw(model, view, row, record));
        document.title = `${row.name} – ${PAGE_TITLE}`;
      } catch (problem) {
        if (opened !== id) return;
        article.replaceChildren(...missing(`${problem.message} Reload the page to try again.`));
      }
    }
    scrollTo(0, 0);
    document.getElementById("record-title").focus({ preventScroll: true });
  };

  const missing = (text) => {
    const { el } = explorer.dom;
    return [
      el("div", { class: "actions" }, el("a", { href: state.write({ ...view, record: "" }), class: "button" }, "Back to the list")),
      el("h2", { id: "record-title", tabindex: "-1" }, text),
    ];
  };

  const follow = () => {
    view = state.parse(location.hash);
    facets.follow(model, view);
    drawList();
    if (view.record) {
      if (view.record !== opened) openRecord(view.record);
    } else {
      closeRecord();
    }
  };

  const fromForm = (event) => {
    const change = facets.reading(model);
    if (change === null) return;
    // Typing does not fill the history: only its result can be gone back to.
    if (event.type === "input") {
      view = { ...view, ...change };
      history.replaceState(null, "", state.write(view));
      drawList();
    } else {
      go(change);
    }
  };

  const start = () => {
    const select = document.getElementById("sort");
    select.append(...explorer.table.COLUMNS.map((column) =>
      explorer.dom.el("option", { value: column.key }, column.label)));
    facets.offer(model);
    facets.form.addEventListener("input", (event) => {
      if (event.target.name === "q") fromForm(event);
    });
    facets.form.addEventListener("change", (event) => {
      if (event.target.name !== "q") fromForm(event);
    });
    facets.form.addEventListener("submit", (event) => {
      event.preventDefault();
      fromForm(event);
    });
    document.getElementById("clear").addEventListener("click", () => {
      go({ ...state.DEFAULTS, sort: view.sort, desc: view.desc });
      // Also what was typed and named no member.
      facets.follow(model, view);
    });
    select.addEventListener("change", () => sortBy(select.value));
    document.getElementById("direction").addEventListener("click", () => sortBy(view.sort));
    document.getElementById("download").addEventListener("click", () => {
      explorer.csv.download(shown, model.index.version);
      explorer.say(`${explorer.format.count(shown.length, "row", "rows")} downloaded.`);
    });
    document.getElementById("copy").addEventListener("click", () =>
      explorer.copy(location.href, "Link copied."));
    for (const link of document.querySelectorAll(".skip")) {
      // The fragment is the view, so a skip link moves the focus without it.
      link.addEventListener("click", (event) => {
        event.preventDefault();
        document.getElementById(opened ? "record-title" : "list-title").focus();
      });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && opened !== null) go({ record: "" });
    });
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", () => {
      for (const box of article.querySelectorAll("details")) {
        box.fill();
        box.open = true;
      }
    });
    const wide = matchMedia("(min-width: 76rem)");
    const box = document.getElementById("filters");
    box.open = wide.matches;
    wide.addEventListener("change", () => { box.open = wide.matches; });
    document.getElementById("citation-of-data").textContent = model.index.citation;
    document.getElementById("version").textContent = `Version ${model.index.version}`;
    follow();
    performance.mark("explorer-ready");
  };

  start();
}
