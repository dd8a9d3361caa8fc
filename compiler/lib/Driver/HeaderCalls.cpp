//===- HeaderCalls.cpp - Calls over sequences in a C header ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The io structure of a model, how it becomes an rnn_call, and the entry points
// that take it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/HeaderWriter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace rnnc;

void HeaderWriter::writeIOTensors(StringRef what, ArrayRef<Member> members,
                                  bool isConst) {
  for (const Member &member : members)
    os << "  " << (isConst ? "const " : "") << getType(*member.tensor) << " *"
       << member.name << "; /* " << what << describe(*member.tensor) << " */\n";
}

void HeaderWriter::writeIO() {
  os << formatv(R"(
/* What a call over sequences reads and writes. Set members that are not wanted
 * to null. */
typedef struct {0}_io {{
)",
                lower);
  for (StringRef axis : axes)
    os << "  int64_t " << axis << "; /* steps, at most the plan's */\n";
  os << "  int64_t B; /* sequences, at most the plan's */\n";
  for (auto [axis, name] : zip(axes, lengths))
    os << "  const int32_t *" << name << "; /* [B], 0 to " << axis
       << "; null: all " << axis << " */\n";
  os << "  uint64_t seed; /* of dropout masks, with RNN_TRAINING */\n"
        "  uint32_t flags; /* RNN_TRAINING */\n";
  writeIOTensors("input, ", inputs, /*isConst=*/true);
  writeIOTensors("target, ", targets, /*isConst=*/true);
  writeIOTensors("output, ", outputs, /*isConst=*/false);
  if (!info.states.empty())
    os << "  void *state; /* B records, read and left at the final state; "
          "null: "
          "the initial state */\n";
  if (!info.metrics.empty())
    os << "  double *metrics; /* one each, " << upper << "_METRICS */\n";
  for (const Member &input : inputs)
    if (!input.derivative.empty())
      os << "  " << getElement() << " *" << input.derivative
         << "; /* of the loss, " << describe(*input.tensor) << " */\n";
  for (const Member &output : outputs)
    if (!output.derivative.empty())
      os << "  " << getElement() << " *" << output.derivative
         << "; /* along the direction, " << describe(*output.tensor) << " */\n";
  if (hasGradient && !info.states.empty())
    os << "  void *state_gradient; /* of the loss in the initial state, B "
          "records */\n";
  os << "} " << lower << "_io;\n";
}

void HeaderWriter::writeArray(StringRef array, StringRef type, size_t count) {
  os << "  " << type << array << '[' << std::max<size_t>(count, 1) << "];\n";
}

/// The function that turns an io structure into a call.
void HeaderWriter::writeCall() {
  os << "\n/* The arrays that a call points to. */\ntypedef struct " << lower
     << "_arrays {\n";
  writeArray("axes", "int64_t ", axes.size());
  writeArray("lengths", "const int32_t *", axes.size());
  writeArray("inputs", "const void *", inputs.size());
  writeArray("targets", "const void *", targets.size());
  writeArray("outputs", "void *", outputs.size());
  writeArray("output_tangents", "void *", outputs.size());
  writeArray("input_gradients", "void *", inputs.size());
  os << "} " << lower << "_arrays;\n\nstatic inline void " << lower
     << "_fill_call(const " << lower << "_io *io, " << lower
     << "_arrays *arrays, rnn_call *call) {\n";
  auto assign = [&](StringRef array, size_t i, StringRef member) {
    os << "  arrays->" << array << '[' << i << "] = ";
    if (member.empty())
      os << "0;\n";
    else
      os << "io->" << member << ";\n";
  };
  for (auto [i, axis] : enumerate(axes))
    assign("axes", i, axis);
  for (auto [i, name] : enumerate(lengths))
    assign("lengths", i, name);
  for (auto [i, input] : enumerate(inputs)) {
    assign("inputs", i, input.name);
    assign("input_gradients", i, input.derivative);
  }
  for (auto [i, target] : enumerate(targets))
    assign("targets", i, target.name);
  for (auto [i, output] : enumerate(outputs)) {
    assign("outputs", i, output.name);
    assign("output_tangents", i, output.derivative);
  }
  bool hasState = !info.states.empty();
  os << formatv(R"(  call->struct_size = (uint32_t)sizeof *call;
  call->batch = io->B;
  call->axes = arrays->axes;
  call->inputs = arrays->inputs;
  call->targets = arrays->targets;
  call->outputs = arrays->outputs;
  call->state = {0};
  call->loss = 0;
  call->metrics = {1};
  call->gradient = 0;
  call->input_gradients = arrays->input_gradients;
  call->state_gradient = {2};
  call->lengths = arrays->lengths;
  call->seed = io->seed;
  call->flags = io->flags;
  call->reserved = 0;
  call->direction = 0;
  call->output_tangents = arrays->output_tangents;
  call->loss_tangent = 0;
  call->damping = 0;
  call->stream_state = 0;
}
)",
                hasState ? "io->state" : "0",
                info.metrics.empty() ? "0" : "io->metrics",
                hasState && hasGradient ? "io->state_gradient" : "0");
}

