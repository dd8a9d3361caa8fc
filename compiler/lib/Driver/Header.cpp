//===- Header.cpp - The C header of a compiled model ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every declaration is made so that C99 and C++20 compile it without a warning:
// no designated initialisers, no empty arrays, every member assigned.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Header.h"

#include "compiler/lib/Driver/Names.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace rnnc;

namespace {
/// A member of the io structure that goes into an array of the call.
struct Member {
  const TensorInfo *tensor;
  std::string name;
  std::string gradient; ///< empty where there is none
};

class HeaderWriter {
public:
  HeaderWriter(const ModelInfo &info, raw_ostream &os)
      : info(info), os(os), lower(info.symbol),
        upper(StringRef(info.symbol).upper()) {
    hasGradient = info.getFunction(RNN_GRADIENT);
    for (StringRef name :
         {"_PARAMS", "_STATE_BYTES", "_STEP_BYTES", "_METRICS"})
      macros.add((upper + name).str());
    nameMembers();
  }

  void write();

private:
  void nameMembers();

  void writePrologue();
  void writeSizes();
  void writeParameterMacros();
  void writeInputMacros(ArrayRef<TensorInfo> tensors);
  void writeMetricMacros();
  void writeParameterFunctions();
  void writeStream();
  void writeStep();
  void writeIO();
  void writeIOTensors(StringRef what, ArrayRef<Member> members, bool isConst);
  void writeCall();
  void writeArray(StringRef array, StringRef type, size_t count);
  void writeEntries();
  void writeEpilogue();

  void defineMacro(const Twine &name, uint64_t value, const Twine &comment);
  std::string describeShape(const TensorInfo &tensor) const;
  std::string describe(const TensorInfo &tensor) const;
  StringRef getType(const TensorInfo &tensor) const;
  StringRef getElement() const {
    return info.elementType == RNN_F64 ? "double" : "float";
  }
  bool hasEntries() const { return !info.functions.empty(); }

  const ModelInfo &info;
  raw_ostream &os;
  std::string lower, upper;
  bool hasGradient;
  NameScope macros;
  SmallVector<std::string> axes;
  SmallVector<Member> inputs, targets, outputs;
};
} // namespace

//===----------------------------------------------------------------------===//
// Names and descriptions
//===----------------------------------------------------------------------===//

void HeaderWriter::nameMembers() {
  NameScope scope;
  for (StringRef name : {"B", "state", "state_gradient", "metrics"})
    scope.add(name);
  for (StringRef axis : info.axes)
    axes.push_back(scope.add(axis));
  auto name = [&](ArrayRef<TensorInfo> tensors, SmallVector<Member> &members) {
    for (const TensorInfo &tensor : tensors)
      members.push_back({&tensor, scope.add(tensor.name), ""});
  };
  name(info.inputs, inputs);
  name(info.targets, targets);
  name(info.outputs, outputs);
  for (Member &input : inputs)
    if (hasGradient && input.tensor->type != RNN_TOKEN)
      input.gradient = scope.add(input.name + "_gradient");
}

StringRef HeaderWriter::getType(const TensorInfo &tensor) const {
  return tensor.type == RNN_TOKEN ? "int32_t" : getElement();
}

/// "[512][193]" for a parameter, "[T][B][65]" for a sequence.
std::string HeaderWriter::describeShape(const TensorInfo &tensor) const {
  std::string text;
  for (int64_t extent : tensor.shape)
    text += formatv("[{0}]", extent);
  return text;
}

std::string HeaderWriter::describe(const TensorInfo &tensor) const {
  std::string time = tensor.axis < 0 ? "" : "[" + axes[tensor.axis] + "]";
  std::string text = time + "[B]" + describeShape(tensor);
  if (tensor.vocabulary > 0)
    text += formatv(", tokens below {0}", tensor.vocabulary);
  return text;
}

void HeaderWriter::defineMacro(const Twine &name, uint64_t value,
                               const Twine &comment) {
  std::string macro = macros.add(upper + "_" + StringRef(name.str()).upper());
  os << "#define " << macro << ' ' << value;
  if (!comment.isTriviallyEmpty())
    os << " /* " << comment << " */";
  os << '\n';
}

