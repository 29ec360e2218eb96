import { Document, isMap, isScalar, isSeq, type Node } from "yaml";
import { type Path } from "../manifest/issue.ts";
import { NATIVE_TOKEN } from "../manifest/price.ts";
import { type Mode } from "../manifest/types.ts";
import { type DraftPlacement } from "./draft.ts";
import { type CompleteService } from "./fit/complete-resources.ts";
import { suggestPrice } from "./fit/suggest-price.ts";
import { type Comment, serviceFields } from "./service-fields.ts";
import { showBytes } from "./sizes.ts";

/** Everything that a manifest says. */
export interface Outline {
  readonly title: readonly string[];
  readonly name: string | null;
  readonly mode: Mode;
  readonly duration: string;
  readonly placement: DraftPlacement;
  readonly services: readonly CompleteService[];
}

/** The text of a manifest, with comments where a person must decide. The same outline makes the same text. */
export function writeManifest(outline: Outline): string {
  const written = outline.services.map(serviceFields);
  const document = new Document({
    version: "1.0",
    services: Object.fromEntries(outline.services.map(({ name }, index) => [name, written[index]?.fields])),
    profiles: profilesOf(outline),
    deployment: Object.fromEntries(
      outline.services.map(({ name, count }) => [
        name,
        { [outline.placement.name]: { profile: name, count } },
      ]),
    ),
  });
  const comments = [
    ...written.flatMap((service) => service.comments),
    ...outline.services.flatMap((service) => commentsOf(service, outline.placement.name)),
    {
      path: ["profiles", "duration"],
      text: "How long to lease: s, min, h, d, mon (30 d) or y. Unused time is paid back.",
    },
  ];
  for (const comment of comments) setComment(document, comment);
  for (const name of ["services", "profiles", "deployment"]) setSpace(document, [name]);
  for (const { name } of outline.services.slice(1)) setSpace(document, ["services", name]);
  document.commentBefore = outline.title.map((line) => ` ${line}`).join("\n");
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function profilesOf({ name, mode, duration, placement, services }: Outline): object {
  const region =
    placement.regions.length === 0 ? {} : { attributes: { region: placement.regions.join(";") } };
  return {
    ...(name === null ? {} : { name }),
    mode,
    duration,
    compute: Object.fromEntries(
      services.map((service) => [service.name, { resources: resourcesOf(service) }]),
    ),
    placement: {
      [placement.name]: {
        ...region,
        pricing: Object.fromEntries(
          services.map((service) => [
            service.name,
            { token: NATIVE_TOKEN, amount: Number(suggestPrice(service)) },
          ]),
        ),
      },
    },
  };
}

function resourcesOf({ resources, volumes }: CompleteService): object {
  const { milliCpu, memoryBytes, storageBytes, gpu } = resources;
  const own = { size: showBytes(storageBytes) };
  const others = volumes.map((volume) => ({
    name: volume.name,
    size: showBytes(volume.sizeBytes),
    ...(volume.class === "ephemeral"
      ? {}
      : { attributes: { persistent: volume.class !== "ram", class: volume.class } }),
  }));
  return {
    cpu: { units: milliCpu / 1_000 },
    memory: { size: showBytes(memoryBytes) },
    storage: others.length === 0 ? own : [own, ...others],
    ...(gpu === null ? {} : { gpu: { units: gpu.units, ...gpuAttributes(gpu.models) } }),
  };
}

function gpuAttributes(models: NonNullable<CompleteService["resources"]["gpu"]>["models"]): object {
  if (models.length === 0) return {};
  const nvidia = models.map(({ model, ram, interface: form }) => ({
    model,
    ...(ram === null ? {} : { ram }),
    ...(form === null ? {} : { interface: form }),
  }));
  return { attributes: { vendor: { nvidia } } };
}

function commentsOf(service: CompleteService, placement: string): Comment[] {
  const { name, guessed, volumes, oldPrice } = service;
  const resources: Path = ["profiles", "compute", name, "resources"];
  const price: Path = ["profiles", "placement", placement, "pricing", name];
  const was = oldPrice === null ? "" : ` The source said ${oldPrice}.`;
  return [
    ...(guessed.length === 0
      ? []
      : [{ path: resources, text: `Guessed: ${guessed.join(", ")}. Measure and correct.` }]),
    ...volumes.flatMap((volume, index) =>
      volume.guessed ? [{ path: [...resources, "storage", index + 1], text: "Guessed: size." }] : [],
    ),
    { path: price, text: `The most that one replica may cost per hour: a guess.${was}` },
  ];
}

function setSpace(document: Document, path: Path): void {
  const node = keyOrItem(document, path);
  if (node !== undefined) node.spaceBefore = true;
}

function setComment(document: Document, { path, text }: Comment): void {
  const node = keyOrItem(document, path);
  if (node !== undefined) node.commentBefore = ` ${text}`;
}

/** The key of a map or the item of a list at a path: what a comment can stand above. */
function keyOrItem(document: Document, path: Path): Node | undefined {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isSeq(parent) && typeof last === "number") return parent.items[last] as Node | undefined;
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
  return isScalar(pair?.key) ? pair.key : undefined;
}
