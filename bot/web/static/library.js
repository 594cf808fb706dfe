// The field that finds a show on the wall, by any of its names.
export function offerFinding(field, wall) {
  const shows = [...wall.children].map((show) => [show, folded(`${show.dataset.names} ${show.querySelector("h2").textContent}`)]);
  const find = () => {
    const text = folded(field.value);
    for (const [show, names] of shows) show.hidden = !names.includes(text);
  };
  field.addEventListener("input", find);
  find();
}

function folded(text) {
  return text.normalize("NFKC").toLocaleLowerCase().trim();
}
