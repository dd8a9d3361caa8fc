/* The C ABI between compiled models, the runtime and applications.
 *
 * A compiled model exports one symbol, its descriptor (`rnn_model`). A generic
 * program drives any model through it; the generated header wraps it in typed
 * functions. The object reaches the runtime and oneDNN only through the table
 * of functions in the plan, so it links with libc and libm alone.
 *
 * Layouts: sequences are time-major [T][B][F]; a state is one record a
 * sequence, [B][state_bytes]; parameters, and gradients alike, are one flat
 * vector. Sizes are in elements unless the name ends in _bytes.
 *
 * Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
 */
#ifndef RNN_RNN_H
#define RNN_RNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define RNN_NOEXCEPT noexcept
#else
#define RNN_NOEXCEPT
#endif

#define RNN_ABI_VERSION 3
#define RNN_MAX_AXES 4
#define RNN_MAX_RANK 4
/* Buffer classes of a frame's arena: three an axis (whole sequence, chunk of
 * time, checkpointed states: rows = slots * batch), one a step (rows = batch),
 * one independent of batch and time. Where threads run the layers of a function
 * one behind another, each of them has memory of its own for what one stage
 * uses alone (a chunk of time of each axis, and one step), and there is a chunk
 * for each thread of what a stage hands on (rows = threads * (chunk + 1) * batch;
 * one chunk in other cases). */
#define RNN_MAX_CLASSES (5 * RNN_MAX_AXES + 3)
#define RNN_CLASS_SEQUENCE(axis) (3 * (axis))
#define RNN_CLASS_CHUNK(axis) (3 * (axis) + 1)
#define RNN_CLASS_CHECKPOINT(axis) (3 * (axis) + 2)
#define RNN_CLASS_BATCH (3 * RNN_MAX_AXES)
#define RNN_CLASS_STATIC (3 * RNN_MAX_AXES + 1)
#define RNN_CLASS_STAGE(axis) (3 * RNN_MAX_AXES + 2 + 2 * (axis))
#define RNN_CLASS_HANDED_ON(axis) (3 * RNN_MAX_AXES + 3 + 2 * (axis))
#define RNN_CLASS_STAGE_BATCH (5 * RNN_MAX_AXES + 2)
#define RNN_ALIGNMENT 64

/* What an entry point returns; rnn_status_message puts it in words. */
typedef enum rnn_status {
  RNN_OK = 0,
  RNN_ERROR_ARGUMENT,    /* a null pointer or a nonsensical size          */
  RNN_ERROR_TOKEN,       /* a token id outside its vocabulary             */
  RNN_ERROR_CAPACITY,    /* T or B beyond what the plan was made for      */
  RNN_ERROR_UNSUPPORTED, /* the model or this build lacks the entry/option */
  RNN_ERROR_MEMORY,      /* allocation failed while a plan was made       */
  RNN_ERROR_CPU,         /* this machine lacks the features compiled for  */
  RNN_ERROR_VERSION,     /* object and runtime disagree on the ABI        */
  RNN_ERROR_FILE,        /* a file could not be read, parsed or written   */
  RNN_ERROR_MISMATCH,    /* a tensor of a wrong name, type or shape       */
  RNN_ERROR_NOT_PACKED,  /* run before rnn_plan_pack                      */
  RNN_ERROR_LIBRARY      /* oneDNN reported an error                      */
} rnn_status;

typedef enum rnn_type {
  RNN_F32 = 0,
  RNN_F64 = 1,
  RNN_TOKEN = 2, /* int32 */
  RNN_BF16 = 3,  /* packed weights alone: the upper half of an f32          */
  RNN_INT8 = 4   /* packed weights alone: with an f32 scale an output       */
} rnn_type;

/* A named tensor of a model. The axis is the index of its time axis, or -1
 * when it has none; the shape excludes time and batch. */
typedef struct rnn_tensor {
  const char *name;
  uint32_t type; /* rnn_type */
  uint32_t rank;
  int64_t shape[RNN_MAX_RANK];
  int32_t axis;
  int32_t vocabulary;  /* of tokens; 0 otherwise                            */
  uint64_t offset;     /* parameters: in the flat vector; states: in a record */
  uint64_t size;       /* elements: the product of the shape                */
  const char *init;    /* parameters: zeros, constant, uniform, normal, glorot,
                          orthogonal, identity, sparse */
  double init_args[2]; /* constant: value; uniform: lo, hi; normal: mean, sd;
                          glorot, orthogonal, identity: gain; sparse: density,
                          spectral radius */
  uint32_t frozen;     /* parameters: 1 = never trained, its gradient is 0  */
  uint32_t reserved;
} rnn_tensor;

