// Entry of every page: the theme, the language, and on the search page the search.
import { offerTheme } from "./theme.js";

offerTheme(document.getElementById("theme"));

const language = document.getElementById("language");
language?.addEventListener("change", () => language.form.requestSubmit());

const form = document.getElementById("search");
if (form) {
  const { offerSearch } = await import("./search.js");
  offerSearch(form);
}
const run = document.getElementById("run");
if (run) {
  const { followRun } = await import("./run.js");
  followRun(run);
}
if (document.getElementById("answer")) {
  const [{ offerSharing }, { offerFeedback }] = await Promise.all([import("./share.js"), import("./feedback.js")]);
  offerSharing(document);
  offerFeedback(document);
}
const find = document.getElementById("find");
if (find) {
  const { offerFinding } = await import("./library.js");
  offerFinding(find, document.getElementById("wall"));
}

// what only pages without script need: the style sheet hides it already where the browser tells it that scripts run
for (const node of document.querySelectorAll(".unscripted")) node.hidden = true;
