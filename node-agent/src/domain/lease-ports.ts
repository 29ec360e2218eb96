import { type OpenPart } from "@fizz/protocol/manifest";
import { z } from "zod";

type OpenService = OpenPart["services"][number];

const port = z.number().int().min(1).max(65_535);
const index = z.number().int().min(0).max(255);

/** Who of the same lease may connect to a container, and where. */
export const leasePortsSchema = z.strictObject({
  /** Place of its service in the order of the manifest, which no update changes. */
  service: index,
  replica: index,
  ports: z
    .array(
      z.strictObject({
        protocol: z.enum(["tcp", "udp"]),
        firstPort: port,
        lastPort: port,
        /** Services by their places; null for all of them. */
        from: z.array(index).max(256).nullable(),
      }),
    )
    .max(1_024),
});
export type LeasePorts = z.output<typeof leasePortsSchema>;

interface Place {
  readonly service: OpenService;
  readonly replica: number;
  /** Public numbers on which it listens itself. */
  readonly boundPorts: readonly number[];
}

/**
 * What a manifest opens of one container to the services beside it: what is open to everybody, to all of them; what names
 * services, to those; anything else to none. Replicas of one service are one program: they reach each other anywhere.
 */
export function leasePortsOf(openPart: OpenPart, { service, replica, boundPorts }: Place): LeasePorts {
  const indexOf = (name: string): number => openPart.services.findIndex((entry) => entry.name === name);
  const ports = service.expose.flatMap((entry): LeasePorts["ports"] => {
    const from = entry.global ? null : entry.services.map(indexOf).filter((place) => place >= 0);
    if (from?.length === 0) return [];
    const protocol = entry.protocol === "udp" ? "udp" : "tcp";
    // Which of them is this entry's does not matter: all of them are open to everybody.
    const runs =
      entry.global && entry.usePublicPort
        ? boundPorts.map((number) => ({ firstPort: number, lastPort: number }))
        : [{ firstPort: entry.firstPort, lastPort: entry.lastPort }];
    return runs.map((run) => ({ protocol, ...run, from }));
  });
  return { service: indexOf(service.name), replica, ports };
}

/** Bytes of a MAC address, as two hexadecimal digits each. */
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const DIGEST_BYTES = 6;

/**
 * The MAC address of a container: its service and replica, and a part of its digest, since two versions of a replica run side by side for a while.
 * It tells the others who speaks: a container has no right to change it, or to send under another one. The first byte
 * says that it is locally administered (IEEE 802, bit 1).
 */
export function macAddressOf(
  { service, replica }: Pick<LeasePorts, "service" | "replica">,
  digest: string,
): string {
  const tail = digest.slice(0, DIGEST_BYTES).padEnd(DIGEST_BYTES, "0");
  return ["02", hex(service), hex(replica), tail.slice(0, 2), tail.slice(2, 4), tail.slice(4, 6)].join(":");
}

/** Matches the MAC addresses of some services' containers, in the language of nftables. */
export function fromServices(services: readonly number[]): string {
  const addresses = [...new Set(services)].map((service) => `02:${hex(service)}:00:00:00:00`);
  return `ether saddr & ff:ff:00:00:00:00 { ${addresses.join(", ")} }`;
}
