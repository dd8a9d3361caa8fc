/* Runs a model without a runtime library, from what its descriptor says: the
 * steps of its stream, its forward pass and its gradient. What they are given
 * depends on nothing but sizes, and everything that they give is printed, a
 * name and a number a line. MODEL is the descriptor's name.
 *
 *   run STEPS BATCH
 */
#include "rnn/rnn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const rnn_model MODEL;
static const rnn_model *const model = &MODEL;

enum { MAX_TENSORS = 16, CHUNK = 3 };

static void *allocate(size_t bytes) {
  size_t size = (bytes + RNN_ALIGNMENT) / RNN_ALIGNMENT * RNN_ALIGNMENT;
  void *memory = aligned_alloc(RNN_ALIGNMENT, size);
  if (!memory)
    exit(1);
  return memset(memory, 0, size);
}

static size_t element_bytes(void) {
  return model->element_type == RNN_F64 ? sizeof(double) : sizeof(float);
}

/* Numbers from -scale to scale (Marsaglia's xorshift). */
static void fill(void *data, uint64_t count, double scale) {
  static uint32_t x = 2463534242u;
  for (uint64_t i = 0; i < count; ++i) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    double value = scale * (x / 2147483648.0 - 1);
    if (model->element_type == RNN_F64)
      ((double *)data)[i] = value;
    else
      ((float *)data)[i] = (float)value;
  }
}

static void print(const char *name, const void *data, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i)
    printf("%s %.17g\n", name,
           model->element_type == RNN_F64 ? ((const double *)data)[i]
                                          : (double)((const float *)data)[i]);
}

static uint64_t elements(const rnn_tensor *tensor, int64_t steps,
                         int64_t batch) {
  return tensor->size * (uint64_t)batch *
         (uint64_t)(tensor->axis >= 0 ? steps : 1);
}

static void *make_data(const rnn_tensor *tensor, int64_t steps, int64_t batch) {
  uint64_t count = elements(tensor, steps, batch);
  if (tensor->type != RNN_TOKEN) {
    void *data = allocate(count * element_bytes());
    fill(data, count, 1);
    return data;
  }
  int32_t *tokens = allocate(count * sizeof(int32_t));
  for (uint64_t i = 0; i < count; ++i)
    tokens[i] = (int32_t)(i * 7 % (uint64_t)tensor->vocabulary);
  return tokens;
}

/* A plan for one thread and generated kernels, as the runtime would make it. */
static void make_plan(rnn_plan *plan, int64_t steps, int64_t batch) {
  *plan = (rnn_plan){.batch = batch, .whole_batch = batch, .threads = 1};
  for (uint64_t axis = 0; axis < model->axis_count; ++axis) {
    plan->axes[axis] = steps;
    plan->ragged[axis] =
        (rnn_ragged){.full_steps = steps, .valid_rows = steps * batch};
  }
  for (int f = 0; f < RNN_FUNCTIONS; ++f) {
    const rnn_function *function = model->functions[f];
    rnn_frame *frame = &plan->frames[f];
    if (!function)
      continue;
    for (uint64_t axis = 0; axis < model->axis_count; ++axis) {
      frame->chunk[axis] = steps < CHUNK ? steps : CHUNK;
      frame->rows[RNN_CLASS_SEQUENCE(axis)] = (steps + 1) * batch;
      frame->rows[RNN_CLASS_CHUNK(axis)] = (frame->chunk[axis] + 1) * batch;
      frame->rows[RNN_CLASS_STAGE(axis)] = (frame->chunk[axis] + 1) * batch;
      frame->rows[RNN_CLASS_HANDED_ON(axis)] = (frame->chunk[axis] + 1) * batch;
    }
    frame->rows[RNN_CLASS_BATCH] = batch;
    frame->rows[RNN_CLASS_STAGE_BATCH] = batch;
    frame->rows[RNN_CLASS_STATIC] = 1;
    for (int c = 0; c < RNN_MAX_CLASSES; ++c)
      frame->arena[c] = allocate(function->arena_coefficients[c] *
                                 (uint64_t)frame->rows[c] * element_bytes());
    frame->packed = allocate(function->packed_bytes);
    frame->library = allocate(function->site_count);
  }
}

