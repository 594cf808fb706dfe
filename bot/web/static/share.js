// The link to a scene: shared or copied where the browser can, else a plain link.
export function offerSharing(root) {
  const link = root.querySelector("#share");
  if (!link) return;
  link.addEventListener("click", async (event) => {
    const url = new URL(link.href, location.href).href;
    const title = root.querySelector("#title")?.textContent ?? document.title;
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      await navigator.share({ title, url }).catch(() => {});
    } else if (navigator.clipboard) {
      event.preventDefault();
      try {
        await navigator.clipboard.writeText(url);
        link.textContent = link.dataset.copied ?? "✓";
      } catch {
        location.assign(url);
      }
    }
  });
}
