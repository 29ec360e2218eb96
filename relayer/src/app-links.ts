import { type PromMeter } from "./observability/prom-meter.ts";
import { DataLinkListener, dataLinkPair } from "./p2p/data-link-listener.ts";
import { DataLinks } from "./p2p/data-links.ts";
import { type NodeLinks } from "./p2p/node-links.ts";
import { TunnelLinks } from "./p2p/tunnel-links.ts";
import { type StartContext } from "./start-context.ts";

interface LinkParts {
  readonly links: NodeLinks;
  readonly meter: PromMeter;
  readonly leasedNodes: () => ReadonlySet<bigint>;
  readonly onTraffic: (bytes: number) => void;
}

/** The links that carry public connections to nodes. The listener of data links is started here, the rest is not. */
export async function createTunnelLinks(context: StartContext, parts: LinkParts): Promise<TunnelLinks> {
  const logger = context.logger.child({ part: "p2p" });
  const listener = await startListener(context, parts.meter);
  const dataLinks = listener === undefined ? undefined : new DataLinks({ ...parts, logger, listener });
  return new TunnelLinks({ ...parts, logger, dataLinks });
}

async function startListener(
  { config: { linkPort: port, doorHost: host }, begin }: StartContext,
  meter: PromMeter,
): Promise<DataLinkListener | undefined> {
  if (port === "off") return undefined;
  const onStray = (): void => {
    meter.dataLink("refused");
  };
  const listener = new DataLinkListener({ host, port, pair: await dataLinkPair(Date.now()), onStray });
  await begin(listener);
  return listener;
}
