import { DockerImages } from "./containers/docker-images.ts";
import { EngineDisk } from "./containers/disk-space.ts";
import { type DiskRule } from "./domain/disk-room.ts";
import { type ImageBook, type ImageProvider } from "./image-ports.ts";
import { ImageSupply } from "./leases/image-supply.ts";
import { type Logger } from "./observability/logger.ts";
import { type Clock, type Engine, type LeaseStore } from "./ports.ts";

export interface ImageParts {
  readonly provider: ImageProvider;
}

export interface ImagePartsComponents {
  readonly engine: Pick<Engine, "provideImage">;
  readonly store: LeaseStore;
  readonly book: ImageBook;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ImagePartsInit {
  readonly dockerHost: string;
  readonly disk: DiskRule;
}

/** Everything about images. */
export function createImageParts(components: ImagePartsComponents, init: ImagePartsInit): ImageParts {
  const { engine, store, book, clock } = components;
  const log = components.log.child({ part: "images" });
  const images = new DockerImages({ host: init.dockerHost });
  const disk = new EngineDisk({ host: init.dockerHost });
  const onShortage = (): void => {
    log.warn({ event: "disk.low" }, "The disk is nearly full; nothing is pulled.");
  };
  const provider = new ImageSupply({ engine, images, book, store, disk, clock, onShortage }, init.disk);
  return { provider };
}
