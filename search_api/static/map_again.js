// "Rechercher dans cette zone": the same request where the map was moved to, in the circle that its edges hold.

const RADIUS_KM = { least: 0.1, most: 200 };

export function again(map, region) {
  const link = document.createElement("a");
  link.className = "again";
  link.hidden = true;
  region.querySelector(".ground").append(link);
  map.on("dragstart", () => (map.asked = true));
  map.on("zoomstart", () => (map.asked = true));
  map.on("moveend", () => map.asked && offer(map, region, link));
}

function offer(map, region, link) {
  const centre = map.getCenter().wrap();
  const radius = reach(map);
  link.hidden = false;
  if (radius > RADIUS_KM.most) {
    link.removeAttribute("href");
    link.textContent = `Zone trop vaste : ${RADIUS_KM.most} km au plus, agrandissez la carte`;
    return;
  }
  const kilometres = Math.max(radius, RADIUS_KM.least).toFixed(1);
  const asked = new URLSearchParams(region.dataset.here);
  picked().forEach((id) => asked.append("picked", id));
  asked.set("near", `${centre.lat.toFixed(3)},${centre.lng.toFixed(3)}`);
  asked.set("radius_km", kilometres);
  link.href = `/recherche?${asked}`;
  link.textContent = `Rechercher dans cette zone (${kilometres.replace(".", ",").replace(",0", "")} km)`;
}

// The cards that are picked now: the address holds them.
function picked() {
  return new URLSearchParams(location.search).getAll("picked");
}

// From the centre to the nearest edge, in kilometres.
function reach(map) {
  const centre = map.getCenter();
  const bounds = map.getBounds();
  const edges = [[bounds.getNorth(), centre.lng], [centre.lat, bounds.getEast()]];
  return Math.min(...edges.map((edge) => map.distance(centre, edge))) / 1000;
}
