// Entry of every page: the theme, the language, and on the search page the search.
import { offerTheme } from "./theme.js";

offerTheme(document.getElementById("theme"));

for (const node of document.querySelectorAll(".unscripted")) node.hidden = true;

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
