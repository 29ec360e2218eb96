/** Machines of a swarm as `GET /nodes` of a manager has them. */
export interface RecordedNode {
  readonly id: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly state?: "ready" | "down";
  readonly availability?: "active" | "pause" | "drain";
  readonly version?: string;
  /** Ids of cards that it announces. */
  readonly cards?: readonly string[];
}

export const PREPARED_LABELS = { "fizz.prepared": "1" };

/** What `GET /info` of a manager has. @param id Of its machine. @param changes Of what is told of the swarm. */
export function swarmInfo(
  id: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const own = { NodeID: id, NodeAddr: "10.0.0.1", LocalNodeState: "active", ControlAvailable: true };
  return { Swarm: { ...own, Cluster: { ID: "swarm" }, ...changes } };
}

/** As machines and tasks have them. */
export function namedCards(uuids: readonly string[]): readonly unknown[] {
  return uuids.map((Value) => ({ NamedResourceSpec: { Kind: "NVIDIA-GPU", Value } }));
}

/** The engine of an older version tells no labels at all, and null where there are none. */
export function swarmNodes(nodes: readonly RecordedNode[]): readonly unknown[] {
  return nodes.map(
    ({ id, labels, state = "ready", availability = "active", cards = [], version = "28.3.0" }, index) => ({
      ID: id,
      Spec: { Role: index === 0 ? "manager" : "worker", Availability: availability },
      Description: {
        Hostname: id,
        Resources: {
          ...{ NanoCPUs: 4e9, MemoryBytes: 8e9 },
          ...(cards.length > 0 ? { GenericResources: namedCards(cards) } : {}),
        },
        Engine: { EngineVersion: version, Labels: labels ?? null },
      },
      Status: { State: state, Addr: `10.0.0.${index + 1}` },
    }),
  );
}
