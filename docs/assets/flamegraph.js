// Gives the flame graphs of a page a search field, a keyboard, and the page's colour scheme. Without this script, and
// in a file opened alone, a graph still zooms and searches by mouse, as its own script does that.
const DARK = `
  [data-scheme="slate"] > rect:first-of-type { fill: #1b2228 }
  [data-scheme="slate"] > text { fill: #dfe5ea }
  #frames g:focus { outline: none }
  #frames g:focus rect { stroke: #000; stroke-width: 2 }
  [data-scheme="slate"] #frames g:focus rect { stroke: #fff }
`
const number = (group, name) => parseFloat(group.querySelector("rect").getAttribute(name))
const shown = (group) => !group.classList.contains("hide")

class Graph {
  constructor(frame) {
    this.view = frame.contentWindow
    this.svg = frame.contentDocument.documentElement
    this.groups = [...this.svg.querySelectorAll("#frames > g")]
    this.svg.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "style"), { textContent: DARK }))
    this.tools(frame)
    this.current = this.groups.reduce((a, b) => (number(a, "y") > number(b, "y") ? a : b))
    this.offer(this.current)
    this.svg.addEventListener("keydown", (event) => this.press(event))
    this.paint()
  }

  paint() {
    this.svg.dataset.scheme = document.body.dataset.mdColorScheme
  }

  tools(frame) {
    const form = document.createElement("form")
    form.className = "live-tools"
    form.innerHTML = `<label>Find in the graph <input type="search" autocomplete="off" spellcheck="false"></label>
      <button>Find</button> <button type="button">Reset</button> <output></output>`
    const [find, reset] = form.querySelectorAll("button")
    const input = form.querySelector("input")
    this.said = form.querySelector("output")
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.search(input.value)
    })
    reset.addEventListener("click", () => {
      input.value = ""
      this.search("")
      this.view.unzoom()
    })
    frame.before(form)
  }

  search(words) {
    if (this.view.searching) this.view.search_prompt() // takes the marks of the last search away
    this.said.value = ""
    if (!words) return
    try {
      this.view.search(words)
    } catch {
      this.view.search(words.replace(/[^\w\s:]/g, "\\$&")) // no regular expression, so the words themselves
    }
    this.said.value = this.view.searching ? this.view.matchedtxt.textContent : "No frame has that name"
  }

  offer(group) {
    this.current.removeAttribute("tabindex")
    this.current = group
    group.setAttribute("tabindex", "0")
    group.setAttribute("role", "button")
    group.setAttribute("aria-label", group.querySelector("title").textContent)
  }

  press(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    let next
    if (step) next = this.above(step)
    else if (side) next = this.beside(side)
    else if (event.key === "Enter" || event.key === " ") this.zoom()
    else if (event.key === "Escape") this.view.unzoom()
    else return
    event.preventDefault()
    if (!next) return
    this.offer(next)
    next.focus()
    this.said.value = this.view.details.nodeValue = next.querySelector("title").textContent
  }

  zoom() {
    if (this.current.classList.contains("parent")) this.view.unzoom()
    this.view.zoom(this.current)
  }

  // A frame that calls has the called ones above it; down is always its one caller.
  above(step) {
    const row = number(this.current, "y") + 16 * step
    const [x, width] = [number(this.current, "fg:x"), number(this.current, "fg:w")]
    const over = this.groups.filter((group) => {
      if (!shown(group) || number(group, "y") !== row) return false
      const [left, wide] = [number(group, "fg:x"), number(group, "fg:w")]
      return left < x + width && x < left + wide
    })
    return over.sort((a, b) => number(b, "fg:w") - number(a, "fg:w"))[0]
  }

  beside(side) {
    const [row, x] = [number(this.current, "y"), number(this.current, "fg:x")]
    const there = this.groups.filter(
      (group) => shown(group) && number(group, "y") === row && side * (number(group, "fg:x") - x) > 0,
    )
    return there.sort((a, b) => side * (number(a, "fg:x") - number(b, "fg:x")))[0]
  }
}

const graphs = []
const start = (frame) => {
  // A frame that is not loaded yet holds an empty page; a file system gives no access to it.
  if (frame.contentDocument?.querySelector?.("#frames > g") && !frame.dataset.live) {
    frame.dataset.live = "yes"
    graphs.push(new Graph(frame))
  }
}
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue
      near.unobserve(target)
      target.addEventListener("load", () => start(target))
      target.src = target.dataset.src
    }
  },
  { rootMargin: "400px" },
)
for (const frame of document.querySelectorAll("iframe.live-frame")) near.observe(frame)
new MutationObserver(() => graphs.forEach((graph) => graph.paint())).observe(document.body, {
  attributeFilter: ["data-md-color-scheme"],
})
