// What is kept on the device, under names of ours. A browser may refuse: nothing is then kept, and nothing breaks.
// On a desk that is shared, what was asked is kept until the window is closed only; a person's settings stay.
const OF_A_WINDOW = ["recent"];

export function kept(name) {
  try {
    return JSON.parse(store(name).getItem(`annuaire.${name}`));
  } catch {
    return null;
  }
}

// Whether the value could be kept; `null` forgets it.
export function keep(name, value) {
  try {
    if (value === null) store(name).removeItem(`annuaire.${name}`);
    else store(name).setItem(`annuaire.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function store(name) {
  const isShared = document.querySelector("main[data-shared]");
  return isShared && OF_A_WINDOW.includes(name) ? sessionStorage : localStorage;
}
