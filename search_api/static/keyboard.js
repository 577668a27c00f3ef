// Keys of the search page. They are never taken from who types, nor from the browser's own combinations.

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const RESULTS = ".cards .card :is(h3, h4) a, .rung:not([open]) > summary, .bands [scope=row] > a";
const OFFERED = ".answer .note a";
const OTHER_VIEW = ".views a:not([aria-current])";

const KEYS = {
  "/": () => focus("#f-text"),
  l: () => focus("#f-address"),
  j: () => along(1),
  ArrowDown: () => along(1),
  k: () => along(-1),
  ArrowUp: () => along(-1),
  n: () => along(1, OFFERED),
  t: () => click(OTHER_VIEW),
  x: () => pick(),
};

export function keyboard() {
  document.addEventListener("keydown", (event) => {
    if (!isTaken(event) && KEYS[event.key]?.()) event.preventDefault();
  });
}

// Whether the key is somebody else's: of who types, of the browser, of a menu or a list that has the focus.
function isTaken(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  if (event.target.closest(TYPING)) return true;
  return event.key.startsWith("Arrow") && !isOnResult() && event.target !== document.body;
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