struct rnn_plan;

/* Flags of a call. */
enum {
  RNN_TRAINING = 1 << 0 /* dropout is on, its masks drawn from `seed` */
};

/* One call. Pointers in descriptor order; a null entry of `outputs`,
 * `output_tangents`, `input_gradients` or a null array of them is not wanted.
 *
 * With `lengths`, sequence b of an axis ends after lengths[axis][b] steps:
 * what lies beyond is never read, outputs and input gradients are zero there,
 * and means over the axis count valid steps only. A sequence of length 0 keeps
 * its initial state. A batch sorted by length, longest first, runs fastest. */
typedef struct rnn_call {
  uint32_t struct_size;
  int64_t batch;             /* B <= the plan's                               */
  const int64_t *axes;       /* steps of each time axis, <= the plan's        */
  const void *const *inputs; /* [T][B][F] or [B][F]; tokens [T][B] or [B]     */
  const void *const *targets;
  void *const *outputs; /* written by rnn_forward alone                  */
  void *state;          /* B records, read and left at the final state;
                           null starts from the model's initial state    */
  double *loss;         /* total loss                                    */
  double *metrics;      /* one each                                      */
  void *gradient;       /* overwritten; laid out as the parameters       */
  void *const *input_gradients;
  void *state_gradient;          /* of the initial state, B records          */
  const int32_t *const *lengths; /* B an axis; null array or entry: all T    */
  uint64_t seed;                 /* of dropout masks                         */
  uint32_t flags;                /* RNN_TRAINING                             */
  uint32_t reserved;
  const void *direction; /* tangent of the parameters, laid out as they are  */
  void *const *output_tangents; /* along `direction`, shaped as the outputs  */
  double *loss_tangent;         /* along `direction`                         */
  double damping;     /* weight of the structural term of a Gauss-Newton
                         product                                            */
  void *stream_state; /* rnn_encode: B records of the stream, written       */
} rnn_call;

/* A GEMM site: C[M, n] = A[M, k] * W^T, W an expression of parameters. */
typedef struct rnn_site {
  int64_t n, k;
  int32_t axis; /* rows = batch * chunk of this axis; -1: rows = batch       */
  int32_t weight_type; /* rnn_type of its panels; but for RNN_F32 its products
                          are the generated kernel's                         */
} rnn_site;

/* A layer of a function, with what feeds it: a part of a chunk of time that a
 * thread may run on one chunk while another thread runs the next stage on the
 * chunk before. */
typedef struct rnn_stage {
  int64_t cost; /* in multiplications a row of time, those of steps threefold */
  int32_t loop; /* which of the function's loops over chunks it is in         */
  int32_t axis; /* whose chunks these are                                     */
} rnn_stage;

/* An entry point that needs a plan. Arena buffer i of class c starts at
 * arena[c] + coefficient_i * rows[c] elements; the class as a whole takes
 * arena_coefficients[c] * rows[c] elements. */
typedef struct rnn_function {
  uint32_t struct_size;
  int32_t (*run)(struct rnn_plan *, const rnn_call *);
  int32_t (*pack)(struct rnn_plan *, const void *params);
  uint64_t packed_bytes; /* generated panels and dense copies */
  uint64_t arena_coefficients[RNN_MAX_CLASSES];
  const rnn_site *sites;
  uint64_t site_count;
  uint32_t checkpoint_mode;    /* rnn_checkpoint                            */
  uint32_t flags;              /* RNN_TEAM, RNN_SLICES, RNN_WAVE            */
  int64_t checkpoint_interval; /* RNN_CHECKPOINT_EVERY: steps; 0: the plan's */
  const rnn_stage *stages;     /* in the order that they run in             */
  uint64_t stage_count;
} rnn_function;

