import type { ReactElement } from "react";
import { Overview } from "../features/nodes/overview.tsx";

export default function Page(): ReactElement {
  return <Overview />;
}
