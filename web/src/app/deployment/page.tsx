import type { Metadata } from "next";
import type { ReactElement } from "react";
import { DeploymentScreen } from "../../features/deployment/deployment-screen.tsx";

export const metadata: Metadata = { title: "Deployment" };

export default function Page(): ReactElement {
  return <DeploymentScreen />;
}
