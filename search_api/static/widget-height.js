// Tells the page around how high the widget is, when it asks, then whenever that changes. A page is answered only if it
// is ours or of a declared site, and the answer is addressed to it alone.
(() => {
  const sites = [location.origin, ...document.currentScript.dataset.sites.split(" ")];
  let asker = null;

  const tell = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (asker) parent.postMessage({ type: "annuaire-soins:height", height }, asker);
  };

  addEventListener("message", (event) => {
    if (event.source !== parent || !sites.includes(event.origin)) return;
    if (event.data?.type !== "annuaire-soins:hello") return;
    asker = event.origin;
    tell();
  });

  new ResizeObserver(tell).observe(document.body);
})();
