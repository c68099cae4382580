// Draws the figures one after the other, so that the page can be read while later ones are being drawn.
(function () {
  "use strict";
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var waiting = Object.keys(figures);
  var config = {
    responsive: true,
    displaylogo: false,
    showTips: false,
    scrollZoom: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
    toImageButtonOptions: { format: "svg" }
  };

  function fit(layout, width) {
    // on a phone the titles of rows and of colour bars take the room that the data need
    if (width >= 560) return layout;
    Object.keys(layout).forEach(function (key) {
      if (/^yaxis/.test(key) && layout[key].ticktext) layout[key].title = { text: "" };
      if (/^xaxis/.test(key)) layout[key].nticks = 5;
    });
    return layout;
  }

  function draw(id) {
    var place = document.getElementById(id);
    var figure = figures[id];
    var layout = fit(figure.layout, place.clientWidth);
    layout.height = figure.height;
    layout.autosize = true;
    Plotly.newPlot(place, figure.data, layout, config);
  }

  function next() {
    if (!waiting.length) {
      document.documentElement.setAttribute("data-drawn", "all");
      return;
    }
    draw(waiting.shift());
    setTimeout(next, 0);
  }

  // A figure keeps the width it was drawn with: on paper it gets the width of the paper.
  function onPaper() {
    while (waiting.length) draw(waiting.shift());
    Object.keys(figures).forEach(function (id) {
      Plotly.relayout(id, { width: 680, autosize: false });
    });
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  }

  function onScreen() {
    Object.keys(figures).forEach(function (id) {
      Plotly.relayout(id, { width: null, autosize: true });
    });
  }

  window.addEventListener("beforeprint", onPaper);
  window.addEventListener("afterprint", onScreen);
  next();
})();
