/* Small helps of the console; every page works without them, except the picture of a network. */
(function () {
  "use strict";
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });

  /* Pieces of a page that take longer are fetched after it; the link in their place works without this. */
  function fill(box) {
    fetch(box.dataset.fragment, { headers: { Accept: "text/html" } }).then(function (answer) {
      return answer.ok ? answer.text() : null;
    }).then(function (text) {
      if (text === null) { return; }
      var parsed = new DOMParser().parseFromString(text, "text/html");
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
