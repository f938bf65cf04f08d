// Makes the list of all snippets sortable. Without this script the list is complete, in the pages' order.
for (const table of document.querySelectorAll("table.matrix")) {
  const headings = [...table.tHead.rows[0].cells]
  const body = table.tBodies[0]
  const value = (row, column) => {
    const cell = row.cells[column]
    return cell.dataset.sort ?? cell.textContent.trim()
  }

  const sort = (column) => {
    const descending = headings[column].ariaSort === "ascending"
    const sign = descending ? -1 : 1
    const rows = [...body.rows].sort((a, b) => sign * value(a, column).localeCompare(value(b, column), "en"))
    for (const heading of headings) heading.removeAttribute("aria-sort")
    headings[column].setAttribute("aria-sort", descending ? "descending" : "ascending")
    body.append(...rows)
  }

  headings.forEach((heading, column) => {
    const button = document.createElement("button")
    button.type = "button"
    button.append(...heading.childNodes)
    button.addEventListener("click", () => sort(column))
    heading.append(button)
  })
}
