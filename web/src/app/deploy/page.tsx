import type { Metadata } from "next";
import type { ReactElement } from "react";
import { DeployScreen } from "../../features/deploy/deploy-screen.tsx";

export const metadata: Metadata = { title: "Deploy" };

export default function Page(): ReactElement {
  return <DeployScreen />;
}
