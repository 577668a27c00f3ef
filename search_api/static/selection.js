// What is picked is in the address and in every link of the page, so that paging and "back" keep it.

const BOX = "input[type=checkbox][name=picked]";
const FOLLOWED = ["/", "/recherche", "/selection"];

export function selection() {
  const form = document.querySelector("#choix[data-picked]");
  if (!form) return;
  form.querySelector("[data-without-script]").remove();
  document.addEventListener("change", (event) => {
    if (event.target.matches(BOX)) pick(form, event.target.value, event.target.checked);
  });
  say(form);
}

// A card may be drawn twice: the patient's doctor is among the results too. Where the selection is full, one more is
// left at once: the server would leave it later, and say nothing.
function pick(form, id, picked) {
  picked &&= count() < form.dataset.most;
  document.querySelectorAll(`${BOX}[value="${CSS.escape(id)}"]`).forEach((box) => (box.checked = picked));
  const moved = (address) => holding(address, id, picked);
  history.replaceState(history.state, "", moved(location.href));
  document.querySelectorAll("a[href]").forEach((link) => {
    if (isFollowed(link)) link.href = moved(link.href);
  });
  document.querySelectorAll("form[role=search]").forEach((request) => carry(request, id, picked));
  say(form);
}

// Links of this search, and those of its cards, which lead back to it; not the one that leaves everything.
function isFollowed(link) {
  if (link.origin !== location.origin || link.closest("#choix, header, footer")) return false;
  return link.search !== "" && (FOLLOWED.includes(link.pathname) || link.pathname.startsWith("/offres/"));
}

function holding(address, id, picked) {
  const url = new URL(address);
  url.searchParams.delete("picked", id);
  if (picked) url.searchParams.append("picked", id);
  return url.href;
}

function carry(request, id, picked) {
  request.querySelectorAll(`input[type=hidden][name=picked][value="${CSS.escape(id)}"]`).forEach((one) => one.remove());
  if (!picked) return;
  const carried = Object.assign(document.createElement("input"), { type: "hidden", name: "picked", value: id });
  request.append(carried);
}

function count() {
  return new URL(location).searchParams.getAll("picked").length;
}

function say(form) {
  const many = count();
  const full = many >= form.dataset.most ? ", le plus possible" : "";
  form.querySelector("b").textContent = (many > 1 ? `${many} fiches choisies` : `${many} fiche choisie`) + full;
  form.querySelector("a").hidden = !many;
  form.hidden = !many;
  form.classList.toggle("some", many > 0);
}
