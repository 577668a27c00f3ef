// What choosing a suggestion does to the form of the request.

const PLACES = ["address", "cpts", "postal_code", "commune", "departement"];
const TERRITORIES = ["cpts", "departement"];

// A name or a place fills its box, and Enter then asks; a code is asked at once, where a place already is. Without
// one it waits beside the box, and the place is what is typed next: nobody is searched in the whole country.
export function ask(input, { href, parameter, value, label }) {
  if (href) return location.assign(href);
  if (input.name === parameter || parameter === "text") return fill(input, value);
  input.value = "";
  if (TERRITORIES.includes(parameter)) instead(input.form, parameter, value);
  else tick(input, parameter, value, label);
  if (hasPlace(input.form)) return input.form.requestSubmit();
  input.form.querySelector("#f-address").focus();
}

function fill(input, value) {
  input.value = value;
  input.focus();
}

// A territory takes the place of every other place, and has no radius.
function instead(form, parameter, value) {
  for (const name of [...PLACES, "radius_km"]) form.querySelector(`#f-${name}`).value = name === parameter ? value : "";
  form.querySelectorAll("input[type=hidden]:is([name=near], [name=prefill])").forEach((one) => one.remove());
}

function hasPlace(form) {
  return PLACES.some((name) => form.querySelector(`#f-${name}`).value.trim()) || form.querySelector("[name=near]");
}

function tick(input, parameter, value, label) {
  const box = input.form.querySelector(`#f-${parameter} input[value="${CSS.escape(value)}"]`);
  if (!box || box.checked) return;
  box.checked = true;
  if (!hasPlace(input.form)) wait(input, box, label);
}

// A chip under the box says what will be asked, and leaves it.
function wait(input, box, label) {
  const said = Object.assign(document.createElement("span"), { className: "said", textContent: label });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  const chip = document.createElement("li");
  remove.setAttribute("aria-label", `Retirer : ${label}`);
  remove.addEventListener("click", () => {
    box.checked = false;
    chip.remove();
    input.focus();
  });
  chip.append(said, remove);
  waiting(input).append(chip);
}

function waiting(input) {
  const known = input.parentElement.querySelector(".chips");
  if (known) return known;
  const list = Object.assign(document.createElement("ul"), { className: "chips" });
  list.setAttribute("aria-label", "Sera demandé");
  input.parentElement.append(list);
  return list;
}
