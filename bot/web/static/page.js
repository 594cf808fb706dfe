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
const share = document.getElementById("share");
if (share) {
  const { offerSharing } = await import("./share.js");
  offerSharing(document);
}
