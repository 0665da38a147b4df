"use strict";
// The form above the list: what it offers, and how it and the view follow each other.
{
  const { el } = explorer.dom;
  const { words, UNKNOWN } = explorer.format;
  const { fold } = explorer.model;
  const form = document.getElementById("facets");
  const field = (name) => form.elements[name];
  let labels = null;

  const option = (value, text) => el("option", { value }, text);

  const offer = (model) => {
    const { order, labels: said } = model.index;
    const seen = new Set(model.rows.map((row) => row.subtype));
    field("subtype").append(...order.subtype.filter((each) => seen.has(each))
      .map((each) => option(each, words(each))));
    field("country").append(...model.countries.map((each) => option(each.code, each.name)));
    const causes = order.end_cause.map((each) => option(each, words(each)));
    // The meanings begin with the family that a cause belongs to, where it belongs to one.
    const groups = grouped(causes, groupOf(said["coalitions.end_cause"]));
    field("ended").append(
      option("ongoing", "ongoing"),
      option(UNKNOWN, UNKNOWN),
      ...[...groups].map(([label, each]) => el("optgroup", { label }, each)),
    );
    // Thousands of names: offered when somebody first asks for them.
    field("member").addEventListener("focus", () => offerMembers(model), { once: true });
  };

  const groupOf = (meanings) => (node) =>
    /^(governing|wartime|ngo): /.exec(meanings[node.value] ?? "")?.[1] ?? "any family";

  const grouped = (nodes, key) => {
    const groups = new Map();
    for (const node of nodes) groups.set(key(node), [...(groups.get(key(node)) ?? []), node]);
    return groups;
  };

  /** One label per member: the name, with the country, and the id where two are called the same. */
  const memberLabels = (model) => {
    if (labels) return labels;
    const short = (actor) => (actor.iso3 && !actor.id.startsWith("state-")
      ? `${actor.name} (${actor.iso3})` : actor.name);
    const times = new Map();
    for (const actor of model.actors) {
      times.set(short(actor), (times.get(short(actor)) ?? 0) + 1);
    }
    labels = new Map(model.actors.map((actor) => [
      actor.id,
      times.get(short(actor)) > 1 ? `${short(actor)} [${actor.id}]` : short(actor),
    ]));
    return labels;
  };

  const offerMembers = (model) => {
    const all = [...memberLabels(model).values()].sort((a, b) => a.localeCompare(b, "en"));
    document.getElementById("members").append(...all.map((value) => el("option", { value })));
  };

  /** The id of the member that the text names, "" for no text, null if it names none or several. */
  const memberOf = (model, text) => {
    const asked = fold(text.trim());
    if (!asked) return "";
    const all = [...memberLabels(model)];
    const exact = all.filter(([, label]) => fold(label) === asked);
    const found = exact.length > 0
      ? exact : all.filter(([id]) => fold(model.actorById.get(id).name) === asked);
    return found.length === 1 ? found[0][0] : null;
  };

  const complain = (text) => {
    const message = document.getElementById("member-message");
    message.textContent = text;
    message.hidden = !text;
    field("member").setAttribute("aria-invalid", text ? "true" : "false");
  };

  /** Sets the form to what the view says. */
  const follow = (model, view) => {
    for (const name of ["q", "subtype", "from", "to", "country", "ended"]) {
      if (field(name).value !== view[name]) field(name).value = view[name];
    }
    for (const box of form.querySelectorAll("[name=family]")) {
      box.checked = view.family.includes(box.value);
    }
    field("primary").checked = !view.all;
    const label = view.member ? memberLabels(model).get(view.member) ?? view.member : "";
    if (field("member").value !== label) field("member").value = label;
    complain(view.member && !model.actorById.has(view.member)
      ? `No member has the id ${view.member}.` : "");
  };

  /** What the form says, as a change of the view; null while it names a member that is none. */
  const reading = (model) => {
    const member = memberOf(model, field("member").value);
    complain(member === null
      ? `No single member is called “${field("member").value.trim()}”. Choose one from the list.` : "");
    if (member === null) return null;
    return {
      q: field("q").value,
      family: [...form.querySelectorAll("[name=family]:checked")].map((box) => box.value),
      subtype: field("subtype").value,
      from: field("from").value.trim(),
      to: field("to").value.trim(),
      country: field("country").value,
      ended: field("ended").value,
      member,
      all: !field("primary").checked,
      page: 1,
    };
  };

  explorer.facets = { form, offer, follow, reading };
}
