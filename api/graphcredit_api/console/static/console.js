/* Small helps of the console; every page works without them, except the picture of a network. */
(function () {
  "use strict";
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });

  /* Pieces of a page that take longer are fetched after it; the link in their place works without this. */
  function fill(box) {
    fetch(box.dataset.fragment, { headers: { Accept: "text/html" } }).then(function (answer) {
      return answer.text().then(function (text) { return { ok: answer.ok, text: text }; });
    }).then(function (got) {
      var parsed = new DOMParser().parseFromString(got.text, "text/html");
      if (!got.ok) { /* the link stays, and what happened stands under it */
        var said = parsed.querySelector(".error p");
        if (said) { said.className = "warning"; said.setAttribute("role", "alert"); box.append(said); }
        return;
      }
      box.replaceChildren.apply(box, Array.from(parsed.body.childNodes));
      box.dataset.ready = "yes";
      if (box.querySelector("[data-again]")) { window.setTimeout(fill, 1500, box); } /* a job that runs */
    });
  }
  document.querySelectorAll("[data-fragment]").forEach(fill);

  /* A card that scrolls sideways on a narrow screen is reached by the keyboard, too. */
  function reach() {
    document.querySelectorAll(".card, table").forEach(function (box) {
      var scrolls = box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX === "auto";
      if (scrolls && !box.hasAttribute("tabindex")) {
        var title = box.querySelector("h2, caption");
        box.tabIndex = 0;
        if (title && box.tagName === "SECTION") { box.setAttribute("aria-label", title.textContent.trim()); }
      }
    });
  }
  reach();
  window.addEventListener("resize", reach);
})();
