//===- PlanLayout.cpp - The plan as generated code sees it ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// LLVM struct types that mirror rnn.h. The assertions below fail to compile
// when a field is added or moved there and not here.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"

#include "runtime/include/rnn/rnn.h"

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// Struct types
//===----------------------------------------------------------------------===//

namespace {
constexpr size_t Pointer = sizeof(void *);
constexpr size_t Long = sizeof(int64_t);

static_assert(offsetof(rnn_table, pack) == Pointer);
static_assert(offsetof(rnn_table, gemm) == 2 * Pointer);
static_assert(offsetof(rnn_table, gemm_tn) == 3 * Pointer);
static_assert(offsetof(rnn_table, barrier) == 4 * Pointer);
static_assert(sizeof(rnn_table) == 5 * Pointer);

constexpr size_t FrameRows = RNN_MAX_CLASSES * Pointer;
constexpr size_t FrameChunk = FrameRows + RNN_MAX_CLASSES * Long;
constexpr size_t FrameCheckpoints = FrameChunk + RNN_MAX_AXES * Long;
constexpr size_t FramePacked = FrameCheckpoints + RNN_MAX_AXES * Long;
static_assert(offsetof(rnn_frame, rows) == FrameRows);
static_assert(offsetof(rnn_frame, chunk) == FrameChunk);
static_assert(offsetof(rnn_frame, checkpoints) == FrameCheckpoints);
static_assert(offsetof(rnn_frame, packed) == FramePacked);
static_assert(offsetof(rnn_frame, library) == FramePacked + Pointer);
static_assert(offsetof(rnn_frame, use_library_tn) == FramePacked + 2 * Pointer);
static_assert(offsetof(rnn_frame, is_packed) == FramePacked + 2 * Pointer + 4);
static_assert(offsetof(rnn_frame, owners) == FramePacked + 2 * Pointer + 8);
static_assert(sizeof(rnn_frame) == FramePacked + 3 * Pointer + 8);

static_assert(offsetof(rnn_plan, batch) == Pointer);
static_assert(offsetof(rnn_plan, axes) == Pointer + Long);
static_assert(sizeof(rnn_run_of_rows) == 8);
static_assert(offsetof(rnn_ragged, valid_rows) == Long);
static_assert(offsetof(rnn_ragged, lengths) == 2 * Long);
static_assert(offsetof(rnn_ragged, first_run) == 2 * Long + Pointer);
static_assert(offsetof(rnn_ragged, runs) == 2 * Long + 2 * Pointer);
static_assert(sizeof(rnn_ragged) == 2 * Long + 3 * Pointer);
constexpr size_t PlanThread = Pointer + Long + RNN_MAX_AXES * Long;
static_assert(offsetof(rnn_plan, thread) == PlanThread);
static_assert(offsetof(rnn_plan, threads) == PlanThread + 4);
static_assert(offsetof(rnn_plan, whole_batch) == PlanThread + Long);
static_assert(offsetof(rnn_plan, first_sequence) == PlanThread + 2 * Long);
static_assert(offsetof(rnn_plan, ragged) == PlanThread + 3 * Long);
static_assert(offsetof(rnn_plan, frames) ==
              offsetof(rnn_plan, ragged) + RNN_MAX_AXES * sizeof(rnn_ragged));
static_assert(sizeof(rnn_plan) ==
              offsetof(rnn_plan, frames) + RNN_FUNCTIONS * sizeof(rnn_frame));

static_assert(offsetof(rnn_call, batch) == Long);
static_assert(offsetof(rnn_call, axes) == 2 * Long);
static_assert(offsetof(rnn_call, state) == 2 * Long + 4 * Pointer);
static_assert(offsetof(rnn_call, lengths) == 2 * Long + 10 * Pointer);
static_assert(offsetof(rnn_call, seed) == 2 * Long + 11 * Pointer);
static_assert(offsetof(rnn_call, flags) == 3 * Long + 11 * Pointer);
static_assert(offsetof(rnn_call, direction) == 4 * Long + 11 * Pointer);
static_assert(offsetof(rnn_call, damping) == 4 * Long + 14 * Pointer);
static_assert(sizeof(rnn_call) == 5 * Long + 15 * Pointer);
} // namespace

static Type pointerType(MLIRContext *context) {
  return LLVM::LLVMPointerType::get(context);
}

static Type arrayType(Type element, unsigned count) {
  return LLVM::LLVMArrayType::get(element, count);
}

LLVM::LLVMStructType rnnc::getTableType(MLIRContext *context) {
  Type i32 = IntegerType::get(context, 32), ptr = pointerType(context);
  return LLVM::LLVMStructType::getLiteral(context, {i32, ptr, ptr, ptr, ptr});
}

LLVM::LLVMStructType rnnc::getFrameType(MLIRContext *context) {
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  Type ptr = pointerType(context);
  return LLVM::LLVMStructType::getLiteral(
      context, {arrayType(ptr, RNN_MAX_CLASSES),
                arrayType(i64, RNN_MAX_CLASSES), arrayType(i64, RNN_MAX_AXES),
                arrayType(i64, RNN_MAX_AXES), ptr, ptr, i32, i32, ptr});
}

LLVM::LLVMStructType rnnc::getRaggedType(MLIRContext *context) {
  Type i64 = IntegerType::get(context, 64), ptr = pointerType(context);
  return LLVM::LLVMStructType::getLiteral(context, {i64, i64, ptr, ptr, ptr});
}

