//===- NamesTest.cpp - Names in C -----------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How names of models become names of C.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Names.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace rnnc;

TEST(Names, IdentifiersAreSpelledOut) {
  EXPECT_EQ(toIdentifier("lstm.1.W"), "lstm_1_W");
  EXPECT_EQ(toIdentifier("2nd"), "n2nd");
  EXPECT_EQ(toIdentifier("_x"), "n_x");
  EXPECT_EQ(toIdentifier(""), "n");
}

TEST(Names, ScopesKeepNamesApart) {
  NameScope scope;
  EXPECT_EQ(scope.add("a.b"), "a_b");
  EXPECT_EQ(scope.add("a_b"), "a_b_2");
  EXPECT_EQ(scope.add("a-b"), "a_b_3");
  EXPECT_EQ(scope.add("new"), "new_");
  EXPECT_EQ(scope.add("register"), "register_");
  EXPECT_EQ(scope.add("int32_t"), "int32_t_");
}

namespace {
/// The symbol of a model of that name; "" and the message where it is refused.
std::pair<std::string, std::string> getSymbol(StringRef name) {
  MLIRContext context;
  context.loadDialect<rnn::RNNDialect>();
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  OpBuilder b(&context);
  OwningOpRef<rnn::ModelOp> model = rnn::ModelOp::create(
      b, b.getUnknownLoc(), name, b.getStrArrayAttr({}), b.getF32Type());
  FailureOr<std::string> symbol = getModelSymbol(*model);
  return {succeeded(symbol) ? *symbol : "", message};
}
} // namespace

TEST(Names, SymbolIsTheNameInLowerCase) {
  EXPECT_EQ(getSymbol("CharLM").first, "charlm");
  EXPECT_EQ(getSymbol("net_2").first, "net_2");
}

TEST(Names, SymbolsThatBreakProgramsAreRefused) {
  EXPECT_EQ(getSymbol("Float").second,
            "expected a model name other than a keyword of C or C++ in any "
            "case, got 'Float', whose symbol would be 'float'");
  for (StringRef name : {"New", "Exp", "Main", "memcpy", "RNN_load", "a b", ""})
    EXPECT_EQ(getSymbol(name).first, "") << name.str();
}
