// Material's search, for a guide to commands. Without this script it works as Material made it.

// Material fetches the whole index with every page; most readers of a page never search. Here it waits for the field.
const SEARCHED = new Promise((wanted) => {
  if (/[?&][qh]=/.test(location.search)) wanted()
  addEventListener("focusin", (event) => event.target.matches(".md-search__input") && wanted())
})
const { open, send } = XMLHttpRequest.prototype
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  this.isIndex = String(url).endsWith("search/search_index.json")
  return open.call(this, method, url, ...rest)
}
XMLHttpRequest.prototype.send = function (...body) {
  if (this.isIndex) SEARCHED.then(() => send.apply(this, body))
  else send.apply(this, body)
}

// To the search, `-c` means "without c" and `exec:` a field of that name. In here they are an option and a message.
// A short option is looked for as it is; of a word, the beginning is enough.
const asText = (query) =>
  query
    .split(/\s+/)
    .map((word) => {
      const bare = word.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, "").replace(/[:^~*+"\\]/g, " ")
      return /^-\w{1,2}$/.test(word) ? `+${bare}` : bare || word.replace(/[-:^~*+"\\]/g, "")
    })
    .filter(Boolean)
    .join(" ")
const QUERY = 2
const { postMessage } = Worker.prototype
Worker.prototype.postMessage = function (message, ...rest) {
  const query = message?.type === QUERY && typeof message.data === "string"
  return postMessage.call(this, query ? { ...message, data: asText(message.data) } : message, ...rest)
}
