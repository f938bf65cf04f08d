// Material puts each copy button into a <nav>; to a screen reader, a page of commands is then full of nameless landmarks.
const unname = () => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "none")
}
new MutationObserver(unname).observe(document.body, { childList: true, subtree: true })
unname()
