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

// A card may be drawn twice: the patient's doctor is among the results too.
function pick(form, id, picked) {
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

function say(form) {
  const count = new URL(location).searchParams.getAll("picked").length;
  form.querySelector("b").textContent = count > 1 ? `${count} fiches choisies` : `${count} fiche choisie`;
  form.querySelector("a").hidden = !count;
  form.hidden = !count;
  form.classList.toggle("some", count > 0);
}
