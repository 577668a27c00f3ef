// <annuaire-soins query="specialty=SM54&departement=69"> shows the widget of the directory that serves this file, as
// high as what is in it. `query` is that of the address of /widget. The page around needs nothing else.

const SITE = new URL(import.meta.url).origin;
const LEAST = 120;
const MOST = 6000;
const SANDBOX =
  "allow-forms allow-popups allow-popups-to-escape-sandbox allow-scripts allow-same-origin";

class AnnuaireSoins extends HTMLElement {
  static observedAttributes = ["query"];

  #frame = null;
  #heard = (event) => this.#hear(event);

  connectedCallback() {
    this.#frame = frame();
    this.#frame.addEventListener("load", () => this.#greet());
    this.#show();
    this.replaceChildren(this.#frame);
    addEventListener("message", this.#heard);
  }

  disconnectedCallback() {
    removeEventListener("message", this.#heard);
  }

  attributeChangedCallback() {
    if (this.#frame) this.#show();
  }

  #show() {
    const address = new URL("/widget", SITE);
    address.search = this.getAttribute("query") ?? "";
    address.searchParams.set("height", "follow");
    this.#frame.title = address.searchParams.get("title") || "Trouver un professionnel de santé";
    this.#frame.src = address;
  }

  // Each page of the widget is told whom to answer.
  #greet() {
    this.#frame.contentWindow.postMessage({ type: "annuaire-soins:hello" }, SITE);
  }

  // Only our own frame, at our own site, is believed, and only a height that makes sense.
  #hear({ origin, source, data }) {
    if (origin !== SITE || source !== this.#frame.contentWindow) return;
    if (data?.type !== "annuaire-soins:height" || !Number.isFinite(data.height)) return;
    this.#frame.style.height = `${Math.min(Math.max(data.height, LEAST), MOST)}px`;
  }
}

function frame() {
  const made = document.createElement("iframe");
  made.setAttribute("sandbox", SANDBOX);
  made.referrerPolicy = "no-referrer";
  Object.assign(made.style, { border: "0", width: "100%", height: "640px", display: "block" });
  return made;
}

if (!customElements.get("annuaire-soins")) customElements.define("annuaire-soins", AnnuaireSoins);
