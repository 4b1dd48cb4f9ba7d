// The SDK of CloudEvents for JavaScript as a referee: a message a line ({"headers": ..., "body": ...}) on the standard input,
// what the SDK makes of it a line on the standard output ({"event": ...}, or {"refused": why}).
const { createInterface } = require("node:readline");
const { CloudEvent, HTTP } = require("cloudevents");

function read(message) {
  const event = HTTP.toEvent(message);
  event.validate(); // toEvent is lenient, the constructor is not
  new CloudEvent(JSON.parse(message.body));
  return event;
}

createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { event: read(JSON.parse(line)) };
  } catch (problem) {
    answer = { refused: `${problem.message} ${JSON.stringify(problem.errors ?? null)}` };
  }
  console.log(JSON.stringify(answer));
});
