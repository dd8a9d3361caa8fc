//===- Destinations.cpp - Where consumers want values ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A value is made where its first consumer with a place of its own wants it: in
// the caller's memory, or in its part of a concatenation.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Whether all reads of a value are over when a phase has read its elements:
/// those by the phase's product, which are of other columns, are not.
static bool isReadBefore(Value value, PhaseOp phase) {
  for (Operation *user : value.getUsers()) {
    Operation *outer = phase->getBlock()->findAncestorOpInBlock(*user);
    bool isElementwise = outer == phase && !isa<MatmulOp, SliceOp>(user);
    if (!isElementwise && !outer->isBeforeInBlock(phase))
      return false;
    if (isa<SliceOp>(user) && !isReadBefore(user->getResult(0), phase))
      return false;
  }
  return true;
}

/// Whether a step's next state may be made where the old one is.
bool Storage::mayReplaceState(Value next, StringRef stateName) {
  auto phase = next.getDefiningOp<PhaseOp>();
  if (!isStep || !phase)
    return false;
  auto isRead = [&](InitialStateOp old) {
    return old.getSymbol() == stateName && !isReadBefore(old, phase);
  };
  return llvm::none_of(function.getBodyBlock()->getOps<InitialStateOp>(),
                       isRead);
}

/// The memory a returned value goes to, where the value can be made there.
/// Other states than those of a step are copied: what they are made from may be
/// read until the end.
View Storage::findReturnDestination(OpOperand &use) {
  auto terminator = cast<ReturnOp>(use.getOwner());
  auto role = cast<RoleAttr>(terminator.getRoles()[use.getOperandNumber()]);
  Type type = use.get().getType();
  StringRef name = role.getSymbol().getValue();
  if (role.getKind() == RoleKind::Output)
    return createExternal(type, Memory::Output, layout.outputs.lookup(name));
  if (role.getKind() == RoleKind::OutputTangent)
    return createExternal(type, Memory::OutputTangent,
                          layout.outputs.lookup(name));
  if (role.getKind() == RoleKind::State && mayReplaceState(use.get(), name))
    return viewRecord(type, name);
  if (role.getKind() != RoleKind::Gradient)
    return {};
  if (auto found = layout.parameters.find(name);
      found != layout.parameters.end()) {
    View view = createExternal(type, Memory::Gradient, found->second);
    view.buffer->offset = layout.parameterOffsets[found->second];
    return view;
  }
  if (auto found = layout.inputs.find(name); found != layout.inputs.end())
    return createExternal(type, Memory::InputGradient, found->second);
  return {};
}

static View findPartOf(OpOperand &use, View whole) {
  Type type = use.get().getType();
  auto concat = cast<ConcatOp>(use.getOwner());
  int64_t offset = 0;
  for (Value part : concat.getOperands().take_front(use.getOperandNumber()))
    offset += getFeatureSize(part.getType(), concat.getDim());
  return getPart(whole, concat.getType(), concat.getDim(), offset,
                 getFeatureSize(type, concat.getDim()));
}

/// What only its chunk and the caller read needs memory for one chunk where the
/// caller has none for it.
static void confineToChunk(Buffer &buffer, Value value) {
  auto chunk = value.getDefiningOp<ChunkOp>();
  if (!chunk || !value.hasOneUse())
    return;
  buffer.onlyChunk = chunk;
  buffer.home = chunk.getBodyBlock();
}

/// The parameter whose gradient a slice is, if it is nothing else.
static StringRef findReturnedParameter(SliceOp slice) {
  if (!slice->hasOneUse())
    return {};
  OpOperand &use = *slice->use_begin();
  auto terminator = dyn_cast<ReturnOp>(use.getOwner());
  if (!terminator)
    return {};
  auto role = cast<RoleAttr>(terminator.getRoles()[use.getOperandNumber()]);
  bool isGradient = role.getKind() == RoleKind::Gradient;
  return isGradient ? role.getSymbol().getValue() : StringRef();
}

/// The range of the gradient vector that a value is when it is the gradient of
/// stacked parameters which follow each other there as they do in the stack.
View Storage::findStackedGradient(Value value) {
  Type type = value.getType();
  if (!isStatic(type))
    return {};
  int64_t unit = getFeatureRank(type) == 2 ? getWidth(type) : 1, covered = 0;
  std::optional<int64_t> start;
  unsigned first = 0;
  for (Operation *user : value.getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    if (!slice || slice.getDim() != 0)
      return {};
    auto found = layout.parameters.find(findReturnedParameter(slice));
    if (found == layout.parameters.end())
      return {};
    int64_t offset = layout.parameterOffsets[found->second] -
                     static_cast<int64_t>(slice.getOffset()) * unit;
    if (start && *start != offset)
      return {};
    start = offset;
    first = found->second;
    covered += slice.getSize() * unit;
  }
  if (!start || covered != getStaticRows(type) * getWidth(type))
    return {};
  View view = createExternal(type, Memory::Gradient, first);
  view.buffer->offset = *start;
  return view;
}

/// Where the consumers of a value want it: the first that has a place for it.
/// Whether an operation reads an operand where it lies, when its turn comes.
static bool readsInPlace(Operation *op) {
  return isa<PhaseOp, MatmulOp, OuterOp, SumToOp, SoftmaxOp, CrossEntropyOp,
             CrossEntropyGradientOp, ArgmaxOp>(op);
}

/// The operation of the value's own block that reads it last; null where it is
/// not only read there and in place.
static Operation *findLastReader(Value value) {
  Operation *last = nullptr;
  Block *block = value.getParentBlock();
  for (Operation *user : value.getUsers()) {
    if (isa<SliceOp>(user))
      return nullptr;
    Operation *reader = block->findAncestorOpInBlock(*user);
    if (!reader || !readsInPlace(reader))
      return nullptr;
    if (!last || last->isBeforeInBlock(reader))
      last = reader;
  }
  return last;
}

/// The place of a result that may be written over the value: one of the same
/// type, made element by element or row by row by what reads the value last.
/// One value a result has it, and one without a memory of its own none.
View Storage::findOverwriter(Value value) {
  Operation *op = value.getDefiningOp();
  if (!isSequence(value.getType()) || isa<ChunkOp, ScanOp>(op) ||
      !isa<ChunkOp>(op->getParentOp()))
    return {};
  Operation *last = findLastReader(value);
  if (!isa_and_present<PhaseOp, SoftmaxOp, CrossEntropyGradientOp>(last))
    return {};
  for (Value result : last->getResults()) {
    View view = views.lookup(result);
    if (result.getType() != value.getType() || !view ||
        !view.buffer->usesArena() || view.buffer->isCarried)
      continue;
    if (overwriters.insert(result).second)
      return view;
  }
  return {};
}

View Storage::findDestination(Value value) {
  if (View stack = findStackedGradient(value))
    return stack;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (user->getBlock() != value.getParentBlock() ||
        isPrecomputed(user) != isPrecomputed(value.getDefiningOp()))
      continue;
    View view;
    if (isa<ReturnOp>(user)) {
      view = findReturnDestination(use);
      if (view && isSequence(value.getType()))
        confineToChunk(*view.buffer, value);
    } else if (isa<ConcatOp>(user)) {
      if (View whole = lookup(user->getResult(0)))
        view = findPartOf(use, whole);
    }
    if (view)
      return view;
  }
  return findOverwriter(value);
}

void Storage::assignResult(Value value) {
  if (views.contains(value))
    return;
  View wanted = findDestination(value);
  views[value] = wanted ? wanted : createFor(value);
}
