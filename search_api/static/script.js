// The pages work without it. Each piece is a module, which does nothing where what it needs is not in the page.
import { copying } from "./copying.js";
import { keyboard } from "./keyboard.js";
import { selection } from "./selection.js";
import { taking } from "./taking.js";
import { chart } from "./chart.js";

copying();
keyboard();
selection();
taking();
chart();