LLVM::LLVMStructType rnnc::getPlanType(MLIRContext *context) {
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  return LLVM::LLVMStructType::getLiteral(
      context, {pointerType(context), i64, arrayType(i64, RNN_MAX_AXES), i32,
                i32, i64, i64, arrayType(getRaggedType(context), RNN_MAX_AXES),
                arrayType(getFrameType(context), RNN_FUNCTIONS)});
}

LLVM::LLVMStructType rnnc::getCallType(MLIRContext *context) {
  Type i32 = IntegerType::get(context, 32), i64 = IntegerType::get(context, 64);
  Type f64 = Float64Type::get(context), ptr = pointerType(context);
  SmallVector<Type> fields = {i32, i64};
  fields.append(11, ptr);
  fields.append({i64, i32, i32, ptr, ptr, ptr, f64, ptr});
  return LLVM::LLVMStructType::getLiteral(context, fields);
}

//===----------------------------------------------------------------------===//
// Loads and calls
//===----------------------------------------------------------------------===//

/// Loads the field that a path of indices into `type` ends at.
static Value loadPath(ImplicitLocOpBuilder &b, Type type, Value base,
                      ArrayRef<int32_t> path) {
  Type field = type;
  SmallVector<LLVM::GEPArg> indices = {0};
  for (int32_t index : path) {
    indices.push_back(index);
    if (auto structure = dyn_cast<LLVM::LLVMStructType>(field))
      field = structure.getBody()[index];
    else
      field = cast<LLVM::LLVMArrayType>(field).getElementType();
  }
  Value address =
      LLVM::GEPOp::create(b, pointerType(b.getContext()), type, base, indices);
  return LLVM::LoadOp::create(b, field, address);
}

/// Appends the index into a field if that is an array.
static void appendElement(LLVM::LLVMStructType type, int64_t element,
                          SmallVectorImpl<int32_t> &path) {
  if (isa<LLVM::LLVMArrayType>(type.getBody()[path.back()]))
    path.push_back(element);
}

Value rnnc::loadPlanField(ImplicitLocOpBuilder &b, Value plan, PlanField field,
                          int64_t element) {
  SmallVector<int32_t> path = {static_cast<int32_t>(field)};
  appendElement(getPlanType(b.getContext()), element, path);
  return loadPath(b, getPlanType(b.getContext()), plan, path);
}

Value rnnc::loadRaggedField(ImplicitLocOpBuilder &b, Value plan, int64_t axis,
                            RaggedField field) {
  return loadPath(b, getPlanType(b.getContext()), plan,
                  {static_cast<int32_t>(PlanField::Ragged),
                   static_cast<int32_t>(axis), static_cast<int32_t>(field)});
}

Value rnnc::loadFrameField(ImplicitLocOpBuilder &b, Value plan,
                           int64_t function, FrameField field,
                           int64_t element) {
  SmallVector<int32_t> inner = {static_cast<int32_t>(field)};
  appendElement(getFrameType(b.getContext()), element, inner);
  SmallVector<int32_t> path = {static_cast<int32_t>(PlanField::Frames),
                               static_cast<int32_t>(function)};
  llvm::append_range(path, inner);
  return loadPath(b, getPlanType(b.getContext()), plan, path);
}

Value rnnc::loadCallField(ImplicitLocOpBuilder &b, Value call,
                          CallField field) {
  return loadPath(b, getCallType(b.getContext()), call,
                  {static_cast<int32_t>(field)});
}

Value rnnc::isWave(ImplicitLocOpBuilder &b, Value plan, int64_t function) {
  Value owners = loadFrameField(b, plan, function, FrameField::Owners);
  Value null = LLVM::ZeroOp::create(b, owners.getType());
  return LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, owners, null);
}

/// Whether a site's flag is the given one.
static Value compareFlag(ImplicitLocOpBuilder &b, Value plan, int64_t function,
                         int64_t site, int64_t wanted) {
  Value flags = loadFrameField(b, plan, function, FrameField::Library);
  Value address =
      LLVM::GEPOp::create(b, flags.getType(), b.getI8Type(), flags,
                          ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(site)});
  Value flag = LLVM::LoadOp::create(b, b.getI8Type(), address);
  Value number = LLVM::ConstantOp::create(b, b.getI8Type(), wanted);
  auto isWanted =
      LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, flag, number);
  isWanted->setAttr(SiteFlagAttrName, b.getUnitAttr());
  return isWanted;
}

Value rnnc::loadLibraryFlag(ImplicitLocOpBuilder &b, Value plan,
                            int64_t function, int64_t site) {
  return compareFlag(b, plan, function, site, RNN_SITE_LIBRARY);
}

Value rnnc::loadLateFlag(ImplicitLocOpBuilder &b, Value plan, int64_t function,
                         int64_t site) {
  return compareFlag(b, plan, function, site, RNN_SITE_LATE);
}

void rnnc::callTable(ImplicitLocOpBuilder &b, Value plan, TableField field,
                     ValueRange arguments) {
  MLIRContext *context = b.getContext();
  Value table = loadPlanField(b, plan, PlanField::Table);
  Value callee =
      loadPath(b, getTableType(context), table, {static_cast<int32_t>(field)});
  SmallVector<Type> types = {plan.getType()};
  llvm::append_range(types, arguments.getTypes());
  auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), types);
  SmallVector<Value> operands = {callee, plan};
  llvm::append_range(operands, arguments);
  LLVM::CallOp::create(b, type, operands);
}
