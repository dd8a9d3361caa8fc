//===- Sites.cpp - What multiplies at a plan's sites ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decides which products oneDNN does, at which sites weights are packed late,
// and which the compiler's kernels do.
//===----------------------------------------------------------------------===//
#include "runtime/lib/CostModel.h"
#include "runtime/lib/Guards.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Ragged.h"

#include <algorithm>

using namespace rnn;

/// Hands a site to oneDNN where that wins or was asked for.
static rnn_site_kernel addSite(Plan &P, int Function, uint64_t Index,
                               rnn_gemm Mode) {
  const rnn_site &Site = P.Model->functions[Function]->sites[Index];
  if (Site.weight_type != RNN_F32)
    return RNN_SITE_GENERATED;
  int64_t MaxRows = P.batch, TailRows = 0;
  if (Site.axis >= 0) {
    const int64_t Steps = P.axes[Site.axis];
    const int64_t Chunk = P.frames[Function].chunk[Site.axis];
    MaxRows = Chunk * P.batch;
    TailRows = Steps % Chunk * P.batch;
  }
  const bool Takes =
      cost::libraryTakes(MaxRows) &&
      (Mode == RNN_GEMM_LIBRARY || cost::libraryWins(Function, Site.n, Site.k));
  if (Takes)
    P.Gemm->addSite(Function, static_cast<int32_t>(Index), Site.n, Site.k,
                    MaxRows, TailRows);
  return Takes ? RNN_SITE_LIBRARY : RNN_SITE_GENERATED;
}

void rnn::chooseLateSites(Plan &P, int Function,
                          const rnn_call &Call) noexcept {
  if (P.Sliced >> Function & 1)
    return;
  std::vector<uint8_t> &Kernels = P.Library[Function];
  for (size_t Site = 0; Site < Kernels.size(); ++Site) {
    const int32_t Axis = P.Model->functions[Function]->sites[Site].axis;
    if (Axis < 0 || Kernels[Site] == RNN_SITE_LIBRARY)
      continue;
    const bool IsLate = !lengthsOf(Call, Axis) &&
                        cost::packsLate(Function, Call.axes[Axis],
                                        P.frames[Function].chunk[Axis]);
    Kernels[Site] = IsLate ? RNN_SITE_LATE : RNN_SITE_GENERATED;
  }
}

/// A weight gradient is as large as the weight.
static bool usesLibraryForGradients(const rnn_function &Function,
                                    rnn_gemm Mode) {
  int64_t Largest = 0;
  for (uint64_t Site = 0; Site < Function.site_count; ++Site)
    Largest =
        std::max(Largest, Function.sites[Site].n * Function.sites[Site].k);
  return Mode == RNN_GEMM_LIBRARY || cost::libraryWinsGradients(Largest);
}

void rnn::makeSites(Plan &P, rnn_gemm Mode, const Plan *Lender) {
  const bool MayCall =
      Mode != RNN_GEMM_GENERATED && P.Model->element_type == RNN_F32;
  if (MayCall)
    P.Gemm = std::make_unique<OneDNN>(Lender ? Lender->Gemm.get() : nullptr);
  const SingleThread Guard;
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    if (!serves(P, Function))
      continue;
    const rnn_function &Served = *P.Model->functions[Function];
    auto &Flags = P.Library[Function];
    Flags.assign(Served.site_count, 0);
    for (uint64_t Site = 0; MayCall && Site < Flags.size(); ++Site)
      Flags[Site] = addSite(P, Function, Site, Mode);
    P.frames[Function].library = Flags.data();
    P.frames[Function].use_library_tn =
        MayCall && usesLibraryForGradients(Served, Mode);
  }
  if (MayCall)
    P.Gemm->finish();
}
