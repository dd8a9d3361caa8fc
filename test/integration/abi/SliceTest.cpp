//===- SliceTest.cpp - Tests of plans with several threads ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Slices of a batch add up to what the whole batch gives, to the same bits for
// any number of threads, ours or the caller's; and nothing is allocated.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Allocations.h"
#include "test/integration/abi/Models.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>

namespace {

constexpr int64_t Steps = 11;
const rnn_model *const Models[] = {&lstmstack, &grustack, &vanillastack,
                                   &tokens};

/// Runs tasks on threads that live as long as one task.
void runAtOnce(void *Context, int32_t Threads, void (*Task)(void *, int32_t),
               void *Argument) {
  ++*static_cast<int *>(Context);
  std::vector<std::thread> Started;
  for (int32_t Thread = 0; Thread < Threads; ++Thread)
    Started.emplace_back(Task, Argument, Thread);
  for (std::thread &Each : Started)
    Each.join();
}

rnn_plan_options optionsOf(int64_t Batch, int32_t Threads, int32_t Slices) {
  rnn_plan_options Options{};
  Options.axes[0] = Steps;
  Options.batch = Batch;
  Options.threads = Threads;
  Options.slices = Slices;
  return Options;
}

/// All results of two rounds of every function, with states carried on.
Bytes run(const rnn_model &Model, const rnn_plan_options &Options,
          int64_t Batch, const int32_t *Lengths) {
  rnn_plan *Made = nullptr;
  EXPECT_EQ(rnn_plan_create(&Model, &Options, &Made), RNN_OK)
      << rnn_last_error();
  const PlanHandle Plan(Made);
  Work W(Model, Steps, Batch);
  const int32_t *OfAxes[] = {Lengths};
  W.Call.lengths = Lengths ? OfAxes : nullptr;
  EXPECT_EQ(rnn_reset(&Model, W.params(), W.Call.state, Batch), RNN_OK);
  Bytes All;
  for (int Round = 0; Round < 2; ++Round) {
    EXPECT_EQ(rnn_gradient(Made, W.params(), &W.Call), RNN_OK)
        << rnn_last_error();
    EXPECT_EQ(rnn_plan_pack(Made, W.params()), RNN_OK);
    EXPECT_EQ(rnn_loss(Made, &W.Call), RNN_OK) << rnn_last_error();
    EXPECT_EQ(rnn_forward(Made, &W.Call), RNN_OK) << rnn_last_error();
    const Bytes Now = W.results();
    All.insert(All.end(), Now.begin(), Now.end());
  }
  return All;
}

template <typename Number>
bool areClose(const Bytes &Left, const Bytes &Right, size_t At, double Bound) {
  Number X, Y;
  if (At + sizeof(Number) > Left.size())
    return false;
  std::memcpy(&X, Left.data() + At, sizeof(X));
  std::memcpy(&Y, Right.data() + At, sizeof(Y));
  return std::abs(X - Y) <= Bound * (1 + std::abs(X));
}

/// Compares results, which are floats with a few doubles (losses) among them,
/// or doubles.
void expectClose(const Bytes &Left, const Bytes &Right, bool AreDoubles) {
  ASSERT_EQ(Left.size(), Right.size());
  if (AreDoubles) {
    for (size_t At = 0; At < Left.size(); At += sizeof(double))
      ASSERT_TRUE(areClose<double>(Left, Right, At, 1e-12)) << "byte " << At;
    return;
  }
  for (size_t At = 0; At < Left.size(); At += sizeof(float))
    ASSERT_TRUE(areClose<float>(Left, Right, At, 2e-5) ||
                areClose<double>(Left, Right, At, 1e-6) ||
                areClose<double>(Left, Right, At - sizeof(float), 1e-6))
        << "byte " << At;
}

class Slices : public testing::TestWithParam<int64_t> {
protected:
  /// Without lengths, and with some of 0 and of all steps.
  template <typename Body> void forEachCase(Body &&Test) {
    const int64_t Batch = GetParam();
    std::vector<int32_t> Lengths(Batch);
    for (int64_t I = 0; I < Batch; ++I)
      Lengths[I] = static_cast<int32_t>(I * 5 % (Steps + 1));
    Lengths[Batch / 2] = Steps;
    for (const rnn_model *Model : Models)
      for (const int32_t *Given :
           {static_cast<const int32_t *>(nullptr),
            static_cast<const int32_t *>(Lengths.data())}) {
        SCOPED_TRACE(testing::Message() << Model->name << ", batch " << Batch
                                        << (Given ? ", lengths" : ""));
        Test(*Model, Batch, Given);
      }
  }
};

TEST_P(Slices, AllModelsHaveThem) {
  for (const rnn_model *Model : Models)
    for (const int Function : {RNN_FORWARD, RNN_LOSS, RNN_GRADIENT})
      EXPECT_TRUE(Model->functions[Function]->flags & RNN_SLICES);
}

TEST_P(Slices, TheSameBitsForAnyThreads) {
  forEachCase([](const rnn_model &Model, int64_t Batch, const int32_t *Given) {
    for (const int32_t Count : {1, 2, 3}) {
      const Bytes One = run(Model, optionsOf(Batch, 1, Count), Batch, Given);
      for (const int32_t Threads : {2, 3, 4})
        EXPECT_EQ(run(Model, optionsOf(Batch, Threads, Count), Batch, Given),
                  One)
            << Threads << " threads, " << Count << " slices";
    }
  });
}

TEST_P(Slices, TheSameBitsOnTheCallersThreads) {
  forEachCase([](const rnn_model &Model, int64_t Batch, const int32_t *Given) {
    rnn_plan_options Options = optionsOf(Batch, 3, 2);
    const Bytes Ours = run(Model, Options, Batch, Given);
    int Calls = 0;
    Options.parallel = runAtOnce;
    Options.parallel_context = &Calls;
    EXPECT_EQ(run(Model, Options, Batch, Given), Ours);
    EXPECT_GT(Calls, 0) << "a team where there is one sequence";
  });
}

TEST_P(Slices, AddUpToTheWhole) {
  forEachCase([](const rnn_model &Model, int64_t Batch, const int32_t *Given) {
    const Bytes Whole = run(Model, optionsOf(Batch, 1, 0), Batch, Given);
    for (const int32_t Count : {2, 3}) {
      const Bytes Cut = run(Model, optionsOf(Batch, 2, Count), Batch, Given);
      expectClose(Cut, Whole, Model.element_type == RNN_F64);
    }
  });
}

TEST_P(Slices, SmallerBatchesThanThePlans) {
  const int64_t Batch = GetParam();
  for (const rnn_model *Model : Models)
    EXPECT_EQ(run(*Model, optionsOf(Batch + 3, 2, 2), Batch, nullptr),
              run(*Model, optionsOf(Batch + 3, 1, 2), Batch, nullptr));
}

TEST_P(Slices, AllocateNothing) {
  if (!countsAllocations())
    GTEST_SKIP() << "the sanitizer has its own allocator";
  // Compiled without oneDNN, which allocates.
  const rnn_model &Model = vanillastack;
  const int64_t Batch = GetParam();
  // By slices where there are several sequences, then by a team.
  for (const int32_t Slices : {0, 1}) {
    SCOPED_TRACE(testing::Message() << "slices " << Slices);
    const rnn_plan_options Options = optionsOf(Batch, 3, Slices);
    rnn_plan *Made = nullptr;
    ASSERT_EQ(rnn_plan_create(&Model, &Options, &Made), RNN_OK);
    const PlanHandle Plan(Made);
    Work W(Model, Steps, Batch);
    ASSERT_EQ(rnn_reset(&Model, W.params(), W.Call.state, Batch), RNN_OK);
    const long Before = allocationsOfAllThreads();
    const int Status = rnn_plan_pack(Made, W.params()) |
                       rnn_forward(Made, &W.Call) | rnn_loss(Made, &W.Call) |
                       rnn_gradient(Made, W.params(), &W.Call);
    EXPECT_EQ(allocationsOfAllThreads(), Before);
    EXPECT_EQ(Status, RNN_OK);
  }
}

TEST_P(Slices, ErrorsReachTheCaller) {
  const int64_t Batch = GetParam();
  const rnn_plan_options Options = optionsOf(Batch, 2, 0);
  rnn_plan *Made = nullptr;
  ASSERT_EQ(rnn_plan_create(&tokens, &Options, &Made), RNN_OK);
  const PlanHandle Plan(Made);
  Work W(tokens, Steps, Batch);
  EXPECT_EQ(rnn_forward(Made, &W.Call), RNN_ERROR_NOT_PACKED);
  W.Call.batch = Batch + 1;
  EXPECT_EQ(rnn_gradient(Made, W.params(), &W.Call), RNN_ERROR_CAPACITY);
}

INSTANTIATE_TEST_SUITE_P(Batches, Slices, testing::Values(1, 2, 3, 7));

} // namespace
