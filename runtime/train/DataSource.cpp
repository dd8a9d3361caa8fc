//===- DataSource.cpp - Batches of examples -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// An epoch's order is a function of its number and the seed alone.
//===----------------------------------------------------------------------===//
#include "runtime/train/DataSource.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Philox.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace rnn;
using namespace rnn::train;

//===----------------------------------------------------------------------===//
// What can be walked
//===----------------------------------------------------------------------===//

static void checkWindows(const rnn_model &Model) {
  const std::string Subject = std::string("model '") + Model.name + "': ";
  if (Model.axis_count != 1)
    throw Error(RNN_ERROR_UNSUPPORTED,
                Subject +
                    "sequences of one time axis can be cut into windows, "
                    "got " +
                    std::to_string(Model.axis_count));
  if (Model.state_count == 0)
    throw Error(RNN_ERROR_UNSUPPORTED,
                Subject + "expected a state to carry from window to window, "
                          "got none");
  for (uint64_t Index = 0; Index < Model.target_count; ++Index)
    if (Model.targets[Index].axis < 0)
      throw Error(RNN_ERROR_UNSUPPORTED,
                  Subject + "target '" + Model.targets[Index].name +
                      "': expected one at every step, to cut sequences into "
                      "windows");
}

int64_t train::evaluationBatch(const DataSet &Of) {
  int64_t Steps = 1;
  for (uint64_t Axis = 0; Axis < Of.model().axis_count; ++Axis)
    Steps = std::max(Steps, Of.steps(Axis));
  return std::clamp<int64_t>(65536 / Steps, 1, Of.size());
}

DataSource::DataSource(std::shared_ptr<const DataSet> Of,
                       const DataOptions &Asked)
    : From(std::move(Of)), Given(Asked), Inputs(From->model().input_count),
      Targets(From->model().target_count) {
  if (Given.Batch < 1 || Given.Window < 0)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a batch of 1 or more and windows of 0 or more, got " +
                    std::to_string(Given.Batch) + " and " +
                    std::to_string(Given.Window));
  if (Given.Count == 0)
    Given.Count = From->size() - Given.First;
  if (Given.First < 0 || Given.Count < 1 ||
      Given.First + Given.Count > From->size())
    throw Error(RNN_ERROR_ARGUMENT, "expected examples of " +
                                        std::to_string(From->size()) +
                                        ", got " + std::to_string(Given.Count) +
                                        " from " + std::to_string(Given.First));
  if (Given.Window > 0)
    checkWindows(From->model());
  Given.Batch = std::min(Given.Batch, Given.Count);
  for (uint64_t Axis = 0; Axis < From->model().axis_count; ++Axis)
    HasLengths |= From->hasLengths(Axis);
  rewind();
}

void DataSource::addSizes(rnn_plan_options &Sizes) const {
  for (uint64_t Axis = 0; Axis < From->model().axis_count; ++Axis) {
    const int64_t Steps = From->steps(Axis);
    const int64_t Most = Given.Window ? std::min(Given.Window, Steps) : Steps;
    Sizes.axes[Axis] = std::max(Sizes.axes[Axis], Most);
  }
  Sizes.batch = std::max(Sizes.batch, Given.Batch);
}

std::vector<Identity> DataSource::identity() const {
  return {{"rnnc.data",
           std::to_string(From->hash()) + "/" + std::to_string(Given.Count),
           "data set or validation split"},
          {"rnnc.order", std::to_string(Given.Seed), "seed"}};
}

//===----------------------------------------------------------------------===//
// Epochs
//===----------------------------------------------------------------------===//

/// Fisher and Yates's.
void DataSource::shuffle(std::vector<int64_t> &Values, const char *What) const {
  const Random Numbers(Given.Seed,
                       streamOf(What) + static_cast<uint64_t>(Epoch));
  for (size_t Left = Values.size(); Left > 1; --Left) {
    const auto Pick =
        static_cast<size_t>(Numbers.uniform(Left) * static_cast<double>(Left));
    std::swap(Values[Left - 1], Values[std::min(Pick, Left - 1)]);
  }
}

bool DataSource::isLonger(int64_t A, int64_t B) const {
  for (uint64_t Axis = 0; Axis < From->model().axis_count; ++Axis)
    if (From->length(Axis, A) != From->length(Axis, B))
      return From->length(Axis, A) > From->length(Axis, B);
  return false;
}

/// Longest first; those of one length stay in the order that they have.
void DataSource::sortByLength() {
  std::vector<int64_t> Places(Order.size());
  for (size_t Place = 0; Place < Order.size(); ++Place)
    Places[Order[Place] - Given.First] = static_cast<int64_t>(Place);
  std::sort(Order.begin(), Order.end(), [&](int64_t A, int64_t B) {
    if (isLonger(A, B) || isLonger(B, A))
      return isLonger(A, B);
    return Places[A - Given.First] < Places[B - Given.First];
  });
}

void DataSource::addWindows(int64_t Begin, int64_t End) {
  // The first is the longest.
  const int64_t Steps = Given.Window ? From->length(0, Order[Begin]) : 0;
  Windows.push_back({Begin, End, 0});
  for (int64_t Start = Given.Window; Start < Steps; Start += Given.Window)
    Windows.push_back({Begin, End, Start});
}

