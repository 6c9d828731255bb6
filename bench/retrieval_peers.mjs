// The peers of bench_retrieval over the same passages: npm minisearch (BM25+) and npm usearch (exact by bytes, and HNSW).
// Usage: node retrieval_peers.mjs FOLDER MODULES
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, modules] = process.argv.slice(2);
const require = createRequire(modules + "/");
const lines = (name) => readFileSync(`${folder}/${name}.jsonl`, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const floats = (name) => {
  const bytes = readFileSync(`${folder}/${name}.f32`);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};
const passages = lines("passages");
const questions = lines("questions");
const dimensions = floats("passages").length / passages.length;

function time(peer, figure, ask) {
  const took = questions.map((question, i) => {
    const from = performance.now();
    ask(question, i);
    return performance.now() - from;
  }).sort((a, b) => a - b);
  console.log(JSON.stringify({ bench: "retrieval", peer, figure, value: Number(took[took.length >> 1].toFixed(3)), unit: "ms",
    n: took.length, passages: passages.length }));
}

async function minisearch() {
  const MiniSearch = require("minisearch");
  const index = new (MiniSearch.default ?? MiniSearch)({ fields: ["text"] });
  index.addAll(passages.map((text, id) => ({ id, text })));
  time("minisearch", "p50_ms_words", (question) => index.search(question).slice(0, 10));
}

async function usearch() {
  const { Index } = require("usearch");
  const vectors = floats("passages");
  const asked = floats("questions");
  const index = new Index({ metric: "cos", dimensions, quantization: "i8", connectivity: 16 });
  for (let i = 0; i < passages.length; ++i) index.add(BigInt(i), vectors.subarray(i * dimensions, (i + 1) * dimensions));
  time("usearch", "p50_ms_vectors_hnsw_i8", (_, i) => index.search(asked.subarray(i * dimensions, (i + 1) * dimensions), 10));
  const { exactSearch, MetricKind } = require("usearch");
  if (exactSearch)
    time("usearch", "p50_ms_vectors_exact_f32",
      (_, i) => exactSearch(vectors, asked.subarray(i * dimensions, (i + 1) * dimensions), dimensions, 10, MetricKind.Cos));
}

for (const [name, run] of [["minisearch", minisearch], ["usearch", usearch]]) {
  try {
    await run();
  } catch (error) {
    console.error(`${name}: not measured (${String(error.message).split("\n")[0]})`);
  }
}
