// A click on a column's name sorts the rows by it; a second one reverses them. Cells without a number come last.
// Tables whose rows are in groups keep their order.
const value = (row, column) => row.cells[column].textContent.trim().replaceAll("−", "-").replaceAll(",", "");
const compared = (a, b, direction) => {
  const [x, y] = [parseFloat(a), parseFloat(b)];
  if (!isNaN(x) && !isNaN(y)) return direction * (x - y);
  if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
  return direction * a.localeCompare(b);
};
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (body.rows.length < 3 || table.querySelector(".start")) continue;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const direction = head.ariaSort === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.ariaSort = direction > 0 ? "ascending" : "descending";
      body.append(...[...body.rows].sort((a, b) => compared(value(a, column), value(b, column), direction)));
    });
  });
}
// What is folded is printed, too, and folded again afterwards.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});
