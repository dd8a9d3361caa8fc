/* Closed-loop generation: a model's stream is fed the tokens that it predicts.
 *
 * For every model whose stream is fed one token and puts out the probabilities
 * of the next. Part of the runtime library (librnn).
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#ifndef RNN_GENERATE_H
#define RNN_GENERATE_H

#include "rnn/rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rnn_generate_options {
  uint32_t struct_size;
  int32_t end;         /* the token that ends a sequence; -1: none does      */
  int64_t length;      /* most tokens                                        */
  int32_t tokens;      /* only the first so many of the vocabulary; 0: all   */
  int32_t most_likely; /* 1: always the most likely token                    */
  int32_t beam;        /* hypotheses of a beam search for the most likely
                          sequence; 0: no search                             */
  uint32_t reserved;
  double temperature; /* of draws: probabilities are raised to its inverse,
                         so below 1 is bolder; 0 stands for 1                */
  uint64_t seed;      /* of draws                                            */
  uint64_t sequence;  /* which one under that seed                           */
} rnn_generate_options;

/* Generates one sequence. `panels` are those of the stream's pack; `state` is a
 * record as the stream's reset, or rnn_encode, fills it, and is left somewhere
 * behind. The token that the stream starts with, where it has one, is fed
 * first, then the prefix; there must be one of them. `tokens` takes what
 * follows the prefix, up to options->length, with the end token if that is
 * reached; `log_probability`, which may be null, the sum of the logarithms of
 * their probabilities. Allocates a few records and vectors. */
rnn_status rnn_generate(const rnn_model *, const void *panels, void *state,
                        const int32_t *prefix, int64_t prefix_count,
                        const rnn_generate_options *options, int32_t *tokens,
                        int64_t *count, double *log_probability) RNN_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
