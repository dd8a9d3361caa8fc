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

#include "compiler/lib/Driver/HeaderWriter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// Names and descriptions
//===----------------------------------------------------------------------===//

void HeaderWriter::nameMembers() {
  NameScope scope;
  for (StringRef name :
       {"B", "state", "state_gradient", "metrics", "seed", "flags"})
    scope.add(name);
  for (StringRef axis : info.axes)
    axes.push_back(scope.add(axis));
  for (const std::string &axis : axes)
    lengths.push_back(scope.add(axis + "_lengths"));
  auto name = [&](ArrayRef<TensorInfo> tensors, SmallVector<Member> &members) {
    for (const TensorInfo &tensor : tensors)
      members.push_back({&tensor, scope.add(tensor.name), ""});
  };
  name(info.inputs, inputs);
  name(info.targets, targets);
  name(info.outputs, outputs);
  for (Member &input : inputs)
    if (hasGradient && input.tensor->type != RNN_TOKEN)
      input.derivative = scope.add(input.name + "_gradient");
  for (Member &output : outputs)
    if (info.getFunction(RNN_TANGENT))
      output.derivative = scope.add(output.name + "_tangent");
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
  if (info.weightType != info.elementType)
    os << "/* What products without derivatives keep the weights as. */\n"
       << "#define " << upper << "_WEIGHTS "
       << (info.weightType == RNN_BF16 ? "RNN_BF16" : "RNN_INT8") << '\n';
  if (!info.states.empty())
    os << "/* Bytes of one state record. */\n#define " << upper
       << "_STATE_BYTES " << info.stateBytes << '\n';
  if (info.stream)
    os << "/* Bytes of the packed weights of a stream. */\n#define " << upper
       << "_STEP_BYTES "
       << std::max<uint64_t>(info.stream->panelsBytes, RNN_ALIGNMENT) << '\n';
  if (hasOwnRecords())
    os << "/* Bytes of one record of a stream: the states and the stream's "
          "own. "
          "*/\n#define "
       << upper << "_STREAM_BYTES " << info.stream->stateBytes << '\n';
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
  if (hasOwnRecords() && !info.stream->reset.empty())
    os << formatv(R"(
/* Fills one record of a stream, state[{1}_STREAM_BYTES]. */
static inline rnn_status {0}_begin(const {2} *params, void *state) {{
  return (rnn_status){0}.stream->reset(params, state);
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
  bool hasState = info.stream->stateBytes != 0;
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
// The whole
//===----------------------------------------------------------------------===//

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
