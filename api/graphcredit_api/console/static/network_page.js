/* The network page: asks the server for the picture, keeps its state in the address, expands, finds paths, saves views. */
(function () {
  "use strict";
  var box = document.getElementById("network");
  if (!box) { return; }
  var $ = function (id) { return document.getElementById(id); };
  var ask = $("ask"), counts = $("counts"), slider = $("as-of"), days = slider.dataset.days.split(",");
  var drawn = null, chosen = null, grown = {}, expanded = box.dataset.expand ? box.dataset.expand.split(",") : [], asked = 0;

  function element(tag, text, className) {
    var made = document.createElement(tag);
    if (text !== undefined) { made.textContent = text; }
    if (className) { made.className = className; }
    return made;
  }

  function page(id) { return "/parties/" + encodeURIComponent(id); }

  function layers() {
    var all = Array.from(document.querySelectorAll("[data-layer]"));
    var on = all.filter(function (tick) { return tick.checked; }).map(function (tick) { return tick.value; });
    return on.length === all.length ? "" : on.join(",");
  }

  function state() {
    return {
      depth: ask.elements.depth.value, limit: ask.elements.limit.value, min_amount: Number(ask.elements.min_amount.value) || "",
      layers: layers(), as_of: Number(slider.value) < days.length - 1 ? days[slider.value] : "", colour: $("colour").value,
      to: $("to").value.trim(), expand: expanded.join(",")
    };
  }

  function query(values) {
    var out = new URLSearchParams();
    Object.keys(values).forEach(function (name) { if (values[name] !== "") { out.set(name, values[name]); } });
    return out;
  }

  function remember() {
    var now = state();
    $("query").value = JSON.stringify(now);
    $("layers").value = now.layers;
    $("as-of-kept").value = now.as_of;
    $("colour-kept").value = now.colour;
    $("to-kept").value = now.to;
    history.replaceState(null, "", box.dataset.url + "/network?" + query(now));
    var ties = { depth: now.depth, limit: now.limit, layers: now.layers, min_amount: now.min_amount, as_of: now.as_of };
    $("ties-csv").href = box.dataset.url + "/ties?" + query(Object.assign({ format: "csv" }, ties));
    $("ties-xlsx").href = box.dataset.url + "/ties?" + query(Object.assign({ format: "xlsx" }, ties));
  }

  function get(address, values) {
    return fetch(address + "?" + query(Object.assign({ lang: box.dataset.language }, values)), { headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json().then(function (body) {
        if (!answer.ok) { throw new Error(body.detail || body.title || String(answer.status)); }
        return body;
      }); });
  }

  function data_of(id, values) { return get(page(id) + "/network.json", values); }

  function say(text) { counts.textContent = text; }

  function load() {
    var now = state(), turn = ++asked;
    say(counts.dataset.wait);
    delete box.dataset.ready;
    data_of(box.dataset.party, {
      depth: now.depth, limit: now.limit, layers: now.layers, min_amount: now.min_amount, as_of: now.as_of,
      losses: now.colour === "loss" ? "true" : ""
    }).then(function (data) {
      if (turn !== asked) { return; }
      if (drawn) { drawn.network.destroy(); }
      if (now.colour === "loss") {
        data.losses = [["0%", 0], ["25%", 0.25], ["100%", 1]].map(function (step) {
          var near = data.nodes.reduce(function (best, n) {
            return best === null || Math.abs(n.loss - step[1]) < Math.abs(best.loss - step[1]) ? n : best;
          }, null);
          return near ? { name: step[0], colour: near.colours.loss } : null;
        }).filter(Boolean);
      }
      drawn = window.graphcreditNetwork.draw(box, $("legend"), data, { colour: now.colour, choose: choose, open: expand });
      grown = {};
      var said = data.shown + " " + counts.dataset.shown + ", " + data.omitted + " " + counts.dataset.omitted;
      if (data.hidden) { said += ", " + data.hidden + " " + counts.dataset.hidden; }
      say(said);
      list_circles(data.circles);
      list_controllers(data.controllers);
      count("circles", data.circles.length, data.counts.circles);
      count("controllers", data.controllers.length, data.counts.controllers);
      list_names();
      list_ties();
      choose(null);
      remember();
      var again = expanded.slice();
      expanded = [];
      return again.reduce(function (before, id) { return before.then(function () { return drawn.nodes.get(id) ? expand(id) : null; }); }, Promise.resolve());
    }).then(function () {
      if (turn !== asked) { return; }
      if ($("to").value.trim()) { find_paths(); }
      box.dataset.ready = "yes";
    }).catch(function (error) { say(error.message); });
  }

  function choose(id) {
    chosen = id;
    var told = id ? drawn.nodes.get(id) : null;
    if (!told) { chosen = null; }
    $("expand").disabled = !told || Boolean(grown[id]);
    $("collapse").disabled = !told || !grown[id];
    $("path-here").disabled = !told || id === box.dataset.party;
    $("open").hidden = !told;
    if (!told) { return; }
    $("open").href = page(id);
    $("facts").replaceChildren(window.graphcreditNetwork.facts(told.told.facts));
  }

  function expand(id) {
    var now = state();
    if (grown[id]) { return collapse(id); }
    return data_of(id, { depth: 1, limit: 40, layers: now.layers, min_amount: now.min_amount, as_of: now.as_of }).then(function (more) {
      grown[id] = drawn.add(more, id);
      expanded.push(id);
      list_names();
      list_ties();
      choose(id);
      remember();
      box.dataset.grown = String(grown[id].length);
    }).catch(function (error) { say(error.message); });
  }

  function collapse(id) {
    if (!grown[id]) { return; }
    var gone = grown[id];
    delete grown[id];
    gone.forEach(function (child) { if (grown[child]) { collapse(child); } });
    drawn.remove(gone);
    expanded = expanded.filter(function (other) { return other !== id; });
    list_names();
    list_ties();
    choose(id);
    remember();
  }

  function highlight(ids) {
    drawn.select(ids);
    box.scrollIntoView({ block: "nearest" });
  }

  function list_names() {
    $("shown-names").replaceChildren.apply($("shown-names"), drawn.nodes.get().map(function (n) {
      var option = element("option");
      option.value = n.told.name;
      return option;
    }));
  }

  function name_of(id) {
    var there = drawn.nodes.get(id);
    return there ? there.told.name : id;
  }

  function picker(text, ids) {
    var button = element("button", text, "link");
    button.type = "button";
    button.addEventListener("click", function () { highlight(ids); });
    return button;
  }

  function fill(list, items) {
    list.replaceChildren.apply(list, items.length ? items : [element("li", list.dataset.none)]);
  }

  /* How many there are, and how many of them are listed where not all are. */
  function count(name, listed, whole) {
    $(name + "-count").textContent = listed < whole ? listed + " / " + whole : whole;
  }

  function list_circles(circles) {
    fill($("circles"), circles.map(function (circle) {
      var item = element("li");
      item.appendChild(picker(circle.members.map(name_of).slice(0, 6).join(" ⇄ "), circle.members));
      item.appendChild(element("span", " " + Math.round(circle.amount).toLocaleString("en"), "note"));
      return item;
    }));
  }

  function list_controllers(found) {
    fill($("controllers"), found.map(function (one) {
      var item = element("li"), link = element("a", one.name);
      link.href = page(one.id);
      item.appendChild(link);
      item.appendChild(document.createTextNode(" → "));
      item.appendChild(picker(one.controlled.map(name_of).slice(0, 6).join(", "), one.controlled.concat([one.id])));
      if (one.hidden) { item.appendChild(element("span", " " + $("controllers").dataset.hidden, "chip")); }
      return item;
    }));
  }

  function list_ties() {
    var rows = drawn.edges.get().sort(function (a, b) { return b.told.amount - a.told.amount; });
    var names = {};
    drawn.data.layers.forEach(function (layer) { names[layer.id] = layer.name; });
    count("ties", Math.min(rows.length, 500), rows.length);
    $("tie-rows").replaceChildren.apply($("tie-rows"), rows.slice(0, 500).map(function (tie) {
      var row = element("tr");
      [tie.from, null, tie.to].forEach(function (id) {
        var cell = element("td");
        if (id === null) { cell.textContent = names[tie.layer] || tie.layer; } else {
          var link = element("a", name_of(id));
          link.href = page(id);
          cell.appendChild(link);
        }
        row.appendChild(cell);
      });
      row.appendChild(element("td", tie.told.amount > 1 ? Math.round(tie.told.amount).toLocaleString("en") : "", "number"));
      return row;
    }));
  }

  function find_paths() {
    var now = state(), list = $("paths");
    if (!now.to) { list.replaceChildren(); remember(); return; }
    get(box.dataset.url + "/paths.json", { to: now.to, layers: now.layers, as_of: now.as_of }).then(function (found) {
      var on = {};
      found.paths.forEach(function (path) { path.parties.forEach(function (id) { on[id] = true; }); });
      var missing = Object.keys(on).filter(function (id) { return !drawn.nodes.get(id); });
      return missing.reduce(function (before, id) {
        return before.then(function () {
          return data_of(id, { depth: 1, limit: 40, as_of: now.as_of, layers: now.layers }).then(function (more) {
            more.nodes = more.nodes.filter(function (n) { return on[n.id] || drawn.nodes.get(n.id); });
            drawn.add(more, box.dataset.party);
          });
        });
      }, Promise.resolve()).then(function () {
        fill(list, found.paths.map(function (path) {
          var item = element("li");
          item.appendChild(picker(path.parties.map(function (id) { return found.names[id] || id; }).join(" → "), path.parties));
          item.appendChild(element("span", " " + (path.strength * 100).toPrecision(2) + "%", "note"));
          return item;
        }));
        if (found.paths.length) { drawn.select(found.paths[0].parties); }
        list_names();
        list_ties();
        remember();
      });
    }).catch(function (error) { list.replaceChildren(element("li", error.message, "bad")); });
  }

  $("path").addEventListener("submit", function (event) { event.preventDefault(); find_paths(); });
  $("path-here").addEventListener("click", function () { $("to").value = chosen; find_paths(); });
  $("expand").addEventListener("click", function () { expand(chosen); });
  $("collapse").addEventListener("click", function () { collapse(chosen); });
  $("fit").addEventListener("click", function () { drawn.network.fit({ animation: false }); });
  $("find").addEventListener("change", function () {
    var hit = window.graphcreditNetwork.find(drawn, $("find").value);
    if (hit) { choose(hit); }
  });
  $("colour").addEventListener("change", function () {
    if ($("colour").value === "loss") { load(); return; }
    drawn.recolour($("colour").value);
    remember();
  });
  var waiting = null;
  slider.addEventListener("input", function () {
    $("day").textContent = days[slider.value];
    slider.setAttribute("aria-valuetext", days[slider.value]);
    clearTimeout(waiting);
    waiting = setTimeout(load, 350);
  });
  ask.addEventListener("submit", function (event) { event.preventDefault(); load(); });
  document.querySelectorAll("[data-layer]").forEach(function (tick) { tick.addEventListener("change", load); });
  load();
})();
