// The keys of the map, from it and from its pins: arrows, + and -, Escape towards the list.

const STEP = 80; // pixels
const KEYS = {
  ArrowLeft: (map) => map.panBy([-STEP, 0]),
  ArrowRight: (map) => map.panBy([STEP, 0]),
  ArrowUp: (map) => map.panBy([0, -STEP]),
  ArrowDown: (map) => map.panBy([0, STEP]),
  "+": (map) => map.zoomIn(),
  "=": (map) => map.zoomIn(),
  "-": (map) => map.zoomOut(),
  Escape: (map) => leave(map),
};

export function keys(map) {
  const box = map.getContainer();
  box.tabIndex = 0;
  box.role = "group";
  box.ariaLabel = "Carte : flèches pour la déplacer, plus et moins pour l’agrandir ou la réduire, Échap pour la liste";
  box.addEventListener("keydown", (event) => press(map, event));
  box.addEventListener("focusin", () => map.scrollWheelZoom.enable());
  box.addEventListener("focusout", () => map.scrollWheelZoom.disable());
}

function press(map, event) {
  const taken = event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key];
  if (taken || event.defaultPrevented) return;
  event.preventDefault();
  map.asked = event.key !== "Escape"; // a person moves it, not the page
  KEYS[event.key](map);
}

// Back to the card that has the pin, or was looked at; else to the first one.
function leave(map) {
  const cards = [...document.querySelectorAll(".cards .card")].filter((each) => each.checkVisibility());
  const card = cards.find((each) => each.matches(".lit, .seen")) ?? cards[0];
  (card?.querySelector("h3 a, h4 a") ?? document.getElementById("reponse")).focus();
}
