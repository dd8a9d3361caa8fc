//===- OneDNN.cpp - GEMM through oneDNN -----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What trials with oneDNN 2.6 showed, and what follows from it here:
// - Only primitives with a fixed number of rows use packed weights, and making
//   one takes about 0.3 ms. So each shape has a ladder of row counts, made with
//   the plan, and other counts are split over it.
// - The packed kernels take contiguous matrices alone; a row stride sends
//   oneDNN to an unpacked GEMM, half as fast at four rows. Copying blocks of
//   strided rows costs a few percent, so strided matrices go through a block.
// - The library's own scratchpad gives wrong results when two threads share a
//   cached primitive; so scratchpads are ours, one a plan.
// - Memory objects zero the padding of packed weights whenever their address is
//   set, so a site's weights have an object of their own, set once.
// - Its older GEMM kernels, "gemm:jit" and sgemm's, let the stack pointer point
//   into the heap, where a signal's frame then lands (oneDNN's issue 4845,
//   mended in 3.12). So signals wait while these run.
//===----------------------------------------------------------------------===//
#include "runtime/lib/OneDNN.h"

#include "runtime/lib/Buffer.h"
#include "runtime/lib/Error.h"
#include "runtime/lib/Guards.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

using namespace rnn;
using dnnl::memory;

/// Strided matrices go through blocks of at most so many rows.
static constexpr int64_t BlockRows = 64;

static bool movesStack(const dnnl::primitive_desc_base &Descriptor) {
  return std::strstr(Descriptor.impl_info_str(), "gemm:jit") != nullptr;
}

//===----------------------------------------------------------------------===//
// Differences between oneDNN 2.x and 3.x
//===----------------------------------------------------------------------===//

static dnnl::matmul::primitive_desc
matmulDescriptor(const dnnl::engine &Engine, const memory::desc &A,
                 const memory::desc &W, const memory::desc &C,
                 const dnnl::primitive_attr &Attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {Engine, A, W, C, Attributes};
#else
  return {dnnl::matmul::desc(A, W, C), Attributes, Engine};
#endif
}

//===----------------------------------------------------------------------===//
// Shapes and sites
//===----------------------------------------------------------------------===//

namespace {
/// A matmul of a fixed number of rows, in two versions: C = and C +=.
struct Rung {
  int64_t Rows;
  memory A, C;
  dnnl::matmul Multiply[2];
  memory Scratch[2];
  bool MovesStack = false; // signals must wait
};

/// A reorder into a packed layout, for one pair of strides of W.
struct Reorder {
  int64_t LdN, LdK;
  dnnl::reorder Run;
  memory From, Scratch;
};

/// What sites of equal sizes share.
struct Shape {
  int64_t N, K;
  memory::desc Packed;      // the layout of the largest rung, for all of them
  std::vector<Rung> Ladder; // the most rows first
  std::vector<Reorder> Reorders;
};

struct Site {
  Shape *Of = nullptr;
  Buffer Bytes;
  memory Weights;
};
} // namespace

struct OneDNN::Implementation {
  dnnl::engine Engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream Stream{Engine};
  std::map<std::pair<int64_t, int64_t>, Shape> Shapes;
  std::vector<Site> Sites[RNN_FUNCTIONS];
  const Implementation *Lender = nullptr;
  size_t ScratchBytes = 0;
  Buffer Scratch, BlockA, BlockC;

  dnnl::primitive_attr attributes(bool Accumulate) const;
  Rung makeRung(Shape &Of, int64_t Rows);
  void extend(Shape &Of, int64_t MaxRows, int64_t TailRows);
  Reorder &reorder(Shape &Of, int64_t LdN, int64_t LdK);
  void execute(const Rung &With, const Site &On, const float *A, float *C,
               bool Accumulate) const;
  void contiguous(const Site &On, int64_t Rows, const float *A, float *C,
                  bool Accumulate) const;
  void strided(const Site &On, int64_t Rows, const float *A, int64_t LdA,
               float *C, int64_t LdC, bool Accumulate) const;
};

