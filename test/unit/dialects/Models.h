//===- Models.h - The models that passes are tried on -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the models that the lit tests of the passes use as well.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_MODELS_H
#define RNNC_TEST_UNIT_DIALECTS_MODELS_H

#include "test/unit/dialects/Support.h"

namespace rnnc::test {

/// Names of all models, without their extension, sorted.
std::vector<std::string> listModels();
/// The text of one.
std::string readModel(llvm::StringRef name);

} // namespace rnnc::test

#endif
