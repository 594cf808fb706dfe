// The key of a server that asks for one: kept in this tab only, once a search with it was answered.
const NAME = "key";

export class KeyField {
  constructor() {
    this.field = document.getElementById("key"); // null where no key is asked for
    this.problem = document.getElementById("key-problem");
    if (this.field && !this.field.value) this.field.value = stored();
  }

  get missing() {
    return Boolean(this.field) && !this.field.value.trim();
  }

  headers() {
    return this.field ? { Authorization: `Bearer ${this.field.value.trim()}` } : {};
  }

  accepted() {
    if (!this.field) return;
    this.say("");
    try {
      sessionStorage.setItem(NAME, this.field.value.trim());
    } catch {
      // storage is switched off: it holds for this page
    }
  }

  refused(text) {
    this.say(text);
    this.field.focus();
    this.field.select();
  }

  say(text) {
    this.problem.textContent = text;
    if (text) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }
}

function stored() {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}
