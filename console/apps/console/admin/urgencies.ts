/** How urgent a requester finds a ticket, the least first. */
export const URGENCIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