/* What the threads of a plan may do with a function. */
enum {
  RNN_TEAM = 1 << 0,   /* all run it on the whole batch and share its work   */
  RNN_SLICES = 1 << 1, /* each may run it on a part of the batch: a row of its
                          results is made of one sequence, and its sums over
                          the batch are the sums of those of the parts       */
  RNN_WAVE = 1 << 2    /* each may run some of its stages, a chunk of time
                          behind those who run the stages before             */
};

/* How a gradient remembers the states of its forward pass. */
typedef enum rnn_checkpoint {
  RNN_CHECKPOINT_NONE = 0,  /* everything the reverse pass reads            */
  RNN_CHECKPOINT_EVERY = 1, /* the states at the start of each chunk        */
  RNN_CHECKPOINT_LOG = 2    /* those of O(log) chunks, recomputed from there */
} rnn_checkpoint;

enum {
  RNN_FORWARD = 0,
  RNN_LOSS = 1,
  RNN_GRADIENT = 2,
  RNN_TANGENT = 3,
  RNN_GAUSS_NEWTON = 4,
  RNN_ENCODE = 5,
  RNN_FUNCTIONS = 6
};

/* The streaming step: batch 1, no plan, no runtime library, no allocation.
 * Its record holds the model's states, at their offsets, and after them the
 * stream's context: what the step reads of inputs that it is not fed (a source
 * sentence, a feature vector). */
typedef struct rnn_stream {
  uint32_t struct_size;
  uint64_t panels_bytes;
  uint64_t state_bytes; /* one record of the stream */
  int32_t (*pack)(const void *params, void *panels);
  int32_t (*reset)(const void *params, void *state); /* fills one record;
                                            null where it needs rnn_encode */
  int32_t (*step)(const void *panels, void *state, const void *const *inputs,
                  void *const *outputs);
  const uint32_t *inputs; /* indices into the model's inputs, in step order */
  uint64_t input_count;
  const uint32_t *outputs;
  uint64_t output_count;
  const int32_t *starts; /* for each input the token that the first step is
                            fed, -1 for any; null where all are            */
} rnn_stream;

/* The descriptor: the one symbol that a compiled model exports. */
typedef struct rnn_model {
  uint32_t struct_size;
  uint32_t abi_version;
  uint32_t tensor_size; /* sizeof(rnn_tensor) as compiled */
  uint32_t element_type;
  const char *name;
  const char *cpu;
  const char *features; /* LLVM feature string the code was compiled for */
  uint64_t required_features; /* RNN_CPU_* bits, checked when a plan is made */
  const char *const *axes;
  uint64_t axis_count;
  const rnn_tensor *parameters;
  uint64_t parameter_count;
  uint64_t parameter_size; /* elements of the flat vector */
  const rnn_tensor *inputs;
  uint64_t input_count;
  const rnn_tensor *targets;
  uint64_t target_count;
  const rnn_tensor *outputs;
  uint64_t output_count;
  const rnn_tensor *states;
  uint64_t state_count;
  uint64_t state_bytes; /* one record */
  const char *const *metrics;
  uint64_t metric_count;
  const rnn_function
      *functions[RNN_FUNCTIONS]; /* null where the model lacks it */
  const rnn_stream *stream;      /* null where it is not causal   */
  int32_t (*reset)(const void *params,
                   void *state); /* fills one record; null without states */
  const void *embedded_weights;  /* null in this version          */
  uint64_t embedded_bytes;
  uint32_t weight_type; /* rnn_type that forward, loss, encode and the stream
                           keep packed weights as; functions with derivatives
                           keep the element type                             */
  uint32_t reserved;
} rnn_model;

enum {
  RNN_CPU_SSE42 = 1 << 0,
  RNN_CPU_AVX = 1 << 1,
  RNN_CPU_AVX2 = 1 << 2,
  RNN_CPU_FMA = 1 << 3,
  RNN_CPU_AVX512F = 1 << 4,
  RNN_CPU_AVX512BW = 1 << 5,
  RNN_CPU_AVX512DQ = 1 << 6,
  RNN_CPU_AVX512VL = 1 << 7,
  RNN_CPU_AVX512VNNI = 1 << 8,
  RNN_CPU_AVXVNNI = 1 << 9
};

