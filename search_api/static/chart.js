// The map that the server drew: it is made to move when it is first seen, and a key goes to it where it is shown.

export function chart() {
  const region = document.getElementById("carte");
  if (!region) return;
  document.querySelector("[data-key=m]")?.addEventListener("click", (event) => goTo(region, event));
  if (region.dataset.map) whenSeen(region, () => load(region));
}

// A script's click is that of the key: where the map is shown it goes there, elsewhere the link opens it.
function goTo(region, event) {
  if (event.isTrusted || !region.checkVisibility()) return;
  event.preventDefault();
  (region.querySelector("[tabindex='0']") ?? region).focus();
}

function whenSeen(region, then) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    then();
  });
  watch.observe(region);
}

async function load(region) {
  try {
    const { move } = await import("./map.js");
    await move(region);
  } catch (error) {
    const words = document.createElement("p");
    words.textContent = "La carte mobile n’a pas pu être chargée : voici la carte fixe.";
    region.querySelector(".said").prepend(words);
    console.warn(error);
  }
}
