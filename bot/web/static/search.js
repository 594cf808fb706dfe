// The search page: drop, paste, pick or photograph a picture, follow the search, show the answer.
// The server renders the answer; the same form works without this script.
import { readEvents } from "./events.js";
import { offerFeedback } from "./feedback.js";
import { KeyField } from "./key.js";
import { offerSharing } from "./share.js";

const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

export function offerSearch(form) {
  const page = new SearchPage(form);
  page.listen();
}

class SearchPage {
  constructor(form) {
    this.form = form;
    this.stage = document.getElementById("stage");
    this.drop = document.getElementById("drop");
    this.ruler = document.getElementById("ruler");
    this.result = document.getElementById("result");
    this.file = document.getElementById("picture");
    this.camera = document.getElementById("camera");
    this.key = new KeyField();
    this.waitingFile = undefined; // a picture that came before the key
    this.abort = null;
    this.pictureUrl = null;
  }

  listen() {
    this.file.classList.add("unseen");
    this.drop.parentElement.addEventListener("click", (event) => {
      if (!this.drop.hidden && !event.target.closest("label, input, button")) this.file.click();
    });
    for (const input of [this.file, this.camera]) {
      input.addEventListener("change", () => input.files.length && this.search(input.files[0]));
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(this.file.files[0] ?? this.waitingFile);
    });
    for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => this.offer(event));
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) this.stage.classList.remove("over");
    });
    document.addEventListener("drop", (event) => this.dropped(event));
    document.addEventListener("paste", (event) => this.pasted(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.abort?.abort();
    });
  }

  offer(event) {
    event.preventDefault();
    this.stage.classList.add("over");
  }

  dropped(event) {
    event.preventDefault();
    this.stage.classList.remove("over");
    this.take(event.dataTransfer);
  }

  pasted(event) {
    if (event.target.closest?.("input, textarea") && !event.clipboardData.files.length) return;
    if (this.take(event.clipboardData)) event.preventDefault();
  }

  // A file, or a link to a picture, out of what was dropped or pasted.
  take(transfer) {
    if (transfer.files.length) {
      this.search(transfer.files[0]);
      return true;
    }
    const link = (transfer.getData("text/uri-list") || transfer.getData("text/plain")).trim();
    if (!/^https?:\/\/\S+$/.test(link)) return false;
    this.form.elements.url.value = link;
    this.search(undefined);
    return true;
  }

  async search(file) {
    const link = this.form.elements.url.value.trim();
    if (!file && !link) {
      this.say(texts.nothing);
      return;
    }
    this.waitingFile = file;
    if (this.key.missing) {
      this.key.refused(texts.key);
      return;
    }
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const body = new FormData();
    if (file) body.append("picture", file);
    else body.append("url", link);
    for (const name of ["show", "season"]) body.append(name, this.form.elements[name].value);
    if (this.form.elements.no_themes.checked) body.append("no_themes", "1");
    this.show(file, link);
    try {
      const headers = { Accept: "text/event-stream", ...this.key.headers() };
      const response = await fetch("/", { method: "POST", body, headers, signal: abort.signal });
      for await (const { event, data } of readEvents(response)) this.received(event, data);
    } catch (error) {
      if (error.name !== "AbortError") this.failed();
      else if (this.abort === abort) this.reset(); // given up by the reader, not by another search
    } finally {
      if (this.abort === abort) {
        this.abort = null;
        this.stage.querySelector(".status")?.remove();
        this.rest();
      }
    }
  }

  // No search is under way; told after the answer has its place, as the footer is not there while one is.
  rest() {
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (!this.abort) this.ruler.classList.remove("waiting");
      }),
    );
  }

  // The picture on the stage while it is searched.
  show(file, link) {
    this.result.replaceChildren();
    this.moveTo("/");
    if (this.pictureUrl) URL.revokeObjectURL(this.pictureUrl);
    this.pictureUrl = file ? URL.createObjectURL(file) : null;
    this.kind = file?.type.startsWith("video/") ? "video" : "img";
    this.drop.hidden = true;
    this.form.hidden = false;
    const filters = document.getElementById("filters");
    filters.open = [...filters.querySelectorAll("input[type=text]")].some((input) => input.value);
    this.stage.querySelector(".sent")?.remove();
    if (this.pictureUrl) {
      const picture = document.createElement(this.kind);
      picture.className = "sent";
      picture.src = this.pictureUrl;
      picture.muted = picture.autoplay = picture.loop = true;
      picture.addEventListener("error", () => picture.remove()); // a format that this browser does not show
      this.stage.prepend(picture);
    }
    this.ruler.classList.add("waiting");
    document.getElementById("waiting").setAttribute("visibility", "visible");
    this.status(texts.searching);
  }

  status(text) {
    let status = this.stage.querySelector(".status");
    if (!status) {
      status = document.createElement("p");
      status.className = "status";
      status.setAttribute("role", "status");
      this.stage.append(status);
    }
    status.textContent = text;
  }

  received(event, data) {
    if (event === "progress") this.status(data.text ?? texts.searching);
    if (data.key_problem) {
      this.reset();
      this.key.refused(data.key_problem);
    } else if (event === "answer" || event === "problem") {
      this.key.accepted();
      this.waitingFile = undefined;
      this.answer(data.html, event === "problem");
    }
  }

  answer(html, isProblem) {
    const sent = this.stage.querySelector("img.sent");
    this.result.innerHTML = html; // rendered by our own server, which escapes every text
    this.reset();
    if (isProblem) return;
    this.moveTo(this.result.querySelector("#answer").dataset.page ?? "/");
    this.form.hidden = Boolean(this.result.querySelector("#shown"));
    this.showQuery(sent);
    offerSharing(this.result);
    offerFeedback(this.result);
    this.result.querySelector("#title")?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  // The address of the answer, which a reload, going back and another language lead to.
  moveTo(path) {
    const title = this.result.querySelector("#title")?.textContent;
    history.replaceState(null, "", path);
    document.getElementById("back").value = path;
    document.title = title ? `${title} — WhenAnime` : "WhenAnime";
  }

  // The picture that was sent, beside the answer; its size is known, so nothing moves.
  showQuery(sent) {
    const figure = this.result.querySelector("#query");
    if (!figure || !sent?.naturalWidth) return;
    const picture = figure.querySelector("img");
    picture.width = sent.naturalWidth;
    picture.height = sent.naturalHeight;
    picture.src = this.pictureUrl;
    figure.hidden = false;
  }

  failed() {
    const problem = document.createElement("div");
    problem.className = "problem";
    problem.setAttribute("role", "alert");
    problem.textContent = texts.failed;
    this.result.replaceChildren(problem);
    this.reset();
  }

  say(text) {
    this.result.textContent = text;
    this.form.elements.url.focus();
  }

  // An empty stage again.
  reset() {
    this.form.hidden = false;
    document.getElementById("waiting").setAttribute("visibility", "hidden");
    this.stage.querySelector(".sent")?.remove();
    this.drop.hidden = false;
    this.file.value = this.camera.value = "";
  }
}
