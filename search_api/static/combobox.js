// A box with a list of suggestions: "list autocomplete with manual selection" of the ARIA practices. The box works
// without it: Enter sends what is typed unless a suggestion is the active one, and an answer that fails says nothing.
import { ask } from "./asking.js";
import { requests } from "./recent.js";

const PAUSE_MS = 120;
const LONGEST = 100;
const EACH = 4;
const HEADINGS = {
  specialty: "Spécialités",
  profession: "Professions",
  structure_type: "Types de structure",
  care: "Prises en charge",
  equipment: "Équipements",
  skill: "Compétences",
  language: "Langues parlées",
  professional: "Personnes",
  structure: "Structures",
  commune: "Communes",
  departement: "Départements",
  cpts: "CPTS",
  address: "Adresses",
  recent: "Demandes récentes",
};
const KEYS = {
  ArrowDown: (box) => box.isOpen ? box.go(1) : box.open(),
  ArrowUp: (box) => box.isOpen ? box.go(-1) : box.open(),
  Enter: (box) => box.active && box.choose(box.active),
  Escape: (box) => box.isOpen && box.close(),
  Tab: (box) => void box.close(),
};

export function combobox() {
  document.querySelectorAll("input[data-sought]").forEach((input) => new Combobox(input));
}

class Combobox {
  constructor(input) {
    this.input = input;
    this.list = part("div", { id: `${input.id}-liste`, className: "suggestions", hidden: true }, { role: "listbox" });
    this.status = part("p", { className: "vh" }, { role: "status" });
    this.list.setAttribute("aria-label", "Suggestions");
    input.after(this.list, this.status);
    attributes(input, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": false, "aria-controls": this.list.id });
    this.listen();
  }

  listen() {
    this.input.addEventListener("input", (event) => event.isComposing || this.later());
    this.input.addEventListener("compositionend", () => this.later());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("click", () => this.input.value || this.open());
    this.input.addEventListener("blur", () => this.close());
    // The box keeps the focus while one presses in the list.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.pressed(event.target.closest("[role=option]")));
  }

  press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (KEYS[event.key]?.(this)) event.preventDefault();
  }

  pressed(option) {
    if (option) this.choose(option);
  }

  get isOpen() {
    return !this.list.hidden;
  }

  // What is asked for letters that are no longer typed is given up.
  later() {
    this.leave();
    this.close();
    this.waiting = setTimeout(() => this.open(), PAUSE_MS);
  }

  leave() {
    clearTimeout(this.waiting);
    this.asking?.abort();
  }

  open() {
    this.leave();
    this.asking = new AbortController();
    this.show(this.asking.signal);
    return true;
  }

  async show(signal) {
    const found = await this.suggested(signal);
    if (signal.aborted || document.activeElement !== this.input) return;
    this.draw(found);
  }

  // Recent requests for an empty box, where it is the one of whole requests.
  async suggested(signal) {
    const text = this.input.value.trim();
    if (!text) return "recentRequests" in this.input.dataset ? requests().map(asSuggestion) : [];
    if (text.length < 2 || text.length > LONGEST) return [];
    const asked = new URLSearchParams({ text, limit: EACH });
    this.input.dataset.sought.split(" ").forEach((sort) => asked.append("sought", sort));
    try {
      const answer = await fetch(`/api/v1/suggest?${asked}`, { signal });
      return answer.ok ? (await answer.json()).suggestions : [];
    } catch {
      return [];
    }
  }

  draw(found) {
    const groups = Object.entries(Object.groupBy(found, ({ kind }) => kind));
    this.options = new Map();
    this.list.replaceChildren(...groups.map(([kind, each]) => this.group(kind, each)));
    this.list.hidden = !found.length;
    this.list.scrollTop = 0;
    this.input.setAttribute("aria-expanded", this.isOpen);
    this.status.textContent = found.length > 1 ? `${found.length} suggestions` : found.length ? "1 suggestion" : "";
  }

  group(kind, each) {
    const heading = part("div", { id: `${this.list.id}-${kind}`, className: "heading", textContent: HEADINGS[kind] ?? kind });
    const group = part("div", {}, { role: "group", "aria-labelledby": heading.id });
    heading.setAttribute("role", "presentation");
    group.append(heading, ...each.map((one) => this.option(one)));
    return group;
  }

  // Names are what people declare: they are written as text. The detail of a commune is a code, its label is enough.
  option(one) {
    const id = `${this.list.id}-${this.options.size + 1}`;
    const option = part("div", { id, textContent: one.label }, { role: "option", "aria-selected": false });
    if (one.detail && one.kind !== "commune") option.append(" ", part("span", { className: "muted", textContent: one.detail }));
    this.options.set(option, one);
    return option;
  }

  // After the last suggestion and before the first is the box itself.
  go(step) {
    const options = [...this.options.keys()];
    const at = (options.indexOf(this.active) + 1 + step + options.length + 1) % (options.length + 1);
    this.activate(options[at - 1]);
    return true;
  }

  activate(option) {
    this.active?.setAttribute("aria-selected", false);
    this.active = option;
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", true);
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  close() {
    this.leave();
    this.activate(undefined);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", false);
    this.status.textContent = "";
    return true;
  }

  choose(option) {
    const chosen = this.options.get(option);
    this.close();
    ask(this.input, chosen);
    return true;
  }
}

function asSuggestion({ href, words }) {
  return { kind: "recent", label: words, href };
}

function part(tag, properties, named = {}) {
  return attributes(Object.assign(document.createElement(tag), properties), named);
}

function attributes(element, named) {
  Object.entries(named).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}
