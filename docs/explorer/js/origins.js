"use strict";
// Parts of a record about where it comes from: sources, pages that were read, how to cite it.
{
  const { el } = explorer.dom;
  const OWN = "coalitiondata";

  const citations = () => explorer.part("sources").citations;

  const outside = (url, text) => el("a", { href: url, rel: "noopener noreferrer" }, text);

  /** The short id of a source, linked to where the source is found. */
  const link = (id) => {
    const source = citations()[id];
    return source?.url ? el("a", { href: source.url, rel: "noopener noreferrer", title: source.title }, id)
      : el("span", { title: source?.title }, id);
  };

  const sources = (record) => el("section", { "aria-labelledby": "h-sources" },
    el("h3", { id: "h-sources" }, "Sources"),
    el("p", {}, "What stands behind this record, its members and the numbers on this page, each in the words in which it asks to be cited."),
    el("ul", { class: "sources" }, record.sources.map((id) => {
      const source = citations()[id];
      return el("li", {}, el("b", {}, id), ": ", source.text, " ",
        source.url && outside(source.url, "Open"));
    })));

  /** Two addresses on one site would read the same if only the site was named. */
  const address = (url) => el("li", {}, outside(url, url));

  const evidence = (record, nameOf) => {
    if (record.evidence.length === 0) return null;
    const every = record.evidence.reduce((sum, each) => sum + each.urls.length, 0);
    return el("section", { "aria-labelledby": "h-evidence" },
      el("h3", { id: "h-evidence" }, "Pages that were read"),
      el("p", {}, "Addresses as they were seen; many are stored copies, and some may be gone."),
      explorer.later(`Addresses (${every})`, () => record.evidence.map((each) => [
        el("h4", {}, each.actor_id ? nameOf(each.actor_id) : "The coalition"),
        el("ul", { class: "addresses" }, each.urls.map(address)),
      ])));
  };

  const cite = (model, record) => {
    const { coalition_id: id, name } = record.facts;
    const text = `Record ${id} (${name}) in: ${citations()[OWN].text}`;
    const styles = [OWN, ...record.sources].map((each) => citations()[each].bibtex).join("\n\n");
    return el("section", { "aria-labelledby": "h-cite" },
      el("h3", { id: "h-cite" }, "How to cite this record"),
      el("p", {}, "Cite the data set at its version, and the sources of the rows that you use."),
      el("blockquote", { id: "citation" }, text),
      el("div", { class: "actions" },
        el("button", { type: "button", onclick: () => explorer.copy(text, "Citation copied.") }, "Copy citation"),
        el("button", { type: "button", onclick: () => explorer.copy(styles, "BibTeX copied.") }, "Copy BibTeX with all sources")),
      explorer.later("BibTeX", () => el("pre", { tabindex: "0", role: "region", "aria-label": "BibTeX" },
        el("code", {}, styles))));
  };

  explorer.origins = { link, sources, evidence, cite, citations };
}