/// A name as it may stand in a comment.
static std::string quoteForComment(StringRef name) {
  std::string text = name.str();
  for (char &c : text)
    if (!isPrint(c) || c == '*' || c == '/' || c == '\\' || c == '?')
      c = '_';
  return text;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

void HeaderWriter::writePrologue() {
  os << formatv(
      R"(/* The model {0}, as compiled by rnnc. Generated: edits are lost.
 *
 * Sequences are time-major, [T][B][F]; a state is one record a sequence;
 * parameters, and gradients alike, are one flat vector. Buffers handed to the
 * functions with "panels" or "state" start at multiples of RNN_ALIGNMENT bytes.
 * Functions return RNN_OK or an error that rnn_status_message puts in words.
 */
#ifndef RNNC_{1}_H
#define RNNC_{1}_H

#include "rnn/rnn.h"

#ifdef __cplusplus
extern "C" {{
#endif

/* The descriptor: what the object exports. */
extern const rnn_model {2};

)",
      quoteForComment(info.name), upper, lower);
}

void HeaderWriter::writeSizes() {
  os << "/* Elements of the flat parameter vector (" << getElement()
     << "). */\n"
     << "#define " << upper << "_PARAMS " << info.parameterSize << '\n';
  if (!info.states.empty())
    os << "/* Bytes of one state record. */\n#define " << upper
       << "_STATE_BYTES " << info.stateBytes << '\n';
  if (info.stream)
    os << "/* Bytes of the packed weights of a stream. */\n#define " << upper
       << "_STEP_BYTES "
       << std::max<uint64_t>(info.stream->panelsBytes, RNN_ALIGNMENT) << '\n';
}

void HeaderWriter::writeParameterMacros() {
  if (!info.parameters.empty())
    os << "\n/* Parameters in the flat vector, in elements. */\n";
  for (const TensorInfo &tensor : info.parameters) {
    defineMacro(tensor.name + "_OFFSET", tensor.offset,
                quoteForComment(tensor.name) + ": " + describeShape(tensor));
    defineMacro(tensor.name + "_SIZE", tensor.size, "");
  }
  if (!info.states.empty())
    os << "\n/* States in a record, in elements (" << getElement() << "). */\n";
  for (const TensorInfo &tensor : info.states)
    defineMacro("STATE_" + tensor.name + "_OFFSET", tensor.offset,
                quoteForComment(tensor.name) + ": " + describeShape(tensor));
}

void HeaderWriter::writeInputMacros(ArrayRef<TensorInfo> tensors) {
  for (const TensorInfo &tensor : tensors) {
    defineMacro(tensor.name + "_SIZE", tensor.size, "");
    if (tensor.vocabulary > 0)
      defineMacro(tensor.name + "_VOCABULARY", tensor.vocabulary, "");
  }
}

void HeaderWriter::writeMetricMacros() {
  if (info.metrics.empty())
    return;
  os << "\n/* Metrics: how many, and the position of each. */\n#define "
     << upper << "_METRICS " << info.metrics.size() << '\n';
  for (auto [i, name] : enumerate(info.metrics))
    defineMacro("METRIC_" + name, i, "");
}

//===----------------------------------------------------------------------===//
// Parameters and streams
//===----------------------------------------------------------------------===//

void HeaderWriter::writeParameterFunctions() {
  os << formatv(R"(
/* Fills params[{1}_PARAMS] by the model's initialisers, reproducibly. */
static inline rnn_status {0}_init({2} *params, uint64_t seed) {{
  return rnn_init(&{0}, params, seed);
}

/* Reads params[{1}_PARAMS] from a safetensors file, or writes them to one. */
static inline rnn_status {0}_load(const char *path, {2} *params) {{
  return rnn_load(&{0}, path, params);
}
static inline rnn_status {0}_save(const char *path, const {2} *params) {{
  return rnn_save(&{0}, path, params);
}
)",
                lower, upper, getElement());
  if (info.states.empty())
    return;
  os << formatv(R"(
/* Fills one record, state[{1}_STATE_BYTES], with the initial state. */
static inline rnn_status {0}_reset(const {2} *params, void *state) {{
  return (rnn_status){0}.reset(params, state);
}
)",
                lower, upper, getElement());
}

void HeaderWriter::writeStream() {
  if (!info.stream)
    return;
  os << formatv(R"(
/* Packs parameters for {0}_step into panels[{1}_STEP_BYTES]. */
static inline rnn_status {0}_pack_step(const {2} *params, void *panels) {{
  return (rnn_status){0}.stream->pack(params, panels);
}
)",
                lower, upper, getElement());
  writeStep();
}

/// One step of a stream: the state where the model has one, then the stream's
/// inputs and outputs.
void HeaderWriter::writeStep() {
  NameScope scope;
  for (StringRef name : {"panels", "state", "inputs_", "outputs_"})
    scope.add(name);
  scope.add(lower);
  std::string signature, body, comment;
  auto addArgument = [&](const TensorInfo &tensor, StringRef array, size_t i,
                         StringRef qualifier) {
    std::string name = scope.add(tensor.name);
    signature += formatv(", {0}{1} *{2}", qualifier, getType(tensor), name);
    body += formatv("  {0}[{1}] = {2};\n", array, i, name);
    comment += formatv("\n *   {0}{1}", name,
                       tensor.shape.empty() ? "[1]" : describeShape(tensor));
    if (tensor.vocabulary > 0)
      comment += formatv(", a token below {0}", tensor.vocabulary);
  };
  for (auto [i, index] : enumerate(info.stream->inputs))
    addArgument(info.inputs[index], "inputs_", i, "const ");
  for (auto [i, index] : enumerate(info.stream->outputs))
    addArgument(info.outputs[index], "outputs_", i, "");
  bool hasState = !info.states.empty();
  os << formatv(R"(
/* One step of a stream, with no allocation and no library: reads the inputs,
 * writes the outputs{0}.{1}
 */
static inline rnn_status {2}_step(const void *panels{3}{4}) {{
  const void *inputs_[{5}];
  void *outputs_[{6}];
{7}  return (rnn_status){2}.stream->step(panels, {8}, inputs_, outputs_);
}
)",
                hasState ? " and advances the state" : "", comment, lower,
                hasState ? ", void *state" : "", signature,
                std::max<size_t>(info.stream->inputs.size(), 1),
                std::max<size_t>(info.stream->outputs.size(), 1), body,
                hasState ? "state" : "0");
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

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
    if (!input.gradient.empty())
      os << "  " << getElement() << " *" << input.gradient
         << "; /* of the loss, " << describe(*input.tensor) << " */\n";
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
  writeArray("inputs", "const void *", inputs.size());
  writeArray("targets", "const void *", targets.size());
  writeArray("outputs", "void *", outputs.size());
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
  for (auto [i, input] : enumerate(inputs)) {
    assign("inputs", i, input.name);
    assign("input_gradients", i, input.gradient);
  }
  for (auto [i, target] : enumerate(targets))
    assign("targets", i, target.name);
  for (auto [i, output] : enumerate(outputs))
    assign("outputs", i, output.name);
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
  call->lengths = 0;
}
)",
                hasState ? "io->state" : "0",
                info.metrics.empty() ? "0" : "io->metrics",
                hasState && hasGradient ? "io->state_gradient" : "0");
}

void HeaderWriter::writeEntries() {
  if (info.getFunction(RNN_FORWARD))
    os << formatv(R"(
/* Outputs and final state, with the parameters last given to rnn_plan_pack. */
static inline rnn_status {0}_forward(rnn_plan *plan, const {0}_io *io) {{
  {0}_arrays arrays;
  rnn_call call;
  {0}_fill_call(io, &arrays, &call);
  return rnn_forward(plan, &call);
}
)",
                  lower);
  if (info.getFunction(RNN_LOSS))
    os << formatv(R"(
/* The loss, outputs, metrics and final state, with the parameters last given to
 * rnn_plan_pack. */
static inline rnn_status {0}_loss(rnn_plan *plan, const {0}_io *io, double *loss) {{
  {0}_arrays arrays;
  rnn_call call;
  {0}_fill_call(io, &arrays, &call);
  call.loss = loss;
  return rnn_loss(plan, &call);
}
)",
                  lower);
  if (hasGradient)
    os << formatv(R"(
/* The same at `params`, with the gradient of the loss in each of them:
 * gradient[{1}_PARAMS], overwritten. */
static inline rnn_status {0}_gradient(rnn_plan *plan, const {2} *params, const {0}_io *io, double *loss,
                                      {2} *gradient) {{
  {0}_arrays arrays;
  rnn_call call;
  {0}_fill_call(io, &arrays, &call);
  call.loss = loss;
  call.gradient = gradient;
  return rnn_gradient(plan, params, &call);
}
)",
                  lower, upper, getElement());
}

void HeaderWriter::writeEpilogue() {
  os << R"(
#ifdef __cplusplus
}
#endif
#endif
)";
}

void HeaderWriter::write() {
  writePrologue();
  writeSizes();
  writeParameterMacros();
  os << "\n/* Elements of one step of one sequence, and vocabularies. */\n";
  writeInputMacros(info.inputs);
  writeInputMacros(info.targets);
  writeInputMacros(info.outputs);
  writeMetricMacros();
  writeParameterFunctions();
  writeStream();
  if (hasEntries()) {
    writeIO();
    writeCall();
    writeEntries();
  }
  writeEpilogue();
}

void rnnc::writeHeader(const ModelInfo &info, raw_ostream &os) {
  HeaderWriter(info, os).write();
}
