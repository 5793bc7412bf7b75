/** Session data of about 100 bytes, 1 KB and 4 KB of JSON, as applications keep it. */
export function sessionOf(bytes) {
  const data = {
    count: 41,
    csrf_token: "f6f1c2ae0a3c5b9d8e7f60718293a4b5c6d7e8f9",
    theme: "dark",
    user_id: "4711",
  };
  const items = [];
  for (let i = 0; JSON.stringify({ ...data, items }).length < bytes - 20; i++) {
    items.push({ sku: `SKU-${(i * 7919) % 100_003}`, quantity: (i % 5) + 1, note: i % 3 === 0 ? "gift wrap" : "" });
  }
  return items.length === 0 ? data : { ...data, items };
}

export const SECRET = "nE5mK2rT8vY1xC4bQ7wZ0sD3fG6hJ9lP-aUoIeRtYk";
