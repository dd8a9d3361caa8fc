/* Characters as tokens: the end of a line is 0, printable ASCII 1 to 95.
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#ifndef CHARS_H
#define CHARS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define VOCABULARY 96

static inline int32_t to_token(int c) {
  return c >= ' ' && c <= '~' ? c - ' ' + 1 : 0;
}
static inline int to_char(int32_t token) {
  return token ? token - 1 + ' ' : '\n';
}

/* Draws a token with probabilities proportional to p^(1 / temperature). */
static inline int32_t draw(const float *p, double temperature, uint64_t *seed) {
  double weights[VOCABULARY], sum = 0;
  for (int i = 0; i < VOCABULARY; ++i)
    sum += weights[i] = pow(p[i], 1 / temperature);
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  double rest = (double)(*seed >> 11) / 9007199254740992.0 * sum;
  for (int i = 0; i < VOCABULARY; ++i)
    if ((rest -= weights[i]) < 0)
      return i;
  return 0;
}

#endif
