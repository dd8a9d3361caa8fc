/* Two models in one program: each has its own symbols, sizes and types.
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#include "pulse.h"
#include "tiny.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  static float tiny_params[TINY_PARAMS], u[TINY_U_SIZE], p[TINY_P_SIZE];
  static double pulse_params[PULSE_PARAMS];
  double in = 0.5, out = 0;
  int32_t x = 1;
  char *memory = (char *)aligned_alloc(RNN_ALIGNMENT, 1 << 20), *at = memory;
  char *tiny_panels = at, *pulse_panels = at + (1 << 18),
       *tiny_state = at + (2 << 18), *pulse_state = at + (3 << 18);
  if (!memory || tiny_init(tiny_params, 1) || pulse_init(pulse_params, 1))
    return 1;
  if (tiny_pack_step(tiny_params, tiny_panels) ||
      pulse_pack_step(pulse_params, pulse_panels) ||
      tiny_reset(tiny_params, tiny_state) ||
      pulse_reset(pulse_params, pulse_state))
    return 1;
  if (tiny_step(tiny_panels, tiny_state, &x, u, p) ||
      pulse_step(pulse_panels, pulse_state, &in, &out))
    return 1;
  printf("%s %d, %s %d\n", tiny.name, tiny.element_type == RNN_F32, pulse.name,
         pulse.element_type == RNN_F64);
  printf("%s\n",
         p[0] > 0 && p[0] < 1 && out != 0 ? "both ran" : "nothing came out");
  free(memory);
  return 0;
}
