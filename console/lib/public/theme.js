// Runs before the first paint, as a file of its own because the page's policy forbids inline scripts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("patchbay.theme");
  } catch (error) {
    void error;
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
