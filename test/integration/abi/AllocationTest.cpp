//===- AllocationTest.cpp - Tests of what calls allocate ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// After a plan is made, no entry point allocates with generated GEMMs; with
// oneDNN's, nothing but the library itself does, a few times an execution.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Allocations.h"
#include "test/integration/abi/Models.h"

#include <functional>
#include <gtest/gtest.h>

namespace {

/// Calls of the plan's table, which compiled code makes; the table itself is
/// replaced by one that counts and passes on.
struct Executions {
  explicit Executions(rnn_plan *Plan) {
    Real = Plan->table;
    Plan->table = &Counting;
    Count = 0;
  }

  static int32_t pack(rnn_plan *Plan, int32_t Function, int32_t Site,
                      const void *W, int64_t LdN, int64_t LdK) {
    ++Count;
    return Real->pack(Plan, Function, Site, W, LdN, LdK);
  }
  static int32_t gemm(rnn_plan *Plan, int32_t Function, int32_t Site,
                      int64_t Rows, const void *A, int64_t LdA, void *C,
                      int64_t LdC, int32_t Accumulate) {
    ++Count;
    return Real->gemm(Plan, Function, Site, Rows, A, LdA, C, LdC, Accumulate);
  }
  static int32_t gemmTN(rnn_plan *Plan, int64_t N, int64_t K, int64_t Rows,
                        const void *A, int64_t LdA, const void *B, int64_t LdB,
                        void *C, int64_t LdC, int32_t Accumulate) {
    ++Count;
    return Real->gemm_tn(Plan, N, K, Rows, A, LdA, B, LdB, C, LdC, Accumulate);
  }

  static inline const rnn_table *Real;
  static inline long Count;
  static constexpr rnn_table Counting = {sizeof(rnn_table), pack, gemm, gemmTN,
                                         nullptr};
};

struct Counted {
  long Allocations, Executions;
};

/// What one call allocates once it has been made before.
Counted count(const std::function<rnn_status()> &Run) {
  EXPECT_EQ(Run(), RNN_OK) << rnn_last_error();
  Executions::Count = 0;
  const long Before = allocations();
  const rnn_status Status = Run();
  const long After = allocations();
  EXPECT_EQ(Status, RNN_OK);
  return {After - Before, Executions::Count};
}

class Allocations : public testing::Test {
protected:
  void SetUp() override {
    if (!countsAllocations())
      GTEST_SKIP() << "the sanitizer has its own allocator";
    const long Before = allocations();
    const PlanHandle Plan = makePlan(tokens, 1, 1);
    ASSERT_GT(allocations(), Before) << "allocations are not seen";
  }

  /// Every entry point with a plan, with and without a given state.
  template <typename Judge>
  void forEachCall(const rnn_model &Model, rnn_gemm Gemm, Judge &&Check) {
    for (const int64_t Batch : {1, 3, 9}) {
      SCOPED_TRACE(testing::Message() << Model.name << ", batch " << Batch);
      const int64_t Steps = 21;
      const PlanHandle Plan = makePlan(Model, Steps, Batch, Gemm);
      ASSERT_NE(Plan, nullptr) << rnn_last_error();
      const Executions Counting(Plan.get());
      Work W(Model, Steps, Batch);
      rnn_plan *P = Plan.get();
      ASSERT_EQ(rnn_reset(&Model, W.params(), W.Call.state, Batch), RNN_OK);
      for (void *State : {W.Call.state, static_cast<void *>(nullptr)}) {
        W.Call.state = State;
        Check("pack", count([&] { return rnn_plan_pack(P, W.params()); }));
        Check("forward", count([&] { return rnn_forward(P, &W.Call); }));
        Check("loss", count([&] { return rnn_loss(P, &W.Call); }));
        Check("gradient",
              count([&] { return rnn_gradient(P, W.params(), &W.Call); }));
      }
    }
  }
};

TEST_F(Allocations, NoneWithGeneratedGemm) {
  const auto Check = [](const char *Entry, Counted Got) {
    EXPECT_EQ(Got.Allocations, 0) << Entry;
    EXPECT_EQ(Got.Executions, 0) << Entry;
  };
  for (const rnn_model *Model : {&lstmstack, &grustack, &vanillastack, &tokens})
    forEachCall(*Model, RNN_GEMM_GENERATED, Check);
  // Compiled without oneDNN, or of a type that it is not used for.
  forEachCall(vanillastack, RNN_GEMM_LIBRARY, Check);
  forEachCall(grustack, RNN_GEMM_LIBRARY, Check);
}

TEST_F(Allocations, AFewAnExecutionWithOneDNN) {
  long Executed = 0;
  for (const rnn_model *Model : {&lstmstack, &tokens})
    forEachCall(*Model, RNN_GEMM_LIBRARY, [&](const char *Entry, Counted Got) {
      EXPECT_LE(Got.Allocations, 8 * Got.Executions) << Entry;
      Executed += Got.Executions;
    });
  EXPECT_GT(Executed, 0) << "oneDNN never ran";
}

TEST_F(Allocations, NoneInStreams) {
  for (const rnn_model *Model :
       {&lstmstack, &grustack, &vanillastack, &tokens}) {
    SCOPED_TRACE(Model->name);
    Work W(*Model, 1, 1);
    AlignedBytes Panels(Model->stream->panels_bytes);
    const long Before = allocations();
    const int32_t Status = Model->stream->pack(W.params(), Panels.data()) |
                           Model->stream->reset(W.params(), W.Call.state) |
                           rnn_reset(Model, W.params(), W.Call.state, 1) |
                           Model->stream->step(Panels.data(), W.Call.state,
                                               W.Inputs.data(), W.Call.outputs);
    EXPECT_EQ(allocations(), Before);
    EXPECT_EQ(Status, RNN_OK);
  }
}

TEST_F(Allocations, NoneWhereCallsAreRefused) {
  const PlanHandle Plan = makePlan(tokens, 3, 2);
  Work W(tokens, 3, 2);
  reinterpret_cast<int32_t *>(W.Data[0].data())[4] = 11;
  ASSERT_EQ(rnn_plan_pack(Plan.get(), W.params()), RNN_OK);
  const long Before = allocations();
  const rnn_status Status = rnn_forward(Plan.get(), &W.Call);
  EXPECT_EQ(allocations(), Before);
  EXPECT_EQ(Status, RNN_ERROR_TOKEN);
}

} // namespace
