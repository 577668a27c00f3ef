// The pages work without it. Each piece is a module, which does nothing where what it needs is not in the page.
import { calls } from "./calls.js";
import { chart } from "./chart.js";
import { checks } from "./checks.js";
import { combobox } from "./combobox.js";
import { counts } from "./counts.js";
import { keyboard } from "./keyboard.js";
import { recent } from "./recent.js";
import { selection } from "./selection.js";
import { taking } from "./taking.js";

recent();
combobox();
counts();
keyboard();
selection();
taking();
chart();
checks();
calls();
