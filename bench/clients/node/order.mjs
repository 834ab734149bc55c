// Reads orders from stdin, [{client, base, model}]; each client orders a clip at the same time as the others, as its
// documents say, and fetches it. Writes to stdout what its user gets, in the same order: {clip} in base64, or {error}.
import { createByteDance } from "@ai-sdk/bytedance";
import { createFalClient } from "@fal-ai/client";
import { GoogleGenAI } from "@google/genai";
import RunwayML from "@runwayml/sdk";
import { mkdtemp, readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import Replicate from "replicate";

const prompt = "a cat", seconds = 8, resolution = "720p", aspect = "16:9";
const soon = 50; // how often to ask, where a client lets its user choose, in milliseconds

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function fetched(place) {
  const answer = await fetch(place);
  if (!answer.ok) throw new Error(`the clip: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

function google(base) {
  return new GoogleGenAI({ apiKey: "key-of-the-test", httpOptions: { baseUrl: base } });
}

async function googleFile(ai, file) {
  const place = join(await mkdtemp(join(tmpdir(), "clip-")), "clip.mp4");
  await ai.files.download({ file, downloadPath: place });
  return readFile(place);
}

const clients = {
  async "openai"(base, model) {
    const client = new OpenAI({ apiKey: "key-of-the-test", baseURL: base + "/v1" });
    let video = await client.videos.create({ model, prompt, seconds: String(seconds), size: "1280x720" });
    while (video.status === "queued" || video.status === "in_progress") {
      await sleep(soon);
      video = await client.videos.retrieve(video.id);
    }
    if (video.status !== "completed") throw Object.assign(new Error(video.error.message), { code: video.error.code });
    return Buffer.from(await (await client.videos.downloadContent(video.id)).arrayBuffer());
  },
  async "fal"(base, model) {
    const fal = createFalClient({
      credentials: "key-of-the-test", suppressLocalCredentialsWarning: true,
      requestMiddleware: (r) => ({ ...r, url: r.url.replace("https://queue.fal.run", base) }),
    });
    const input = { prompt, duration: String(seconds), resolution, aspect_ratio: aspect };
    const { data } = await fal.subscribe(model, { input, pollInterval: soon });
    return fetched(data.video.url);
  },
  async "bytedance"(base, model) {
    const video = createByteDance({ apiKey: "key-of-the-test", baseURL: base + "/api/v3" }).video(model);
    const { videos } = await video.doGenerate({
      prompt, n: 1, duration: seconds, aspectRatio: aspect, resolution: "1280x720",
      providerOptions: { bytedance: { pollIntervalMs: soon } },
    });
    return fetched(videos[0].url);
  },
  async "genai interactions"(base, model) {
    const ai = google(base);
    let made = await ai.interactions.create({
      model, input: prompt, background: true,
      response_format: { type: "video", delivery: "uri", duration: seconds + "s", resolution, aspect_ratio: aspect },
    });
    while (made.status === "queued" || made.status === "in_progress") {
      await sleep(soon);
      made = await ai.interactions.get(made.id);
    }
    const content = made.steps.flatMap((s) => s.content ?? []);
    const clip = content.find((c) => c.type === "video");
    if (!clip) throw new Error(`${made.status} without a clip: ${content.map((c) => c.text).join()}`);
    return googleFile(ai, { uri: clip.uri });
  },
  async "genai operations"(base, model) {
    const ai = google(base);
    let operation = await ai.models.generateVideos({
      model, source: { prompt },
      config: { durationSeconds: seconds, resolution, aspectRatio: aspect, numberOfVideos: 1 },
    });
    while (!operation.done) {
      await sleep(soon);
      operation = await ai.operations.getVideosOperation({ operation });
    }
    if (operation.error) throw Object.assign(new Error(operation.error.message), { code: operation.error.code });
    const { generatedVideos, raiMediaFilteredReasons } = operation.response;
    if (!generatedVideos?.length) throw new Error(`filtered: ${raiMediaFilteredReasons}`);
    return googleFile(ai, generatedVideos[0]);
  },
  async "replicate"(base, model) {
    const client = new Replicate({ auth: "key-of-the-test", baseUrl: base + "/v1" });
    const input = { prompt, duration: seconds, resolution, aspect_ratio: aspect };
    return fetched(await client.run(model, { input })); // an address without https stays one
  },
  async "runway"(base, model) {
    const client = new RunwayML({ apiKey: "key-of-the-test", baseURL: base });
    // Asked to wait for an order that is refused, it also rejects a promise that nobody can catch, which ends Node.
    const { id } = await client.textToVideo.create({ model, promptText: prompt, ratio: "1280:720", duration: seconds });
    return fetched((await client.tasks.retrieve(id).waitForTaskOutput()).output[0]);
  },
};

// What an error tells besides its text: clients call the same things by different names.
function told(e) {
  return {
    name: e.constructor.name, message: String(e.message), status: e.status ?? e.statusCode ?? e.response?.status ?? 0,
    body: JSON.stringify(e.body ?? e.error ?? e.data ?? e.taskDetails ?? ""),
  };
}

const orders = JSON.parse(readFileSync(0));
const results = await Promise.all(orders.map(async ({ client, base, model }) => {
  try {
    return { clip: (await clients[client](base, model)).toString("base64") };
  } catch (e) {
    return { error: told(e) };
  }
}));
process.stdout.write(JSON.stringify(results));
