// Serves aimock's jobs of every protocol until stdin ends. The argument is where a finished clip is; stdout tells where
// aimock is. Jobs take two polls where aimock can; those whose prompt has "broken" in it fail, but for fal's.
import { LLMock } from "@copilotkit/aimock";

const [clip] = process.argv.slice(2);
const b64 = Buffer.from(await (await fetch(clip)).arrayBuffer()).toString("base64");
const polls = { pollsBeforeInProgress: 1, pollsBeforeCompleted: 2 };
const mock = new LLMock({
  port: 0, host: "127.0.0.1", logLevel: "silent",
  falQueue: polls, openRouterVideo: polls, veoVideo: polls, grokVideo: polls, bytePlusVideo: polls,
});

// Ark's tasks are told as they stand here.
function ark(userMessage, task) {
  const match = { model: /seedance-1/, endpoint: "video", userMessage };
  mock.on(match, { json: { id: "cgt-1", model: "seedance", ...task } });
}
const usage = { completion_tokens: 173700, total_tokens: 173700 };
ark(/broken/, { status: "failed", error: { code: "InternalServiceError", message: "the renderer broke" } });
ark(/cat/, { status: "succeeded", content: { video_url: clip }, usage });
const made = { video: { id: "video_1", status: "completed", url: clip, b64, duration: 8, cost: 0.8 } };
mock.onVideo(/broken/, { video: { id: "video_2", status: "failed", error: "the renderer broke" } });
mock.onVideo(/cat/, made);
mock.onFalVideo(/veo/, made, { billableUnits: 3.2 });
// Interactions know no videos.
mock.onMessage(/cat/, { content: "Here is your cat." });
process.stdout.write((await mock.start()) + "\n");
process.stdin.resume().on("end", () => mock.stop());
