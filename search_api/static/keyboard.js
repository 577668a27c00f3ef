// Keys of the search page. They are never taken from who types, nor from the browser's own combinations.

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const RESULTS = ".cards .card :is(h3, h4) a, .bands [scope=row] > a";
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

// The next result, or the next link that a note offers, or the one before; from anywhere else, the first.
function along(step, selector = RESULTS) {
  const links = [...document.querySelectorAll(selector)];
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? 0 : at + step;
  if (!links[next]) return false;
  links[next].closest("li, tr, p").scrollIntoView({ block: "nearest" });
  links[next].focus();
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
