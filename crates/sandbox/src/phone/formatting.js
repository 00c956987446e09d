// WhatsApp's text formatting as DOM nodes: *negrito*, _itálico_, ~riscado~, `código` and
// ```bloco```. Text only ever becomes text nodes, so a message cannot bring markup of its own.

const STYLES = { "*": "strong", "_": "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;

/** A fragment that shows `text` as WhatsApp would. */
export function formatted(text) {
  const fragment = document.createDocumentFragment();
  let plainFrom = 0;
  let position = 0;
  while (position < text.length) {
    const span = code(text, position) ?? style(text, position);
    if (!span) {
      position += 1;
      continue;
    }
    fragment.append(text.slice(plainFrom, position), span.element);
    position = plainFrom = span.end;
  }
  fragment.append(text.slice(plainFrom));
  return fragment;
}

/** The text without its marks, on one line, for previews. */
export function plain(text) {
  return formatted(text).textContent.replace(/\s+/g, " ").trim();
}

function code(text, start) {
  for (const mark of ["```", "`"]) {
    if (!text.startsWith(mark, start)) continue;
    const from = start + mark.length;
    const to = text.indexOf(mark, from);
    if (to <= from || (mark === "`" && text.slice(from, to).includes("\n"))) continue;
    const element = document.createElement("code");
    element.textContent = text.slice(from, to);
    element.classList.toggle("block", mark === "```");
    return { element, end: to + mark.length };
  }
  return null;
}

function style(text, start) {
  const mark = text[start];
  const name = STYLES[mark];
  if (!name || WORD.test(text[start - 1] ?? "")) return null;
  const end = closing(text, start, mark);
  if (end < 0) return null;
  const element = document.createElement(name);
  element.append(formatted(text.slice(start + 1, end)));
  return { element, end: end + 1 };
}

// A mark closes on the same line, after something that is no space, and not inside a word.
function closing(text, start, mark) {
  if (SPACE.test(text[start + 1] ?? " ") || text[start + 1] === mark) return -1;
  for (let end = start + 2; end < text.length && text[end] !== "\n"; end += 1) {
    if (text[end] === mark && !SPACE.test(text[end - 1]) && !WORD.test(text[end + 1] ?? "")) {
      return end;
    }
  }
  return -1;
}
