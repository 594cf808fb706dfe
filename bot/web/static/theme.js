// Dark or light: the system's choice until somebody chooses. The choice is a cookie, so that the server draws the next page
// in it from the start.
const YEAR_S = 365 * 86400;

function isDark(root) {
  const chosen = root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function offerTheme(button) {
  if (!button) return;
  const root = document.documentElement;
  button.addEventListener("click", () => {
    const theme = (root.dataset.theme = isDark(root) ? "light" : "dark");
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
    const [light, dark] = document.querySelectorAll('meta[name="theme-color"]');
    light.media = theme === "light" ? "all" : "not all";
    dark.media = theme === "dark" ? "all" : "not all";
  });
}