/* What compiled code may call, filled in by the runtime. */
typedef struct rnn_table {
  uint32_t struct_size;
  /* Packs W (element (n, k) at w[n * ldn + k * ldk]) for a site. */
  int32_t (*pack)(struct rnn_plan *, int32_t function, int32_t site,
                  const void *w, int64_t ldn, int64_t ldk);
  /* C[rows, n] (+)= A[rows, k] * W^T with the packed W of a site. */
  int32_t (*gemm)(struct rnn_plan *, int32_t function, int32_t site,
                  int64_t rows, const void *a, int64_t lda, void *c,
                  int64_t ldc, int32_t accumulate);
  /* C[n, k] (+)= A[rows, n]^T * B[rows, k]: a weight gradient. f32. */
  int32_t (*gemm_tn)(struct rnn_plan *, int64_t n, int64_t k, int64_t rows,
                     const void *a, int64_t lda, const void *b, int64_t ldb,
                     void *c, int64_t ldc, int32_t accumulate);
  /* Returns when every thread of the plan's team has called it: what they
     wrote before can then be read. Called only where plan->threads > 1. */
  void (*barrier)(struct rnn_plan *);
} rnn_table;

/* How a plan does the products of a site. Late: generated, and where they are
   one product in the whole call, a block of the weight is packed right before
   it is multiplied by, so that neither all panels nor their cache are needed. */
typedef enum rnn_site_kernel {
  RNN_SITE_GENERATED = 0,
  RNN_SITE_LIBRARY = 1, /* through table->gemm */
  RNN_SITE_LATE = 2
} rnn_site_kernel;

/* What a plan holds for one entry point. */
typedef struct rnn_frame {
  char *arena[RNN_MAX_CLASSES];
  int64_t rows[RNN_MAX_CLASSES];
  int64_t chunk[RNN_MAX_AXES];       /* steps a chunk of time, <= axes */
  int64_t checkpoints[RNN_MAX_AXES]; /* slots of checkpointed states   */
  char *packed;
  const uint8_t *library; /* an rnn_site_kernel a site, in the current call   */
  int32_t use_library_tn; /* weight gradients through table->gemm_tn          */
  int32_t is_packed;
  const int32_t *owners; /* the thread of each stage, from 0 on in each loop,
                            where stages run one behind another; else null    */
} rnn_frame;

/* Which rows of each step are valid, in the current call. Run i is the rows
 * [start, start + count) of the batch; those of step t are the runs
 * first_run[t] to first_run[t + 1] - 1. */
typedef struct rnn_run_of_rows {
  int32_t start, count;
} rnn_run_of_rows;

typedef struct rnn_ragged {
  int64_t full_steps;     /* steps before this one have every row: T without
                             lengths, else the least length                     */
  int64_t valid_rows;     /* sum of the lengths, T * B without, of the whole
                             batch where the plan runs a slice                  */
  const int32_t *lengths; /* null without; T is then the largest            */
  const int32_t *first_run;
  const rnn_run_of_rows *runs;
} rnn_ragged;

/* The part of a plan that compiled code reads; the runtime's own is longer.
 * A team's threads each have a copy; frames and arenas are the same, but for
 * the memory of stages (RNN_CLASS_STAGE, RNN_CLASS_STAGE_BATCH) where a frame
 * has owners. */
typedef struct rnn_plan {
  const rnn_table *table;
  int64_t batch;
  int64_t axes[RNN_MAX_AXES];
  int32_t thread, threads; /* position in the team; 0 of 1 otherwise        */
  int64_t whole_batch;     /* of the call that this plan runs a slice of    */
  int64_t first_sequence;  /* of the slice in it; 0 of call->batch otherwise */
  rnn_ragged ragged[RNN_MAX_AXES];
  rnn_frame frames[RNN_FUNCTIONS];
} rnn_plan;

/* ---- Runtime library (librnn): plans ---------------------------------- */

/* Which kernels multiply: the fastest as measured, generated ones alone, or
 * oneDNN's where there are four rows or more (f32). */
typedef enum rnn_gemm {
  RNN_GEMM_AUTO = 0,
  RNN_GEMM_GENERATED = 1,
  RNN_GEMM_LIBRARY = 2
} rnn_gemm;

/* Whether threads run the layers of a function one behind another. */
typedef enum rnn_wave {
  RNN_WAVE_AUTO = 0,   /* where it is fastest, and `slices` are not given     */
  RNN_WAVE_ALWAYS = 1, /* of functions that allow it (RNN_WAVE)              */
  RNN_WAVE_NEVER = 2
} rnn_wave;

