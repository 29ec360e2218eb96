import { type Spot } from "./spot.ts";

/** A language that can be converted. */
export type SourceFormat = "compose" | "akash";

/** Which language a text is written in; undefined when it is none of them, which is reported. */
export function detectFormat(root: Spot): SourceFormat | undefined {
  const services = root.find("services");
  const profiles = root.find("profiles");
  if (services !== undefined && profiles?.find("mode") !== undefined) {
    const message = "This is a Fizz manifest. `fizz manifest validate` checks it.";
    root.fail("CONVERT_FORMAT_MANIFEST", { found: "profiles.mode", done: "nothing is converted", message });
    return undefined;
  }
  if (services?.tree.kind === "a map")
    return root.find("deployment") !== undefined || profiles?.find("placement") !== undefined
      ? "akash"
      : "compose";
  root.fail("CONVERT_FORMAT_UNKNOWN", {
    found: describe(root),
    done: "nothing is converted",
    message: isFirstCompose(root)
      ? "This is a Compose file of the first version. Put its services under services:."
      : "There is no map of services. A Compose file and an Akash SDL both have services:.",
  });
  return undefined;
}

function isFirstCompose(root: Spot): boolean {
  return root
    .entries()
    .some((entry) => entry.find("image") !== undefined || entry.find("build") !== undefined);
}

function describe(root: Spot): string {
  if (root.tree.kind !== "a map") return root.quoted;
  const names = root.entries().map((entry) => entry.name.slice(0, 20));
  return names.slice(0, 5).join(", ");
}
