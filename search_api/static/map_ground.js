// What is under the pins: tiles when there are some, the rings, the places asked, the names of the largest communes.

const L = () => globalThis.L;
const TOWNS = "/carte/communes";
const LETTER = 8.5; // pixels, with the space that readers may ask between letters and words
const LINE = 16;

export function ground(map, data) {
  data.words = data.marks.map((mark) => [...mark, "marked"]);
  if (data.tiles) tiles(map, data);
  if (data.centre) rings(map, data);
  names(map, data);
}

// The credit is a text: whatever it holds is shown as it is written.
function tiles(map, data) {
  const text = document.createElement("span");
  text.textContent = data.credit;
  map.attributionControl.setPrefix(false);
  L().tileLayer(data.tiles, { maxZoom: 18, attribution: text.innerHTML }).addTo(map);
  map.getContainer().classList.add("tiled");
}

function rings(map, data) {
  for (const [radius, words, kind] of [...data.rings].reverse()) {
    const ring = L().circle(data.centre, { radius, className: kind, interactive: false, weight: 1.5 }).addTo(map);
    data.words.push([words, ring.getBounds().getNorth(), data.centre[1], "far"]);
  }
  data.words.push([data.place, ...data.centre, "marked"]);
}

// Names are asked again where the map stops; the last question asked is the one that is answered.
function names(map, data) {
  const layer = L().layerGroup().addTo(map);
  let asked = 0;
  const draw = async () => {
    const turn = ++asked;
    const towns = await largest(map);
    if (turn === asked) write(map, layer, data, towns);
  };
  map.on("moveend", draw);
  draw();
}

async function largest(map) {
  const box = map.getBounds();
  const sides = [box.getSouth(), box.getWest(), box.getNorth(), box.getEast()];
  try {
    const answer = await fetch(`${TOWNS}?box=${sides.map((each) => each.toFixed(3)).join()}`);
    return answer.ok ? await answer.json() : [];
  } catch {
    return []; // names are a help: the map is one without them
  }
}

// What was asked first, then the largest; a name that would cover another, or be cut, is left out, not its mark.
function write(map, layer, data, towns) {
  const size = map.getSize();
  const written = pinned(map);
  layer.clearLayers();
  for (const [name, lat, lon, kind = ""] of [...data.words, ...towns]) {
    const taken = room(map, [lat, lon], name);
    const free = whole(taken, size) && written.every((other) => apart(taken, other));
    if (free) written.push(taken);
    if (free || kind === "marked") label(layer, [lat, lon], free ? name : "", kind);
  }
}

// Where the pins and the controls are, as room that is taken.
function pinned(map) {
  const corner = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(".pin, .leaflet-control")].map((each) => {
    const { left, top, width, height } = each.getBoundingClientRect();
    return { x: left - corner.left + width / 2, y: top - corner.top + height / 2, half: width / 2, high: height / 2 };
  });
}

function room(map, at, name) {
  const { x, y } = map.latLngToContainerPoint(at);
  return { x, y, half: (name.length * LETTER) / 2, high: LINE / 2 };
}

function whole({ x, y, half }, size) {
  return x >= half && x <= size.x - half && y >= LINE && y <= size.y - LINE;
}

function apart(one, other) {
  return Math.abs(one.x - other.x) > one.half + other.half || Math.abs(one.y - other.y) > one.high + other.high;
}

// Words on the map, not for those who listen: the list says the places.
function label(layer, at, words, kind) {
  const element = document.createElement("span");
  element.className = `name ${kind}`;
  element.textContent = words;
  element.ariaHidden = "true";
  const icon = L().divIcon({ className: "", html: element, iconSize: [0, 0] });
  L().marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(layer);
}