static void run(rnn_plan *plan, int f, const void *params,
                const rnn_call *call) {
  if (model->functions[f]->pack(plan, params) != RNN_OK ||
      model->functions[f]->run(plan, call) != RNN_OK)
    exit(1);
}

static void run_batch(const void *params, int64_t steps, int64_t batch) {
  static rnn_plan plan;
  make_plan(&plan, steps, batch);
  int64_t axes[RNN_MAX_AXES];
  const void *inputs[MAX_TENSORS], *targets[MAX_TENSORS];
  void *outputs[MAX_TENSORS], *gradients[MAX_TENSORS];
  for (int axis = 0; axis < RNN_MAX_AXES; ++axis)
    axes[axis] = steps;
  for (uint64_t i = 0; i < model->input_count; ++i) {
    const rnn_tensor *input = &model->inputs[i];
    inputs[i] = make_data(input, steps, batch);
    gradients[i] =
        input->type == RNN_TOKEN
            ? NULL
            : allocate(elements(input, steps, batch) * element_bytes());
  }
  for (uint64_t i = 0; i < model->target_count; ++i)
    targets[i] = make_data(&model->targets[i], steps, batch);
  for (uint64_t i = 0; i < model->output_count; ++i)
    outputs[i] =
        allocate(elements(&model->outputs[i], steps, batch) * element_bytes());
  double loss = 0, *metrics = allocate(model->metric_count * sizeof(double));
  void *gradient = allocate(model->parameter_size * element_bytes());
  rnn_call call = {.struct_size = sizeof(rnn_call),
                   .batch = batch,
                   .axes = axes,
                   .inputs = inputs,
                   .targets = targets,
                   .outputs = outputs,
                   .loss = &loss,
                   .metrics = metrics};
  run(&plan, RNN_FORWARD, params, &call);
  for (uint64_t i = 0; i < model->output_count; ++i)
    print(model->outputs[i].name, outputs[i],
          elements(&model->outputs[i], steps, batch));
  if (!model->functions[RNN_GRADIENT])
    return;
  call.outputs = NULL;
  call.gradient = gradient;
  call.input_gradients = gradients;
  run(&plan, RNN_GRADIENT, params, &call);
  printf("loss %.17g\n", loss);
  print("gradient", gradient, model->parameter_size);
  for (uint64_t i = 0; i < model->input_count; ++i)
    if (gradients[i])
      print("input-gradient", gradients[i],
            elements(&model->inputs[i], steps, batch));
}

static void run_stream(const void *params, int64_t steps) {
  const rnn_stream *stream = model->stream;
  void *panels = allocate(stream->panels_bytes);
  void *state = allocate(stream->state_bytes);
  const void *inputs[MAX_TENSORS];
  void *outputs[MAX_TENSORS];
  if (stream->pack(params, panels) != RNN_OK ||
      stream->reset(params, state) != RNN_OK)
    exit(1);
  for (uint64_t i = 0; i < stream->output_count; ++i)
    outputs[i] =
        allocate(model->outputs[stream->outputs[i]].size * element_bytes());
  for (int64_t t = 0; t < steps; ++t) {
    for (uint64_t i = 0; i < stream->input_count; ++i)
      inputs[i] = make_data(&model->inputs[stream->inputs[i]], 1, 1);
    if (stream->step(panels, state, inputs, outputs) != RNN_OK)
      exit(1);
    for (uint64_t i = 0; i < stream->output_count; ++i)
      print("step", outputs[i], model->outputs[stream->outputs[i]].size);
  }
}

int main(int count, char **words) {
  if (count != 3)
    return 2;
  int64_t steps = atoll(words[1]), batch = atoll(words[2]);
  void *params = allocate(model->parameter_size * element_bytes());
  fill(params, model->parameter_size, 0.5);
  if (model->stream)
    run_stream(params, steps);
  run_batch(params, steps, batch);
  return 0;
}
