// The official JavaScript SDK (@deepgram/sdk 5.13), unchanged, against `sotto asr`. Run by asr_test.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { ASR_PORT, ASR_KEY, ASR_AUDIO, ASR_SDKS } = process.env;
const { DeepgramClient } = createRequire(`${ASR_SDKS}/package.json`)("@deepgram/sdk");
const ws = `ws://127.0.0.1:${ASR_PORT}`;
const environment = { base: `http://127.0.0.1:${ASR_PORT}`, production: ws, agent: ws, agentRest: `http://127.0.0.1:${ASR_PORT}` };
const SPEED = 2;

const sleep = (ms) => new Promise((done) => setTimeout(done, Math.max(0, ms)));

function withDeadline(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(what)), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Plays a file through the SDK: the messages and how the socket closed.
async function stream(audio, frame, rate, options) {
  const client = new DeepgramClient({ apiKey: ASR_KEY, environment });
  const socket = await client.listen.v1.connect({ model: "nova-3", reconnectAttempts: 0, ...options });
  const messages = [];
  socket.on("message", (message) => messages.push(message));
  const closed = new Promise((done) => socket.on("close", done));
  socket.connect();
  await withDeadline(socket.waitForOpen(), 5000, "it does not open");
  const began = performance.now();
  for (let at = 0; at < audio.length; at += frame) {
    socket.sendMedia(audio.subarray(at, at + frame));
    await sleep(began + ((at + frame) / (rate * SPEED)) * 1000 - performance.now());
  }
  socket.sendKeepAlive({ type: "KeepAlive" });
  socket.sendFinalize({ type: "Finalize" });
  socket.sendCloseStream({ type: "CloseStream" });
  const close = await withDeadline(closed, 20000, "the server did not close");
  return { messages, code: close.code };
}

// How a connection that must not open ends: the SDK tells the status in its error.
async function refusal(apiKey, options) {
  const client = new DeepgramClient({ apiKey, environment });
  const socket = await client.listen.v1.connect({ model: "nova-3", reconnectAttempts: 0, ...options });
  const failed = new Promise((done) => {
    socket.on("error", (error) => done(error.message));
    socket.on("open", () => done("open"));
  });
  socket.connect();
  const said = await withDeadline(failed, 5000, "nothing is said");
  socket.close();
  return said;
}

const ofType = (messages, type) => messages.filter((message) => message.type === type);
const finals = (messages, channel) => ofType(messages, "Results").filter((m) => m.is_final && m.channel_index[0] === channel);
const text = (results) => results.map((m) => m.channel.alternatives[0].transcript).filter(Boolean).join(" ");

const tests = {
  async "two channels of mu-law"() {
    const audio = readFileSync(`${ASR_AUDIO}/stereo.mulaw`);
    const { messages, code } = await stream(audio, 320, 16000, {
      encoding: "mulaw", sample_rate: 8000, channels: 2, multichannel: "true", interim_results: "true", smart_format: "true",
      utterance_end_ms: 1000, vad_events: "true", endpointing: 300,
    });
    assert.equal(code, 1000);
    assert.match(text(finals(messages, 1)), /made you decide/);
    assert.match(text(finals(messages, 0)), /another company/);
    for (const channel of [0, 1]) {
      let at = 0;
      for (const final of finals(messages, channel)) {
        assert.ok(Math.abs(final.start - at) < 1e-6);
        at = final.start + final.duration;
      }
      assert.ok(Math.abs(at - audio.length / 16000) < 1e-6);
      assert.ok(finals(messages, channel).some((m) => m.speech_final));
      assert.ok(ofType(messages, "UtteranceEnd").some((m) => m.channel[0] === channel));
      assert.ok(ofType(messages, "SpeechStarted").some((m) => m.channel[0] === channel));
      assert.equal(finals(messages, channel).filter((m) => m.from_finalize).length, 1);
    }
    assert.ok(ofType(messages, "Results").filter((m) => !m.is_final).length > 5);
    const words = finals(messages, 0).flatMap((m) => m.channel.alternatives[0].words);
    assert.ok(words.length > 0 && words.every((word) => word.start < word.end && word.punctuated_word));
    const metadata = messages.at(-1);
    assert.equal(metadata.type, "Metadata");
    assert.equal(metadata.channels, 2);
    assert.equal(metadata.duration, audio.length / 16000);
    assert.deepEqual([...new Set(ofType(messages, "Results").map((m) => m.metadata.request_id))], [metadata.request_id]);
  },
  async "one channel of linear16"() {
    const audio = readFileSync(`${ASR_AUDIO}/left.linear16`);
    const { messages, code } = await stream(audio, 1600, 16000, { encoding: "linear16", sample_rate: 8000, interim_results: "true" });
    assert.equal(code, 1000);
    assert.match(text(finals(messages, 0)), /thinking about it/);
  },
  async "a wrong key is 401"() {
    assert.match(await refusal("wrong", { encoding: "linear16", sample_rate: 8000 }), /401/);
  },
  async "a bad parameter is 400"() {
    assert.match(await refusal(ASR_KEY, { encoding: "linear16", sample_rate: 1234 }), /400/);
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok   javascript sdk: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL javascript sdk: ${name}\n${error.stack ?? error}`);
  }
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
