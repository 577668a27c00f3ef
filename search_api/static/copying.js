// Buttons that copy what a box holds, where the browser may.
export function copying() {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const box = document.getElementById(button.dataset.copies);
  box.select();
  await navigator.clipboard.writeText(box.value);
  button.textContent = "Copié";
}
