/* Turns a formula that is typed plainly, `dc(t+1) * f(t+1)`, into TeX, by one table and few rules.
   plain_form.py does the same; both are held to plain_forms.json. */

const PIECE = /\s+|∂?[A-Za-z]+[0-9]*(?:_(?:[A-Za-z0-9]+?(?=[A-Za-z]_)|[A-Za-z0-9]+))?|[0-9]+(?:\.[0-9]+)?|\.\*|\.T(?![A-Za-z0-9_])|\.\.|./gsu;
const INDEX = /^(?:[tTsi]|[0-9]+)(?:[+-][0-9]+)?$/;
const STEPS = "tTs"; // letters of time, which are no powers
const RANGE = /^([A-Za-z])=(.+)\.\.(.+)$/;
const SIGNS = { "−": "-", "·": "\\cdot", "×": "\\times", "⊙": "\\odot", "∘": "\\odot", ".*": "\\odot", "⋅": "\\cdot", "@": "" };
const ANY = "αβγεζηθκλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ";
const NAMES = ("alpha beta gamma epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega " +
  "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega").split(" ");
const SPELT = [...ANY].map((letter, at) => [letter, NAMES[at]]);
/* Other signs of Unicode, in a text that is typed plainly, and in TeX. */
const WRITTEN = [["δ_", "delta_"], ["δ", "d"], ["∑", "sum"], ["√", "sqrt "], ["ŷ", "yhat"], ["′", "'"], ["²", "^2"], ["³", "^3"], ["⁻¹", "^-1"], ["**", "^"], ["ᵀ", "⊤"], ["partial ", "∂"]];
const IN_TEX = [
  ...SPELT.map(([letter, word]) => [letter, `\\${word} `]),
  ["δ", "\\delta "], ["∂", "\\partial "], ["∇", "\\nabla "], ["∑", "\\sum"], ["√", "\\sqrt"], ["ŷ", "\\hat{y}"], ["′", "'"],
  ["²", "^{2}"], ["³", "^{3}"], ["⁻¹", "^{-1}"], ["−", "-"], ["·", "\\cdot "], ["⋅", "\\cdot "],
  ["×", "\\times "], ["⊙", "\\odot "], ["∘", "\\odot "],
];
const TRANSPOSED = [
  [/\^\s*[⊤ᵀ]/gu, "^{\\top}"], [/[⊤ᵀ](?=\s*\})/gu, "\\top "],
  [/\^\{(\([^{}]*\))\}\s*[⊤ᵀ]/gu, "^{$1\\top}"], [/[⊤ᵀ]/gu, "^{\\top}"],
];
const GREEK = new Set(("alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma " +
  "tau phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell star").split(" "));
const FUNCTIONS = new Set(["tanh", "exp", "ln", "log", "sin", "cos"]);
const BIG = new Set(["sum", "prod"]);
const OPERATORS = new Set(["softmax", "diag", "tr"]);
const ACCENTS = { bar: "\\bar", hat: "\\hat", tilde: "\\tilde" };

const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);
const begins = (piece) => piece === "(" || /^(?:∂?[A-Za-z]|[0-9])/.test(piece); // whether a piece begins an atom
const isChange = (name) => name.length > 1 && "d∂".includes(name[0]) && !OPERATORS.has(name); // like a derivative, dJ
const isNumber = (piece) => /^[0-9]/.test(piece);
const put = (text, table) => table.reduce((said, [found, word]) => said.replaceAll(found, word), text);

