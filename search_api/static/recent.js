// Recent requests, on this device only. The server says what may be kept of one: never a street, a point, nor a patient.
import { keep, kept } from "./store.js";

const MOST = 8;

export function recent() {
  const answer = document.querySelector("[data-recent]");
  if (answer && isOn()) remember({ href: answer.dataset.recent, words: answer.dataset.recentWords });
  const section = document.querySelector("#recentes");
  if (!section) return;
  const on = section.querySelector("[data-switch]");
  on.checked = isOn();
  on.addEventListener("change", () => turn(section, on.checked));
  section.querySelector("[data-forget]").addEventListener("click", () => forget(section));
  draw(section);
  section.hidden = false;
}

// The newest first. What somebody else wrote there is not a request of ours.
export function requests() {
  const found = kept("recent");
  return Array.isArray(found) ? found.filter(isRequest).slice(0, MOST) : [];
}

function isRequest(one) {
  return typeof one?.words === "string" && typeof one.href === "string" && one.href.startsWith("/recherche?");
}

function isOn() {
  return kept("recent-off") !== true;
}

function remember(one) {
  keep("recent", [one, ...requests().filter(({ href }) => href !== one.href)].slice(0, MOST));
}

function turn(section, on) {
  keep("recent-off", on ? null : true);
  if (!on) keep("recent", null);
  draw(section);
}

function forget(section) {
  keep("recent", null);
  draw(section);
  section.querySelector("[data-switch]").focus();
}

function draw(section) {
  const found = requests();
  section.querySelector("ul").replaceChildren(...found.map((one) => row(section, one)));
  section.querySelector("[data-forget]").hidden = !found.length;
}

function row(section, { href, words }) {
  const link = Object.assign(document.createElement("a"), { href, textContent: words });
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×", title: "Retirer" });
  remove.setAttribute("aria-label", `Retirer : ${words}`);
  remove.addEventListener("click", () => leave(section, href));
  const line = document.createElement("li");
  line.append(link, remove);
  return line;
}

// The focus goes to the request that takes the place of the one removed.
function leave(section, href) {
  const at = requests().findIndex((one) => one.href === href);
  keep("recent", requests().filter((one) => one.href !== href));
  draw(section);
  const links = section.querySelectorAll("ul a");
  (links[Math.min(at, links.length - 1)] ?? section.querySelector("[data-switch]")).focus();
}
