// SHA-256 (FIPS 180-4) in plain script: browsers have their own on secure pages only.
const K = new Uint32Array(64);
const START = new Uint32Array(8);

// The constants are the first bits of roots of primes.
{
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) >>> 0;
  const isPrime = (n) => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return true;
  };
  for (let n = 2, found = 0; found < 64; n++) {
    if (!isPrime(n)) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(n));
    K[found++] = fraction(Math.cbrt(n));
  }
}

const words = new Uint32Array(64);

/** Take the 64 bytes of `view` from `at` on into `state`. */
function block(state, view, at) {
  for (let i = 0; i < 16; i++) words[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const a = words[i - 15];
    const b = words[i - 2];
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  let a = state[0],
    b = state[1],
    c = state[2],
    d = state[3];
  let e = state[4],
    f = state[5],
    g = state[6],
    h = state[7];
  for (let i = 0; i < 64; i++) {
    const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** The hash of some bytes, as eight numbers of 32 bits. */
export function sha256(bytes) {
  const size = ((bytes.length + 9 + 63) >> 6) << 6;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(size - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(size - 4, bytes.length << 3);
  const state = START.slice();
  for (let at = 0; at < size; at += 64) block(state, view, at);
  return state;
}

/** Eight numbers of 32 bits as hexadecimal digits. */
export function hex(state) {
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

const encoder = new TextEncoder();

/** What the proofs for a login token and a user name begin with: 64 digits. */
export function seedOf(token, username) {
  return hex(sha256(encoder.encode(`${token}:${username}`)));
}

/** The smallest number that is proof `index`. */
export function proof(seed, index, difficulty) {
  const mask = difficulty === 0 ? 0 : (0xffffffff << (32 - difficulty)) >>> 0;
  // The seed fills a block, so all that changes from number to number is in the next.
  const begun = START.slice();
  block(begun, new DataView(encoder.encode(seed).buffer), 0);
  const tail = new Uint8Array(64);
  const view = new DataView(tail.buffer);
  const head = encoder.encode(`:${index}:`);
  tail.set(head);
  const state = new Uint32Array(8);
  for (let number = 0; ; number++) {
    const digits = String(number);
    let end = head.length;
    for (let i = 0; i < digits.length; i++) tail[end++] = digits.charCodeAt(i);
    tail[end] = 0x80;
    view.setUint32(60, (64 + end) << 3);
    state.set(begun);
    block(state, view, 0);
    // No difficulty that a daemon asks for is beyond the first word.
    if ((state[0] & mask) === 0) return number;
  }
}
