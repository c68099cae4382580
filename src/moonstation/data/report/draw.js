// Draws the figures one after the other, so that the page can be read while later ones are being drawn.
(function () {
  "use strict";
  var figures = JSON.parse(document.getElementById("figures").textContent);
  var waiting = Object.keys(figures);
  // where nothing can hover, the buttons would lie on the data and a swipe would zoom instead of scroll
  var hovers = window.matchMedia("(hover: hover)").matches;
  var config = {
    responsive: true,
    displayModeBar: hovers ? "hover" : false,
    displaylogo: false,
    showTips: false,
    scrollZoom: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
    toImageButtonOptions: { format: "svg" }
  };

  function fit(layout, width) {
    if (!hovers) layout.dragmode = false;
    if (width >= 560) return layout;
    // on a phone the titles of rows take the room that the data need, and a legend takes more lines
    if (layout.showlegend) layout.height += 50;
    if (layout.yaxis && layout.yaxis.scaleanchor) layout.height = Math.min(layout.height, width + 30);
    Object.keys(layout).forEach(function (key) {
      if (/^xaxis/.test(key)) layout[key].nticks = 5;
      if (/^yaxis/.test(key) && layout[key].ticktext) {
        layout[key].title = { text: "" };
        layout[key].ticktext = layout[key].ticktext.map(function (name) {
          return name.split(" \u2013 ").map(function (part, i, all) {
            var most = all.length > 1 ? 11 : 20;
            return part.length > most ? part.slice(0, most - 1) + "\u2026" : part;
          }).join(" \u2013 ");
        });
        if (layout.xaxis.type === "date") layout.xaxis.nticks = 3;
      }
    });
    return layout;
  }

  function draw(id) {
    var place = document.getElementById(id);
    var figure = figures[id];
    figure.layout.height = figure.height;
    figure.layout.autosize = true;
    var layout = fit(figure.layout, place.clientWidth);
    place.style.height = layout.height + "px";
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
