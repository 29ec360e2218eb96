/**
 * A process of a gateway as far as its certificates go, which can be killed: its store, who orders, what it shows, and
 * its port of plain HTTP. It writes lines of JSON.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { createCertificates } from "../../../relayer/src/app-certificates.ts";
import { openStore } from "../../../relayer/src/app-store.ts";
import { type OrderedCertificate } from "../../../relayer/src/certificate-ports.ts";
import { type Config } from "../../../relayer/src/config.ts";
import { PromMeter } from "../../../relayer/src/observability/prom-meter.ts";
import { type Logger } from "../../../relayer/src/ports.ts";
import { Challenges } from "../../../relayer/src/routing/challenges.ts";
import { Drain } from "../../../relayer/src/services/drain.ts";
import { Reloader } from "../../../relayer/src/services/reloader.ts";
import { type Part } from "../../../relayer/src/start-context.ts";
import { testKey } from "../../relayer/support/builders.ts";
import { type OrderingInit, type OrderingLine } from "./ordering-lines.ts";

const BEAT_MS = 500;

const tell = (line: OrderingLine): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};
const note = (fields: object): void => {
  if ("event" in fields) tell({ event: String(fields.event) });
};
const logger: Logger = { debug: () => undefined, info: note, warn: note, error: note, child: () => logger };

const { namesFile, ...init } = JSON.parse(process.argv[2] ?? "") as OrderingInit;
const settings = { acme: true, acmeMaxNames: 10, acmeOrdersPerHour: 10 };
const config = { ...settings, ...init } as Config;
const challenges = new Challenges();
const shown = new Map<string, string>();
const names = {
  all: () =>
    readFileSync(namesFile, "utf8")
      .split("\n")
      .filter((name) => name !== "")
      .map((name) => ({ name, runs: true })),
  isGiven: () => false,
  show: ({ name, cert }: OrderedCertificate) => {
    const fingerprint = createHash("sha256").update(cert).digest("hex");
    if (shown.get(name) !== fingerprint) tell({ shown: name, fingerprint });
    shown.set(name, fingerprint);
  },
  hide: (name: string) => shown.delete(name),
};
const begin = async (part: Part): Promise<void> => {
  await part.start?.();
};
const context = {
  ...{ config, key: testKey(0x41), logger, begin },
  drain: new Drain({ clock: Date.now, logger }),
  reloader: new Reloader<Config>({ logger, read: () => config }, config),
};
const opened = await openStore(context);
const self = { id: opened.processId, address: "127.0.0.1:1", multiaddrs: [], version: "1" };
const beat = async (): Promise<void> => {
  await opened.shared?.registry.beat(self);
};
await beat();
setInterval(() => void beat().catch(() => undefined), BEAT_MS);
const server = createServer((request, response) => {
  const answer = challenges.find(request.headers.host ?? "", request.url ?? "");
  response.writeHead(answer === undefined ? 404 : 200).end(answer);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const parts = createCertificates(context, { router: { challenges, names }, meter: new PromMeter(), opened });
for (const part of parts) await begin(part);
tell({ port: (server.address() as AddressInfo).port });
