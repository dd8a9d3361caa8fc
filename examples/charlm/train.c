/* Trains charlm.rnn on a text with Adam and truncated BPTT, and prints the loss
 * on text it did not train on before and after, and a sample.
 *
 *   train TEXT SECONDS OUT     writes OUT.safetensors, and OUT.bin for stream.c
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#include "charlm.h"
#include "chars.h"

#include <string.h>
#include <time.h>

enum { T = 64, B = 32 };

#define CHECK(call)                                                            \
  do {                                                                         \
    rnn_status status_ = (call);                                               \
    if (status_ != RNN_OK) {                                                   \
      fprintf(stderr, "%s: %s\n", #call, rnn_last_error());                    \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static float params[CHARLM_PARAMS], gradient[CHARLM_PARAMS], m[CHARLM_PARAMS],
    v[CHARLM_PARAMS];
static char *state;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int32_t *read_tokens(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  int32_t *tokens = NULL;
  size_t capacity = 0;
  *count = 0;
  if (!file) {
    perror(path);
    exit(1);
  }
  for (int c; (c = getc(file)) != EOF;) {
    if (*count == capacity &&
        !(tokens = realloc(tokens,
                           (capacity = 2 * capacity + 4096) * sizeof *tokens)))
      exit(1);
    tokens[(*count)++] = to_token(c);
  }
  fclose(file);
  return tokens;
}

/* Step `step` of B streams through `count` tokens: x[t][b], and y one later. */
static void make_batch(const int32_t *tokens, size_t count, size_t step,
                       int32_t *x, int32_t *y) {
  for (size_t b = 0; b < B; ++b)
    for (size_t t = 0; t < T; ++t) {
      size_t at = (count / B * b + step * T + t) % (count - 1);
      x[t * B + b] = tokens[at];
      y[t * B + b] = tokens[at + 1];
    }
}

/* The mean loss over `count` tokens, from fresh states. */
static double evaluate(rnn_plan *plan, const int32_t *tokens, size_t count,
                       charlm_io io, int32_t *x, int32_t *y) {
  size_t steps = count / (B * T);
  double sum = 0, loss;
  CHECK(rnn_plan_pack(plan, params));
  CHECK(rnn_reset(&charlm, params, state, B));
  for (size_t step = 0; step < steps; ++step, sum += loss) {
    make_batch(tokens, count, step, x, y);
    CHECK(charlm_loss(plan, &io, &loss));
  }
  return sum / (double)steps;
}

/* One update of Adam (Kingma & Ba 2015), the gradient clipped to norm 1. */
static void update(float rate, size_t step) {
  double norm = 0;
  for (size_t i = 0; i < CHARLM_PARAMS; ++i)
    norm += (double)gradient[i] * gradient[i];
  float clip = norm > 1 ? (float)(1 / sqrt(norm)) : 1;
  float scale = rate * sqrtf(1 - powf(0.99f, (float)step)) /
                (1 - powf(0.9f, (float)step));
  for (size_t i = 0; i < CHARLM_PARAMS; ++i) {
    float g = gradient[i] * clip;
    m[i] += 0.1f * (g - m[i]);
    v[i] += 0.01f * (g * g - v[i]);
    params[i] -= scale * m[i] / (sqrtf(v[i]) + 1e-8f);
  }
}

static void sample(size_t count) {
  static char panels[CHARLM_STEP_BYTES] __attribute__((aligned(RNN_ALIGNMENT)));
  static float p[CHARLM_P_SIZE];
  uint64_t seed = 1;
  int32_t x = to_token('\n');
  CHECK(charlm_pack_step(params, panels));
  CHECK(charlm_reset(params, state));
  for (; count > 0; --count) {
    CHECK(charlm_step(panels, state, &x, p));
    putchar(to_char(x = draw(p, 0.7, &seed)));
  }
  putchar('\n');
}

static void write_params(const char *out) {
  char path[4096];
  snprintf(path, sizeof path, "%s.safetensors", out);
  CHECK(charlm_save(path, params));
  snprintf(path, sizeof path, "%s.bin", out);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(params, sizeof params, 1, file) != 1 || fclose(file)) {
    perror(path);
    exit(1);
  }
}

int main(int argc, char **argv) {
  static int32_t x[T * B], y[T * B];
  size_t count;
  if (argc != 4)
    return fprintf(stderr, "usage: train TEXT SECONDS OUT\n"), 2;
  int32_t *tokens = read_tokens(argv[1], &count);
  double seconds = atof(argv[2]);
  size_t held = count / 20, trained = count - held;
  if (held < 2 * B * T)
    return fprintf(stderr, "%s: expected at least %d characters, got %zu\n",
                   argv[1], 40 * B * T, count),
           1;

  rnn_plan *plan;
  rnn_plan_options options = {.axes = {T}, .batch = B};
  CHECK(rnn_plan_create(&charlm, &options, &plan));
  state = aligned_alloc(RNN_ALIGNMENT, (size_t)B * CHARLM_STATE_BYTES);
  charlm_io io = {.T = T, .B = B, .x = x, .y = y, .state = state};
  CHECK(charlm_init(params, 42));
  double before = evaluate(plan, tokens + trained, held, io, x, y);
  printf(
      "%zu characters, %d parameters\nbefore training: %.3f nats a character\n",
      count, CHARLM_PARAMS, before);

  CHECK(rnn_reset(&charlm, params, state, B));
  double start = now(), shown = 0, smooth = before, loss;
  for (size_t step = 0;; ++step) {
    double spent = now() - start;
    if (spent >= seconds)
      break;
    make_batch(tokens, trained, step, x, y);
    CHECK(charlm_gradient(plan, params, &io, &loss, gradient));
    update(4e-3f * (float)(1 - spent / seconds), step + 1);
    smooth += 0.02 * (loss - smooth);
    if (spent - shown > 1) {
      printf("\rloss %.3f  %.0f characters/s  %.0f s left ", smooth,
             (double)(step * T * B) / spent, seconds - spent);
      fflush(stdout);
      shown = spent;
    }
  }
  double after = evaluate(plan, tokens + trained, held, io, x, y);
  printf(
      "\nafter training:  %.3f nats a character (before: %.3f)\n\nA sample:\n",
      after, before);
  sample(600);
  write_params(argv[3]);
  rnn_plan_destroy(plan);
  free(tokens);
  free(state);
  return 0;
}