void DataSource::startEpoch(int64_t Number) {
  Epoch = Number;
  Next = 0;
  Order.resize(Given.Count);
  std::iota(Order.begin(), Order.end(), Given.First);
  if (Given.Shuffled)
    shuffle(Order, "order of examples");
  if (HasLengths)
    sortByLength();
  std::vector<int64_t> Starts;
  for (int64_t Begin = 0; Begin < Given.Count; Begin += Given.Batch)
    Starts.push_back(Begin);
  if (Given.Shuffled && HasLengths)
    shuffle(Starts, "order of batches");
  Windows.clear();
  for (const int64_t Begin : Starts)
    addWindows(Begin, std::min(Begin + Given.Batch, Given.Count));
}

void DataSource::rewind() {
  startEpoch(0);
  IsFresh = true;
}

int64_t DataSource::position() const {
  return Epoch << 32 | static_cast<int64_t>(Next);
}

void DataSource::setPosition(int64_t Where) {
  startEpoch(Where >> 32);
  Next = static_cast<size_t>(Where & 0xFFFFFFFF);
  IsFresh = Where == 0;
  if (Where < 0 || Next > Windows.size())
    throw Error(RNN_ERROR_MISMATCH, "expected a position of at most " +
                                        std::to_string(Windows.size()) +
                                        " batches in the data set, got " +
                                        std::to_string(Next));
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

void DataSource::setLengths(const Window &Of, uint64_t Axis) {
  const int64_t Reach = Given.Window ? Given.Window : From->steps(Axis);
  std::vector<int32_t> &Into = Lengths[Axis];
  Into.clear();
  Current.Axes[Axis] = 1;
  if (Reach == 0)
    return; // Nothing is over this axis.
  for (const int64_t Example : Current.Examples)
    Into.push_back(static_cast<int32_t>(
        std::clamp<int64_t>(From->length(Axis, Example) - Of.Start, 0, Reach)));
  const auto [Least, Most] = std::minmax_element(Into.begin(), Into.end());
  Current.Axes[Axis] = std::max(*Most, 1);
  Current.Lengths[Axis] = *Least == Current.Axes[Axis] ? nullptr : Into.data();
}

/// Copies the rows of a window, time-major, with zeroes behind the lengths.
const void *DataSource::gather(const Window &Of, const rnn_tensor &Tensor,
                               uint64_t Index, bool IsTarget, Buffer &Into) {
  const auto RowsOf = [&](int64_t Example) {
    return IsTarget ? From->target(Index, Example)
                    : From->input(Index, Example);
  };
  if (!RowsOf(Current.Examples[0]))
    return nullptr;
  const bool OverTime = Tensor.axis >= 0;
  const int64_t Steps = OverTime ? Current.Axes[Tensor.axis] : 1;
  const size_t Row = From->bytes(Tensor);
  const size_t Bytes = Steps * Current.Size * Row;
  if (Into.size() < Bytes)
    Into = Buffer(Bytes);
  for (int64_t Sequence = 0; Sequence < Current.Size; ++Sequence) {
    const int64_t Valid = OverTime ? Lengths[Tensor.axis][Sequence] : 1;
    const char *Rows =
        RowsOf(Current.Examples[Sequence]) + (OverTime ? Of.Start * Row : 0);
    for (int64_t Step = 0; Step < Steps; ++Step) {
      char *To = Into.data() + (Step * Current.Size + Sequence) * Row;
      if (Step < Valid)
        std::memcpy(To, Rows + Step * Row, Row);
      else
        std::memset(To, 0, Row);
    }
  }
  return Into.data();
}

/// The axis whose valid steps a mean is probably over: that of the first
/// target, else of the last input that has one.
static int32_t countedAxis(const rnn_model &Model) {
  if (Model.target_count > 0)
    return Model.targets[0].axis;
  for (uint64_t Index = Model.input_count; Index-- > 0;)
    if (Model.inputs[Index].axis >= 0)
      return Model.inputs[Index].axis;
  return -1;
}

void DataSource::fill(const Window &Of) {
  const rnn_model &Model = From->model();
  int64_t End = Of.End;
  // Sequences that have ended leave the batch: they are its last ones.
  while (Of.Start > 0 && From->length(0, Order[End - 1]) <= Of.Start)
    --End;
  Current.Size = End - Of.Begin;
  Current.Examples = std::span(Order).subspan(Of.Begin, Current.Size);
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    setLengths(Of, Axis);
  Current.Inputs.clear();
  for (uint64_t I = 0; I < Model.input_count; ++I)
    Current.Inputs.push_back(gather(Of, Model.inputs[I], I, false, Inputs[I]));
  Current.Targets.clear();
  for (uint64_t I = 0; I < Model.target_count; ++I)
    Current.Targets.push_back(
        gather(Of, Model.targets[I], I, true, Targets[I]));
  const int32_t Counted = countedAxis(Model);
  Current.Weight = Counted < 0 ? static_cast<double>(Current.Size)
                               : std::accumulate(Lengths[Counted].begin(),
                                                 Lengths[Counted].end(), 0.0);
  Current.Items = Of.Start == 0 ? Current.Size : 0;
}

const Batch &DataSource::next() {
  if (Next == Windows.size())
    startEpoch(Epoch + 1);
  IsFresh = false;
  const Window &Of = Windows[Next];
  fill(Of);
  Current.StartsEpoch = Next == 0;
  Current.Anew = Of.Start == 0;
  ++Next;
  Current.GoesOn = Next < Windows.size() && Windows[Next].Start > 0;
  return Current;
}
