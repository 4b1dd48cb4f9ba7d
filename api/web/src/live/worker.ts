// The one stream of a browser, held by a worker that all its tabs share: each gets the picture when it comes, then messages.

import {follow, type Status} from "./follow";
import {NOTHING, take, type Message, type Picture} from "./state";

declare const self: {onconnect: ((event: MessageEvent) => void) | null};

export type ToTab = {status: Status; picture?: Picture; messages?: Message[]};
export type FromTab = "again" | "bye" | "picture";

const ports = new Set<MessagePort>();
let picture = NOTHING;
const source = follow((messages, status) => {
  if (!status.open && !status.heard) picture = NOTHING;
  for (const message of messages) picture = take(picture, message, Date.now());
  for (const port of ports) port.postMessage({status, messages} satisfies ToTab);
});

self.onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  ports.add(port);
  port.onmessage = ({data}: MessageEvent<FromTab>) => {
    if (data === "bye") ports.delete(port);
    else if (data === "again") source.again();
    else port.postMessage({status: source.status(), picture} satisfies ToTab);
  };
  port.start();
  port.postMessage({status: source.status(), picture} satisfies ToTab);
};
