// What colleagues did is asked again while the page is looked at: what calls gave, so that nobody calls whom somebody is
// calling now, and which slots they sent patients to. The words of a call come as they are from the server, in the place
// of the link that says one; a slot that is taken is struck out where it stands: nothing moves.

import { strike } from "./checks.js";

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
    if (!answer.ok) return;
    const { calls, left } = await answer.json();
    say(calls);
    document.querySelectorAll("[id^=fiche-]").forEach((card) => take(card, left[card.id.slice("fiche-".length)]));
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

function take(card, { gone, places } = { gone: [], places: {} }) {
  for (const time of card.querySelectorAll("time")) {
    const slot = time.closest(".slot, .first");
    if (!slot) continue;
    if (!gone.includes(time.dateTime)) giveBack(slot);
    else if (strike(slot)) slot.dataset.sent = "";
    count(slot.querySelector(".places"), places[time.dateTime]);
  }
}

// What a colleague called off is open again; what an editor said is taken is not.
function giveBack(slot) {
  if (!("sent" in slot.dataset)) return;
  delete slot.dataset.sent;
  slot.classList.remove("gone");
  slot.lastElementChild.remove();
}

// Fewer places than were drawn, in the room of those; never more, which would push what stands after them.
function count(drawn, left) {
  if (!drawn) return;
  drawn.dataset.drawn ??= drawn.textContent;
  drawn.style.minWidth ||= `${drawn.getBoundingClientRect().width}px`;
  const words = `(${left}\u00a0place${left > 1 ? "s" : ""})`;
  drawn.textContent = left < Number.parseInt(drawn.dataset.drawn.slice(1), 10) ? words : drawn.dataset.drawn;
}
