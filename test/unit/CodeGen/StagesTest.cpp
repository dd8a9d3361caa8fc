//===- StagesTest.cpp - Which stages may be at different chunks -----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the front end makes of models is apart as it should be; these stages are
// written by hand, and some are not.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/StageAccess.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace rnnc;

namespace {

class Stages : public testing::Test {
protected:
  Stages() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<dnn::DNNDialect, arith::ArithDialect, func::FuncDialect,
                        LLVM::LLVMDialect, memref::MemRefDialect,
                        scf::SCFDialect>();
  }

  /// Whether the stages, of the given loops, are apart; what they touch of
  /// "time" does not count.
  bool areApart(const std::string &first, const std::string &second,
                ArrayRef<int32_t> loops = {0, 0}) {
    auto module = parseSourceString<ModuleOp>(
        R"(
func.func private @other()
func.func @run(%p: !llvm.ptr, %n: index, %mine: i1) {
  %zero = arith.constant 0 : i64
  %a = dnn.buffer %p[%zero] rows %n in [#dnn.place<"a", 0, 32>] column 0 : memref<?x16xf32, strided<[32, 1]>>
  %rest = dnn.buffer %p[%zero] rows %n in [#dnn.place<"a", 0, 32>] column 16 : memref<?x16xf32, strided<[32, 1]>>
  %b = dnn.buffer %p[%zero] rows %n in [#dnn.place<"b", 0, 16>] column 0 : memref<?x16xf32, strided<[16, 1]>>
  %t = dnn.buffer %p[%zero] rows %n in [#dnn.place<"time", 0, 16>] column 0 : memref<?x16xf32, strided<[16, 1]>>
  %any = dnn.buffer %p[%zero] rows %n : memref<?x16xf32, strided<[16, 1]>>
  scf.if %mine {
)" + first + "} {dnn.stage = 0 : i64}\n  scf.if %mine {\n" +
            second + "} {dnn.stage = 1 : i64}\n  return\n}\n",
        &context);
    EXPECT_TRUE(module);
    if (!module)
      return false;
    auto timed = [&](ArrayAttr places) {
      return places && cast<dnn::PlaceAttr>(places[0]).getSpace() == "time";
    };
    return areStagesApart(module->lookupSymbol("run"), loops, timed, 64);
  }

  MLIRContext context;
};

constexpr const char *narrow = "memref<?x16xf32, strided<[16, 1]>>";

std::string fill(const std::string &buffer, const std::string &type = narrow) {
  return "dnn.fill 0.0, " + buffer + " : " + type + "\n";
}
std::string copy(const std::string &from, const std::string &to) {
  return "dnn.copy " + from + ", " + to + " : " + narrow + ", " + narrow + "\n";
}

constexpr const char *wide = "memref<?x16xf32, strided<[32, 1]>>";

TEST_F(Stages, MemoryOfTheirOwn) {
  EXPECT_TRUE(areApart(fill("%b"), fill("%a", wide)));
  EXPECT_TRUE(areApart(fill("%a", wide), fill("%rest", wide)));
}

TEST_F(Stages, MemoryThatBothWrite) {
  EXPECT_FALSE(areApart(fill("%b"), fill("%b")));
  EXPECT_FALSE(areApart(fill("%a", wide), fill("%a", wide)));
  EXPECT_FALSE(areApart(fill("%b"), fill("%any")));
}

TEST_F(Stages, MemoryThatOneReads) {
  EXPECT_FALSE(areApart(fill("%b"), copy("%b", "%t")));
  EXPECT_FALSE(areApart(copy("%b", "%t"), fill("%b")));
  EXPECT_TRUE(areApart(copy("%b", "%t"), copy("%b", "%t")));
}

TEST_F(Stages, RowsOfTime) {
  EXPECT_TRUE(areApart(fill("%t"), fill("%t")));
  EXPECT_TRUE(areApart(fill("%t"), copy("%t", "%b")));
}

TEST_F(Stages, OfLoopsOneAfterTheOther) {
  EXPECT_TRUE(areApart(fill("%b"), fill("%b"), {0, 1}));
}

TEST_F(Stages, WhatIsNotKnown) {
  EXPECT_FALSE(areApart("func.call @other() : () -> ()\n", fill("%b")));
  EXPECT_FALSE(areApart("llvm.store %zero, %p : i64, !llvm.ptr\n", ""));
}

} // namespace
