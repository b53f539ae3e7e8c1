// Long tables can be filtered and sorted. Without this script they are tables as they are.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const FILTERED = 10; // rows from which on a filter helps
  const order = new Intl.Collator("en", { numeric: true });
  const number = new Intl.NumberFormat("en");

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function filterable(table, said) {
    const rows = [...table.tBodies[0].rows];
    const words = rows.map((row) => row.textContent.toLowerCase());
    const input = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/);
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = !wanted.every((word) => words[index].includes(word));
        shown += !row.hidden;
      });
      said.textContent = `${number.format(shown)} of ${number.format(rows.length)} shown`;
    });
    return element("label", {}, "Show only rows with ", input);
  }

  function sortable(table, said) {
    const heads = [...table.tHead.rows[0].cells];
    const value = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
    heads.forEach((head, column) => {
      const name = head.textContent;
      const button = element("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const counted = "sort" in (table.tBodies[0].rows[0].cells[column].dataset);
        const first = counted ? "descending" : "ascending";
        const other = counted ? "ascending" : "descending";
        const direction = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", direction);
        const sign = direction === "ascending" ? 1 : -1;
        const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
        rows.sort(([one], [two]) => sign * order.compare(one, two));
        table.tBodies[0].replaceChildren(...rows.map(([, row]) => row));
        said.textContent = `Sorted by ${name}, ${direction}`;
      });
    });
  }

  for (const table of document.querySelectorAll("table.sift")) {
    const count = table.tBodies[0].rows.length;
    if (count < 2) continue;
    const said = element("output", {});
    const tools = element("p", { className: "tools" });
    if (count >= FILTERED) tools.append(filterable(table, said));
    tools.append(said);
    sortable(table, said);
    table.closest(".scroll").before(tools);
  }

  // What is folded is printed, too, and opened for whom a link leads into it: not all browsers do so themselves.
  const closed = [];
  addEventListener("beforeprint", () => {
    closed.push(...document.querySelectorAll("details:not([open])"));
    closed.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => {
    closed.splice(0).forEach((details) => (details.open = false));
  });
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target?.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    target?.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();
});
