// The map made to move, by Leaflet: the same pins, rings and names as the picture of the server, two-way with the cards.
import "./leaflet.js";
import { ground } from "./map_ground.js";
import { keys } from "./map_keys.js";
import { pins } from "./map_pins.js";
import { again } from "./map_again.js";

const L = globalThis.L;
const STYLE = "leaflet.css";
const ZOOMS = { minZoom: 3, maxZoom: 18 };

export async function move(region) {
  await styled();
  const data = JSON.parse(region.dataset.map);
  const map = drawn(region.querySelector(".ground"), data);
  ground(map, data);
  keys(map);
  pins(map);
  again(map, region);
  return map;
}

// Leaflet's sheet comes first, so that ours has the last word. Without it the map would be in pieces.
function styled() {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: new URL(STYLE, import.meta.url).href });
  return new Promise((resolve, reject) => {
    Object.assign(link, { onload: resolve, onerror: () => reject(new Error(STYLE)) });
    document.querySelector("link[rel=stylesheet]").before(link);
  });
}

function drawn(box, data) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const animated = { fadeAnimation: false, zoomAnimation: !still, markerZoomAnimation: !still, inertia: !still };
  const map = L.map(box, {
    ...ZOOMS,
    ...animated,
    keyboard: false, // ours works from the pins too
    scrollWheelZoom: false, // until the map has the focus: the page scrolls under the pointer as elsewhere
    attributionControl: Boolean(data.credit),
    zoomControl: false,
    worldCopyJump: true,
    zoomSnap: data.tiles ? 1 : 0.25, // tiles are sharp at whole zooms only
  });
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const [south, west, north, east] = data.box;
  map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
  return map;
}
