// Slots are asked again of their editors once the answer is shown. What comes back changes the words of a card, never
// its place: a slot that is taken is struck out where it stands.

// Each fits in the room of an age (`.age`): what stands after it does not move.
const SAID = {
  checked: "vérifié à l’instant",
  taken: "vient d’être pris",
  opened: "créneau ouvert",
  unknown: "n’a pas répondu",
};
const NEWS = ["taken", "opened"];

export function checks() {
  const status = document.querySelector("[data-checks]");
  if (!status) return;
  const count = { checked: 0, taken: 0, opened: 0, unknown: 0 };
  const source = new EventSource(status.dataset.checks);
  source.onmessage = ({ data }) => correct(JSON.parse(data), count);
  source.addEventListener("end", () => {
    source.close();
    status.textContent = summary(count);
  });
  source.onerror = () => source.close();
}

function correct({ offer, state, gone, sources }, count) {
  count[state] += 1;
  const card = document.getElementById(`fiche-${offer}`);
  if (!card) return;
  card.querySelectorAll(".age").forEach((age) => renew(age, sources[age.dataset.editor]));
  const none = card.querySelector(".no-slot");
  if (none) sayOfNone(none, state, Boolean(card.querySelector(".slot")));
  card.querySelectorAll("time").forEach((time) => gone.includes(time.dateTime) && strike(time.closest(".slot, .first")));
}

// Each source has its own words: one that was not asked keeps its age.
function renew(age, state) {
  if (!state) return;
  write(age, (state === "checked" ? (age.dataset.none ?? "") : "") + SAID[state]);
  age.classList.toggle("news", NEWS.includes(state));
}

// What the card said of slots that it has not, once the editors answered.
function sayOfNone(line, state, more) {
  if (state === "opened") write(line, "De nouveaux créneaux sont ouverts.");
  else if (line.matches(".unknown") && state === "checked") {
    write(line, more ? "Aucun autre créneau connu." : "Aucun créneau connu dans les 72 heures.");
  }
}

// In the room of the words before: what stands after them stays where it is.
function write(element, words) {
  const { width, height } = element.getBoundingClientRect();
  Object.assign(element.style, { minWidth: `min(${width}px, 100%)`, minHeight: `${height}px` });
  element.textContent = words;
}

export function strike(slot) {
  if (slot.classList.contains("gone")) return false;
  slot.classList.add("gone");
  slot.append(Object.assign(document.createElement("span"), { className: "vh", textContent: " (pris)" }));
  return true;
}

function summary({ checked, taken, opened, unknown }) {
  const answered = checked + taken + opened;
  if (!answered && !unknown) return "";
  const parts = [`${answered} fiche${answered > 1 ? "s" : ""} vérifiée${answered > 1 ? "s" : ""}`];
  if (taken) parts.push(`${taken} ne convien${taken > 1 ? "nent" : "t"} plus`);
  if (opened) parts.push(`${opened} ${opened > 1 ? "ont" : "a"} de nouveaux créneaux`);
  if (unknown) parts.push(`${unknown} sans réponse de l’éditeur`);
  return parts.join(", ");
}
