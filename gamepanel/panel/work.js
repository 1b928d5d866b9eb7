// A worker that finds the proofs for a login, so that the page stays quick meanwhile.
import { proof, seedOf } from "./lib/sha256.js";

self.onmessage = ({ data: { token, username, amount, difficulty } }) => {
  const seed = seedOf(token, username);
  const proofs = [];
  for (let index = 0; index < amount; index++) {
    proofs.push(proof(seed, index, difficulty));
    self.postMessage({ done: index + 1, amount, proofs: index + 1 === amount ? proofs : null });
  }
};
