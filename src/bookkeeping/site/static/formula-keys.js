/* What the keys beside a field write, and what they are called: only texts go in and out. */

export const BLANK = "□"; // a place of a formula that is still to be filled

const SPOKEN = {
  "+": "plus", "-": "minus", "\\odot": "times, entry by entry", "\\cdot": "times", "\\frac{□}{□}": "fraction",
  "\\left( □ \\right)": "brackets", "\\sqrt{□}": "square root", "□^{\\top}": "transposed", "□^{2}": "squared",
  "□^{-1}": "inverse", "e^{□}": "e to the power", "\\sum_{□}^{□}": "sum",
  "\\frac{\\partial □}{\\partial □}": "partial derivative", "\\frac{d □}{d □}": "total derivative",
};

/* A letter in words, for its button: `\delta \bar{f}^{(t)}` is "delta f bar, t". */
export function inWords(tex) {
  if (tex.startsWith("\\sum_{")) return `sum over ${tex[6]}`;
  return SPOKEN[tex] ?? tex.replace(/\\(bar|tilde|hat)\s*\{?(\\?\w+)\}?/g, "$2 $1").replace(/\^\{\((.*?)\)\}/g, ", $1")
    .replace(/_\{?([\w,]+)\}?/g, " $1").replace("□", "").replace("'", " prime").replace(/[\\{}^]+/g, " ").replace(/\s+/g, " ").trim();
}

const NAME = String.raw`(?:\\(?:hat|bar|tilde)\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]|\d+)(?:_(?:\w|\{[^{}]*\}))?'?`;
const ATOM = new RegExp(`^${NAME}$`);
const CHANGE = new RegExp(`^\\\\delta\\s+${NAME}$`);
const LAST = new RegExp(String.raw`${NAME}(?:\^\{\([^{}]*\)\})?$`);
const STEP = /\^\{(\([^{}]*\))\}$/; // of a letter, `(t)`
const SIGN = /^(?:[+-]|\\odot|\\cdot)$/;
const FUNCTION = /^\\(?:tanh|exp|ln|log|operatorname\{\w+\})$/;
const CALLED = /\\(?:tanh|exp|ln|log|operatorname\{\w+\})\s*$/;

/* What stands last in a text, for a key that raises something to it: a letter, brackets, a function with them. */
function lastOf(text, letters) {
  if (text.endsWith(")")) {
    let [at, depth] = [text.length, 0];
    do {
      at -= 1;
      depth += (text[at] === ")") - (text[at] === "(");
    } while (depth && at);
    const opening = text.slice(0, at).replace(/\\left$/, "");
    return text.slice(CALLED.exec(opening)?.index ?? opening.length);
  }
  const known = letters.filter((tex) => text.endsWith(tex)).sort((one, other) => other.length - one.length)[0];
  const last = known ?? LAST.exec(text)?.[0] ?? "";
  return SIGN.test(last) ? "" : last;
}

/* Writes `^{\top}` or a power at a letter or at several: the letter's own step stays where it is. */
function raised(text, mark) {
  const isTransposed = mark === "^{\\top}";
  if (isTransposed && STEP.test(text)) return text.replace(STEP, "^{$1\\top}");
  const name = /^(\\(?:tanh|exp|ln|log))\s*(\\left)?\(/.exec(text)?.[1];
  if (name && lastOf(text, []) === text) return name + mark + text.slice(name.length);
  const isOne = ATOM.test(text) || (isTransposed && CHANGE.test(text)) || (/^(?:\\left)?\(/.test(text) && lastOf(text, []) === text);
  return isOne ? text + mark : `\\left(${text}\\right)${mark}`;
}

/* What a key makes of what stands before it and of what is selected: the first of it, and what comes in. */
export function placed(tex, before, chosen, letters) {
  if (tex.startsWith(BLANK)) {
    const end = before.trimEnd();
    const base = chosen || lastOf(end, letters);
    if (!base) return [before, tex];
    return [chosen ? before : end.slice(0, -base.length), raised(base, tex.slice(1))];
  }
  if (!chosen) return [before, tex];
  if (SIGN.test(tex)) return [before, `${chosen} ${tex}`];
  if (FUNCTION.test(tex)) return [before, `${tex}\\left(${chosen}\\right)`];
  if (tex.startsWith("\\sum")) return [before, `${tex} ${chosen}`];
  return [before, tex.replace(BLANK, () => chosen)];
}
