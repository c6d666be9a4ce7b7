/* The application form: checked by the server while one types; nothing is recorded. */
(function () {
  "use strict";
  var form = document.getElementById("application");
  if (!form || !form.dataset.check) { return; }
  var preview = document.getElementById("preview"), figures = preview.querySelector("dl"), waiting = null, asked = 0;
  var touched = {};
  var token = document.querySelector("meta[name=csrf]").content;

  function content() {
    var values = {};
    new FormData(form).forEach(function (value, name) { if (name !== "csrf_token") { values[name] = value; } });
    return values;
  }

  function number(text) {
    var whole = String(text).split(".");
    whole[0] = whole[0].replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    if (whole.length > 1) { whole[1] = whole[1].slice(0, 2); }
    return whole.join(".");
  }

  function show(answer) {
    form.querySelectorAll("[data-fault]").forEach(function (line) {
      var name = line.dataset.fault, field = form.elements[name];
      var fault = (name === "form" || touched[name]) && answer.faults[name] ? answer.faults[name] : "";
      line.textContent = fault;
      if (field && field.setAttribute) {
        if (fault) { field.setAttribute("aria-invalid", "true"); } else { field.removeAttribute("aria-invalid"); }
      }
    });
    document.getElementById("preview-party").textContent = answer.party || "";
    figures.hidden = !answer.outcome;
    document.getElementById("preview-reasons").replaceChildren.apply(document.getElementById("preview-reasons"),
      (answer.outcome ? answer.outcome.reasons.concat(answer.outcome.conditions) : []).map(function (text) {
        var item = document.createElement("li");
        item.textContent = text;
        return item;
      }));
    if (answer.outcome) {
      figures.querySelectorAll("[data-show]").forEach(function (cell) {
        var name = cell.dataset.show, value = answer.outcome[name];
        cell.textContent = value === null || value === undefined ? "–" : name === "rate" ? (Number(value) * 100).toFixed(2) + "%" : name === "outcome_name" ? value : number(value);
      });
    }
    form.dataset.checked = String(asked);
  }

  function check() {
    var turn = ++asked;
    fetch(form.dataset.check, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
      body: JSON.stringify(content())
    }).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (answer) {
      if (answer && turn === asked) { show(answer); }
    });
  }

  form.addEventListener("input", function (event) {
    touched[event.target.name] = true;
    clearTimeout(waiting);
    waiting = setTimeout(check, 300);
  });
  if (form.elements.party_id.value && form.elements.amount.value) { check(); }
})();
