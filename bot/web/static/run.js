// The operator's page: what is being added, as the server tells it.
export function followRun(place) {
  const said = document.getElementById("run-said");
  let news;
  const events = new EventSource("/operator/events");
  events.addEventListener("run", (event) => {
    const data = JSON.parse(event.data);
    place.innerHTML = data.html; // rendered by our own server, which escapes every text
    for (const node of place.querySelectorAll(".unscripted")) node.hidden = true;
    if (news !== undefined && news !== data.news) showProblems();
    news = data.news;
    if (said.textContent !== data.said) said.textContent = data.said;
  });
  events.addEventListener("over", () => {
    events.close();
    location.reload();
  });
  addEventListener("pagehide", () => events.close());
}

// The list of problems anew, as the page without script has it.
async function showProblems() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    document.getElementById("failed").replaceWith(page.getElementById("failed"));
  } catch {
    // the next change asks again
  }
}
