/* Python in a worker of its own, which the page ends when it is told to stop. It is told
   {number, kind: "judge", box, answer} or {number, kind: "run", code}, and says {number, kind: "progress",
   what, done, of}, {number, kind: "stage", stage}, and at last "answer", "output" … "done", or "failed". */

const HOME = new URL("python/", import.meta.url);
let python = null; // the promise of a running Python
let symbols = null; // the promise that it can import SymPy
let isReady = false; // whether they did what they were asked before
let files = null; // how many bytes each file has
let number = 0;

const tell = (kind, said = {}) => self.postMessage({ number, kind, ...said });
const stage = (name) => tell("stage", { stage: name });

/* Fetches files side by side, and tells how far all of them are. */
async function fetchAll(what, names) {
  const of = names.reduce((sum, name) => sum + files[name], 0);
  let done = 0;
  const note = (bytes) => {
    done += bytes;
    tell("progress", { what, done, of });
  };
  return Promise.all(names.map(async (name) => {
    const response = await fetch(new URL(name, HOME));
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${response.url}`);
    const parts = [];
    for (const reader = response.body.getReader(); ;) {
      const { done: over, value } = await reader.read();
      if (over) break;
      note(value.length);
      parts.push(value);
    }
    return new Blob(parts);
  }));
}

/* The runtime is packed, since not every server packs what it sends; some unpack it on their way. */
async function unpacked(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
}

async function start() {
  const about = await fetch(new URL("files.json", HOME)).then((answer) => answer.json());
  files = about.files;
  stage("load");
  const code = import(new URL("pyodide.asm.js", HOME));
  const { loadPyodide } = await import(new URL("pyodide.js", HOME));
  const [runtime, library, reader] = await fetchAll("Python", ["pyodide.asm.wasm.packed", "python_stdlib.zip", "reader.zip"]);
  stage("start");
  const held = {
    "pyodide.asm.wasm": new Response(await unpacked(runtime), { headers: { "Content-Type": "application/wasm" } }),
    "python_stdlib.zip": new Response(library),
  };
  const elsewhere = self.fetch;
  self.fetch = (address, ...options) => {
    const name = String(address.url ?? address).replace(HOME.href, "");
    return name in held ? Promise.resolve(held[name]) : elsewhere(address, ...options);
  };
  const made = await loadPyodide({
    indexURL: HOME.href, packageBaseUrl: HOME.href, lockFileContents: about.lock,
    createPyodideModule: (await code).default, env: { PYTHONINSPECT: "", HOME: "/home/reader" },
  });
  self.fetch = elsewhere;
  made.unpackArchive(await reader.arrayBuffer(), "zip", { extractDir: "/reader" }); // its grammar is read as a file
  made.runPython(`import sys; sys.path.append("/reader")`);
  return made;
}

const running = () => (python ??= start());

async function withSymbols() {
  const made = await running();
  symbols ??= fetchAll("SymPy", ["sympy.zip"]).then(async ([blob]) => {
    made.FS.writeFile("/sympy.zip", new Uint8Array(await blob.arrayBuffer()));
    made.runPython(`import sys; sys.path.append("/sympy.zip")`);
  });
  await symbols;
  stage("import");
  made.runPython("import sympy");
  return made;
}

/* Calls a function of the module that Python has for this. */
function call(made, name, ...given) {
  const called = made.pyimport("bookkeeping.check.in_a_page");
  try {
    return called[name](...given);
  } finally {
    called.destroy();
  }
}

async function judge({ box, answer }) {
  isReady = false;
  const made = await running();
  isReady = true;
  stage("judge");
  const verdict = JSON.parse(call(made, "judge", box, answer));
  if (!verdict.needs_proof) return tell("answer", { verdict });
  tell("meanwhile", { verdict });
  isReady = false;
  const prover = await withSymbols();
  isReady = true;
  stage("prove");
  return tell("answer", { verdict, proof: call(prover, "settle", box, answer) });
}

async function run({ code }) {
  isReady = false;
  const made = await withSymbols();
  isReady = true;
  stage("run");
  call(made, "run", code, (kind, text) => tell("output", { output: { kind, text } }));
  tell("done");
}

self.onmessage = async ({ data }) => {
  number = data.number;
  try {
    await (data.kind === "judge" ? judge(data) : run(data));
  } catch (error) {
    tell("failed", { isDead: !isReady, why: String(error.message ?? error).trim().split("\n").at(-1) }); // of a trace, what it came to
  }
};
