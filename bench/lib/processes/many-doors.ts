/**
 * A gateway with a lease for each of some nodes, on a chain that is not there. It tells where it listens, then answers a
 * word a line: `doors` with the public ports, `count` with its connections, `figures` with them and its memory.
 */
import { createInterface } from "node:readline";
import { privateKeyToAccount } from "viem/accounts";
import { eventually, hash, leaseFacts, nodeFacts, testKey } from "../../../test/relayer/support/builders.ts";
import { startGatewayFixture } from "../../../test/relayer/support/gateway-fixture.ts";

const nodes = Number(process.argv[2]);
const connections = Number(process.argv[3]);
const WAIT_MS = 60_000;

const gateway = await startGatewayFixture({
  limits: {
    total: connections,
    perLease: connections,
    perDoor: connections,
    perAddress: connections,
    perNode: connections,
    newPerAddress: connections,
    newPerLease: connections,
  },
});
const ids = Array.from({ length: nodes }, (_, index) => index + 1);
for (const id of ids) {
  const operator = privateKeyToAccount(testKey(id)).address;
  gateway.chain.addNode(nodeFacts({ nodeId: BigInt(id), operator }));
  const lease = leaseFacts({ lid: BigInt(id), nodeId: BigInt(id), leaseHash: hash(id) });
  gateway.chain.leases.set(BigInt(id), lease);
}
tell({ multiaddrs: gateway.host.getMultiaddrs().map(String) });

for await (const word of createInterface({ input: process.stdin })) {
  const { connections: open } = gateway.doors.counts();
  if (word === "doors") tell({ ports: await openDoors() });
  else if (word === "count") tell({ connections: open });
  else {
    globalThis.gc?.();
    tell({ rss: process.memoryUsage.rss(), connections: open });
  }
}
process.exit(0);

async function openDoors(): Promise<number[]> {
  await eventually(() => gateway.nodes.onlineCount() === nodes, WAIT_MS);
  const door = { service: "web", replica: 0, port: 8080, protocol: "tcp" as const };
  const opened = ids.map(async (id) => {
    const request = { lid: BigInt(id), leaseHash: hash(id), doors: [door] };
    return (await gateway.doors.openDoors(BigInt(id), request)).endpoints[0]?.publicPort ?? 0;
  });
  return await Promise.all(opened);
}

function tell(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