/* Runs task(argument, i) for i = 0 to threads - 1, all at the same time, each
 * on a thread of its own, and returns when all have returned. */
typedef void (*rnn_parallel)(void *context, int32_t threads,
                             void (*task)(void *argument, int32_t thread),
                             void *argument);

/* With several threads, a plan cuts a batch into slices of about equal numbers
 * of sequences, which the threads run independently of one another, or has all
 * threads work on each step together, as a team, or each on layers of its own, a
 * chunk of time behind the one before, as a wave; with steps too short for that,
 * and a batch that cannot be cut, it keeps to one thread. Results depend on the
 * number of slices and the length of chunks and not on the number of threads: a
 * team's are those of one, and so are a wave's, whose chunks are shorter unless
 * `chunk` says, where one thread is asked for a wave. */
typedef struct rnn_plan_options {
  int64_t
      axes[RNN_MAX_AXES]; /* capacity in steps, one an axis; 0 stands for 1   */
  int64_t batch;          /* capacity in sequences; 0 stands for 1            */
  int32_t threads;        /* the calling thread among them; 0 stands for 1    */
  int32_t gemm;           /* rnn_gemm                                         */
  uint32_t functions;     /* 1 << RNN_FORWARD | ...; 0: all the model has     */
  int32_t slices;         /* of the batch; 1: a team; 0: the runtime chooses  */
  int64_t chunk;          /* steps a chunk of time; 0: chosen by the runtime  */
  rnn_parallel parallel;  /* the caller's threads; null: the plan's own       */
  void *parallel_context; /* handed to `parallel`                             */
  int32_t wave;           /* rnn_wave                                         */
  int32_t reserved;
} rnn_plan_options;

/* Makes a plan: the only call that allocates. *plan is null after an error. */
rnn_status rnn_plan_create(const rnn_model *, const rnn_plan_options *,
                           rnn_plan **plan) RNN_NOEXCEPT;
void rnn_plan_destroy(rnn_plan *) RNN_NOEXCEPT;
/* Packs the parameters for forward and loss; again after each change. */
rnn_status rnn_plan_pack(rnn_plan *, const void *params) RNN_NOEXCEPT;
rnn_status rnn_forward(rnn_plan *, const rnn_call *) RNN_NOEXCEPT;
rnn_status rnn_loss(rnn_plan *, const rnn_call *) RNN_NOEXCEPT;
/* Packs `params` itself, then loss and gradients. */
rnn_status rnn_gradient(rnn_plan *, const void *params,
                        const rnn_call *) RNN_NOEXCEPT;
/* Packs `params` itself, then outputs, loss and their tangents along
 * call->direction (forward mode). */
rnn_status rnn_tangent(rnn_plan *, const void *params,
                       const rnn_call *) RNN_NOEXCEPT;
/* Packs `params` itself, then call->gradient := G * call->direction for the
 * Gauss-Newton matrix G of the loss, plus call->damping times the structural
 * term (Martens & Sutskever 2011). */
rnn_status rnn_gauss_newton(rnn_plan *, const void *params,
                            const rnn_call *) RNN_NOEXCEPT;
/* Fills B records of the model's stream, call->stream_state, from the inputs
 * that the stream is not fed. */
rnn_status rnn_encode(rnn_plan *, const rnn_call *) RNN_NOEXCEPT;
const char *rnn_status_message(rnn_status) RNN_NOEXCEPT;
/* Text of the last error on this thread with its particulars (names, shapes,
 * files), or the status's general message. Valid until the next call. */
const char *rnn_last_error(void) RNN_NOEXCEPT;

/* ---- Parameters and files --------------------------------------------- */

/* Fills the flat vector by the model's initialisers, reproducibly by seed. */
rnn_status rnn_init(const rnn_model *, void *params,
                    uint64_t seed) RNN_NOEXCEPT;
/* Reads or writes every parameter of a safetensors file, by name. */
rnn_status rnn_load(const rnn_model *, const char *path,
                    void *params) RNN_NOEXCEPT;
rnn_status rnn_save(const rnn_model *, const char *path,
                    const void *params) RNN_NOEXCEPT;
/* Fills `batch` state records with the initial state. */
rnn_status rnn_reset(const rnn_model *, const void *params, void *state,
                     int64_t batch) RNN_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
