/* Draws a network view (see viz/view.py) with vis-network: used by the stand-alone page and by the console. */
(function () {
  "use strict";
  var MANY = 250;

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

  function legendItem(text, className, colour, checked, onToggle) {
    var label = document.createElement("label");
    label.className = "legend-item";
    if (onToggle) {
      var tick = document.createElement("input");
      tick.type = "checkbox";
      tick.checked = checked;
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

  function node(n, by, ink, paper) {
    var fill = (n.colours && n.colours[by]) || n.colour;
    return {
      id: n.id, label: n.label, value: n.size, shape: n.shape, title: facts(n.facts), x: n.x, y: n.y, told: n,
      color: { background: fill, border: n.seed ? ink : fill, highlight: { background: fill, border: ink } },
      borderWidth: n.seed ? 4 : 1,
      font: { color: ink, size: n.seed ? 20 : 14, strokeWidth: 4, strokeColor: paper }
    };
  }

  function key(e) { return e.source + "\u0000" + e.target + "\u0000" + e.layer; }

  function edge(e) {
    return {
      id: key(e), from: e.source, to: e.target, layer: e.layer, value: e.width, dashes: e.dashed, title: facts(e.facts), told: e,
      arrows: { to: { enabled: true, scaleFactor: 0.5 } }, color: { color: e.colour, opacity: 0.75, highlight: e.colour }
    };
  }

  /* `by` = grade, loss or group; `onLayer(hidden)` hears which layers are unticked. */
  function draw(container, legend, data, handlers) {
    var hidden = {};
    var by = (handlers && handlers.colour) || null;
    var ink = getComputedStyle(document.body).color;
    var paper = getComputedStyle(document.body).backgroundColor;
    var nodes = new vis.DataSet(data.nodes.map(function (n) { return node(n, by, ink, paper); }));
    var edges = new vis.DataSet(data.edges.map(edge));
    var shown = new vis.DataView(edges, { filter: function (e) { return !hidden[e.layer]; } });
    var options = Object.assign({}, data.options);
    if (data.nodes.length > MANY) {
      options.edges = Object.assign({}, options.edges, { smooth: false });
      options.interaction = Object.assign({}, options.interaction, { hideEdgesOnDrag: true, hideEdgesOnZoom: true, hover: false });
    }
    var network = new vis.Network(container, { nodes: nodes, edges: shown }, options);
    network.once("afterDrawing", function () { network.fit({ animation: false }); });
    var drawn = { network: network, nodes: nodes, edges: edges, data: data, hidden: hidden };

    function key_of_colours() {
      if (!legend) { return; }
      legend.textContent = "";
      data.layers.forEach(function (layer) {
        legend.appendChild(legendItem(layer.name, layer.dashed ? "stroke dashed" : "stroke", layer.colour, !hidden[layer.id], function (on) {
          hidden[layer.id] = !on;
          shown.refresh();
          if (handlers && handlers.layers) { handlers.layers(hidden); }
        }));
      });
      var entries = by === "group" ? data.groups : by === "loss" ? (data.losses || []) : data.grades;
      (entries || []).forEach(function (entry) { legend.appendChild(legendItem(entry.name, "dot", entry.colour)); });
    }

    drawn.recolour = function (wanted) {
      by = wanted;
      nodes.update(nodes.get().map(function (n) { return node(Object.assign({}, n.told, { x: undefined, y: undefined }), by, ink, paper); }));
      key_of_colours();
    };
    drawn.add = function (more, near) {
      var at = near ? network.getPositions([near])[near] : { x: 0, y: 0 };
      var fresh = more.nodes.filter(function (n) { return !nodes.get(n.id); });
      nodes.add(fresh.map(function (n, i) {
        var angle = 2 * Math.PI * i / Math.max(fresh.length, 1);
        var reach = 130 + 45 * Math.floor(i / 16);
        return node(Object.assign({}, n, { seed: false, x: at.x + reach * Math.cos(angle), y: at.y + reach * Math.sin(angle) }), by, ink, paper);
      }));
      var ties = more.edges.filter(function (e) { return !edges.get(key(e)) && nodes.get(e.source) && nodes.get(e.target); });
      edges.add(ties.map(edge));
      more.layers.forEach(function (layer) {
        if (!data.layers.some(function (l) { return l.id === layer.id; })) { data.layers.push(layer); }
      });
      key_of_colours();
      return fresh.map(function (n) { return n.id; });
    };
    drawn.remove = function (ids) {
      edges.remove(edges.get().filter(function (e) { return ids.indexOf(e.from) >= 0 || ids.indexOf(e.to) >= 0; }).map(function (e) { return e.id; }));
      nodes.remove(ids);
    };
    drawn.select = function (ids) {
      var there = ids.filter(function (id) { return nodes.get(id); });
      network.selectNodes(there);
      if (there.length > 1) { network.fit({ nodes: there, animation: false }); }
      if (there.length === 1) { network.focus(there[0], { scale: Math.max(network.getScale(), 0.8), animation: false }); }
    };
    key_of_colours();
    if (handlers && handlers.open) {
      network.on("doubleClick", function (event) { if (event.nodes.length) { handlers.open(event.nodes[0]); } });
    }
    if (handlers && handlers.choose) {
      network.on("selectNode", function (event) { handlers.choose(event.nodes[0]); });
    }
    return drawn;
  }

  function find(drawn, text) {
    var wanted = text.trim().toLowerCase();
    if (!wanted) { return null; }
    var all = drawn.nodes.get();
    var hit = all.find(function (n) { return String(n.id).toLowerCase() === wanted; }) || all.find(function (n) {
      return String((n.told && n.told.name) || n.label).toLowerCase().indexOf(wanted) >= 0;
    });
    if (!hit) { return null; }
    drawn.select([hit.id]);
    return hit.id;
  }

  window.graphcreditNetwork = { draw: draw, find: find, facts: facts };
  var inline = document.getElementById("network-data");
  if (inline) {
    var drawn = draw(document.getElementById("network"), document.getElementById("legend"), JSON.parse(inline.textContent));
    var box = document.getElementById("find");
    box.addEventListener("change", function () { find(drawn, box.value); });
  }
})();
