/** Session data of about 100, 1,000 or 4,000 bytes of JSON, as applications keep it. The same on every run. */
export function sessionOf(bytes) {
  const data = {
    count: 41,
    csrf_token: "f6f1c2ae0a3c5b9d8e7f60718293a4b5c6d7e8f9",
    theme: "dark",
    user_id: "4711",
  };
  if (bytes <= 100) return data;
  const cart = [];
  while (JSON.stringify({ ...data, cart }).length < bytes - 40) cart.push(cartItem(cart.length));
  return { ...data, cart };
}

function cartItem(index) {
  const scrambled = Math.imul(index + 1, 0x9e3779b1) >>> 0;
  return {
    id: scrambled.toString(36),
    price: (scrambled % 10_000) / 100,
    quantity: (index % 5) + 1,
    token: (scrambled * 65_537).toString(16),
  };
}

/** A secret key for all of them: some demand 32 characters. */
export const SECRET = "nE5mK2rT8vY1xC4bQ7wZ0sD3fG6hJ9lP-aUoIeRtYk";
