// Slots are asked again of their editors once the answer is shown. What comes back changes the words of a card, never
// its place: a slot that is taken is struck out where it stands.

const SAID = {
  checked: "vérifié à l’instant",
  taken: "vient d’être pris · vérifié à l’instant",
  opened: "créneaux ouverts depuis",
  unknown: "n’a pas répondu à l’instant",
};

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

// The first column of the table is narrow.
const SHORT = { ...SAID, taken: "vient d’être pris", opened: "créneaux ouverts", unknown: "n’a pas répondu" };

function correct({ offer, state, gone }, count) {
  count[state] += 1;
  const card = document.getElementById(`fiche-${offer}`);
  if (!card) return;
  for (const each of ["taken", "opened"]) card.classList.toggle(each, state === each);
  card.querySelector(".no-slot")?.classList.toggle("gone", state === "opened");
  const words = (card.matches("tr") ? SHORT : SAID)[state];
  const lines = new Set([...card.querySelectorAll(".age")].map((age) => age.parentElement));
  lines.forEach((line) => say(line, words));
  card.querySelectorAll("time").forEach((time) => gone.includes(time.dateTime) && strike(time.closest(".slot, .first")));
}

// The line is written anew, in one piece: what stands after the words would otherwise move with them. They are said once,
// for all the sources of the line, so that it is no longer than it was.
function say(line, words) {
  const [first, ...others] = line.querySelectorAll(".age");
  first.textContent = words;
  for (const age of others) {
    age.nextSibling.textContent = age.nextSibling.textContent.replace(" · ", "");
    age.remove();
  }
  const parts = [...line.childNodes].map((part) => part.textContent);
  line.replaceChildren(Object.assign(document.createElement("span"), { className: "age", textContent: parts.join("") }));
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
