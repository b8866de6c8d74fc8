(() => {
  "use strict";
  const bar = document.getElementById("filters");
  const search = document.getElementById("filter-text");
  const failing = document.getElementById("filter-fail");
  const said = document.getElementById("filter-said");
  const findings = Array.from(document.querySelectorAll(".f"));
  const cases = Array.from(document.querySelectorAll(".case"));
  const texts = new Map();
  const textOf = (element) => {
    let text = texts.get(element);
    if (text === undefined) {
      text = element.textContent.toLowerCase();
      texts.set(element, text);
    }
    return text;
  };
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (element) => words.every((word) => textOf(element).includes(word));
    const marks = new Set();
    let whole = true;
    for (const box of bar.querySelectorAll("input[name=mark]")) {
      if (box.checked) marks.add(box.value);
      else whole = false;
    }
    let shown = 0;
    for (const finding of findings) {
      const kept = marks.has(finding.dataset.m) && has(finding);
      finding.hidden = !kept;
      if (kept) shown += 1;
    }
    for (const one of cases) {
      const kept =
        (whole && has(one)) || one.querySelector(".f:not([hidden])") !== null;
      one.hidden = !kept || (failing.checked && one.classList.contains("pass")) ||
        (failing.checked && one.classList.contains("quiet"));
    }
    said.value = said.dataset.text
      .replace("%1", String(shown))
      .replace("%2", String(findings.length));
  };
  let asked = false;
  const later = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      apply();
    });
  };
  bar.addEventListener("input", later);
  bar.addEventListener("submit", (event) => event.preventDefault());
  bar.hidden = findings.length === 0 && cases.length === 0;
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
