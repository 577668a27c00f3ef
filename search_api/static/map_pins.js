// The pins: those of the cards, by their numbers. Those that would cover one another are one, which opens their list.

const L = () => globalThis.L;
const APART = { x: 50, y: 30 }; // pixels, across and down: most are not wider

export function pins(map) {
  const cards = [...document.querySelectorAll(".cards .card[data-at]")].map(read).filter((card) => card.number);
  const layer = L().layerGroup().addTo(map);
  const draw = () => redraw(map, layer, cards);
  map.on("zoomend", draw);
  draw();
  for (const card of cards) follow(card);
}

function read(element) {
  const text = (selector) => element.querySelector(selector)?.textContent.trim() ?? "";
  const kind = element.closest(".rung") ? "near" : "exact";
  return {
    element,
    number: text(".no"),
    name: text("h3, h4"),
    km: text(".km"),
    kind: "loose" in element.dataset ? `${kind} loose` : kind,
    at: element.dataset.at.split(",").map(Number),
    button: null,
  };
}

// The focus stays on the pin that holds the same card.
function redraw(map, layer, cards) {
  const held = cards.find((card) => card.button?.matches(":focus"));
  layer.clearLayers();
  groups(map, cards).forEach((group) => place(map, layer, group));
  held?.button.focus({ preventScroll: true });
}

function groups(map, cards) {
  const found = [];
  for (const card of cards) {
    const spot = map.project(card.at);
    const near = found.find((group) => covers(group.spot, spot));
    if (near) near.cards.push(card);
    else found.push({ spot, cards: [card] });
  }
  return found;
}

function covers(one, other) {
  return Math.abs(one.x - other.x) < APART.x && Math.abs(one.y - other.y) < APART.y;
}

function place(map, layer, { cards }) {
  const button = document.createElement("button");
  const [first] = cards;
  button.type = "button";
  button.className = `pin ${first.kind}`;
  button.textContent = cards.length > 1 ? `${first.number}+${cards.length - 1}` : first.number;
  button.ariaLabel = cards.length > 1 ? `${cards.length} fiches : ${said(cards)}` : words(first);
  button.title = button.ariaLabel;
  for (const card of cards) card.button = button;
  const icon = L().divIcon({ className: "", html: button, iconSize: [0, 0] });
  const marker = L().marker(first.at, { icon, keyboard: false, riseOnHover: true }).addTo(layer);
  listen(map, marker, button, cards);
}

function listen(map, marker, button, cards) {
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (cards.length > 1) list(map, marker, button, cards);
    else choose(cards[0]);
  });
  button.addEventListener("focus", () => see(map, marker, button));
  for (const [event, lit] of [["pointerenter", true], ["pointerleave", false], ["focus", true], ["blur", false]]) {
    button.addEventListener(event, () => cards.forEach((card) => card.element.classList.toggle("lit", lit)));
  }
}

// A pin reached by the keyboard comes into view; one under the pointer stays where it is.
function see(map, marker, button) {
  if (button.matches(":focus-visible")) map.panInside(marker.getLatLng(), { padding: [40, 40], animate: false });
}

const words = (card) => [card.number, card.name, card.km].filter(Boolean).join(", ");
const said = (cards) => cards.slice(0, 3).map(words).join(" ; ") + (cards.length > 3 ? `, et ${cards.length - 3} autres` : "");

function list(map, marker, button, cards) {
  const content = document.createElement("div");
  for (const card of cards) content.append(entry(card));
  const popup = L().popup({ maxWidth: 240, offset: [0, -8], autoPanPadding: [8, 8], closeOnEscapeKey: false });
  popup.setLatLng(marker.getLatLng()).setContent(content).openOn(map);
  popup.getElement().querySelector(".leaflet-popup-close-button").ariaLabel = "Fermer la liste";
  popup.getElement().addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    map.closePopup(popup);
    button.focus();
  });
  content.querySelector("a").focus();
}

function entry(card) {
  const link = document.createElement("a");
  link.href = `#${card.element.id}`;
  link.textContent = words(card);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    choose(card);
  });
  return link;
}

// The card has the focus, and gives it back to its pin by Escape.
function choose(card) {
  card.element.closest("details.rung")?.setAttribute("open", "");
  card.element.scrollIntoView({ block: "nearest" });
  card.element.dataset.from = "map";
  card.element.querySelector("h3 a, h4 a").focus();
}

function follow(card) {
  const lit = (on) => card.button?.classList.toggle("lit", on);
  card.element.addEventListener("pointerenter", () => lit(true));
  card.element.addEventListener("pointerleave", () => lit(false));
  card.element.addEventListener("focusin", () => seen(card, lit));
  card.element.addEventListener("focusout", () => lit(false));
  card.element.addEventListener("keydown", (event) => back(card, event));
}

function seen(card, lit) {
  document.querySelector(".card.seen")?.classList.remove("seen");
  card.element.classList.add("seen");
  lit(true);
}

function back(card, event) {
  if (event.key !== "Escape" || !card.element.dataset.from) return;
  event.preventDefault();
  delete card.element.dataset.from;
  card.button.focus();
}
