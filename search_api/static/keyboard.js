// Keys of the search page. They are never taken from who types, nor from the browser's own combinations.
// The list that the page shows is the table of keys; those of one character can be turned off.
import { keep, kept } from "./store.js";

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const RESULTS = ".cards .card :is(h3, h4) a, .rung:not([open]) > summary, .bands [scope=row] > a";
const OFFERED = ".answer .note a";
const LIST = "#touches";
const OTHER_VIEW = ".views a:not([aria-current])";

const ACTS = {
  text: () => focus("#f-text"),
  place: () => focus("#f-address"),
  next: () => along(1),
  previous: () => along(-1),
  offered: () => along(1, OFFERED),
  view: () => click(OTHER_VIEW),
  map: () => click("[data-key=m]"),
  pick: () => pick(),
  keys: () => list(),
};

export function keyboard() {
  const keys = new Map([...document.querySelectorAll(`${LIST} [data-press]`)].map((key) => [key.dataset.press, key.dataset.act]));
  document.addEventListener("keydown", (event) => {
    if (!isTaken(event) && ACTS[keys.get(named(event))]?.()) event.preventDefault();
  });
  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.addEventListener("click", list);
    button.parentElement.hidden = false;
  });
  const on = document.querySelector(`${LIST} [data-switch]`);
  if (!on) return;
  document.querySelector(`${LIST} [data-close]`).addEventListener("click", () => document.querySelector(LIST).close());
  on.checked = !areOff();
  on.addEventListener("change", () => keep("keys-off", on.checked ? null : true));
}

// A letter is the same key with the capitals locked; other characters are wherever the keyboard has them.
function named({ key }) {
  return key.length === 1 ? key.toLowerCase() : key;
}

function areOff() {
  return kept("keys-off") === true;
}

function list() {
  document.querySelector(LIST).showModal();
  return true;
}

// Whether the key is somebody else's: of who types, of the browser, of a menu or a list that has the focus.
function isTaken(event) {
  if (event.defaultPrevented || isCombination(event) || document.querySelector("dialog[open]")) return true;
  if (event.key.length === 1 && areOff()) return true;
  if (event.target.closest(TYPING)) return true;
  return event.key.startsWith("Arrow") && !isOnResult() && event.target !== document.body;
}

// Some keyboards write a character with AltGr, which is Control and Alt to some systems.
function isCombination(event) {
  if (event.getModifierState("AltGraph")) return event.metaKey;
  return event.ctrlKey || event.metaKey || event.altKey;
}

function isOnResult() {
  return document.activeElement.matches(RESULTS);
}

// The next result, or the next link that a note offers, or the one before; the first, where none is that way. What is
// folded is passed over: a rung that is closed is one step, which Enter opens.
function along(step, selector = RESULTS) {
  const links = [...document.querySelectorAll(selector)].filter((link) => link.checkVisibility());
  const here = document.activeElement;
  const way = step > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const ahead = links.filter((link) => here.compareDocumentPosition(link) & way);
  const next = ahead.at(step > 0 ? 0 : -1) ?? (links.includes(here) ? null : links[0]);
  if (!next) return false;
  next.closest("li, tr, p, summary").scrollIntoView({ block: "nearest" });
  next.focus();
  return true;
}

// A box that is folded on a phone is opened first.
function focus(selector) {
  const box = document.querySelector(selector);
  if (!box) return false;
  box.closest("details:not([open])")?.setAttribute("open", "");
  box.focus();
  box.select?.();
  return true;
}

// Picks the result that has the focus, or leaves it.
function pick() {
  const box = isOnResult() && document.activeElement.closest("li, tr").querySelector("input[name=picked]");
  if (box) box.click();
  return Boolean(box);
}

function click(selector) {
  const target = document.querySelector(selector);
  target?.click();
  return Boolean(target);
}
