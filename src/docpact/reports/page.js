"use strict";
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  });
}
const buttons = document.querySelectorAll("button[data-show]");
for (const button of buttons) {
  button.addEventListener("click", () => {
    const show = button.dataset.show;
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    for (const place of document.querySelectorAll(".tree li")) {
      place.hidden = show !== "all" && !place.dataset.has.split(" ").includes(show);
    }
  });
}
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll(".finding, .promises")) folded.open = true;
});
