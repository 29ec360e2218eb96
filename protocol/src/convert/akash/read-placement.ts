import { REGION } from "../../manifest/patterns.ts";
import { regions } from "../../manifest/regions.ts";
import { type DraftPlacement } from "../draft.ts";
import { placementNameFrom } from "../names.ts";
import { type Spot } from "../spot.ts";

/** Where the services run. Of the attributes only regions that this network has are kept. */
export function readPlacement(root: Spot, name: string): DraftPlacement {
  const placement = root.find("profiles")?.find("placement")?.find(name);
  placement?.find("signedBy")?.note("CONVERT_PLACEMENT_ATTRIBUTE", {
    done: "left out",
    message: "Auditors of another network are not known here. profiles.tier asks for trusted providers.",
  });
  return {
    name: placementNameFrom(name),
    regions: (placement?.find("attributes")?.entries() ?? []).flatMap(readAttribute),
  };
}

function readAttribute(attribute: Spot): string[] {
  const region = attribute.text?.toLowerCase() ?? "";
  if (attribute.name === "region" && REGION.test(region) && regions.has(region)) return [region];
  attribute.note("CONVERT_PLACEMENT_ATTRIBUTE", {
    found: `${attribute.name}: ${attribute.quoted}`.slice(0, 80),
    done: "left out",
    message:
      attribute.name === "region"
        ? "No node of the public networks says this region."
        : "Nodes of this network have no such attribute.",
  });
  return [];
}
