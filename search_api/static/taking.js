// Taking along what a page shows: copying, printing. Buttons are there only where the script is.

export function taking() {
  for (const button of document.querySelectorAll("[data-copy]")) reveal(button, () => copy(button));
  for (const button of document.querySelectorAll("[data-print]")) reveal(button, () => print());
}

function reveal(button, act) {
  button.hidden = false;
  button.addEventListener("click", act);
}

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.href ?? source.value);
    say("Copié.");
  } catch {
    show(source);
    say("Le navigateur refuse de copier : le texte est sélectionné, copiez-le au clavier.");
  }
}

function show(source) {
  source.closest("details")?.setAttribute("open", "");
  source.focus();
  source.select?.();
}

function say(words) {
  document.querySelector("[data-said]").textContent = words;
}
