import type { ContainerCreateOptions } from "dockerode";
import { macAddressOf } from "../domain/lease-ports.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { hostnameOf } from "./container-options.ts";
import { containerNameOf, LABEL, labelsOf, networkNameOf } from "./labels.ts";

/** Most memory and processes of a sandbox; it takes 1 MB, and 5 MB while its rules are set. */
export const SANDBOX_MEMORY = 32 * 1024 * 1024;
export const SANDBOX_PIDS = 32;

export function sandboxNameOf(spec: ContainerSpec, digest: string): string {
  return `${containerNameOf(spec, digest)}-net`;
}

/** A container that holds the network namespace of a tenant's container, under the tenant's names. */
export function sandboxOptions(
  spec: ContainerSpec,
  digest: string,
  { image, labels }: { readonly image: string; readonly labels: Readonly<Record<string, string>> },
): ContainerCreateOptions {
  const network = networkNameOf(spec.leaseHash);
  const { leasePorts } = spec;
  const mac = leasePorts === undefined ? {} : { MacAddress: macAddressOf(leasePorts, digest) };
  const ports = leasePorts === undefined ? {} : { [LABEL.ports]: JSON.stringify(leasePorts) };
  return {
    name: sandboxNameOf(spec, digest),
    Image: image,
    Hostname: hostnameOf(spec),
    StopSignal: "SIGKILL",
    Labels: { ...labels, ...labelsOf(spec, digest), ...ports, [LABEL.role]: "sandbox" },
    AttachStdout: false,
    AttachStderr: false,
    // What brings its rules; closed with the connection of the agent.
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      NetworkMode: network,
      RestartPolicy: { Name: "no" },
      CapDrop: ["ALL"],
      // To set rules, and to become nobody after that.
      CapAdd: ["NET_ADMIN", "SETGID", "SETUID"],
      SecurityOpt: ["no-new-privileges:true"],
      IpcMode: "private",
      ReadonlyRootfs: true,
      Memory: SANDBOX_MEMORY,
      MemorySwap: SANDBOX_MEMORY,
      PidsLimit: SANDBOX_PIDS,
      LogConfig: { Type: "json-file", Config: { "max-size": "1m", "max-file": "1" } },
    },
    // Of the container before API 1.44, of the endpoint from then on.
    ...mac,
    NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [...spec.aliases], ...mac } } },
  };
}
