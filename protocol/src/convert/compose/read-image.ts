import { IMAGE } from "../../manifest/patterns.ts";
import { type DraftService } from "../draft.ts";
import { type Spot } from "../spot.ts";

type Image = Pick<DraftService, "image" | "imageNote" | "pullPolicy">;

/** The image of a service. What is built, or cannot be read, becomes a name for a person to replace. */
export function readImage(service: Spot, name: string): Image {
  const given = service.find("image");
  const build = service.find("build");
  const image = given === undefined ? undefined : tidyReference(given);
  const standIn = `registry.example/${name}:1.0.0`;
  build?.note("CONVERT_BUILD", {
    found: build.text ?? "build",
    done: image === undefined ? `image: ${standIn}` : "left out",
    message: "A node pulls images and builds none. Build the image, push it to a registry and name it here.",
  });
  if (image === undefined && (build === undefined || given !== undefined))
    (given ?? service).note("CONVERT_IMAGE_MISSING", {
      done: `image: ${standIn}`,
      message: "There is no image reference that can be read. Write one such as ghcr.io/owner/name:1.2.3.",
    });
  return {
    image: image ?? standIn,
    imageNote: noteOf(image, given, build),
    pullPolicy: readPullPolicy(service.find("pull_policy")),
  };
}

function noteOf(image: string | undefined, given: Spot | undefined, build: Spot | undefined): string | null {
  if (image === undefined) return "Name an image here that a node can pull.";
  if (build !== undefined) return "Push this image to a registry: a node builds none.";
  return (given?.unset.length ?? 0) > 0
    ? `Check this name: ${given?.unset.join(", ") ?? ""} has no value.`
    : null;
}

/** What is left of a reference when variables in it have no value. */
function tidyReference(spot: Spot): string | undefined {
  const text = (spot.text ?? "").trim();
  const tidy = spot.unset.length === 0 ? text : text.replace(/[:@/]{1,8}$/, "").replace(/^\/{1,8}/, "");
  return tidy.length <= 512 && IMAGE.test(tidy) ? tidy : undefined;
}

function readPullPolicy(spot: Spot | undefined): DraftService["pullPolicy"] {
  if (spot === undefined) return null;
  if (spot.text === "always") return "Always";
  if (spot.text === "never") return "Never";
  if (spot.text === "missing" || spot.text === "if_not_present") return "IfNotPresent";
  spot.note("CONVERT_FIELD_DROPPED", {
    done: "left out",
    message: "A node pulls Always, IfNotPresent or Never.",
  });
  return null;
}