OneDNN::OneDNN(const OneDNN *Lender) try
    : I(std::make_unique<Implementation>()) {
  I->Lender = Lender ? Lender->I.get() : nullptr;
} catch (const dnnl::error &E) {
  throw Error(RNN_ERROR_LIBRARY, std::string("oneDNN: ") + E.what());
}

OneDNN::~OneDNN() = default;

dnnl::primitive_attr OneDNN::Implementation::attributes(bool Accumulate) const {
  dnnl::primitive_attr Attributes;
  Attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (Accumulate) {
    dnnl::post_ops Sum;
    Sum.append_sum(1.0f);
    Attributes.set_post_ops(Sum);
  }
  return Attributes;
}

Rung OneDNN::Implementation::makeRung(Shape &Of, int64_t Rows) {
  const auto F32 = memory::data_type::f32;
  const auto Plain = memory::format_tag::ab;
  const memory::desc A({Rows, Of.K}, F32, Plain), C({Rows, Of.N}, F32, Plain);
  Rung Made;
  Made.Rows = Rows;
  Made.A = memory(A, Engine, nullptr);
  Made.C = memory(C, Engine, nullptr);
  for (int Accumulate = 0; Accumulate < 2; ++Accumulate) {
    const auto Descriptor =
        matmulDescriptor(Engine, A, Of.Packed, C, attributes(Accumulate));
    Of.Packed = Descriptor.weights_desc();
    Made.Multiply[Accumulate] = dnnl::matmul(Descriptor);
    Made.MovesStack |= movesStack(Descriptor);
    Made.Scratch[Accumulate] =
        memory(Descriptor.scratchpad_desc(), Engine, nullptr);
    ScratchBytes =
        std::max(ScratchBytes, Descriptor.scratchpad_desc().get_size());
  }
  return Made;
}

/// The rows of the ladder: a few small counts for what is left over, 64, where
/// throughput stops growing, and the counts the plan will see most.
static std::vector<int64_t> ladder(int64_t MaxRows, int64_t TailRows) {
  std::vector<int64_t> Rows{MaxRows};
  for (const int64_t Count : {TailRows, BlockRows, int64_t(16), int64_t(8),
                              int64_t(4), int64_t(3), int64_t(2), int64_t(1)})
    if (Count > 0 && Count < MaxRows)
      Rows.push_back(Count);
  return Rows;
}

void OneDNN::Implementation::extend(Shape &Of, int64_t MaxRows,
                                    int64_t TailRows) {
  for (const int64_t Rows : ladder(MaxRows, TailRows)) {
    const auto Place =
        std::find_if(Of.Ladder.begin(), Of.Ladder.end(),
                     [&](const Rung &R) { return R.Rows <= Rows; });
    if (Place != Of.Ladder.end() && Place->Rows == Rows)
      continue;
    Of.Ladder.insert(Place, makeRung(Of, Rows));
  }
}

void OneDNN::addSite(int32_t Function, int32_t Index, int64_t N, int64_t K,
                     int64_t MaxRows, int64_t TailRows) try {
  auto [Entry, IsNew] = I->Shapes.try_emplace({N, K});
  Shape &Of = Entry->second;
  if (IsNew) {
    Of.N = N;
    Of.K = K;
    Of.Packed =
        memory::desc({K, N}, memory::data_type::f32, memory::format_tag::any);
  }
  I->extend(Of, MaxRows, TailRows);
  auto &Sites = I->Sites[Function];
  if (Sites.size() <= static_cast<size_t>(Index))
    Sites.resize(Index + 1);
  Site &Added = Sites[Index];
  Added.Of = &Of;
  if (I->Lender) {
    const Site &Lent = I->Lender->Sites[Function][Index];
    assert(Lent.Weights.get_desc() == Of.Packed && "made for other rows");
    Added.Weights = memory(Of.Packed, I->Engine, Lent.Bytes.data());
    return;
  }
  Added.Bytes = Buffer(Of.Packed.get_size());
  Added.Weights = memory(Of.Packed, I->Engine, Added.Bytes.data());
} catch (const dnnl::error &E) {
  throw Error(RNN_ERROR_LIBRARY, std::string("oneDNN: ") + E.what());
}

