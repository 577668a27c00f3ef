// How many each value of a criterion would find, asked when its list is seen: the page itself does not wait for them.

const MOST = 10_000;
const WORDS = "Résultats exacts de chaque valeur seule, le reste de la demande gardé.";

export function counts() {
  const form = document.querySelector("form[data-counts]");
  if (!form) return;
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      count(form.dataset.counts, target);
    }
  });
  form.querySelectorAll("[data-counted]").forEach((list) => seen.observe(list));
}

// The room of the numbers is there before them: nothing moves when they come.
async function count(address, list) {
  const ticks = [...list.querySelectorAll(".tick")];
  const numbers = ticks.map((tick) => tick.appendChild(Object.assign(document.createElement("span"), { className: "n" })));
  list.title = WORDS;
  const found = await asked(`${address}&facet=${list.dataset.counted}`);
  ticks.forEach((tick, at) => found && say(tick, numbers[at], found.get(tick.querySelector("input").value) ?? 0));
}

// The counts by code; nothing where the answer does not come.
async function asked(address) {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
    const { facets } = answer.ok ? await answer.json() : { facets: null };
    return facets && new Map(facets[0].values.map(({ code, count }) => [code, count]));
  } catch {
    return null;
  }
}

function say(tick, number, count) {
  number.textContent = count > MOST ? "10 000+" : count.toLocaleString("fr-FR");
  tick.classList.toggle("nobody", count === 0);
}
