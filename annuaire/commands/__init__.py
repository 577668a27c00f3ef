"""The commands of `annuaire`, a module each. `annuaire.cli` assembles them."""