void OneDNN::finish() {
  int64_t MaxN = 0, MaxK = 0;
  I->Scratch = Buffer(I->ScratchBytes);
  for (auto &[Sizes, Of] : I->Shapes) {
    MaxN = std::max(MaxN, Of.N);
    MaxK = std::max(MaxK, Of.K);
    for (Rung &R : Of.Ladder)
      for (memory &Scratch : R.Scratch)
        Scratch.set_data_handle(I->Scratch.data());
  }
  I->BlockA = Buffer(sizeof(float) * BlockRows * MaxK);
  I->BlockC = Buffer(sizeof(float) * BlockRows * MaxN);
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

Reorder &OneDNN::Implementation::reorder(Shape &Of, int64_t LdN, int64_t LdK) {
  for (Reorder &R : Of.Reorders)
    if (R.LdN == LdN && R.LdK == LdK)
      return R;
  const memory::desc From({Of.K, Of.N}, memory::data_type::f32,
                          memory::dims{LdK, LdN});
  const dnnl::reorder::primitive_desc Descriptor(Engine, From, Engine,
                                                 Of.Packed, attributes(false));
  Of.Reorders.push_back({LdN, LdK, dnnl::reorder(Descriptor),
                         memory(From, Engine, nullptr),
                         memory(Descriptor.scratchpad_desc(), Engine)});
  return Of.Reorders.back();
}

rnn_status OneDNN::pack(int32_t Function, int32_t Index, const float *W,
                        int64_t LdN, int64_t LdK) noexcept try {
  Site &To = I->Sites[Function][Index];
  Reorder &R = I->reorder(*To.Of, LdN, LdK);
  R.From.set_data_handle(const_cast<float *>(W));
  const dnnl_exec_arg_t Arguments[] = {{DNNL_ARG_FROM, R.From.get()},
                                       {DNNL_ARG_TO, To.Weights.get()},
                                       {DNNL_ARG_SCRATCHPAD, R.Scratch.get()}};
  const dnnl_status_t Status =
      dnnl_primitive_execute(R.Run.get(), I->Stream.get(), 3, Arguments);
  if (Status != dnnl_success)
    return fail(RNN_ERROR_LIBRARY, "oneDNN: packing failed with status %d",
                static_cast<int>(Status));
  return RNN_OK;
} catch (const dnnl::error &E) {
  return fail(RNN_ERROR_LIBRARY, "oneDNN: %s", E.what());
} catch (const std::bad_alloc &) {
  return fail(RNN_ERROR_MEMORY, "out of memory while packing weights");
}

//===----------------------------------------------------------------------===//
// Multiplication
//===----------------------------------------------------------------------===//

void OneDNN::Implementation::execute(const Rung &With, const Site &On,
                                     const float *A, float *C,
                                     bool Accumulate) const {
  dnnl_memory_set_data_handle(With.A.get(), const_cast<float *>(A));
  dnnl_memory_set_data_handle(With.C.get(), C);
  const dnnl_exec_arg_t Arguments[] = {
      {DNNL_ARG_SRC, With.A.get()},
      {DNNL_ARG_WEIGHTS, On.Weights.get()},
      {DNNL_ARG_DST, With.C.get()},
      {DNNL_ARG_SCRATCHPAD, With.Scratch[Accumulate].get()}};
  const NoSignals Guard(With.MovesStack);
  const dnnl_status_t Status = dnnl_primitive_execute(
      With.Multiply[Accumulate].get(), Stream.get(), 4, Arguments);
  if (Status != dnnl_success)
    throw dnnl::error(Status, "could not multiply");
}

void OneDNN::Implementation::contiguous(const Site &On, int64_t Rows,
                                        const float *A, float *C,
                                        bool Accumulate) const {
  for (const Rung &R : On.Of->Ladder) {
    for (; Rows >= R.Rows; Rows -= R.Rows) {
      execute(R, On, A, C, Accumulate);
      A += R.Rows * On.Of->K;
      C += R.Rows * On.Of->N;
    }
  }
  assert(Rows == 0 && "every ladder ends in a single row");
}

static void copyRows(int64_t Rows, int64_t Columns, const float *From,
                     int64_t LdFrom, float *To, int64_t LdTo) {
  for (int64_t Row = 0; Row < Rows; ++Row)
    std::memcpy(To + Row * LdTo, From + Row * LdFrom, sizeof(float) * Columns);
}

static void addRows(int64_t Rows, int64_t Columns, const float *From,
                    int64_t LdFrom, float *To, int64_t LdTo) {
  for (int64_t Row = 0; Row < Rows; ++Row)
    for (int64_t Column = 0; Column < Columns; ++Column)
      To[Row * LdTo + Column] += From[Row * LdFrom + Column];
}

void OneDNN::Implementation::strided(const Site &On, int64_t Rows,
                                     const float *A, int64_t LdA, float *C,
                                     int64_t LdC, bool Accumulate) const {
  const int64_t N = On.Of->N, K = On.Of->K;
  float *BlockOfA = reinterpret_cast<float *>(BlockA.data());
  float *BlockOfC = reinterpret_cast<float *>(BlockC.data());
  for (int64_t Row = 0; Row < Rows; Row += BlockRows) {
    const int64_t Count = std::min(BlockRows, Rows - Row);
    const float *FromA = A + Row * LdA;
    float *ToC = C + Row * LdC;
    if (LdA != K) {
      copyRows(Count, K, FromA, LdA, BlockOfA, K);
      FromA = BlockOfA;
    }
    if (LdC == N) {
      contiguous(On, Count, FromA, ToC, Accumulate);
      continue;
    }
    contiguous(On, Count, FromA, BlockOfC, false);
    (Accumulate ? addRows : copyRows)(Count, N, BlockOfC, N, ToC, LdC);
  }
}

rnn_status OneDNN::gemm(int32_t Function, int32_t Index, int64_t Rows,
                        const float *A, int64_t LdA, float *C, int64_t LdC,
                        bool Accumulate) const noexcept try {
  const Site &On = I->Sites[Function][Index];
  const bool Contiguous = (LdA == On.Of->K && LdC == On.Of->N) || Rows == 1;
  if (Contiguous)
    I->contiguous(On, Rows, A, C, Accumulate);
  else
    I->strided(On, Rows, A, LdA, C, LdC, Accumulate);
  return RNN_OK;
} catch (const dnnl::error &E) {
  return fail(RNN_ERROR_LIBRARY, "oneDNN: %s", E.what());
}

// sgemm with a transposed A reaches 75 to 92 % of peak at the sizes of weight
// gradients, within a few percent of matmul primitives, for any sizes and
// without making primitives.
rnn_status OneDNN::gemmTN(int64_t N, int64_t K, int64_t Rows, const float *A,
                          int64_t LdA, const float *B, int64_t LdB, float *C,
                          int64_t LdC, bool Accumulate) noexcept {
  if (Rows == 0) {
    for (int64_t Row = 0; Row < N && !Accumulate; ++Row)
      std::fill_n(C + Row * LdC, K, 0.0f);
    return RNN_OK;
  }
  const NoSignals Guard;
  const dnnl_status_t Status =
      dnnl_sgemm('T', 'N', N, K, Rows, 1.0f, A, LdA, B, LdB,
                 Accumulate ? 1.0f : 0.0f, C, LdC);
  if (Status != dnnl_success)
    return fail(RNN_ERROR_LIBRARY, "oneDNN: sgemm failed with status %d",
                static_cast<int>(Status));
  return RNN_OK;
}
