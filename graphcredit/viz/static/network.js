/* Draws a network view (see viz/view.py) with vis-network: used by the stand-alone page and by the console. */
(function () {
  "use strict";

  function facts(rows) {
    var box = document.createElement("div");
    box.className = "facts";
    rows.forEach(function (row) {
      var line = document.createElement("div");
      line.textContent = row[1] === "" ? row[0] : row[0] + ": " + row[1];
      box.appendChild(line);
    });
    return box;
  }

  function legendItem(text, className, colour, onToggle) {
    var label = document.createElement("label");
    label.className = "legend-item";
    if (onToggle) {
      var tick = document.createElement("input");
      tick.type = "checkbox";
      tick.checked = true;
      tick.addEventListener("change", function () { onToggle(tick.checked); });
      label.appendChild(tick);
    }
    var swatch = document.createElement("span");
    swatch.className = className;
    swatch.style.setProperty("--colour", colour);
    label.appendChild(swatch);
    label.appendChild(document.createTextNode(text));
    return label;
  }

  function draw(container, legend, data, handlers) {
    var hidden = {};
    var ink = getComputedStyle(document.body).color;
    var paper = getComputedStyle(document.body).backgroundColor;
    var nodes = new vis.DataSet(data.nodes.map(function (n) {
      return {
        id: n.id, label: n.label, value: n.size, shape: n.shape, title: facts(n.facts),
        color: { background: n.colour, border: n.seed ? ink : n.colour, highlight: { background: n.colour, border: ink } },
        borderWidth: n.seed ? 4 : 1,
        font: { color: ink, size: n.seed ? 20 : 14, strokeWidth: 4, strokeColor: paper }
      };
    }));
    var edges = new vis.DataSet(data.edges.map(function (e, i) {
      return {
        id: i, from: e.source, to: e.target, layer: e.layer, value: e.width, dashes: e.dashed, title: facts(e.facts),
        arrows: { to: { enabled: true, scaleFactor: 0.5 } }, color: { color: e.colour, opacity: 0.75, highlight: e.colour }
      };
    }));
    var shown = new vis.DataView(edges, { filter: function (e) { return !hidden[e.layer]; } });
    var network = new vis.Network(container, { nodes: nodes, edges: shown }, data.options);
    network.once("stabilizationIterationsDone", function () { network.setOptions({ physics: false }); network.fit(); });
    if (legend) {
      legend.textContent = "";
      data.layers.forEach(function (layer) {
        legend.appendChild(legendItem(layer.name, layer.dashed ? "stroke dashed" : "stroke", layer.colour, function (on) {
          hidden[layer.id] = !on;
          shown.refresh();
        }));
      });
      data.grades.forEach(function (grade) { legend.appendChild(legendItem(grade.name, "dot", grade.colour)); });
    }
    if (handlers && handlers.open) {
      network.on("doubleClick", function (event) { if (event.nodes.length) { handlers.open(event.nodes[0]); } });
    }
    return { network: network, nodes: nodes, edges: edges };
  }

  function find(drawn, text) {
    var wanted = text.trim().toLowerCase();
    if (!wanted) { return; }
    var hit = drawn.nodes.get().find(function (n) {
      return String(n.id).toLowerCase() === wanted || String(n.label).toLowerCase().indexOf(wanted) >= 0;
    });
    if (hit) { drawn.network.selectNodes([hit.id]); drawn.network.focus(hit.id, { scale: 1.2, animation: false }); }
  }

  window.graphcreditNetwork = { draw: draw, find: find };
  var inline = document.getElementById("network-data");
  if (inline) {
    var drawn = draw(document.getElementById("network"), document.getElementById("legend"), JSON.parse(inline.textContent));
    var box = document.getElementById("find");
    box.addEventListener("change", function () { find(drawn, box.value); });
  }
})();
