/* Uses every function of a generated header, in the C that C++ shares, and
 * checks them against each other. Prints what it found; returns nonzero where
 * something is wrong.
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#include "tiny.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 6, B = 3 };

static float params[TINY_PARAMS], moved[TINY_PARAMS], gradient[TINY_PARAMS];
static float p[T * B * TINY_P_SIZE], u[B * TINY_U_SIZE],
    u_gradient[B * TINY_U_SIZE];
static int32_t x[T * B], y[T * B];
static char *state, *panels;

static void expect(int condition, const char *what) {
  if (condition)
    return;
  printf("failed: %s (last error: %s)\n", what, rnn_last_error());
  exit(1);
}
#define EXPECT(condition) expect(condition, #condition)

static void fill_data(void) {
  for (int i = 0; i < T * B; ++i) {
    x[i] = (7 * i + 1) % TINY_X_VOCABULARY;
    y[i] = (5 * i + 3) % TINY_Y_VOCABULARY;
  }
  for (int i = 0; i < B * TINY_U_SIZE; ++i)
    u[i] = 0.1f * (float)(i - 2);
}

/* The stream of sequence b must give what forward gave. */
static double largest_stream_error(int b) {
  float q[TINY_P_SIZE];
  double largest = 0;
  EXPECT(tiny_pack_step(params, panels) == RNN_OK);
  EXPECT(tiny_reset(params, state) == RNN_OK);
  for (int t = 0; t < T; ++t) {
    EXPECT(tiny_step(panels, state, &x[t * B + b], &u[b * TINY_U_SIZE], q) ==
           RNN_OK);
    for (int i = 0; i < TINY_P_SIZE; ++i) {
      double error =
          fabs((double)q[i] - (double)p[(t * B + b) * TINY_P_SIZE + i]);
      largest = error > largest ? error : largest;
    }
  }
  return largest;
}

int main(void) {
  rnn_plan *plan;
  rnn_plan_options options;
  tiny_io io;
  double loss, ahead, behind, metrics[TINY_METRICS], slope = 0;
  fill_data();
  state = (char *)aligned_alloc(RNN_ALIGNMENT, (size_t)B * TINY_STATE_BYTES);
  panels =
      (char *)aligned_alloc(RNN_ALIGNMENT, (TINY_STEP_BYTES + 63) / 64 * 64);
  EXPECT(state && panels);
  EXPECT(tiny.state_bytes == TINY_STATE_BYTES &&
         tiny.parameter_size == TINY_PARAMS);

  EXPECT(tiny_init(params, 3) == RNN_OK);
  EXPECT(params[TINY_RNN_W_OFFSET] != 0 && params[TINY_OUT_B_OFFSET] == 0);
  EXPECT(tiny_save("params.safetensors", params) == RNN_OK);
  EXPECT(tiny_load("params.safetensors", moved) == RNN_OK);
  EXPECT(memcmp(params, moved, sizeof params) == 0);

  memset(&options, 0, sizeof options);
  options.axes[0] = T;
  options.batch = B;
  EXPECT(rnn_plan_create(&tiny, &options, &plan) == RNN_OK);
  memset(&io, 0, sizeof io);
  io.T = T;
  io.B = B;
  io.x = x;
  io.u = u;
  io.y = y;
  io.p = p;
  EXPECT(tiny_forward(plan, &io) == RNN_ERROR_NOT_PACKED);
  EXPECT(rnn_plan_pack(plan, params) == RNN_OK);
  EXPECT(tiny_forward(plan, &io) == RNN_OK);
  for (int b = 0; b < B; ++b)
    EXPECT(largest_stream_error(b) < 1e-5);

  /* The slope of the loss along the gradient is the gradient's square. */
  io.p = NULL;
  io.u_gradient = u_gradient;
  io.metrics = metrics;
  EXPECT(tiny_gradient(plan, params, &io, &loss, gradient) == RNN_OK);
  EXPECT(loss > 0 && metrics[TINY_METRIC_ACCURACY] >= 0 &&
         metrics[TINY_METRIC_ACCURACY] <= 1);
  for (int i = 0; i < TINY_PARAMS; ++i)
    slope += (double)gradient[i] * (double)gradient[i];
  for (int i = 0; i < TINY_PARAMS; ++i)
    moved[i] = params[i] + 0.01f * gradient[i];
  EXPECT(rnn_plan_pack(plan, moved) == RNN_OK &&
         tiny_loss(plan, &io, &ahead) == RNN_OK);
  for (int i = 0; i < TINY_PARAMS; ++i)
    moved[i] = params[i] - 0.01f * gradient[i];
  EXPECT(rnn_plan_pack(plan, moved) == RNN_OK &&
         tiny_loss(plan, &io, &behind) == RNN_OK);
  EXPECT(slope > 0 && fabs((ahead - behind) / 0.02 / slope - 1) < 1e-2);
  EXPECT(u_gradient[0] != 0);

  /* Mistakes are statuses. */
  x[4] = TINY_X_VOCABULARY;
  EXPECT(tiny_loss(plan, &io, &loss) == RNN_ERROR_TOKEN);
  EXPECT(tiny_step(panels, state, &x[4], u, p) == RNN_ERROR_TOKEN);
  x[4] = 0;
  io.T = T + 1;
  EXPECT(tiny_loss(plan, &io, &loss) == RNN_ERROR_CAPACITY);

  rnn_plan_destroy(plan);
  free(state);
  free(panels);
  printf("all is well\n");
  return 0;
}
