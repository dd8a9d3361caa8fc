//===- DataSet.cpp - Examples to learn from -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Matches a file with a model's inputs and targets.
//===----------------------------------------------------------------------===//
#include "runtime/train/DataSet.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Philox.h"
#include "runtime/lib/Plan.h"
#include "runtime/train/Convert.h"

#include <algorithm>
#include <span>

using namespace rnn;
using namespace rnn::train;

void DataSet::fail(const std::string &Text) const {
  throw Error(RNN_ERROR_MISMATCH, File.Path + ": " + Text);
}

static std::string lengthsName(const char *Axis) {
  return std::string(Axis) + ".lengths";
}

size_t DataSet::bytes(const rnn_tensor &Of) const {
  return Of.size *
         (Of.type == RNN_TOKEN ? sizeof(int32_t) : elementSize(Model));
}

static bool always(const rnn_model &, uint64_t) { return true; }
static bool never(const rnn_model &, uint64_t) { return false; }

/// An input that the stream is not fed, so part of its context.
static bool isContext(const rnn_model &Model, uint64_t Index) {
  const rnn_stream *Stream = Model.stream;
  return !Stream ||
         std::find(Stream->inputs, Stream->inputs + Stream->input_count,
                   Index) == Stream->inputs + Stream->input_count;
}

std::vector<DataSet::Column>
DataSet::readAll(const char *Kind, const rnn_tensor *Tensors, uint64_t Count,
                 bool (*IsNeeded)(const rnn_model &, uint64_t)) {
  std::vector<Column> Columns(Count);
  for (uint64_t Index = 0; Index < Count; ++Index) {
    const std::string Name = Tensors[Index].name;
    if (const TensorView *View = File.find(Name))
      Columns[Index] = read(Tensors[Index], *View);
    else if (IsNeeded(Model, Index))
      fail(std::string("expected ") + Kind + " '" + Name +
           "', got no such tensor");
  }
  return Columns;
}

DataSet::DataSet(const rnn_model &Model, const std::string &Path, Needs What)
    : Model((checkModel(&Model), Model)), File(readTensors(Path)) {
  Hash = streamOf({File.Bytes.data(), File.Bytes.size()});
  Inputs = readAll("input", Model.inputs, Model.input_count,
                   What == Needs::Context ? isContext : always);
  Targets = readAll("target", Model.targets, Model.target_count,
                    What == Needs::All ? always : never);
  for (const Column &Target : Targets)
    HasTargets &= Target.Data.data() != nullptr;
  if (Count == 0)
    fail("expected an example or more, got none");
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    readLengths(Axis);
  findUnused();
}

void DataSet::takeSize(int64_t &Into, int64_t Size, const char *What,
                       const std::string &Name, std::string &From) {
  if (!From.empty() && Into != Size)
    fail("'" + Name + "': expected " + std::to_string(Into) + " " + What +
         ", as in '" + From + "', got " + std::to_string(Size));
  Into = Size;
  From = Name;
}

DataSet::Column DataSet::read(const rnn_tensor &Tensor,
                              const TensorView &View) {
  const size_t Front = Tensor.axis >= 0 ? 2 : 1;
  const std::span<const int64_t> Own(Tensor.shape, Tensor.rank);
  const std::span<const int64_t> Got(View.Shape);
  // A vector [1] may be a number.
  const bool IsNumber = Tensor.size == 1 && Got.size() == Front;
  const bool Fits = Got.size() >= Front &&
                    (IsNumber || std::ranges::equal(Got.subspan(Front), Own));
  if (!Fits) {
    std::string Expected = Tensor.axis >= 0 ? "[N, T" : "[N";
    for (const int64_t Size : Own)
      Expected += ", " + std::to_string(Size);
    fail(std::string("'") + Tensor.name + "': expected " + Expected +
         "], got " + shapeText(View.Shape));
  }
  takeSize(Count, Got[0], "examples", Tensor.name, CountFrom);
  if (Tensor.axis >= 0)
    takeSize(Steps[Tensor.axis], Got[1], "steps", Tensor.name,
             StepsFrom[Tensor.axis]);
  if (Tensor.axis >= 0 && Got[1] == 0)
    fail(std::string("'") + Tensor.name + "': expected a step or more, got 0");
  const auto Rows = static_cast<size_t>(Tensor.axis >= 0 ? Got[1] : 1);
  return {convert(View, dtypeOf(Tensor.type),
                  File.Path + ": '" + Tensor.name + "'"),
          Rows * bytes(Tensor)};
}

void DataSet::readLengths(uint64_t Axis) {
  const std::string Name = lengthsName(Model.axes[Axis]);
  const TensorView *View = File.find(Name);
  if (!View)
    return;
  if (View->Shape != std::vector<int64_t>{Count})
    fail("'" + Name + "': expected " + shapeText(std::span(&Count, 1)) +
         ", got " + shapeText(View->Shape));
  Lengths[Axis] = convert(*View, DType::I32, File.Path + ": '" + Name + "'");
  for (int64_t Example = 0; Example < Count; ++Example)
    if (const int32_t Length = lengths(Axis)[Example];
        Length < 0 || Length > Steps[Axis])
      fail("'" + Name + "': expected lengths of 0 to " +
           std::to_string(Steps[Axis]) + ", got " + std::to_string(Length) +
           " for example " + std::to_string(Example));
}

void DataSet::findUnused() {
  const auto IsKnown = [&](const std::string &Name) {
    for (const auto &Tensors : {std::span(Model.inputs, Model.input_count),
                                std::span(Model.targets, Model.target_count)})
      for (const rnn_tensor &Tensor : Tensors)
        if (Name == Tensor.name)
          return true;
    for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
      if (Name == lengthsName(Model.axes[Axis]))
        return true;
    return false;
  };
  for (const auto &[Name, View] : File.Tensors)
    if (!IsKnown(Name))
      Unused.push_back(Name);
}
