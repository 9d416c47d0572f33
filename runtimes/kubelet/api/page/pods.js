// A pod in a few words, as `kubectl get pods` has them.

const WAITING = new Set(["Pending", "ContainerCreating", "PodInitializing", "Terminating"]);
const code = (ended) => ended.reason || (ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode ?? 0}`);

function initialising(pod) {
  const total = (pod.spec.initContainers ?? []).length;
  for (const [index, one] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting, running } = one.state ?? {};
    if (terminated && !terminated.exitCode) continue;
    if (running && one.started && one.ready) continue;
    if (terminated) return `Init:${code(terminated)}`;
    if (waiting?.reason && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
    return `Init:${index}/${total}`;
  }
  return "";
}

function word(pod) {
  const status = pod.status ?? {};
  let found = status.reason || status.phase || "Unknown";
  let running = false;
  for (const one of [...(status.containerStatuses ?? [])].reverse()) {
    const { terminated, waiting } = one.state ?? {};
    if (waiting?.reason) found = waiting.reason;
    else if (terminated) found = code(terminated);
    else if (one.state?.running && one.ready) running = true;
  }
  return found === "Completed" && running ? "Running" : found;
}

export function summary(pod) {
  const statuses = pod.status?.containerStatuses ?? [];
  const ended = ["Succeeded", "Failed"].includes(pod.status?.phase);
  const going = pod.metadata.deletionTimestamp && !ended;
  const total = pod.spec.containers.length;
  const ready = statuses.filter((one) => one.ready && one.state?.running).length;
  const name = going ? "Terminating" : initialising(pod) || word(pod);
  return {
    word: name === "Running" && ready < total ? "Not ready" : name,
    kind: kind(name, ready === total),
    ready: `${ready}/${total}`,
    restarts: statuses.reduce((sum, one) => sum + (one.restartCount ?? 0), 0),
  };
}

function kind(name, ready) {
  if (name === "Running") return ready ? "good" : "wait";
  if (["Completed", "Succeeded"].includes(name)) return "";
  return WAITING.has(name) || /^Init:\d/.test(name) ? "wait" : "bad";
}

export function containers(pod) {
  const status = pod.status ?? {};
  const statuses = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
  const { initContainers = [], containers: regular, ephemeralContainers = [] } = pod.spec;
  return [...initContainers, ...regular, ...ephemeralContainers].map((spec) => ({
    spec,
    status: statuses.find((one) => one.name === spec.name) ?? {},
  }));
}

// How a container is, and why; of one that waits to be started again, how it ended.
export function state({ state = {}, lastState = {} }) {
  if (state.running) return { word: "Running", kind: "good", since: state.running.startedAt };
  if (state.terminated) {
    const bad = state.terminated.exitCode ? "bad" : "";
    return { word: code(state.terminated), kind: bad, since: state.terminated.finishedAt, why: `exit code ${state.terminated.exitCode ?? 0}` };
  }
  const reason = state.waiting?.reason ?? "Waiting";
  const before = lastState.terminated && `ended with ${code(lastState.terminated)}, exit code ${lastState.terminated.exitCode ?? 0}`;
  return { word: reason, kind: kind(reason, false), since: lastState.terminated?.finishedAt, why: [before, state.waiting?.message].filter(Boolean).join("; ") };
}
