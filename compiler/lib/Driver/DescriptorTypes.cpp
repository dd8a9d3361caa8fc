//===- DescriptorTypes.cpp - rnn_model as LLVM constants ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The types below mirror runtime/include/rnn/rnn.h member by member.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/DescriptorTypes.h"

#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;

static_assert(RNN_ABI_VERSION == 3 && sizeof(rnn_tensor) == 104 &&
                  sizeof(rnn_site) == 24 && sizeof(rnn_stage) == 16 &&
                  sizeof(rnn_function) == 264 && sizeof(rnn_stream) == 88 &&
                  sizeof(rnn_model) == 264,
              "the types of DescriptorTypes.cpp follow rnn.h");

DescriptorTypes::DescriptorTypes(MLIRContext *context) {
  Builder b(context);
  i32 = b.getI32Type();
  i64 = b.getI64Type();
  f64 = b.getF64Type();
  ptr = LLVM::LLVMPointerType::get(context);
  auto array = [](Type element, unsigned size) {
    return LLVM::LLVMArrayType::get(element, size);
  };
  auto literal = [&](ArrayRef<Type> members) {
    return LLVM::LLVMStructType::getLiteral(context, members);
  };
  tensor = literal({ptr, i32, i32, array(i64, RNN_MAX_RANK), i32, i32, i64, i64,
                    ptr, array(f64, 2), i32, i32});
  site = literal({i64, i64, i32, i32});
  stage = literal({i64, i32, i32});
  function = literal({i32, ptr, ptr, i64, array(i64, RNN_MAX_CLASSES), ptr, i64,
                      i32, i32, i64, ptr, i64});
  stream = literal({i32, i64, i64, ptr, ptr, ptr, ptr, i64, ptr, i64, ptr});
  model = literal({i32, i32, i32, i32, ptr,
                   ptr, ptr, i64, ptr, i64,
                   ptr, i64, i64, ptr, i64,
                   ptr, i64, ptr, i64, ptr,
                   i64, i64, ptr, i64, array(ptr, RNN_FUNCTIONS),
                   ptr, ptr, ptr, i64, i32,
                   i32});
}