/* Whether a text is TeX, and no plain one. */
export const isTex = (text) => /[\\{]/.test(text);

/* Returns the TeX of a formula; what is TeX already stays, but for letters of Unicode. */
export function toTex(text, table) {
  return isTex(text) ? put(put(text, TRANSPOSED), IN_TEX) : new Plain(spelt(text), table).whole();
}

/* A plain text with letters of Unicode as their names, apart from other letters. */
function spelt(text) {
  const apart = put(text, WRITTEN).replace(/∂\s+/g, "∂").replace(new RegExp(`([^d_∂\\s])([${ANY}])`, "gu"), "$1 $2")
    .replace(new RegExp(`([${ANY}])([A-Za-z${ANY}])`, "gu"), "$1 $2");
  return put(apart, SPELT);
}

/* Returns what may be otherwise than meant in a text, as sentences. */
export function remarks(text, table) {
  const count = (sign) => text.split(sign).length;
  const found = [];
  if (count("(") > count(")")) found.push("A bracket is not closed.");
  if (count("(") < count(")")) found.push("A bracket is closed that was not opened.");
  if (!isTex(text)) {
    const read = new Plain(spelt(text), table);
    read.whole();
    if (read.isLoose) found.push("A stroke divides only what stands right beside it: if more belongs above or below it, put brackets round that.");
  }
  return found;
}

/* Reads the pieces of a plain formula from left to right. */
class Plain {
  constructor(text, table) {
    this.pieces = (text.match(PIECE) ?? []).filter((piece) => piece.trim());
    this.table = table;
    this.at = 0;
    this.isLoose = false; // whether it stays open how far a stroke reaches
  }

  get next() {
    return this.pieces[this.at] ?? "";
  }

  take() {
    const piece = this.next;
    this.at += 1;
    return piece;
  }

  /* Reads all, with each bracket that closes none. */
  whole() {
    const found = [this.sequence()];
    while (this.next) found.push(this.take(), this.sequence());
    return found.filter(Boolean).join(" ");
  }

  /* Reads up to a closing bracket or the end. */
  sequence() {
    const found = [];
    let isProduct = false; // whether the next atom is multiplied by one before
    while (this.next && this.next !== ")") {
      const isAtom = begins(this.next);
      const joins = isAtom || this.next === "@";
      found.push(isAtom ? this.quotient(isProduct) : this.sign());
      isProduct = joins;
    }
    return found.filter(Boolean).join(" ");
  }

  sign() {
    const piece = this.take();
    return piece === "*" ? own(this.table, "*") ?? "" : own(SIGNS, piece) ?? piece;
  }

  /* Reads an atom, and what it is divided by. */
  quotient(isProduct) {
    let name = this.next;
    let [above, bare] = this.atom();
    while (this.next === "/" && begins(this.pieces[this.at + 1] ?? "")) {
      this.take();
      const other = this.next;
      let [below, low] = this.below();
      const isSlope = isChange(name) && isChange(other);
      const goesOn = begins(this.next) || this.next === "@";
      const isRow = low.endsWith("\\top}"); // by which nothing is divided
      if (!isSlope && /^[A-Za-z]/.test(other) && (isRow ? goesOn || this.next === "*" : goesOn && isProduct)) this.isLoose = true;
      if (isSlope) [bare, low] = [bare, low].map((each) => each.replace("\\delta ", "d "));
      above = bare = `\\frac{${bare}}{${low}}`;
      name = below;
    }
    return above;
  }

  /* Reads what something is divided by: an atom, or a sum with all that it sums. */
  below() {
    const isSum = BIG.has(this.next.split("_")[0]);
    let [told, bare] = this.atom();
    while (isSum && begins(this.next)) told = bare = `${bare} ${this.quotient(false)}`;
    return [told, bare];
  }

  /* Reads a letter, a number or brackets with what is written beside them: as it stands in a product, and in
     a fraction, without brackets around the whole. */
  atom() {
    const piece = this.take();
    if (piece === "(") {
      const [inner, whole] = this.closed();
      const told = this.scripts(whole, "");
      return [told, told === whole ? inner : told];
    }
    const told = isNumber(piece) ? this.scripts(piece, "") : this.word(piece);
    return [told, told];
  }

  /* Reads what brackets hold: without them, and with them, unless they are left open. */
  closed() {
    const inner = this.sequence();
    if (this.next !== ")") return [`(${inner}`, `(${inner}`];
    this.take();
    return [inner, `\\left(${inner}\\right)`];
  }

  /* Reads a letter, a function or a sum. */
  word(piece) {
    const [head, ...below] = piece.split("_");
    if (BIG.has(head)) return this.big(head, below.join("_"));
    if (piece === "sqrt" && this.next === "(") {
      this.take();
      return this.scripts(`\\sqrt{${this.closed()[0]}}`, "");
    }
    if (piece === "sqrt" && begins(this.next)) return `\\sqrt{${this.atom()[1]}}`;
    if (FUNCTIONS.has(piece) || OPERATORS.has(piece)) return this.called(piece);
    const letter = this.letter(piece);
    if (this.next === "'" && this.pieces[this.at + 1] === "(") {
      this.take();
      return `${letter}'`;
    }
    return this.scripts(letter, this.index());
  }

  /* Reads a sum or a product; the table may hold the bounds that are not typed. */
  big(head, below) {
    const span = !below && this.next === "(" ? this.range() : "";
    if (span) return `\\${head}${span}`;
    if (below) return own(this.table, `${head}_${below}`) ?? `\\${head}_{${below}}`;
    return own(this.table, head) ?? `\\${head}`;
  }

  /* Reads a function; a power behind its brackets goes to its name: `\tanh^{2}(c)`. */
  called(piece) {
    const name = FUNCTIONS.has(piece) ? `\\${piece}` : `\\operatorname{${piece}}`;
    const power = this.power();
    if (this.next !== "(") return name + power;
    this.take();
    const [, brackets] = this.closed();
    return `${name}${power || this.power()}${brackets}`;
  }

  /* The pieces inside the brackets that open here, as one text, and where they close; nothing if never. */
  held(begin = this.at) {
    const end = this.pieces.indexOf(")", begin);
    return { end: end < 0 ? this.pieces.length : end, text: this.pieces.slice(begin + 1, end < 0 ? undefined : end).join(""), closes: end >= 0 };
  }

  /* Reads what a sum runs over, `(t=1..T)`; nothing where it says something else. */
  range() {
    const { end, text } = this.held();
    const found = RANGE.exec(text);
    if (!found) return "";
    this.at = end + 1;
    return `_{${found[1]}=${found[2]}}^{${found[3]}}`;
  }

  /* Reads an index in brackets, `(t-1)`; nothing where they hold something else. */
  index() {
    const isRaised = this.next === "^"; // as it is printed
    const begin = this.at + Number(isRaised);
    if (this.pieces[begin] !== "(") return "";
    const { end, text, closes } = this.held(begin);
    if (!closes || !INDEX.test(text) || (isRaised && !STEPS.includes(text[0]))) return "";
    this.at = end + 1;
    return `(${text})`;
  }

  power() {
    if (this.next !== "^") return "";
    this.take();
    const sign = this.next === "-" ? this.take() : "";
    if (!begins(this.next)) return "^";
    const piece = this.take();
    return `^{${sign}${piece === "(" ? this.closed()[0] : this.bare(piece)}}`;
  }

  bare(piece) {
    return isNumber(piece) ? piece : this.letter(piece);
  }

  /* Writes an index, a transposition and a power beside what was read. */
  scripts(read, index) {
    let [told, isPlain] = [read, !index];
    if (this.transposes()) {
      told = `${told}^{${index}\\top}`;
      isPlain = false;
    } else if (index) {
      told = `${told}^{${index}}`;
    }
    const power = this.power();
    if (!power) return told;
    return isPlain ? told + power : `\\left(${told}\\right)${power}`;
  }

  /* Takes a transposition, `'`, `.T` or `^T`, if one comes next; the table may keep the power. */
  transposes() {
    const after = this.pieces[this.at + 1];
    const isPower = this.next === "^" && (after === "⊤" || (after === "T" && own(this.table, "^T") === undefined));
    if (!["'", "⊤", ".T"].includes(this.next) && !isPower) return false;
    this.at += isPower ? 2 : 1;
    return true;
  }

  /* The TeX of a letter's name, from the table or by rule. */
  letter(name) {
    const known = own(this.table, name);
    if (known !== undefined) return known;
    if (name[0] === "∂") return `\\partial ${this.letter(name.slice(1))}`;
    const line = name.indexOf("_");
    if (line >= 0) return `${this.letter(name.slice(0, line))}_{${name.slice(line + 1)}}`;
    if (GREEK.has(name)) return `\\${name}`;
    if (name.length === 1) return name;
    const digits = /^([A-Za-z]+)([0-9]+)$/.exec(name);
    if (digits) return `${this.letter(digits[1])}_{${digits[2]}}`;
    for (const [word, accent] of Object.entries(ACCENTS)) {
      if (!name.endsWith(word) || name.length === word.length) continue;
      const inner = name.slice(0, -word.length);
      const changes = inner.length > 1 && inner[0] === "d";
      return `${changes ? "\\delta " : ""}${accent}{${this.letter(changes ? inner.slice(1) : inner)}}`;
    }
    return name[0] === "d" ? `\\delta ${this.letter(name.slice(1))}` : `\\mathrm{${name}}`;
  }
}