/// An entry point that takes an io structure. `signature` is a format of the
/// model's name, in lower and in upper case, and of its element type; `members`
/// of the call are set to parameters, and `returned` is the runtime's function.
void HeaderWriter::writeEntry(const char *signature,
                              ArrayRef<std::pair<StringRef, StringRef>> members,
                              StringRef returned) {
  os << formatv(/*Validate=*/false, signature, lower, upper, getElement())
     << " {\n  " << lower << "_arrays arrays;\n  rnn_call call;\n  " << lower
     << "_fill_call(io, &arrays, &call);\n";
  for (auto [member, parameter] : members)
    os << "  call." << member << " = " << parameter << ";\n";
  os << "  return " << returned << ";\n}\n";
}

void HeaderWriter::writeEntries() {
  if (info.getFunction(RNN_FORWARD))
    writeEntry(R"(
/* Outputs and final state, with the parameters last given to rnn_plan_pack. */
static inline rnn_status {0}_forward(rnn_plan *plan, const {0}_io *io))",
               {}, "rnn_forward(plan, &call)");
  if (info.getFunction(RNN_LOSS))
    writeEntry(R"(
/* The loss, metrics and final state, with the parameters last given to
 * rnn_plan_pack; outputs are {0}_forward's. */
static inline rnn_status {0}_loss(rnn_plan *plan, const {0}_io *io, double *loss))",
               {{"loss", "loss"}}, "rnn_loss(plan, &call)");
  if (hasGradient)
    writeEntry(R"(
/* The same at `params`, with the gradient of the loss in each of them:
 * gradient[{1}_PARAMS], overwritten. */
static inline rnn_status {0}_gradient(rnn_plan *plan, const {2} *params, const {0}_io *io, double *loss,
                                      {2} *gradient))",
               {{"loss", "loss"}, {"gradient", "gradient"}},
               "rnn_gradient(plan, params, &call)");
  writeSecondEntries();
  if (info.getFunction(RNN_ENCODE))
    writeEntry(R"(
/* Fills B records of the stream, streams[B * {1}_STREAM_BYTES], from the inputs
 * that {0}_step is not fed, with the parameters last given to rnn_plan_pack. */
static inline rnn_status {0}_encode(rnn_plan *plan, const {0}_io *io, void *streams))",
               {{"stream_state", "streams"}}, "rnn_encode(plan, &call)");
}

/// Entries along a direction in the space of the parameters.
void HeaderWriter::writeSecondEntries() {
  if (info.getFunction(RNN_TANGENT))
    writeEntry(R"(
/* Outputs, loss, metrics and final state at `params`, and how outputs and loss
 * change along direction[{1}_PARAMS]; `loss` and `loss_tangent` may be null. */
static inline rnn_status {0}_tangent(rnn_plan *plan, const {2} *params, const {2} *direction,
                                     const {0}_io *io, double *loss, double *loss_tangent))",
               {{"direction", "direction"},
                {"loss", "loss"},
                {"loss_tangent", "loss_tangent"}},
               "rnn_tangent(plan, params, &call)");
  if (info.getFunction(RNN_GAUSS_NEWTON))
    writeEntry(R"(
/* The loss at `params` (may be null), and the product of its Gauss-Newton matrix,
 * with `damping` times the structural term, and direction[{1}_PARAMS]:
 * product[{1}_PARAMS], overwritten. The state is not advanced. */
static inline rnn_status {0}_gauss_newton(rnn_plan *plan, const {2} *params, const {2} *direction,
                                          double damping, const {0}_io *io, double *loss, {2} *product))",
               {{"direction", "direction"},
                {"damping", "damping"},
                {"loss", "loss"},
                {"gradient", "product"}},
               "rnn_gauss_newton(plan, params, &call)");
}
