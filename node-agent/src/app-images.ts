import { type Reason } from "@fizz/protocol/scores";
import { registryGuardOf } from "./app-registries.ts";
import { DockerImages } from "./containers/docker-images.ts";
import { EngineDisk } from "./containers/disk-space.ts";
import { type ImageBook, type ImageProvider } from "./image-ports.ts";
import { Housekeeper, type HousekeeperInit } from "./leases/housekeeper.ts";
import { ImageSupply } from "./leases/image-supply.ts";
import { type Logger } from "./observability/logger.ts";
import { type Clock, type Engine, type LeaseStore } from "./ports.ts";

export interface ImageParts {
  readonly provider: ImageProvider;
  /** Keeps the node from orders while its disk is nearly full. */
  readonly gate: () => Reason | undefined;
  start(): void;
  stop(): Promise<void>;
}

export interface ImagePartsComponents {
  readonly engine: Pick<Engine, "provideImage">;
  readonly store: LeaseStore;
  readonly book: ImageBook;
  readonly clock: Clock;
  readonly log: Logger;
  /** The node takes orders again, or none any more. */
  readonly onChange: () => void;
}

export interface ImagePartsInit extends HousekeeperInit {
  readonly dockerHost: string;
  /** A folder on the engine's disk; undefined: the engine's own is seen from here. */
  readonly engineFolder?: string | undefined;
  readonly allowedRegistries: readonly string[];
}

/** Everything about images, and the room that they take. */
export function createImageParts(components: ImagePartsComponents, init: ImagePartsInit): ImageParts {
  const log = components.log.child({ part: "images" });
  const images = new DockerImages({ host: init.dockerHost });
  const disk = new EngineDisk({ host: init.dockerHost, folder: init.engineFolder });
  const parts = { ...components, images, disk, log };
  const housekeeper = new Housekeeper(parts, init);
  const onShortage = (): void => {
    housekeeper.hurry();
  };
  const registries = registryGuardOf(init.allowedRegistries);
  return {
    provider: new ImageSupply({ ...parts, registries, onShortage }, init.disk),
    gate: () => housekeeper.gate(),
    start: () => {
      housekeeper.start();
    },
    stop: () => housekeeper.stop(),
  };
}
