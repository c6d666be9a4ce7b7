/* The stress lab: a scenario's rounds on the network, one step at a time. */
(function () {
  "use strict";
  var card = document.getElementById("rounds");
  if (!card) { return; }
  var box = document.getElementById("network"), step = document.getElementById("step"), counts = document.getElementById("counts");
  var back = document.getElementById("back"), forward = document.getElementById("forward"), fell = document.getElementById("fell");
  var drawn = null, data = null, at = 0, QUIET = "#c9d2da", FALLEN = "#9b111e", FRESH = "#ff5a1f";

  function show() {
    var round = data.rounds[at];
    var ink = getComputedStyle(document.body).color;
    drawn.nodes.update(data.nodes.map(function (n) {
      var down = n.round !== null && n.round <= at;
      var last = at === data.rounds.length - 1;
      var fill = down ? (n.round === at ? FRESH : FALLEN) : (last ? n.colours.loss : QUIET);
      return { id: n.id, color: { background: fill, border: down ? ink : fill, highlight: { background: fill, border: ink } } };
    }));
    step.textContent = step.dataset.round + " " + round.round + " / " + (data.rounds.length - 1) + ": " + round.defaults.length + " " + step.dataset.defaults;
    fell.replaceChildren.apply(fell, round.defaults.slice(0, 20).map(function (id) {
      var item = document.createElement("li"), link = document.createElement("a");
      var told = data.nodes.find(function (n) { return n.id === id; });
      link.textContent = told ? told.name : id;
      link.href = "/parties/" + encodeURIComponent(id);
      item.appendChild(link);
      return item;
    }));
    back.disabled = at === 0;
    forward.disabled = at === data.rounds.length - 1;
    box.dataset.round = String(at);
  }

  fetch(card.dataset.url, { headers: { Accept: "application/json" } }).then(function (answer) { return answer.json(); }).then(function (found) {
    if (!found.nodes) { counts.textContent = found.detail || ""; return; }
    data = found;
    drawn = window.graphcreditNetwork.draw(box, null, data, { colour: "loss" });
    counts.textContent = data.nodes.length + " " + counts.dataset.shown + ", " + data.omitted + " " + counts.dataset.omitted
      + (data.apart ? ", " + data.apart + " " + counts.dataset.apart : "");
    show();
    box.dataset.ready = "yes";
  });
  back.addEventListener("click", function () { at = Math.max(at - 1, 0); show(); });
  forward.addEventListener("click", function () { at = Math.min(at + 1, data.rounds.length - 1); show(); });
})();
