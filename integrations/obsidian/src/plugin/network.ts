/** Whether the network costs money. Only some devices say. */

/** A part of the browser's interface that not every browser has. */
interface NetworkInformation {
  readonly type?: string;
}

/** What is known of the connection. */
export type Connection = "wi-fi" | "mobile" | "unknown";

export function findConnection(): Connection {
  const { connection } = window.navigator as Navigator & { connection?: NetworkInformation };
  if (connection?.type === undefined || connection.type === "unknown") return "unknown";
  return connection.type === "cellular" ? "mobile" : "wi-fi";
}
