// What is kept on the device, under names of ours. A browser may refuse: nothing is then kept, and nothing breaks.

export function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(`annuaire.${name}`));
  } catch {
    return null;
  }
}

// Whether the value could be kept; `null` forgets it.
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`annuaire.${name}`);
    else localStorage.setItem(`annuaire.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
