//===- Exchange.cpp - The tensors of one call -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Matches a file with a descriptor.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Exchange.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/train/Convert.h"

#include <algorithm>
#include <cstring>
#include <span>

using namespace rnn;
using namespace rnn::run;

void Exchange::fail(const std::string &Text) const {
  throw Error(RNN_ERROR_MISMATCH, File.Path + ": " + Text);
}

Exchange::Exchange(const rnn_model &Model, const TensorFile &File)
    : Model(Model), File(File) {
  checkNames();
  findSizes();
  bind(Model.inputs, Model.input_count, InputData, Inputs);
  if (HasTargets)
    bind(Model.targets, Model.target_count, TargetData, Targets);
  readLengths();
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static std::vector<std::string> namesOf(const rnn_tensor *Tensors,
                                        uint64_t Count) {
  std::vector<std::string> Names;
  Names.reserve(Count);
  for (uint64_t Index = 0; Index < Count; ++Index)
    Names.emplace_back(Tensors[Index].name);
  return Names;
}

static std::string lengthsName(const char *Axis) {
  return std::string(Axis) + ".lengths";
}

void Exchange::checkNames() const {
  std::vector<std::string> Known;
  Known.reserve(Model.axis_count);
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    Known.push_back(lengthsName(Model.axes[Axis]));
  for (const auto &Names : {namesOf(Model.parameters, Model.parameter_count),
                            namesOf(Model.inputs, Model.input_count),
                            namesOf(Model.targets, Model.target_count),
                            namesOf(Model.states, Model.state_count)})
    Known.insert(Known.end(), Names.begin(), Names.end());
  for (const auto &[Name, View] : File.Tensors) {
    if (Name[0] == CheckpointPrefix ||
        std::find(Known.begin(), Known.end(), Name) != Known.end())
      continue;
    const std::string Nearest = nearestName(Name, Known);
    fail("expected parameters, inputs, targets and states of model '" +
         std::string(Model.name) + "', got '" + Name + "'" +
         (Nearest.empty() ? "" : "; did you mean '" + Nearest + "'?"));
  }
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

void Exchange::takeSize(int64_t &Into, int64_t Size, const char *What,
                        const std::string &Name) {
  std::string &From = &Into == &Batch ? BatchFrom : AxesFrom[&Into - Axes];
  if (!From.empty() && Into != Size)
    fail("'" + Name + "': expected " + std::to_string(Into) + " " + What +
         ", as in '" + From + "', got " + std::to_string(Size));
  Into = Size;
  From = Name;
}

void Exchange::takeSizes(Kind Of, const rnn_tensor &Tensor) {
  const TensorView *View = File.find(Tensor.name);
  if (!View)
    return;
  const bool OverTime = Of != Kind::State && Tensor.axis >= 0;
  const size_t Front = OverTime ? 2 : 1;
  const std::span<const int64_t> Own(Tensor.shape, Tensor.rank);
  const bool Fits =
      View->Shape.size() == Front + Own.size() &&
      std::equal(Own.begin(), Own.end(), View->Shape.begin() + Front);
  if (!Fits) {
    std::string Expected = OverTime ? "[T, B" : "[B";
    for (const int64_t Size : Own)
      Expected += ", " + std::to_string(Size);
    fail(std::string("'") + Tensor.name + "': expected " + Expected +
         "], got " + shapeText(View->Shape));
  }
  if (OverTime)
    takeSize(Axes[Tensor.axis], View->Shape[0], "steps", Tensor.name);
  takeSize(Batch, View->Shape[Front - 1], "sequences", Tensor.name);
}

void Exchange::findSizes() {
  for (const rnn_tensor &Tensor : std::span(Model.inputs, Model.input_count)) {
    if (!File.find(Tensor.name))
      fail(std::string("expected input '") + Tensor.name +
           "', got no such tensor");
    takeSizes(Kind::Input, Tensor);
  }
  for (const rnn_tensor &Tensor :
       std::span(Model.targets, Model.target_count)) {
    HasTargets |= File.find(Tensor.name) != nullptr;
    takeSizes(Kind::Target, Tensor);
  }
  for (const rnn_tensor &Tensor : std::span(Model.states, Model.state_count)) {
    HasStates |= File.find(Tensor.name) != nullptr;
    takeSizes(Kind::State, Tensor);
  }
  // A loss that takes no targets can always be had.
  HasTargets |= Model.target_count == 0;
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    if (AxesFrom[Axis].empty())
      fail(std::string("expected a tensor over time axis '") +
           Model.axes[Axis] + "', got none");
  if (BatchFrom.empty())
    Batch = 1;
}

std::vector<int64_t> Exchange::shape(const rnn_tensor &Tensor) const {
  std::vector<int64_t> Shape;
  if (Tensor.axis >= 0)
    Shape.push_back(Axes[Tensor.axis]);
  Shape.push_back(Batch);
  Shape.insert(Shape.end(), Tensor.shape, Tensor.shape + Tensor.rank);
  return Shape;
}

int64_t Exchange::elements(const rnn_tensor &Tensor) const {
  const int64_t Steps = Tensor.axis >= 0 ? Axes[Tensor.axis] : 1;
  return Steps * Batch * static_cast<int64_t>(Tensor.size);
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

Buffer Exchange::readTokens(const rnn_tensor &Tensor,
                            const TensorView &From) const {
  if (From.Type != DType::I32 && From.Type != DType::I64)
    fail(std::string("'") + Tensor.name +
         "': expected tokens of type I32 or "
         "I64, got " +
         dtypeName(From.Type));
  const size_t Count = From.elements(), Width = dtypeSize(From.Type);
  Buffer Read(Count * sizeof(int32_t));
  auto *Tokens = reinterpret_cast<int32_t *>(Read.data());
  const char *Source = static_cast<const char *>(From.Data);
  for (size_t Index = 0; Index < Count; ++Index) {
    int64_t Token = 0;
    if (Width == 8)
      std::memcpy(&Token, Source + Index * Width, Width);
    int32_t Narrow = static_cast<int32_t>(Token);
    if (Width == 4)
      std::memcpy(&Narrow, Source + Index * Width, Width);
    else if (Narrow != Token)
      fail(std::string("'") + Tensor.name + "': expected a token of 0 to " +
           std::to_string(Tensor.vocabulary - 1) + ", got " +
           std::to_string(Token) + " at position " + std::to_string(Index));
    Tokens[Index] = Narrow;
  }
  return Read;
}

Buffer Exchange::read(const rnn_tensor &Tensor) const {
  const TensorView *From = File.find(Tensor.name);
  if (!From)
    fail(std::string("expected '") + Tensor.name + "', got no such tensor");
  if (Tensor.type == RNN_TOKEN)
    return readTokens(Tensor, *From);
  if (From->Type != dtypeOf(Tensor.type))
    fail(std::string("'") + Tensor.name + "': expected type " +
         dtypeName(dtypeOf(Tensor.type)) + ", got " + dtypeName(From->Type));
  Buffer Read(From->bytes());
  if (From->bytes() > 0)
    std::memcpy(Read.data(), From->Data, From->bytes());
  return Read;
}

void Exchange::bind(const rnn_tensor *Tensors, uint64_t Count,
                    std::vector<Buffer> &Data,
                    std::vector<const void *> &Pointers) {
  for (uint64_t Index = 0; Index < Count; ++Index) {
    Data.push_back(read(Tensors[Index]));
    Pointers.push_back(Data.back().data());
  }
}

void Exchange::readLengths() {
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis) {
    const std::string Name = lengthsName(Model.axes[Axis]);
    const TensorView *View = File.find(Name);
    if (!View)
      continue;
    if (View->Shape != std::vector<int64_t>{Batch})
      fail("'" + Name + "': expected [" + std::to_string(Batch) + "], got " +
           shapeText(View->Shape));
    LengthData[Axis] =
        train::convert(*View, DType::I32, File.Path + ": '" + Name + "'");
    Lengths[Axis] = reinterpret_cast<const int32_t *>(LengthData[Axis].data());
  }
}

void Exchange::copyStates(char *States) const {
  const size_t Element = elementSize(Model);
  for (const rnn_tensor &Tensor : std::span(Model.states, Model.state_count)) {
    if (!File.find(Tensor.name))
      continue;
    const Buffer Read = read(Tensor);
    const size_t Bytes = Tensor.size * Element;
    for (int64_t Sequence = 0; Sequence < Batch; ++Sequence)
      std::memcpy(States + Sequence * Model.state_bytes +
                      Tensor.offset * Element,
                  Read.data() + Sequence * Bytes, Bytes);
  }
}

rnn_call Exchange::call() const {
  rnn_call Call{};
  Call.struct_size = sizeof(Call);
  Call.batch = Batch;
  Call.axes = Axes;
  Call.inputs = Inputs.data();
  Call.targets = Targets.data();
  Call.lengths = Lengths;
  return Call;
}
