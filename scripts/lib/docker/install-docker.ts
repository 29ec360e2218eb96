import { canInstallPackages, installPackages } from "../install-packages.ts";
import { ScriptError } from "../script-error.ts";

/** Installs Docker Engine from Debian, or says what the person has to do. */
export async function installDocker(): Promise<void> {
  if (!canInstallPackages()) {
    const message =
      "Fizz runs containers with Docker Engine, and there is none here that this user can install or start. Either " +
      "install one (on Debian or Ubuntu: sudo apt-get install docker.io; others: docs.docker.com/engine/install), " +
      "or point DOCKER_HOST at one, or run this command as root on Debian. Then run it again.";
    throw new ScriptError("DOCKER_NOT_INSTALLED", message);
  }
  const label = "Installing Docker Engine from Debian";
  await installPackages(["docker.io", "iptables"], { code: "DOCKER_INSTALL_FAILED", label });
}
