/** What a visitor is told when the store of the sessions does not work: nothing of the reason, and when to come again. */
export const UNAVAILABLE = { text: "Service Unavailable", retryAfter: "1" } as const;
