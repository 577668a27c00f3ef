// The count of what is written for the regulation follows what is typed; the server counts what it was sent.

const number = new Intl.NumberFormat("fr-FR");

for (const text of document.querySelectorAll("textarea[data-count]")) {
  const count = document.getElementById(text.dataset.count);
  text.addEventListener("input", () => (count.textContent = number.format([...text.value.trim()].length)));
}
