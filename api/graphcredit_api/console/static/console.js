/* Small helps of the console; every page works without them, except the picture of a network. */
(function () {
  "use strict";
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });
  window.addEventListener("load", function () {
    var box = document.getElementById("network");
    if (!box || !box.dataset.url) { return; }
    var counts = document.getElementById("counts");
    fetch(box.dataset.url, { headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json(); })
      .then(function (data) {
        if (!data.nodes) { counts.textContent = data.detail || ""; return; }
        var drawn = window.graphcreditNetwork.draw(box, document.getElementById("legend"), data, {
          open: function (id) { window.location.href = "/parties/" + encodeURIComponent(id); }
        });
        counts.textContent = data.shown + " " + counts.dataset.shown + ", " + data.omitted + " " + counts.dataset.omitted;
        var find = document.getElementById("find");
        find.addEventListener("change", function () { window.graphcreditNetwork.find(drawn, find.value); });
        box.dataset.ready = "yes";
      });
  });
})();
