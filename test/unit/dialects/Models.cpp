//===- Models.cpp - The models that passes are tried on -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Files of one folder.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Models.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

std::vector<std::string> rnnc::test::listModels() {
  std::vector<std::string> names;
  for (const auto &file : std::filesystem::directory_iterator(RNNC_TEST_MODELS))
    if (file.path().extension() == ".mlir")
      names.push_back(file.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::string rnnc::test::readModel(llvm::StringRef name) {
  std::ifstream file(std::string(RNNC_TEST_MODELS "/") + name.str() + ".mlir");
  EXPECT_TRUE(file) << "no model " << name.str();
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}
