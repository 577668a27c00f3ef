// What calls gave is asked again while the page is looked at, so that nobody calls whom a colleague is calling now. The
// words come as they are from the server, in the place of the link that says a call: nothing moves.

const EVERY_MS = 5_000;
const NOTHING = "Noter l’appel";

export function calls() {
  const page = document.querySelector("[data-calls]");
  if (!page) return;
  const ask = () => document.visibilityState === "visible" && refresh(page.dataset.calls);
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}

async function refresh(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) say(await answer.json());
  } catch {
    // the network is away: the next one says it
  }
}

function say(said) {
  for (const card of document.querySelectorAll("[data-call]")) {
    const words = said[card.dataset.call];
    card.textContent = words ?? NOTHING;
    card.classList.toggle("tag", Boolean(words));
  }
}
