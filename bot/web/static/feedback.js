// Feedback without leaving the answer: the form's own page says thanks, and that part of it is shown here.
export function offerFeedback(root) {
  for (const form of root.querySelectorAll('form[action$="/feedback"]')) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form));
      try {
        const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const lines = [...page.querySelectorAll(".notice h1, .notice p:not(:has(a))")].map((node) => node.textContent);
        const said = document.createElement("p");
        said.className = "thanks";
        said.setAttribute("role", "status");
        said.textContent = lines.join(" ");
        (form.closest("details") ?? form).replaceWith(said);
      } catch {
        form.submit();
      }
    });
  }
}
