/* Writes text with a trained charlm.rnn, a character at a time. Links with
 * charlm.o, libc and libm: no runtime library, no allocation in the model.
 *
 *   stream OUT.bin LENGTH [PREFIX]
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#include "charlm.h"
#include "chars.h"

static float params[CHARLM_PARAMS], p[CHARLM_P_SIZE];
static char panels[CHARLM_STEP_BYTES] __attribute__((aligned(RNN_ALIGNMENT)));
static char state[CHARLM_STATE_BYTES] __attribute__((aligned(RNN_ALIGNMENT)));

/* Reads a character and leaves the probabilities of the next one in p. */
static void feed(int32_t token) {
  if (charlm_step(panels, state, &token, p) != RNN_OK)
    exit(1);
}

int main(int argc, char **argv) {
  FILE *file = argc > 2 ? fopen(argv[1], "rb") : NULL;
  if (!file || fread(params, sizeof params, 1, file) != 1)
    return fprintf(stderr, "usage: stream OUT.bin LENGTH [PREFIX]\n"), 2;
  fclose(file);
  charlm_pack_step(params, panels);
  charlm_reset(params, state);

  const char *prefix = argc > 3 ? argv[3] : "";
  feed(to_token('\n'));
  for (; *prefix; ++prefix) {
    putchar(*prefix);
    feed(to_token(*prefix));
  }
  uint64_t seed = 7;
  for (long length = atol(argv[2]); length > 0; --length) {
    int32_t token = draw(p, 0.7, &seed);
    putchar(to_char(token));
    feed(token);
  }
  putchar('\n');
  return 0;
}
