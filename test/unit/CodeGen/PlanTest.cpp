//===- PlanTest.cpp - Calls through the plan's table ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A plan whose table records what it is called with: sites go to it exactly
// where their flag says so, with the arguments of rnn.h.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "runtime/include/rnn/rnn.h"
#include "gtest/gtest.h"

using namespace rnnc::test;

namespace {

std::vector<std::string> calls;

std::string numbers(std::initializer_list<int64_t> values) {
  std::string text;
  for (int64_t value : values)
    text += " " + std::to_string(value);
  return text;
}

int32_t recordPack(rnn_plan *, int32_t function, int32_t site, const void *,
                   int64_t ldn, int64_t ldk) {
  calls.push_back("pack" + numbers({function, site, ldn, ldk}));
  return RNN_OK;
}

int32_t recordGemm(rnn_plan *, int32_t function, int32_t site, int64_t rows,
                   const void *, int64_t lda, void *c, int64_t ldc,
                   int32_t accumulate) {
  calls.push_back("gemm" +
                  numbers({function, site, rows, lda, ldc, accumulate}));
  // What the phase then finds in the scratch buffer.
  for (int64_t i = 0; i < rows * ldc; ++i)
    static_cast<float *>(c)[i] = 3;
  return RNN_OK;
}

int32_t recordGemmTN(rnn_plan *, int64_t n, int64_t k, int64_t rows,
                     const void *, int64_t lda, const void *, int64_t ldb,
                     void *, int64_t ldc, int32_t accumulate) {
  calls.push_back("gemm_tn" + numbers({n, k, rows, lda, ldb, ldc, accumulate}));
  return RNN_OK;
}

const char *text = R"(
dnn.site @s function 2 index 1 n 8 k 3 gates 2 units 16 f32 rows step
    at 0 lda 3 ldc 8
func.func @run(%plan: !llvm.ptr, %pw: !llvm.ptr, %pa: !llvm.ptr,
               %pc: !llvm.ptr, %ph: !llvm.ptr, %packed: !llvm.ptr,
               %rows: index) {
  %zero = arith.constant 0 : i64
  %eight = arith.constant 8 : index
  %flat = dnn.buffer %pw[%zero] rows %eight : memref<?x3xf32>
  %w = memref.cast %flat : memref<?x3xf32> to memref<8x3xf32>
  %a = dnn.buffer %pa[%zero] rows %rows : memref<?x3xf32>
  %c = dnn.buffer %pc[%zero] rows %rows : memref<?x8xf32>
  %h = dnn.buffer %ph[%zero] rows %rows : memref<?x4xf32>
  dnn.pack @s %w, %packed plan %plan : memref<8x3xf32>
  dnn.gemm @s %a, %c, %packed accumulate plan %plan : memref<?x3xf32>, memref<?x8xf32>
  dnn.gemm_phase @s %a, %c, %packed outs(%h : memref<?x4xf32>) plan %plan
      : memref<?x3xf32>, memref<?x8xf32> {
  ^bb0(%x: f32, %y: f32):
    %sum = arith.addf %x, %y : f32
    dnn.yield %sum : f32
  }
  dnn.gemm_tn %c, %a, %w plan %plan function 2 : memref<?x8xf32>, memref<?x3xf32>, memref<8x3xf32>
  return
})";

class Plan : public testing::Test {
protected:
  Plan() : jit(text, "native"), panels(3 * 32 * sizeof(float)) {
    calls.clear();
    std::fill(w, w + 24, 1.f);
    std::fill(a, a + 6, 1.f);
    table.struct_size = sizeof(table);
    table.pack = recordPack;
    table.gemm = recordGemm;
    table.gemm_tn = recordGemmTN;
    plan.table = &table;
    plan.frames[RNN_GRADIENT].library = flags;
  }

  void run(int64_t rows) {
    using Run =
        void(rnn_plan *, float *, float *, float *, float *, void *, int64_t);
    jit.get<Run>("run")(&plan, w, a, c, h, panels.pointer(), rows);
  }

  Jit jit;
  Panels panels;
  rnn_table table{};
  rnn_plan plan{};
  uint8_t flags[2] = {};
  float w[24], a[6], c[16] = {}, h[8] = {};
};

TEST_F(Plan, NothingIsCalledWithoutFlags) {
  run(2);
  EXPECT_TRUE(calls.empty());
  EXPECT_EQ(h[0], 6);
  EXPECT_EQ(h[7], 6);
}

TEST_F(Plan, FlaggedSitesGoToTheLibrary) {
  flags[1] = 1;
  run(2);
  EXPECT_EQ(calls, (std::vector<std::string>{"pack 2 1 3 1", "gemm 2 1 2 3 8 1",
                                             "gemm 2 1 2 3 8 0"}));
  EXPECT_EQ(h[0], 6);
}

TEST_F(Plan, OneRowGoesToTheLibraryIfItsPanelsAreThere) {
  flags[1] = 1;
  run(1);
  EXPECT_EQ(calls, (std::vector<std::string>{"pack 2 1 3 1", "gemm 2 1 1 3 8 1",
                                             "gemm 2 1 1 3 8 0"}));
}

TEST_F(Plan, WeightGradientsHaveAFlagOfTheirOwn) {
  plan.frames[RNN_GRADIENT].use_library_tn = 1;
  run(2);
  EXPECT_EQ(calls, std::vector<std::string>{"gemm_tn 8 3 2 8 3 3 0"});
}

} // namespace
