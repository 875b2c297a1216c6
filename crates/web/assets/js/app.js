// The page's small helpers. Everything works without them; they save a reload or a loss.
import "./live.js";
import "./forms.js";
import "./menu.js";
import "./sign.js";
import "./hint.js";
import "./roster.js";
import "./wall.js";
import "./replay.js";
import "./blur.js";
import "./aim.js";
import "./map.js";
